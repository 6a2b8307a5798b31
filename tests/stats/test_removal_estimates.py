"""Matching accuracies on photos: by hand, where nothing is to be found, and where size or kind decides."""

import numpy as np
import pytest

from primacy.errors import UsageError
from primacy.probes.ior import PictureTrials
from primacy.stats.columns import Cell
from primacy.stats.effects import settle
from primacy.stats.photo_estimates import removal_estimates

CELL = Cell("balanced", "*", 0.95, 0.05, "matching", "photos", "photos")
NAMES = ("person", "cup", "bus", "dog", "kite")
FOILS = 10


def photos(m, seed, chance):
    """Made-up photos of 2 to 4 of five kinds, persons and buses large; `chance(areas, kinds)` of each object to be
    missed, and ten foils that find out."""
    rng = np.random.default_rng(seed)
    present = np.arange(4) < rng.integers(2, 5, m)[:, None]
    kinds = rng.permuted(np.tile(np.arange(5), (m, 1)), axis=1)[:, :4]
    areas = 1 / (1 + np.exp(-rng.normal(np.array([-1, -4, -1.5, -3, -4])[kinds], 0.8)))
    accuracy = rng.binomial(FOILS, chance(areas, kinds), (m, 4)) / FOILS
    return PictureTrials(
        present=present,
        objects=np.where(present, kinds, 0),
        credit=np.where(present, accuracy, 0.0),
        areas=np.where(present, areas, 0.0),
        centrality=np.where(present, rng.random((m, 4)), 0.0),
        contrasts=np.full((m, 4), np.nan),
        instances=np.where(present, rng.integers(1, 7, (m, 4)), 0),
        slots=np.full((m, 4), ""),
        clusters=np.arange(m),
    )


def by_area(areas, kinds):
    return 1 / (1 + np.exp(-(2.5 + 0.7 * np.log(areas))))


def by_kind(areas, kinds):
    return np.array([0.95, 0.6, 0.9, 0.7, 0.6])[kinds]


def estimated(chance, m=400, seed=0, **nulls):
    own = photos(m, seed, chance)
    trials = {"encoder": own}
    for name, null in nulls.items():
        trials[name.replace("_", "-")] = own._replace(credit=photos(m, seed, null).credit)
    return trials, removal_estimates(trials, NAMES, CELL, rng=np.random.default_rng(5))


def value(records, metric, group, level, n=0):
    (found,) = [r for r in records if (r.metric, r.group, r.level, r.n_objects) == (metric, group, level, n)]
    return found


def test_every_number_by_brute_force():
    trials, found = estimated(by_area)
    own, records = trials["encoder"], found.records["encoder"]
    flat = []
    for i, here in enumerate(own.present):
        for j in np.flatnonzero(here):
            rank = 1 + int((own.areas[i, here] > own.areas[i, j]).sum())
            flat.append((i, int(here.sum()), rank, own.credit[i, j], own.objects[i, j], 0 in own.objects[i, here]))

    def mean(which):
        chosen = [o[3] for o in flat if which(*o)]
        return np.mean(chosen), len(chosen)

    for n in (2, 3, 4):
        for rank in range(1, n + 1):
            record = value(records, "matching_accuracy", "size_rank", str(rank), n)
            assert (record.value, record.n) == pytest.approx(mean(lambda i, k, r, *_, n=n, x=rank: (k, r) == (n, x)))
    areas = own.areas[own.present]
    for group, level, which in (
        ("size_rank", "largest", lambda i, n, r, a, k, p: r == 1),
        ("size_rank", "between", lambda i, n, r, a, k, p: 1 < r < n),
        ("size_rank", "smallest", lambda i, n, r, a, k, p: r == n),
        ("category", "dog", lambda i, n, r, a, k, p: k == 3),
        ("slice*size_rank", "with person*smallest", lambda i, n, r, a, k, p: p and r == n),
        ("slice*size_rank", "without person*largest", lambda i, n, r, a, k, p: not p and r == 1),
    ):
        record = value(records, "matching_accuracy", group, level)
        assert (record.value, record.n) == pytest.approx(mean(which))
        assert 0 <= record.ci_low < record.value < record.ci_high <= 1
        assert (record.probe, record.stimuli) == ("matching", "photos")
    for group, values, level, at in (
        ("area_tercile", own.areas, "large", areas >= np.quantile(areas, 2 / 3)),
        ("instances", own.instances, "2-4", np.isin(own.instances[own.present], (2, 3, 4))),
        ("centrality_tercile", own.centrality, "edge",
         own.centrality[own.present] < np.quantile(own.centrality[own.present], 1 / 3)),
    ):  # fmt: skip
        assert values.shape == own.present.shape
        assert value(records, "matching_accuracy", group, level).value == pytest.approx(
            own.credit[own.present][at].mean()
        )

    def effect(which):
        ends = [mean(lambda *o, last=last: which(o) and o[2] == (o[1] if last else 1))[0] for last in (False, True)]
        return ends[0] - ends[1]

    overall = value(records, "matching_effect", "size_rank", "largest-smallest")
    assert (overall.value, overall.n, overall.n_clusters) == pytest.approx((effect(lambda o: True), 400, 400))
    assert value(records, "matching_effect", "slice", "with person").value == pytest.approx(effect(lambda o: o[5]))
    (pending,) = found.effects
    assert (pending.probe, pending.metric, pending.effect) == ("matching", "matching_effect", "largest-smallest")
    assert (pending.n_objects, pending.stimuli) == (0, "photos")
    assert pending.interval.value == pytest.approx(overall.value)
    means = [np.mean([o[3] for o in flat if o[4] == k]) for k in range(5)]
    alone = np.mean([means[o[4]] for o in flat if o[2] == 1]) - np.mean([means[o[4]] for o in flat if o[2] == o[1]])
    assert value(records, "matching_effect", "category alone", "largest-smallest").value == pytest.approx(alone)


