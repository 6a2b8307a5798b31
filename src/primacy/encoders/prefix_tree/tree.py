"""The prefix tree of a run of sorted sequences, laid out depth first, and its rows.

Depth first, the descendants of node j are the nodes j + 1 .. end[j] - 1. So "node i may look at node j" (j is i or
one of its ancestors) is j <= i < end[j]: a causal mask in which every key also has an end. For a single sequence all
ends are the last position and it *is* the causal mask.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from primacy.encoders.prefix_tree.sequences import SortedSequences

ROW = 32
"""Nodes of a row. A query costs as many keys as its row has nodes and carried ancestors, so rows are short."""


class PrefixTree(NamedTuple):
    """N nodes in depth-first order, padded to M, R rows of equal length; all int64.

    Attributes:
        token: (M,) token of each node.
        depth: (M,) its position in the caption.
        end: (M,) the first node after its descendants; 0 for padding, which nothing looks at.
        carried: (R, P) the nodes before row r that its first node descends from, -1 where there are fewer than P.
            Whatever a later node of the row descends from is among them or in the row itself.
        leaf: (n,) the node at which each of the n sequences is pooled.
        n_nodes: N.
    """

    token: np.ndarray
    depth: np.ndarray
    end: np.ndarray
    carried: np.ndarray
    leaf: np.ndarray
    n_nodes: int


def build_tree(sequences: SortedSequences, run: slice, row: int = ROW) -> PrefixTree:
    """The tree of `sequences[run]`, a run of at least one sequence, in rows of `row` nodes."""
    ids, lengths, shared = sequences.ids[run], sequences.lengths[run], sequences.shared[run].copy()
    shared[0] = 0
    n, positions = len(ids), np.arange(int(lengths.max()))
    ids = ids[:, : len(positions)]
    first_node = np.cumsum(lengths - shared) - (lengths - shared)  # each sequence adds the nodes that it does not share
    n_nodes = int(first_node[-1] + lengths[-1] - shared[-1])
    beyond = positions >= shared[:, None]
    own = beyond & (positions < lengths[:, None])
    sequence, depth = np.nonzero(own)  # row-major, which is depth first

    # a node's descendants end where a later sequence no longer passes through it
    leaves_at = np.where(beyond, first_node[:, None], n_nodes)
    next_leaving = np.full((n + 1, len(positions)), n_nodes)
    next_leaving[:-1] = np.minimum.accumulate(leaves_at[::-1], axis=0)[::-1]
    end = next_leaving[sequence + 1, depth]

    # path[k, d]: the node at depth d of sequence k, its own or the latest one that an earlier sequence has added
    path = np.maximum.accumulate(np.where(own, first_node[:, None] + positions - shared[:, None], -1), axis=0)
    starts = np.arange(0, n_nodes, row)
    width = int(depth[starts].max())
    carried = np.where(positions[:width] < depth[starts, None], path[sequence[starts], :width], -1)

    padding = (0, -n_nodes % row)
    return PrefixTree(
        np.pad(ids[sequence, depth].astype(np.int64), padding),
        np.pad(depth, padding),
        np.pad(end, padding),
        carried,
        path[np.arange(n), lengths - 1],
        n_nodes,
    )
