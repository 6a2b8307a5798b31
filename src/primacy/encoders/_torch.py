"""What the torch adapters share: placement, seeded weights, batches of equal token length."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import numpy as np

from primacy.encoders._workers import default_workers, side_by_side
from primacy.encoders.base import EncoderOptions, Piece, checked_vectors
from primacy.errors import EncoderError, UsageError, first_line

if TYPE_CHECKING:
    import torch

CPU_BATCH = (512, 32)  # tokens, rows: 16-32 captions a batch run fastest on a CPU
GPU_BATCH = (65_536, 1024)

Batch = TypeVar("Batch")


class Placement(NamedTuple):
    """Where a model runs and in which precision ("fp32", "bf16", "fp16"); only the latter is identity."""

    device: torch.device
    dtype: torch.dtype
    precision: str


def placement(options: EncoderOptions) -> Placement:
    """Resolve device "auto" (cuda, else mps, else cpu) and the precision's torch dtype.

    Raises:
        UsageError: the device does not exist on this machine.
    """
    import torch

    dtype = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}[options.precision]
    name = options.device
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    try:
        device = torch.device(name)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError) as error:
        raise UsageError(
            f"device {name!r} cannot be used here ({first_line(error)})",
            hint="Known: auto, cpu, cuda, cuda:1, mps.",
        ) from error
    return Placement(device, dtype, options.precision)


@contextmanager
def seeded_weights(seed: int) -> Iterator[None]:
    """Within it, modules built on the CPU draw weights from `seed`; the global stream stays as it was."""
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)  # torch.manual_seed would reseed every GPU as well
        yield


def batches(lengths: np.ndarray, device: torch.device) -> Iterator[np.ndarray]:
    """Index arrays that cover 0..n-1 once; within one, all lengths are equal.

    Rows of one length need no padding, so that a row's vector does not depend on its neighbours.

    Args:
        lengths: token counts, int (n,).
        device: decides between the token budgets for CPU and accelerator.
    """
    tokens, most = CPU_BATCH if device.type == "cpu" else GPU_BATCH
    order = np.argsort(lengths, kind="stable")
    starts = np.flatnonzero(np.diff(lengths[order], prepend=-1))
    for group in np.split(order, starts[1:]):
        rows = int(np.clip(tokens // max(int(lengths[group[0]]), 1), 8, most))
        for start in range(0, len(group), rows):
            yield group[start : start + rows]


def encode_batches(
    lengths: Sequence[int] | np.ndarray,
    device: torch.device,
    prepare: Callable[[np.ndarray], Batch],
    encode: Callable[[Batch], torch.Tensor],
    source: str,
) -> Iterator[Piece]:
    """Run a model over batches of equal length, side by side on a CPU, in inference mode.

    Args:
        lengths: token counts of the texts.
        device: where the model runs.
        prepare: row indices -> what `encode` takes; called by one thread, so that tokenizers need not be safe.
        encode: a batch -> tensor (rows, dim); called by several threads.
        source: the encoder, for errors.

    Yields:
        Pieces with unit-norm vectors.

    Raises:
        EncoderError: a vector is not finite or has no direction.
    """
    import torch

    def run(job: tuple[np.ndarray, Batch]) -> Piece:
        rows, batch = job
        with torch.inference_mode():
            return Piece(rows, encode(batch).float().cpu().numpy())

    jobs = ((rows, prepare(rows)) for rows in batches(np.asarray(lengths), device))
    return unit_pieces(side_by_side(run, jobs, default_workers(device)), source)


def unit_pieces(pieces: Iterable[Piece], source: str) -> Iterator[Piece]:
    """The pieces with their vectors checked and scaled to length 1.

    Raises:
        EncoderError: a vector is not finite or has no direction.
    """
    for rows, vectors in pieces:
        yield Piece(rows, unit_rows(checked_vectors(vectors, len(rows), source), source))


def unit_rows(vectors: np.ndarray, source: str) -> np.ndarray:
    """Rows scaled to length 1, float32 (n, dim).

    Raises:
        EncoderError: a row is all zeros and so has no direction.
    """
    norms = np.linalg.norm(vectors.astype(np.float64), axis=1, keepdims=True)
    if not norms.all():
        raise EncoderError(f"{source}: the vector of row {int(np.argmin(norms))} is all zeros, so it has no direction")
    return (vectors / norms).astype(np.float32)
