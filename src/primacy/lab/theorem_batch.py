"""InfoNCE on batches of random vectors: what theorem_laws.py has in closed form, measured."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from primacy.lab.theorem_laws import Coordinates

Floats = NDArray[np.float64]
Vectors = NDArray[np.float32]


class Losses(NamedTuple):
    """Mean losses of a batch, (cuts, scales, hard negatives 0 ... m), float64."""

    complete: Floats
    both: Floats
    text: Floats


def draw(coordinates: Coordinates, shape: Sequence[int], rng: np.random.Generator) -> Vectors:
    """Independent coordinates of mean 0 and variance 1."""
    if coordinates == "gaussian":
        return rng.standard_normal(shape, dtype=np.float32)
    return (2 * rng.integers(0, 2, shape, dtype=np.int8) - 1).astype(np.float32)


def batch_losses(z: Vectors, fresh: Vectors, kept: Sequence[int], scales: Sequence[float]) -> Losses:
    """InfoNCE from pictures to texts, where a picture has the hard negatives of its own sample.

    Args:
        z: (n, dims), what each picture shows.
        fresh: (m, n, dims), where the m hard negatives of a picture take their dropped coordinates from.
        kept: numbers of coordinates that the truncated encoder keeps, increasing, all below dims.
        scales: what cosines are multiplied by.
    """
    found = Losses(*np.zeros((3, len(kept), len(scales), len(fresh) + 1)))
    copies = np.arange(len(fresh) + 1.0)[:, None]  # a hard negative of the truncated encoder: the text once more
    length = np.linalg.norm(z, axis=1)
    own = _hard_cosines(z, fresh, kept)
    for cut, (distance, kept_length) in enumerate(_distances(z, (*kept, z.shape[1]))):
        for k, scale in enumerate(scales):
            random = _likelihood(distance, np.full(len(z), scale))
            if cut == len(kept):
                hard = np.cumsum(np.exp(scale * (own - 1)), axis=1)
                found.complete[:, k, 0] = np.log1p(random).mean()
                found.complete[:, k, 1:] = np.log1p(random + hard).mean(-1)
            else:
                cooled = _likelihood(distance, scale * kept_length / length)
                found.both[cut, k] = np.log1p(random + copies).mean(-1)
                found.text[cut, k] = np.log1p(cooled + copies).mean(-1)
    return found


def rate_losses(
    z: Vectors, fresh: Vectors, kept: int, scales: Sequence[float], rates: Sequence[float]
) -> tuple[Floats, Floats]:
    """InfoNCE from pictures to texts, where every picture meets all hard negatives of the batch.

    The first rate * n samples have one each. That is how trainers add them (NegCLIP, Yuksekgonul et al. 2023).

    Args:
        z: (n, dims), what each picture shows.
        fresh: (n, dims), where hard negatives take their dropped coordinates from.
        kept: number of coordinates that the truncated encoder, both towers, keeps.
        scales: what cosines are multiplied by.
        rates: shares of samples.

    Returns:
        Losses of the complete and of the truncated encoder, (scales, rates) each, float64.
    """
    hard = np.concatenate([z[:, :kept], fresh[:, kept:]], axis=1)
    ends = [len(z) - 1 + round(rate * len(z)) for rate in rates]
    found = np.zeros((2, len(scales), len(rates)))
    for encoder, (shown, negatives) in enumerate(((z, hard), (z[:, :kept], z[:, :kept]))):
        picture, others = (x / np.linalg.norm(x, axis=1, keepdims=True) for x in (shown, negatives))
        cosine = picture @ np.concatenate([picture, others]).T
        for k, scale in enumerate(scales):
            total = np.cumsum(np.exp(scale * (cosine - 1)), axis=1, dtype=np.float64)
            found[encoder, k] = np.log(total[:, ends]).mean(0)
    return found[0], found[1]


def _distances(z: Vectors, ends: Sequence[int]) -> Iterator[tuple[Vectors, Vectors]]:
    """Of the first `end` coordinates, for each: 1 - cosine of all pairs (n, n), infinite with itself; lengths (n,)."""
    gram = np.zeros((len(z), len(z)), np.float32)
    for start, end in pairwise((0, *ends)):
        block = z[:, start:end]
        gram += block @ block.T
        length: Vectors = np.sqrt(np.diagonal(gram))
        distance: Vectors = 1 - gram / length / length[:, None]
        np.fill_diagonal(distance, np.inf)
        yield distance, length


def _likelihood(distance: Vectors, scale: Floats) -> Floats:
    """Sum of the likelihoods of all other texts, relative to the own one's, (n,); `scale` is each picture's."""
    return np.exp(distance * -scale[:, None].astype(np.float32)).sum(axis=1, dtype=np.float64)


def _hard_cosines(z: Vectors, fresh: Vectors, kept: Sequence[int]) -> Floats:
    """Cosine of each picture with its hard negatives, complete encoder, (cuts, m, n)."""
    starts = [0, *kept]
    own, new, cross = (
        np.add.reduceat(x.astype(np.float64), starts, axis=-1).cumsum(-1) for x in (z * z, fresh * fresh, z * fresh)
    )
    shared, whole = own[:, :-1], own[:, -1:]
    cosine = (shared + cross[..., -1:] - cross[..., :-1]) / np.sqrt(whole * (shared + new[..., -1:] - new[..., :-1]))
    return np.moveaxis(cosine, -1, 0)
