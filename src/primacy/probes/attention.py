"""Attention against area: how much of its attention does an image tower give to each object, and how much per pixel?

Paper section 2.2.2, Fig. 3 (docs/attention.md). Pure: attention maps and the objects' coverage of the patches go in,
one row of sums per cluster comes out, so any number of pictures runs in bounded memory.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from primacy.encoders.attention.base import AttentionMaps
from primacy.errors import UsageError
from primacy.probes._attention_maps import densities, even_maps, on_patches, shares, unmixed, views
from primacy.probes._group_sums import MAX_GROUPS, cluster_rows

__all__ = ["EVEN", "AttentionSums", "densities", "even_maps", "on_patches", "shares", "unmixed", "views"]

EVEN = "even-objects"
"""Name of the null whose attention lies evenly on the objects (`even_maps`)."""

_TIE = 1e-6  # shares that differ by less, relatively, count as equal


class AttentionSums:
    """Sums over the pictures of each cluster, for one encoder on one cell; grows batch by batch.

    `arrays` by name, each with K rows (clusters, or random groups of them beyond `MAX_GROUPS`); V views (the layers,
    "rollout", perhaps "gradient"), S size levels:

    * `share`, `density`, `unmixed`, `objects` (K, V, S): sums over objects, and their number; `ground`, `elsewhere`,
      `pictures` (K, V): attention on patches outside the objects, on no patch, and pictures.
    * `slope_xy`, `slope_xx`, `slope_n` (K, V): products of log share and log area about their means within a picture.
    * `contrast`, `contrast_n` (K, V): log density of the first level minus the last within a picture; pictures.
    * `agree_share`, `agree_density`, `agree_area`, `agree_n` (K, V): winner's credit of the object with the largest
      share, density, area; pictures with credit.
    * `share_credit`, `share_share`, `density_credit`, `density_density`, `credit_credit` (K, V): products of log share
      or log density and credit, about their means within a picture.
    * with `by_head`, `head_share`, `head_density`, `head_objects` (K, L, H, S).

    `unseen` counts objects outside the framed picture, which are not scored, `zero` (V,) objects in it that get no
    attention at all and so have no logarithm: they count in shares and densities, not in slopes, contrasts and
    correlations.
    """

    def __init__(
        self,
        layers: Sequence[str],
        heads: int,
        clusters: np.ndarray,
        levels: Sequence[str] = (),
        *,
        gradient: bool = False,
        by_head: bool = False,
    ) -> None:
        """Prepare empty sums.

        Args:
            layers: names of the layers.
            heads: their number of heads.
            clusters: int, the clusters of all pictures to come, each any number of times.
            levels: the size levels, largest first; objects of other levels count in slopes and agreement only.
            gradient: whether the maps have gradient x attention.
            by_head: whether to keep the table of heads.
        """
        self.layers, self.heads, self.levels = tuple(layers), heads, tuple(levels)
        self.views = (*self.layers, "rollout", *(("gradient",) if gradient else ()))
        self._clusters = np.unique(clusters)
        k, v, s = min(len(self._clusters), MAX_GROUPS), len(self.views), len(self.levels)
        shapes: dict[str, tuple[int, ...]] = dict.fromkeys(("share", "density", "unmixed", "objects"), (k, v, s))
        shapes |= dict.fromkeys(_BY_VIEW, (k, v))
        if by_head:
            shapes |= dict.fromkeys(("head_share", "head_density", "head_objects"), (k, len(layers), heads, s))
        self.arrays = {name: np.zeros(shape) for name, shape in shapes.items()}
        self.by_head, self.unseen, self.zero = by_head, 0, np.zeros(v, dtype=np.int64)

    def __getitem__(self, name: str) -> np.ndarray:
        return self.arrays[name]

    def add(
        self,
        maps: AttentionMaps,
        coverage: np.ndarray,
        clusters: np.ndarray,
        levels: np.ndarray,
        credit: np.ndarray | None = None,
    ) -> None:
        """Add a batch of m pictures of n objects each.

        Args:
            maps: of the pictures.
            coverage: (m, n, gh, gw) from `on_patches`.
            clusters: int (m,).
            levels: strings (m, n).
            credit: (m, n) the winner's credit of the IOR probe on the same pictures (rows sum to 1), NaN where a
                picture was not scored.

        Raises:
            UsageError: the shapes do not fit each other or those of the sums.
        """
        seen = views(maps)
        expected = (len(clusters), len(self.views), *coverage.shape[-2:])
        if seen.shape != expected or maps.weights.shape[2] != self.heads or levels.shape != coverage.shape[:2]:
            raise UsageError(
                f"maps {seen.shape} of {maps.weights.shape[2]} heads, coverage {coverage.shape} and levels"
                f" {levels.shape} do not fit {len(clusters)} pictures, {len(self.views)} views and {self.heads} heads"
            )
        k = len(self.arrays["pictures"])
        rows = cluster_rows(np.searchsorted(self._clusters, clusters), len(self._clusters), k)
        areas = coverage.mean(axis=(2, 3))
        inside = areas > 0
        self.unseen += int((~inside).sum())
        is_level = (levels[:, :, None] == np.array(self.levels, dtype=str)) & inside[:, :, None]
        share, density = shares(seen, coverage), densities(seen, coverage)
        self._levels(rows, "", share, density, is_level)
        pure = np.where(np.isfinite(density), unmixed(seen, coverage), 0.0)
        self._sum("unmixed", rows, np.einsum("mvn,mns->mvs", pure, is_level.astype(float)))
        self._totals(rows, seen, share)
        logs = _Logs(share, density, areas)
        self.zero += ((share == 0) & inside[:, None]).sum(axis=(0, 2))
        self._slopes(rows, logs, is_level)
        if credit is not None:
            self._agreement(rows, (share, density, areas), logs, credit)
        if self.by_head:
            heads = maps.weights.astype(np.float64)
            self._levels(rows, "head_", shares(heads, coverage), densities(heads, coverage), is_level)

    def _sum(self, name: str, rows: np.ndarray, values: np.ndarray) -> None:
        np.add.at(self.arrays[name], rows, values)

    def _levels(
        self, rows: np.ndarray, prefix: str, share: np.ndarray, density: np.ndarray, is_level: np.ndarray
    ) -> None:
        scored = np.isfinite(density)
        for name, values in (("share", share), ("density", density), ("objects", scored)):
            filled = np.where(scored, values, 0.0)
            self._sum(prefix + name, rows, np.einsum("m...n,mns->m...s", filled, is_level.astype(float)))

    def _totals(self, rows: np.ndarray, seen: np.ndarray, share: np.ndarray) -> None:
        total = seen.sum(axis=(2, 3))
        scored = np.isfinite(total)
        self._sum("ground", rows, np.where(scored, total - share.sum(axis=2), 0.0))
        self._sum("elsewhere", rows, np.where(scored, 1 - total, 0.0))
        self._sum("pictures", rows, scored)

    def _slopes(self, rows: np.ndarray, logs: _Logs, is_level: np.ndarray) -> None:
        self._sum("slope_xy", rows, (logs.area * logs.share).sum(axis=2))
        self._sum("slope_xx", rows, (logs.area**2).sum(axis=2))
        self._sum("slope_n", rows, logs.used.sum(axis=2) * (logs.area != 0).any(axis=2))
        if len(self.levels) < 2:
            return
        means = []
        for s in (0, -1):
            of_level = logs.used & is_level[:, None, :, s]
            count = of_level.sum(axis=2)
            means.append((logs.density * of_level).sum(axis=2) / np.where(count, count, np.nan))
        difference = means[0] - means[1]
        self._sum("contrast", rows, np.nan_to_num(difference))
        self._sum("contrast_n", rows, np.isfinite(difference))

    def _agreement(
        self, rows: np.ndarray, measures: tuple[np.ndarray, np.ndarray, np.ndarray], logs: _Logs, credit: np.ndarray
    ) -> None:
        share, density, areas = measures
        known = np.isfinite(credit).all(axis=1)
        filled = np.where(known[:, None], credit, 0.0)[:, None]
        scored = np.isfinite(density).any(axis=2) & known[:, None]
        for name, values in (("share", share), ("density", density), ("area", areas[:, None])):
            won = (_leaders(values) * filled).sum(axis=2)
            self._sum(f"agree_{name}", rows, np.where(scored, won, 0.0))
        self._sum("agree_n", rows, scored)
        centred = _centred(np.broadcast_to(filled, share.shape), logs.used & known[:, None, None])
        for name, values in (("share", logs.share), ("density", logs.density), ("credit", centred)):
            values = values * known[:, None, None]
            self._sum(f"{name}_credit", rows, (values * centred).sum(axis=2))
            if name != "credit":
                self._sum(f"{name}_{name}", rows, (values**2).sum(axis=2))


_BY_VIEW = (
    "ground", "elsewhere", "pictures", "slope_xy", "slope_xx", "slope_n", "contrast", "contrast_n", "agree_share",
    "agree_density", "agree_area", "agree_n", "share_credit", "share_share", "density_credit", "density_density",
    "credit_credit",
)  # fmt: skip


class _Logs:
    """Logarithms about their means within a picture, (m, V, n), 0 for objects that have none; `used` says which do."""

    def __init__(self, share: np.ndarray, density: np.ndarray, areas: np.ndarray) -> None:
        with np.errstate(divide="ignore"):
            log_area, log_share, log_density = np.log(areas), np.log(share), np.log(density)
        self.used = np.isfinite(log_share) & np.isfinite(log_density)
        self.area = _centred(np.broadcast_to(log_area[:, None], share.shape), self.used)
        self.share = _centred(log_share, self.used)
        self.density = _centred(log_density, self.used)


def _centred(values: np.ndarray, used: np.ndarray) -> np.ndarray:
    """Values (m, V, n) minus the mean of the used ones of their picture; 0 for the others, and within rounding."""
    filled, count = np.where(used, values, 0.0), used.sum(axis=2, keepdims=True)
    apart = filled - filled.sum(axis=2, keepdims=True) / np.maximum(count, 1)
    return np.where(used & (np.abs(apart) > _TIE), apart, 0.0)


def _leaders(values: np.ndarray) -> np.ndarray:
    """Credit (m, V, n) for being the largest of a picture, ties shared; NaN never is."""
    filled = np.where(np.isfinite(values), values, -np.inf)
    top = filled.max(axis=2, keepdims=True)
    first = filled >= top - _TIE * np.abs(np.where(np.isfinite(top), top, 0.0))
    return first / first.sum(axis=2, keepdims=True)
