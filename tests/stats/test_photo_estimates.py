import numpy as np
import pytest

from primacy.errors import UsageError
from primacy.probes.ior import PictureTrials
from primacy.stats.columns import Cell
from primacy.stats.effects import settle
from primacy.stats.photo_estimates import photo_estimates

CELL = Cell("balanced", "*", 0.95, 0.05, "i2tor", "photos", "photos")
NAMES = ("person", "cup", "bus", "dog", "kite")


def photos(m, rng, choose):
    """Made-up photos of 2 to 4 of five kinds; `choose(areas, centrality, objects, rng)` gives the credits of one."""
    out = {name: np.zeros((m, 4)) for name in ("areas", "centrality", "credit", "objects", "instances", "present")}
    for i in range(m):
        n = int(rng.integers(2, 5))
        kinds = rng.permutation(5)[:n]
        areas = np.exp(rng.normal([-1, -4, -1.5, -3, -4], 0.8)[kinds]).clip(max=0.9)
        centrality = rng.random(n)
        for name, values in (
            ("areas", areas), ("centrality", centrality), ("objects", kinds), ("present", 1),
            ("instances", rng.integers(1, 7, n)), ("credit", choose(areas, centrality, kinds, rng)),
        ):  # fmt: skip
            out[name][i, :n] = values
    return PictureTrials(
        present=out["present"].astype(bool),
        objects=out["objects"].astype(np.int64),
        credit=out["credit"],
        areas=out["areas"],
        centrality=out["centrality"],
        contrasts=np.full((m, 4), np.nan),
        instances=out["instances"].astype(np.int64),
        slots=np.full((m, 4), ""),
        clusters=np.arange(m) // 2,
    )


def by_area(slope):
    def choose(areas, centrality, kinds, rng):
        p = areas**slope / (areas**slope).sum()
        return rng.multinomial(1, p)

    return choose


def even(areas, centrality, kinds, rng):
    return np.full(len(areas), 1 / len(areas))


def likes(liking):
    def choose(areas, centrality, kinds, rng):
        p = np.exp(np.array(liking)[kinds])
        return rng.multinomial(1, p / p.sum())

    return choose


def estimated(choose, m=400, seed=0, **nulls):
    trials = {"encoder": photos(m, np.random.default_rng(seed), choose)}
    for name, null in nulls.items():
        again = np.random.default_rng(seed + 1)
        own = trials["encoder"]
        credit = np.zeros_like(own.credit)
        for i, here in enumerate(own.present):
            credit[i, here] = null(own.areas[i, here], own.centrality[i, here], own.objects[i, here], again)
        trials[name.replace("_", "-")] = own._replace(credit=credit)
    found = photo_estimates(trials, NAMES, CELL, rng=np.random.default_rng(5))
    return trials, found


def value(records, metric, group, level, n=0):
    (found,) = [r for r in records if (r.metric, r.group, r.level, r.n_objects) == (metric, group, level, n)]
    return found


def test_every_number_by_brute_force():
    trials, found = estimated(by_area(0.5))
    own, records = trials["encoder"], found.records["encoder"]
    flat = []
    for i in range(len(own.clusters)):
        here = np.flatnonzero(own.present[i])
        n, areas = len(here), own.areas[i, here]
        person = 0 in own.objects[i, here]
        for j in here:
            rank = 1 + int((areas > own.areas[i, j]).sum())
            flat.append(
                {"photo": i, "n": n, "rank": rank, "credit": own.credit[i, j], "excess": own.credit[i, j] - 1 / n,
                 "area": own.areas[i, j], "centrality": own.centrality[i, j], "kind": NAMES[own.objects[i, j]],
                 "count": own.instances[i, j], "person": person}
            )  # fmt: skip

    def mean(key, which):
        chosen = [o[key] for o in flat if which(o)]
        return np.mean(chosen), len(chosen)

    for n in (2, 3, 4):
        for rank in range(1, n + 1):
            record = value(records, "winner_share", "size_rank", str(rank), n)
            assert (record.value, record.n) == pytest.approx(
                mean("credit", lambda o, n=n, rank=rank: (o["n"], o["rank"]) == (n, rank))
            )
    low, high = np.quantile([o["area"] for o in flat], [1 / 3, 2 / 3])
    inner = np.quantile([o["centrality"] for o in flat], [1 / 3, 2 / 3])
    for group, level, which in (
        ("size_rank", "largest", lambda o: o["rank"] == 1),
        ("size_rank", "smallest", lambda o: o["rank"] == o["n"]),
        ("size_rank", "between", lambda o: 1 < o["rank"] < o["n"]),
        ("area_tercile", "small", lambda o: o["area"] < low),
        ("area_tercile", "large", lambda o: o["area"] >= high),
        ("centrality_tercile", "middle", lambda o: inner[0] <= o["centrality"] < inner[1]),
        ("instances", "1", lambda o: o["count"] == 1),
        ("instances", "2-4", lambda o: 2 <= o["count"] <= 4),
        ("instances", "5+", lambda o: o["count"] >= 5),
        ("category", "bus", lambda o: o["kind"] == "bus"),
        ("slice*size_rank", "with person*largest", lambda o: o["person"] and o["rank"] == 1),
        ("slice*size_rank", "without person*smallest", lambda o: not o["person"] and o["rank"] == o["n"]),
    ):
        record = value(records, "excess_share", group, level)
        assert (record.value, record.n) == pytest.approx(mean("excess", which))
        assert record.ci_low < record.value < record.ci_high and record.stimuli == "photos"

    def bias(which):
        largest = mean("credit", lambda o: o["rank"] == 1 and which(o))
        return largest[0] - mean("credit", lambda o: o["rank"] == o["n"] and which(o))[0], largest[1]

    for group, level, which in (
        ("size_rank", "largest-smallest", lambda o: True),
        ("slice", "with person", lambda o: o["person"]),
        ("slice", "without person", lambda o: not o["person"]),
    ):
        record = value(records, "size_bias", group, level)
        assert (record.value, record.n) == pytest.approx(bias(which))
    assert value(records, "size_bias", "size_rank", "largest-smallest").n_clusters == 200
    (effect,) = found.effects
    assert effect.interval.value == pytest.approx(bias(lambda o: True)[0])
    assert (effect.probe, effect.n_objects, effect.metric, effect.stimuli) == ("i2tor", 0, "size_bias", "photos")


