"""Exact encoding of many captions for the price of their distinct beginnings.

A causal text tower (CLIP's) reads left to right: the state of a position depends on the tokens up to it, and the
embedding is read at the end-of-text token. Captions that begin alike therefore share the states of their common
beginning. Padded to 77 tokens, the 2,555,190 combinations of 4 out of 90 names are 196,749,630 positions; they have
only two distinct prefixes and a bit each: 35 in 36 of those positions are computed again or never read.

How it is done, step by step (the figure in docs/prefix-tree.md shows each for four captions):

1. `sort_sequences`: captions as token ids, cut after the pooled token, in lexicographic order. Neighbours now share the
   longest beginnings there are, and `shared` says how long each is.
2. `cut`: runs of sorted captions with about a thousand distinct prefixes each. A run is one call of the tower, and the
   only thing that a thread holds in memory.
3. `build_tree`: the prefixes of a run are the nodes of a tree. Laid out depth first, a node's position embedding is
   that of its depth, and its descendants are an interval: node j is followed by them up to end[j]. So what node i may
   look at, itself and its ancestors, is exactly j <= i < end[j]. That is a causal mask whose keys expire.
4. `tower_states`: the nodes of all captions pass through a layer together. Norms and matrix products do not care who is
   whose neighbour. For attention, nodes are taken in rows of 32; a row's keys are its own nodes and those before it
   that its first node descends from (there are at most as many as tokens in a caption, and no later node of the row
   has other ancestors outside of it). After the last layer's attention only the captions' end nodes go on.

There is no cache of keys and values, nothing is approximated, and nothing needs to know of templates: any list of
captions will do, and what they have in common is found. A caption that shares nothing costs its own length.

    model, _, _ = open_clip.create_model_and_transforms("ViT-B-32", pretrained="openai")
    tower = open_clip_tower(model)                       # None for a tower that is not causal
    ids = open_clip.get_tokenizer("ViT-B-32")(captions).numpy()
    vectors = encode(tower, tower.sequences(ids))        # float32 (n, dim), as model.encode_text(...) gives them

Vectors equal the model's own up to rounding: sums are taken in another order. `agrees` checks that on captions chosen
to break it; the adapters in `primacy.encoders` do so when they load a model, and do without the tree where it fails.
"""

from primacy.encoders.prefix_tree.check import CHECK_CAPTIONS, TOLERANCE, agrees, trusted
from primacy.encoders.prefix_tree.execute import encode, stream
from primacy.encoders.prefix_tree.sequences import TokenSequences, count_nodes, cut, sort_sequences
from primacy.encoders.prefix_tree.towers import CausalTower, Layer, clip_text_tower, lab_tower, open_clip_tower
from primacy.encoders.prefix_tree.tree import ROW, PrefixTree, build_tree

__all__ = [
    "CHECK_CAPTIONS",
    "ROW",
    "TOLERANCE",
    "CausalTower",
    "Layer",
    "PrefixTree",
    "TokenSequences",
    "agrees",
    "build_tree",
    "clip_text_tower",
    "count_nodes",
    "cut",
    "encode",
    "lab_tower",
    "open_clip_tower",
    "sort_sequences",
    "stream",
    "trusted",
]