def test_guessing_is_one_half_at_every_level_and_no_effect():
    own = photos(300, 0, by_area)
    constant = own._replace(credit=np.where(own.present, 0.5, 0.0))
    found = removal_estimates({"encoder": constant}, NAMES, CELL, rng=np.random.default_rng(0))
    for record in found.records["encoder"]:
        expected = 0.5 if record.metric == "matching_accuracy" else 0
        assert record.value == record.ci_low == record.ci_high == expected, record
    (verdict,) = settle(found.effects, CELL.margin)
    assert verdict.kind == "equivalent"


def test_an_encoder_that_never_errs_has_a_bounded_interval():
    own = photos(100, 0, by_area)
    perfect = own._replace(credit=own.present.astype(float))
    found = removal_estimates({"encoder": perfect}, NAMES, CELL, rng=np.random.default_rng(0))
    record = value(found.records["encoder"], "matching_accuracy", "size_rank", "largest")
    assert record.value == record.ci_high == 1 and 0.9 < record.ci_low < 1


def test_liking_kinds_is_told_from_missing_large_things():
    _, found = estimated(by_kind, m=1500)
    (verdict,) = settle(found.effects, CELL.margin)
    assert verdict.value > 0.15 and verdict.kind == "artefact" and "category alone" in verdict.reason
    (null,) = verdict.nulls
    assert null.difference_low < 0 < null.difference_high
    _, found = estimated(by_area, m=1500)
    (verdict,) = settle(found.effects, CELL.margin)
    assert verdict.nulls[0].difference_low > 0.02  # within a kind the larger is missed more


def test_nulls_stand_beside_the_encoder_and_size_nulls_are_none():
    def even(areas, kinds):
        return np.full(areas.shape, 0.8)

    trials, found = estimated(by_area, flat_bag=even, area_bag=by_area, noisy_area_bag=by_area)
    assert set(found.records) == set(trials)
    assert {null.name for null in found.effects[0].nulls} == {"flat-bag", "category alone"}
    assert not [r for r in found.records["flat-bag"] if r.group in ("category", "category alone")]
    keys = {(r.n_objects, r.metric, r.group, r.level) for r in found.records["encoder"]}
    assert {(r.n_objects, r.metric, r.group, r.level) for r in found.records["flat-bag"]} <= keys


def test_intervals_cover():
    truth = value(
        estimated(by_area, m=40_000)[1].records["encoder"], "matching_effect", "size_rank", "largest-smallest"
    )
    hits = 0
    for seed in range(40):
        found = estimated(by_area, m=150, seed=100 + seed)[1].effects[0].interval
        hits += found.low <= truth.value <= found.high
    assert hits >= 34


def test_other_photos_are_refused():
    own = photos(50, 0, by_area)
    with pytest.raises(UsageError, match="different photos"):
        removal_estimates({"encoder": own, "null": own._replace(clusters=own.clusters + 1)}, NAMES, CELL, rng=None)
