"""Vectors of the prefix tree against the models' own, at full context: largest relative difference, same nearest name.

Captions: combinations and permutations of objects in several templates, hostile texts (empty, emoji, beyond the
context, a repeated object, a caption that begins another, what looks like a special token), and the lines of any files
given. Random weights. The first architecture sees `--captions` texts, the others `--others`.

    python bench/prefix_tree_equality.py [--captions 20000] [--others 500] [FILE ...]
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from untrained_tower import Tower, encode_full, untrained_tower

from primacy.design.orders import orders
from primacy.design.sets import sample_sets
from primacy.design.templates import get_template
from primacy.design.text import TextDesign
from primacy.design.vocabulary import load_vocabulary
from primacy.encoders.prefix_tree import CausalTower, clip_text_tower, encode, open_clip_tower
from primacy.identity import rng_stream
from primacy.testing import HOSTILE_TEXTS

ARCHITECTURES = ("ViT-B-32", "ViT-B-32-quickgelu", "ViT-L-14", "RN50x4", "EVA02-B-16")
POOLED_AT_EOS = "ViT-B-32, pooled at eos"
MORE = (
    "a cat and a cat",
    "a cat",
    "a cat and",
    "a cat and a dog",
    "<|endoftext|> a cat",
    "a <end_of_text> cat <start_of_text>",
)
BATCH = 64


def captions(count: int, files: list[Path]) -> list[str]:
    """`count` captions: hostile ones, a third of the rest from the files, templated ones."""
    vocabulary = load_vocabulary("comco")
    found = [*HOSTILE_TEXTS, *MORE]
    lines = [line for file in files for line in file.read_text("utf-8").splitlines()]
    rng = rng_stream(0, "equality")
    if lines:
        found += [lines[i] for i in rng.choice(len(lines), min(len(lines), count // 2), replace=False)]
    kinds = [("and", 4, "all"), ("articles", 3, "all"), ("comma", 5, "rotations"), ("guided-tour", 3, "rotations")]
    for number, (name, n, scheme) in enumerate(kinds):
        order = orders(scheme, n)
        want = (count - len(found)) // (len(kinds) - number)
        sets = sample_sets(len(vocabulary), n, -(-want // len(order)), rng=rng, sort=False)
        design = TextDesign(vocabulary, sets, order, get_template(name, n))
        found += list(design.block(0, want).texts)
    return found[:count]


def compare(tower: CausalTower, ids: np.ndarray, own: Callable[[np.ndarray], np.ndarray], gallery: np.ndarray) -> str:
    """One line of figures; `own` gives the model's vectors, `gallery` (V, L) are the tokens of the names."""
    mine, theirs = encode(tower, tower.sequences(ids)), own(ids)
    names = own(gallery)
    difference = np.linalg.norm(mine - theirs, axis=1) / np.linalg.norm(theirs, axis=1)
    names = names / np.linalg.norm(names, axis=1, keepdims=True)
    same = ((mine @ names.T).argmax(axis=1) == (theirs @ names.T).argmax(axis=1)).mean()
    return f"{len(ids):7,} captions   largest relative difference {difference.max():.1e}   same nearest name {same:.4%}"


def pooled_at_eos() -> Tower:
    """ViT-B-32 with the pooling of the multilingual models, which looks for the end token's id."""
    import open_clip

    config = open_clip.get_model_config("ViT-B-32")
    config["text_cfg"] |= {"pool_type": "eos", "eos_id": 49407}
    torch.manual_seed(0)
    return Tower(open_clip.CLIP(**config).eval().requires_grad_(False), open_clip.get_tokenizer("ViT-B-32"))


def transformers_models() -> dict[str, torch.nn.Module]:
    """Random models of ViT-B-32's size."""
    import transformers

    text = {"eos_token_id": 49407, "bos_token_id": 49406}
    torch.manual_seed(0)
    return {
        "transformers CLIPModel, quick_gelu": transformers.CLIPModel(transformers.CLIPConfig(text_config=text)),
        "transformers CLIPModel, gelu, older configuration": transformers.CLIPModel(
            transformers.CLIPConfig(text_config={"eos_token_id": 2, "hidden_act": "gelu"})
        ),
        "transformers MetaClip2Model": transformers.MetaClip2Model(transformers.MetaClip2Config(text_config=text)),
    }


def main() -> None:
    """Print one line an architecture."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--captions", type=int, default=20_000)
    parser.add_argument("--others", type=int, default=500)
    parser.add_argument("files", nargs="*", type=Path)
    args = parser.parse_args()
    names = list(load_vocabulary("comco").names)
    for number, architecture in enumerate((*ARCHITECTURES, POOLED_AT_EOS)):
        tower = pooled_at_eos() if architecture == POOLED_AT_EOS else untrained_tower(0, architecture)
        texts = captions(args.others if number else args.captions, args.files)

        def own(ids: np.ndarray, tower=tower) -> np.ndarray:
            return encode_full(tower, torch.from_numpy(ids), BATCH).numpy()

        line = compare(open_clip_tower(tower.clip), tower.tokenizer(texts).numpy(), own, tower.tokenizer(names).numpy())
        print(f"{'open_clip ' + architecture:50s} {line}", flush=True)
    tokenizer = untrained_tower(0).tokenizer
    ids = tokenizer(captions(args.others, args.files)).numpy()
    for name, model in transformers_models().items():
        model.eval().requires_grad_(False)

        @torch.inference_mode()
        def own(ids: np.ndarray, model=model) -> np.ndarray:
            parts = torch.from_numpy(ids).split(BATCH)
            found = [
                model.get_text_features(input_ids=p, attention_mask=torch.ones_like(p)).pooler_output for p in parts
            ]
            return torch.cat(found).numpy()

        print(f"{name:50s} {compare(clip_text_tower(model), ids, own, tokenizer(names).numpy())}", flush=True)


if __name__ == "__main__":
    main()
