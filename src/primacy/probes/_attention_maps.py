"""From attention maps and the objects' coverage of patches to what each object gets: shares and densities."""

from __future__ import annotations

import numpy as np

from primacy.encoders.attention.base import AttentionMaps
from primacy.errors import UsageError


def on_patches(covered: np.ndarray, grid: tuple[int, int]) -> np.ndarray:
    """Share of each patch that each object covers, float64 (..., gh, gw).

    Args:
        covered: (..., h, w) share of each of the tower's pixels that the object covers (`Framing.frame_mask`). Lines
            beyond the last whole patch, which the tower does not read either, are left out.
        grid: (gh, gw).

    Raises:
        UsageError: there are more patches than pixels.
    """
    (height, width), (gh, gw) = covered.shape[-2:], grid
    ph, pw = height // gh, width // gw
    if not ph or not pw:
        raise UsageError(f"{gh} x {gw} patches of {height} x {width} pixels: a patch has less than one")
    whole = np.asarray(covered, dtype=np.float64)[..., : gh * ph, : gw * pw]
    return whole.reshape(*covered.shape[:-2], gh, ph, gw, pw).mean(axis=(-3, -1))


def views(maps: AttentionMaps) -> np.ndarray:
    """Maps on patches that are scored, float64 (m, V, gh, gw): each layer's mean over heads, rollout, and gradient x
    attention if there is one, this scaled to sum 1 (NaN where it is 0 everywhere)."""
    parts = [maps.weights.astype(np.float64).mean(axis=2), maps.rollout[:, None].astype(np.float64)]
    if maps.gradient is not None:
        total = maps.gradient.sum(axis=(1, 2), dtype=np.float64)[:, None, None]
        parts.append((maps.gradient / np.where(total > 0, total, np.nan))[:, None])
    return np.concatenate(parts, axis=1)


def shares(maps: np.ndarray, coverage: np.ndarray) -> np.ndarray:
    """Attention that falls on each object, patches that are covered in part counting in part.

    Args:
        maps: (m, ..., gh, gw).
        coverage: (m, n, gh, gw) from `on_patches`.

    Returns:
        float64 (m, ..., n).
    """
    m, n = coverage.shape[:2]
    flat = maps.reshape(m, -1, coverage[0, 0].size if m else 1)
    found = np.einsum("mvp,mnp->mvn", flat, coverage.reshape(m, n, flat.shape[2]))
    return found.reshape(*maps.shape[:-2], n)


def densities(maps: np.ndarray, coverage: np.ndarray) -> np.ndarray:
    """Share of the attention on patches over share of the picture's area, float64 (m, ..., n); 1: as much as its area.

    NaN for an object that is not in the framed picture, and where no attention falls on patches.
    """
    total, areas = maps.sum(axis=(-1, -2)), coverage.mean(axis=(-1, -2))
    areas = areas.reshape(len(areas), *[1] * (maps.ndim - 3), areas.shape[1])
    with np.errstate(divide="ignore", invalid="ignore"):
        found = shares(maps, coverage) / total[..., None] / areas
    return np.where((areas > 0) & (total[..., None] > 0), found, np.nan)


def unmixed(maps: np.ndarray, coverage: np.ndarray) -> np.ndarray:
    """Density of each object with the ground that shares its patches taken out, float64 (m, ..., n).

    The attention of patches is fitted, by least squares in each picture, as a sum over objects and ground of a density
    times the share of the patch that they cover; scaled as `densities`, NaN where that is. Exact where density is
    even within each object and in the ground; noisy, and possibly negative, for objects much smaller than a patch.
    """
    m, n = coverage.shape[:2]
    covered = coverage.reshape(m, n, -1)
    ground = 1 - covered.sum(axis=1, keepdims=True)
    inverse = np.linalg.pinv(np.concatenate([covered, ground], axis=1))[..., :n]
    flat = np.nan_to_num(maps.reshape(m, -1, covered.shape[2]))
    found = np.einsum("mvp,mpn->mvn", flat, inverse).reshape(*maps.shape[:-2], n)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = found / maps.mean(axis=(-1, -2))[..., None]
    return np.where(np.isfinite(densities(maps, coverage)), found, np.nan)


def even_maps(coverage: np.ndarray) -> AttentionMaps:
    """A null for the grid of patches: all attention on the objects, evenly by area, as far as patches can show it.

    An object's true density is then the same whatever its size; where patches are coarse, what is measured is not,
    because a small object shares its patches with the ground.

    Args:
        coverage: (m, n, gh, gw) from `on_patches`.

    Returns:
        Maps of one layer of one head; 0 everywhere where no object is in the framed picture.
    """
    covered = coverage.sum(axis=1)
    total = covered.sum(axis=(1, 2), keepdims=True)
    rows = (covered / np.where(total > 0, total, 1.0)).astype(np.float32)
    return AttentionMaps(rows[:, None, None], rows, None)
