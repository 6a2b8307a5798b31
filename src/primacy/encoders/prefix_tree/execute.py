"""Running many sequences: sorted, cut into runs, one thread a core."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from primacy.encoders._workers import default_workers, side_by_side
from primacy.encoders.base import Piece, gather
from primacy.encoders.prefix_tree.forward import tower_states
from primacy.encoders.prefix_tree.sequences import TokenSequences, cut, sort_sequences
from primacy.encoders.prefix_tree.towers import CausalTower
from primacy.encoders.prefix_tree.tree import build_tree

CPU_NODES = 1024
GPU_NODES = 32_768
_FEWEST_NODES = 128


def stream(
    tower: CausalTower, sequences: TokenSequences, *, workers: int | None = None, nodes: int | None = None
) -> Iterator[Piece]:
    """Encode `sequences`, each distinct prefix once a run of `nodes` nodes.

    Args:
        tower: the tower.
        sequences: n token sequences.
        workers: threads that run side by side, each with one thread of torch; by default torch's number of threads
            on a CPU, else 1.
        nodes: most nodes of a run; it bounds the memory of a worker (tens of kB a node of width 512).

    Yields:
        Pieces that together hold each sequence once, in sorted order; vectors float32 (m, dim), not normalised. They do
        not depend on `workers` or `nodes`, nor on the other sequences, beyond floating-point rounding.
    """
    import torch

    device = tower.weight.device
    workers = workers or default_workers(device)
    ordered = sort_sequences(sequences)
    if nodes is None:
        total = int(ordered.added.sum())
        most = CPU_NODES if device.type == "cpu" else GPU_NODES
        nodes = min(most, max(_FEWEST_NODES, -(-total // workers)))
    tower.kernels  # noqa: B018  made once, before the threads share them

    def encode_run(run: slice) -> Piece:
        with torch.inference_mode():
            states = tower_states(tower, build_tree(ordered, run))
            return Piece(ordered.order[run], states.float().cpu().numpy())

    yield from side_by_side(encode_run, cut(ordered, nodes), workers)


def encode(
    tower: CausalTower, sequences: TokenSequences, *, workers: int | None = None, nodes: int | None = None
) -> np.ndarray:
    """Vectors float32 (n, dim) of n >= 1 sequences, not normalised; arguments as for `stream`."""
    return gather(stream(tower, sequences, workers=workers, nodes=nodes), len(sequences.lengths))
