"""What leaving coordinates out costs under InfoNCE: measured on batches of random vectors, beside its closed forms.

The setting is that of theorem_laws.py, in batches as in training: b + 1 pictures with their texts, each text a random
negative of the other pictures. Intervals are over batches.
"""

from __future__ import annotations

import platform
import time
from collections.abc import Iterator
from itertools import product
from math import log
from typing import Literal, NamedTuple

import numpy as np
from pydantic import BaseModel, ConfigDict
from scipy.special import stdtrit

import primacy
from primacy.identity import rng_stream
from primacy.lab.theorem_batch import Floats, Losses, batch_losses, draw, rate_losses
from primacy.lab.theorem_laws import Coordinates, Encoder, exact_loss, exact_share, limit_loss, limit_share
from primacy.listener import Listener

SCALES = (1.0, 10.0, 100.0)
"""Temperature 1, one between, and the scale at which CLIP's training ends."""
DIMS = (16, 32, 64, 128, 256, 512, 1024, 2048, 4096)
CONSTANT = 8
"""Coordinates that are dropped where that is a constant number."""
TYPICAL = 512
TENTH, HALF = 51, 256
DROPPED = (1, 2, 4, 8, 16, 32, TENTH, 128, HALF, 384, 448, 504)
HARD = (1, 2, 4)
RATES = (0.0, 0.25, 0.5, 0.75, 1.0)
UNNOTICED = (0.01, log(2) / 2)
"""Gaps up to which a loss may pass for the same, nats."""

Table = Literal["dims", "dropped", "hard", "rate"]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Gap(_Record):
    """How much more a truncated encoder loses than the complete one, in nats, mean over batches with 95 % limits.

    `truncated` (both towers, or the text tower alone) leaves out `dropped` of `dims` coordinates. The share `rate` of
    samples has `hard` hard negatives each. `exact` is the expectation, None where there is no closed form; `limit` what
    it tends to as dims grow and dropped / dims stays.
    """

    table: Table
    coordinates: Coordinates
    dims: int
    dropped: int
    scale: float
    hard: int
    rate: float
    truncated: Encoder
    complete_loss: float
    truncated_loss: float
    gap: float
    ci_low: float
    ci_high: float
    exact: float | None
    limit: float


class Room(_Record):
    """Share of 512 dimensions that both towers can drop for at most `gap` nats: among random negatives alone, of
    Gaussian coordinates and of signs (exact); where every sample has one hard negative (in the limit)."""

    scale: float
    gap: float
    gaussian: float
    signs: float
    hard: float


class Theorem(_Record):
    """All that was measured, and with what."""

    schema_version: Literal[1] = 1
    seed: int
    negatives: int
    batches: int
    gaps: tuple[Gap, ...]
    room: tuple[Room, ...]
    primacy: str
    packages: dict[str, str]
    machine: str
    seconds: float


class _Sweep(NamedTuple):
    """One design: which numbers of coordinates are dropped, and with which numbers of hard negatives."""

    table: Table
    coordinates: Coordinates
    dims: int
    dropped: tuple[int, ...]
    hard: tuple[int, ...] = (0, 1)


_KINDS: tuple[Coordinates, ...] = ("gaussian", "signs")


def measure(*, seed: int, listener: Listener, negatives: int = 1023, batches: int = 16) -> Theorem:
    """All tables, in about a minute.

    Args:
        seed: of every draw.
        listener: told about each batch.
        negatives: random negatives of a picture; a batch has one picture more.
        batches: of each design, at least 2.
    """
    from primacy.versions import package_versions

    began = time.perf_counter()
    sweeps = _sweeps()
    listener.stage("batches", batches * (len(sweeps) + 1))
    gaps: list[Gap] = []
    for sweep in sweeps:
        samples = [_sweep_losses(sweep, negatives + 1, seed, k) for k in _counted(batches, listener)]
        gaps += _sweep_gaps(sweep, Losses(*map(np.stack, zip(*samples, strict=True))), negatives)
    rates = [_all_rates(negatives + 1, seed, k) for k in _counted(batches, listener)]
    gaps += _rate_gaps(np.stack(rates), negatives)
    return Theorem(
        seed=seed,
        negatives=negatives,
        batches=batches,
        gaps=tuple(gaps),
        room=tuple(_room(scale, gap, negatives) for scale, gap in product(SCALES, UNNOTICED)),
        primacy=primacy.__version__,
        packages=package_versions(),
        machine=f"{platform.system()} {platform.machine()}",
        seconds=round(time.perf_counter() - began, 1),
    )


