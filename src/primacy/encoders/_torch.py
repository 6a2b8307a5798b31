"""What the torch adapters share: placement, seeded weights, batches of equal token length."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from primacy.encoders.base import EncoderOptions, checked_vectors
from primacy.errors import EncoderError, UsageError

if TYPE_CHECKING:
    import torch

CPU_BATCH = (512, 32)  # tokens, rows: 16-32 captions a batch run fastest on a CPU
GPU_BATCH = (65_536, 1024)


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
            f"device {name!r} cannot be used here ({str(error).splitlines()[0]})",
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
    encode: Callable[[np.ndarray], torch.Tensor],
    source: str,
) -> np.ndarray:
    """Run `encode` (row indices -> tensor (rows, dim)) over all batches, in inference mode.

    Returns:
        Unit-norm float32 array (n, dim) in the order of `lengths`; n must be at least 1.

    Raises:
        EncoderError: a vector is not finite or has no direction.
    """
    import torch

    lengths = np.asarray(lengths)
    result: np.ndarray | None = None
    with torch.inference_mode():
        for rows in batches(lengths, device):
            part = encode(rows).float().cpu().numpy()
            if result is None:
                result = np.empty((len(lengths), part.shape[1]), dtype=np.float32)
            result[rows] = part
    if result is None:
        raise EncoderError(f"{source}: nothing to encode")
    return unit_rows(checked_vectors(result, len(lengths), source), source)


def unit_rows(vectors: np.ndarray, source: str) -> np.ndarray:
    """Rows scaled to length 1, float32 (n, dim).

    Raises:
        EncoderError: a row is all zeros and so has no direction.
    """
    norms = np.linalg.norm(vectors.astype(np.float64), axis=1, keepdims=True)
    if not norms.all():
        raise EncoderError(f"{source}: the vector of row {int(np.argmin(norms))} is all zeros, so it has no direction")
    return (vectors / norms).astype(np.float32)
