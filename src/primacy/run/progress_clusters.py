"""What each cluster contributes to an effect of a finished run, read from its tables of trials.

Runs of the same specification show every encoder the same captions and pictures, so that two of them can be compared
cluster by cluster. Nothing is embedded or scored again.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import polars as pl

from primacy.probes.ior import PictureTrials
from primacy.results.record import VerdictRecord
from primacy.results.store import RunFolder
from primacy.stats.picture_model import AREA, CATEGORY, SLOT, picture_model
from primacy.stats.trend import Influence, share_difference

_SAME = 1e-6


def influence_of(folder: RunFolder, verdict: VerdictRecord) -> Influence | None:
    """The effect of `verdict` by cluster.

    Returns:
        None where the tables do not give it: other kinds of effects, pictures without levels of size or slots, a run
        whose tables are gone, or one that was estimated from more than they hold.
    """
    if verdict.value is None:
        return None
    if verdict.probe == "tor":
        path, read = folder.file("trials.parquet"), _first_last
    else:
        path, read = folder.file("image_trials.parquet"), _of_pictures
    found = read(path, verdict) if path.is_file() else None
    same = found is not None and math.isclose(found.value, verdict.value, rel_tol=_SAME, abs_tol=_SAME)
    return found if same else None


def _first_last(path: Path, verdict: VerdictRecord) -> Influence | None:
    if verdict.effect != "first-last":
        return None
    credit = pl.col("winner_credit").list
    sums = (
        pl.scan_parquet(path)
        .filter(pl.col("n_objects") == verdict.n_objects)
        .group_by("set_id")
        .agg(credit.first().sum().alias("first"), credit.last().sum().alias("last"), pl.len().alias("n"))
        .sort("set_id")
        .collect()
    )
    shown = sums.select("n", pl.col("n").alias("again")).to_numpy()
    return share_difference(sums["set_id"].to_numpy(), sums.select("first", "last").to_numpy(), shown)


def _of_pictures(path: Path, verdict: VerdictRecord) -> Influence | None:
    rows = pl.scan_parquet(path).filter(
        (pl.col("probe") == verdict.probe)
        & (pl.col("stimuli") == verdict.stimuli)
        & (pl.col("n_objects") == verdict.n_objects)
    )
    if verdict.effect == "large-small":
        return _large_small(rows)
    return _log_area(rows) if verdict.effect == AREA else None


def _large_small(rows: pl.LazyFrame) -> Influence | None:
    credit, size = pl.col("winner_credit"), pl.col("sizes")
    levels = ("large", "small")
    sums = (
        rows.select("set_id", "sizes", "winner_credit")
        .explode("sizes", "winner_credit")
        .group_by("set_id")
        .agg(
            *(credit.filter(size == level).sum().alias(f"{level} won") for level in levels),
            *((size == level).sum().alias(f"{level} shown") for level in levels),
        )
        .sort("set_id")
        .collect()
    )
    won, shown = (sums.select([f"{level} {what}" for level in levels]).to_numpy() for what in ("won", "shown"))
    return share_difference(sums["set_id"].to_numpy(), won, shown)


def _log_area(rows: pl.LazyFrame) -> Influence | None:
    """The slope of `primacy.stats.elasticity`, refitted: on log area, with slot and category."""
    table = rows.select("scene_id", "set_id", "objects", "slots", "areas", "winner_credit").collect()
    if not len(table) or table["objects"].list.len().n_unique() > 1:
        return None
    scenes, first, scene = np.unique(table["scene_id"].to_numpy(), return_index=True, return_inverse=True)
    objects, slots, areas, credit = (
        np.stack(table[name].to_list()) for name in ("objects", "slots", "areas", "winner_credit")
    )
    won = np.zeros((len(scenes), credit.shape[1]))
    np.add.at(won, scene, credit)
    won /= np.bincount(scene)[:, None]  # the versions of the gallery count alike
    names, ids = np.unique(objects[first], return_inverse=True)
    unknown = np.full(won.shape, np.nan)
    trials = PictureTrials(
        present=np.ones(won.shape, dtype=bool),
        objects=ids.reshape(won.shape),
        credit=won,
        areas=areas[first].astype(float),
        centrality=unknown,
        contrasts=unknown,
        instances=np.ones(won.shape, dtype=np.int64),
        slots=slots[first],
        clusters=table["set_id"].to_numpy()[first],
    )
    model = picture_model(trials, names.tolist(), (AREA, SLOT, CATEGORY))
    if AREA not in model.terms or SLOT not in model.terms:
        return None
    slope = model.fit(model.terms).effects(AREA)
    return Influence(float(slope.value[0]), model.clusters, slope.influence[:, 0])