def test_an_even_chooser_has_no_excess_anywhere():
    _, found = estimated(even)
    for record in found.records["encoder"]:
        expected = 1 / record.n_objects if record.metric == "winner_share" else 0
        assert record.value == record.ci_low == record.ci_high == pytest.approx(expected, abs=1e-9)
    (verdict,) = settle(found.effects, CELL.margin)
    assert verdict.kind == "equivalent"


def test_liking_persons_is_told_from_liking_large_things():
    """A chooser by category alone looks size-biased on these photos; it must not be called so."""
    _, found = estimated(likes([3, -1, 2, 0, -1]), m=1500)
    (verdict,) = settle(found.effects, CELL.margin)
    assert verdict.value > 0.4 and verdict.kind == "artefact" and "category alone" in verdict.reason
    (null,) = verdict.nulls
    assert null.difference_low < 0 < null.difference_high
    _, found = estimated(by_area(1.5), m=1500)
    (verdict,) = settle(found.effects, CELL.margin)
    assert verdict.nulls[0].difference_low > 0.05  # an area chooser exceeds what its liking for categories makes


def test_nulls_stand_beside_the_encoder_and_size_nulls_are_none():
    trials, found = estimated(by_area(0.5), flat_bag=even, area_bag=lambda a, c, k, r: (a == a.max()) * 1.0)
    assert set(found.records) == set(trials)
    assert value(found.records["area-bag"], "size_bias", "size_rank", "largest-smallest").value == 1
    assert value(found.records["flat-bag"], "size_bias", "size_rank", "largest-smallest").value == 0
    assert {null.name for null in found.effects[0].nulls} == {"flat-bag", "category alone"}
    assert not [r for r in found.records["flat-bag"] if r.group in ("category", "category alone")]


def test_the_order_of_photos_and_unscored_ones_do_not_matter():
    own = photos(300, np.random.default_rng(2), by_area(0.5))
    order = np.random.default_rng(3).permutation(300)
    shuffled = PictureTrials(*(field[order] for field in own))
    credit = np.concatenate([own.credit, np.full((3, 4), np.nan)])
    more = PictureTrials(*(np.concatenate([field, field[:3]]) for field in own))._replace(credit=credit)
    results = [
        photo_estimates({"encoder": t}, NAMES, CELL, rng=np.random.default_rng(5)).records["encoder"]
        for t in (own, shuffled, more)
    ]
    for first, *others in zip(*results, strict=True):
        for other in others:
            assert (other.level, other.n) == (first.level, first.n)
            if first.group != "category alone":
                assert (other.value, other.ci_low) == pytest.approx((first.value, first.ci_low))


def test_intervals_cover():
    """The size effect of a chooser with area slope 0.4, 200 photos in clusters of two: its truth by a large sample."""
    truth = value(estimated(by_area(0.4), m=20_000)[1].records["encoder"], "size_bias", "size_rank", "largest-smallest")
    hits = 0
    for seed in range(40):
        trials = {"encoder": photos(200, np.random.default_rng(100 + seed), by_area(0.4))}
        found = photo_estimates(trials, NAMES, CELL, rng=np.random.default_rng(seed)).effects[0].interval
        hits += found.low <= truth.value <= found.high
    assert hits >= 34


def test_a_collection_without_the_splitting_category_has_one_slice():
    own = photos(100, np.random.default_rng(0), even)
    found = photo_estimates({"encoder": own}, ("cat", *NAMES[1:]), CELL, rng=np.random.default_rng(0))
    assert {r.level for r in found.records["encoder"] if r.group == "slice"} == {"without person"}


def test_trials_that_do_not_go_together_are_refused():
    own = photos(50, np.random.default_rng(0), even)
    with pytest.raises(UsageError, match="different photos"):
        photo_estimates({"encoder": own, "null": own._replace(objects=own.objects + 1)}, NAMES, CELL, rng=None)
    with pytest.raises(UsageError, match="no photo has two scored objects"):
        unmeasured = own._replace(areas=np.full_like(own.areas, np.nan))
        photo_estimates({"encoder": unmeasured}, NAMES, CELL, rng=None)