def _sweeps() -> list[_Sweep]:
    grown = [
        _Sweep("dims", kind, dims, tuple(sorted({CONSTANT, round(dims / 10), dims // 2})))
        for kind, dims in product(_KINDS, DIMS)
    ]
    return [
        *grown,
        *(_Sweep("dropped", kind, TYPICAL, DROPPED) for kind in _KINDS),
        _Sweep("hard", "gaussian", TYPICAL, (TENTH, HALF), HARD),
    ]


def _counted(batches: int, listener: Listener) -> Iterator[int]:
    for k in range(batches):
        yield k
        listener.advance(1)


def _sweep_losses(sweep: _Sweep, n: int, seed: int, batch: int) -> Losses:
    rng = rng_stream(seed, "theorem", sweep.table, sweep.coordinates, str(sweep.dims), str(batch))
    z = draw(sweep.coordinates, (n, sweep.dims), rng)
    fresh = draw(sweep.coordinates, (max(sweep.hard), n, sweep.dims), rng)
    return batch_losses(z, fresh, [sweep.dims - k for k in reversed(sweep.dropped)], SCALES)


def _sweep_gaps(sweep: _Sweep, losses: Losses, negatives: int) -> Iterator[Gap]:
    """`losses` have a leading axis of batches."""
    truncations: tuple[Encoder, ...] = ("both", "text")
    cuts = enumerate(reversed(sweep.dropped))
    for (cut, dropped), (k, scale), hard, truncated in product(cuts, enumerate(SCALES), sweep.hard, truncations):
        exact, limit = _expected(sweep, dropped, scale, hard, truncated, negatives)
        yield Gap(
            table=sweep.table, coordinates=sweep.coordinates, dims=sweep.dims, dropped=dropped, scale=scale,
            hard=hard, rate=float(hard > 0), truncated=truncated, exact=exact, limit=limit,
            **_statistics(losses.complete[:, cut, k, hard], getattr(losses, truncated)[:, cut, k, hard]),
        )  # fmt: skip


def _expected(
    sweep: _Sweep, dropped: int, scale: float, hard: int, truncated: Encoder, negatives: int
) -> tuple[float | None, float]:
    """The gap at this many dimensions, and its limit."""
    encoders: tuple[Encoder, Encoder] = ("complete", truncated)
    complete, lost = (
        exact_loss(sweep.coordinates, sweep.dims, sweep.dims - dropped, scale, negatives, encoder=encoder, hard=hard)
        for encoder in encoders
    )
    low, high = (
        limit_loss(scale, negatives, dropped=dropped / sweep.dims, encoder=encoder, hard=hard) for encoder in encoders
    )
    return None if complete is None or lost is None else lost - complete, high - low


def _all_rates(n: int, seed: int, batch: int) -> Floats:
    """Losses (complete and truncated, cuts, scales, rates)."""
    rng = rng_stream(seed, "theorem", "rate", str(batch))
    z, fresh = draw("gaussian", (2, n, TYPICAL), rng)
    return np.stack([rate_losses(z, fresh, TYPICAL - k, SCALES, RATES) for k in (TENTH, HALF)], axis=1)


def _rate_gaps(losses: Floats, negatives: int) -> Iterator[Gap]:
    """`losses` as those of `_all_rates`, with a leading axis of batches."""
    cuts = enumerate((TENTH, HALF))
    for (cut, dropped), (k, scale), (r, rate) in product(cuts, enumerate(SCALES), enumerate(RATES)):
        # The hard negatives of the other samples are random negatives of this one.
        among = negatives + round(rate * (negatives + 1)) - 1
        complete = limit_loss(scale, among, dropped=dropped / TYPICAL, encoder="complete", hard=1)
        lost = limit_loss(scale, among, dropped=dropped / TYPICAL, encoder="both", hard=1)
        yield Gap(
            table="rate", coordinates="gaussian", dims=TYPICAL, dropped=dropped, scale=scale, hard=1, rate=rate,
            truncated="both", exact=None, limit=rate * (lost - complete),
            **_statistics(losses[:, 0, cut, k, r], losses[:, 1, cut, k, r]),
        )  # fmt: skip


def _room(scale: float, gap: float, negatives: int) -> Room:
    gaussian, signs = (exact_share(kind, TYPICAL, scale, negatives, gap) for kind in _KINDS)
    return Room(scale=scale, gap=gap, gaussian=gaussian, signs=signs, hard=limit_share(scale, negatives, gap))


def _statistics(complete: Floats, truncated: Floats) -> dict[str, float]:
    """Means over batches (n,), and Student's interval of their difference."""
    gaps = truncated - complete
    mean = gaps.mean()
    half = stdtrit(len(gaps) - 1, 0.975) * gaps.std(ddof=1) / np.sqrt(len(gaps))
    return {
        "complete_loss": float(complete.mean()), "truncated_loss": float(truncated.mean()),
        "gap": float(mean), "ci_low": float(mean - half), "ci_high": float(mean + half),
    }  # fmt: skip
