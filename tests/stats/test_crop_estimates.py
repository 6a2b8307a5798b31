import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from primacy.design.picture import Picture, Shown
from primacy.design.picture_table import picture_tables
from primacy.errors import DesignError, UsageError
from primacy.probes.crops import CropScores, CropTrials, credit_among
from primacy.probes.retrieval import score
from primacy.stats.columns import Cell
from primacy.stats.crop_estimates import crop_estimates
from primacy.stats.effects import settle

CELL = Cell("balanced", "*", 0.95, 0.05, "i2tor", "crops", "photos")
NAMES = ("person", "cup", "bus", "dog")
ITEMS = np.eye(4)


def ladders(m, steps=5, seed=0):
    """Pictures of m targets: cup grows, dog stays, person leaves after the second step, in photos of two targets."""
    rng = np.random.default_rng(seed)
    pictures = []
    for ladder in range(m):
        small, rival = rng.uniform(0.005, 0.03), rng.uniform(0.02, 0.3)
        for step in range(1, steps + 1):
            objects = [Shown("cup", small * 2.0**step, 0.3, 0.3, role="target")]
            objects += [Shown("dog", rival * rng.uniform(0.7, 1.4), 0.6, 0.5, role="stays")]
            objects += [Shown("person", 0.4, 0.5, 0.5)] * (step <= 2)
            factors = {"ladder": ladder, "step": step, "photo": ladder // 2, "target": "cup"}
            pictures.append(Picture(f"{ladder}/{step}", ladder // 2, tuple(objects), factors))
    return pictures


def scored(pictures, encode, blocks=1):
    """The trials of an encoder whose vector of a picture is `encode(picture)`, over the four categories."""
    scores = CropScores()
    for table in picture_tables(pictures, NAMES).values():
        for rows in np.array_split(np.arange(len(table)), blocks):
            part = table.take(rows)
            vectors = np.array([encode(pictures[row]) for row in part.rows])
            scores.add(part, score(vectors, part.objects, ITEMS[None]))
    return scores.trials()


def by_area(picture):
    return sum(shown.area * ITEMS[NAMES.index(shown.category)] for shown in picture.objects)


def even(picture):
    return sum(ITEMS[NAMES.index(shown.category)] for shown in picture.objects)


def drawn(slope):
    """Wins drawn by a logit on log area with this slope, by inverse transform of one number a ladder and step."""

    def encode(picture):
        rng = np.random.default_rng([7, picture.factors["ladder"], picture.factors["step"]])
        utility = [slope * np.log(shown.area) + rng.gumbel() for shown in picture.objects]
        weights = np.array(utility) - min(utility) + 1
        return sum(w * ITEMS[NAMES.index(s.category)] for w, s in zip(weights, picture.objects, strict=True))

    return encode


def value(records, metric, group, level):
    (found,) = [r for r in records if (r.metric, r.group, r.level) == (metric, group, level)]
    return found


def estimated(pictures, **encoders):
    trials = {name.replace("_", "-"): scored(pictures, encode) for name, encode in encoders.items()}
    return trials, crop_estimates(trials, CELL, rng=np.random.default_rng(1))


def test_every_number_by_brute_force():
    pictures = ladders(60)
    _, found = estimated(pictures, encoder=by_area)
    records = found.records["encoder"]
    for step in range(1, 6):
        here = [p for p in pictures if p.factors["step"] == step]
        cup, dog = (np.array([p.objects[k].area for p in here]) for k in (0, 1))
        among_all = np.mean([p.objects[0].area == max(o.area for o in p.objects) for p in here])
        for group, expected, chance in (
            ("crop_step", among_all, 1 / len(here[0].objects)),
            ("crop_step, same objects", np.mean(cup > dog), 1 / 2),
        ):
            record = value(records, "winner_share", group, str(step))
            assert (record.value, record.n, record.n_clusters) == (pytest.approx(expected), 60, 30)
            assert value(records, "winner_share", f"chance: {group}", str(step)).value == pytest.approx(chance)
        assert value(records, "target_area", "crop_step", str(step)).value == pytest.approx(cup.mean())
    wins = np.array([p.objects[0].area > p.objects[1].area for p in pictures], dtype=float).reshape(60, 5)
    bias = wins[:, -1].mean() - wins[:, 0].mean()
    assert value(records, "size_bias", "crop_step", "last-first").value == pytest.approx(bias)
    areas = np.log2([[o.area for o in p.objects[:2]] for p in pictures]).reshape(60, 5, 2)
    for level, x in (("log2 area", areas[..., 0]), ("log2 area ratio", areas[..., 0] - areas[..., 1])):
        dummies = np.kron(np.eye(60), np.ones((5, 1)))  # least squares with a constant for each ladder
        design = np.column_stack([x.ravel(), dummies])
        slope = np.linalg.lstsq(design, wins.ravel(), rcond=None)[0][0]
        record = value(records, "crop_slope", "within photo", level)
        assert record.value == pytest.approx(slope) and record.n == pytest.approx(300)


def test_an_even_chooser_is_equivalent_and_an_area_chooser_biased():
    pictures = ladders(120)
    _, found = estimated(pictures, encoder=even, flat_bag=even, area_bag=by_area)
    for record in found.records["encoder"]:
        if record.metric in ("crop_slope", "size_bias"):
            assert record.value == record.ci_low == record.ci_high == 0
    assert [v.kind for v in settle(found.effects, 0.05)] == ["equivalent"]
    assert [null.name for null in found.effects[0].nulls] == ["flat-bag"]  # an area bag is no null for size
    assert value(found.records["area-bag"], "crop_slope", "within photo", "log2 area").value > 0.1
    _, found = estimated(pictures, encoder=drawn(1.5), flat_bag=even)
    (verdict,) = settle(found.effects, 0.05)
    assert (verdict.kind, verdict.probe, verdict.stimuli, verdict.effect) == ("bias", "i2tor", "crops", "last-first")


def test_the_slope_recovers_a_planted_one():
    """Over so small a range a logit slope of b per e-fold is b ln 2 p (1 - p) a doubling."""
    rng = np.random.default_rng(0)
    m, steps, slope = 4000, 5, 0.8
    ladder = np.repeat(np.arange(m), steps)
    step = np.tile(np.arange(1, steps + 1), m)
    ratio = (step - 3) * 0.2
    p = 1 / (1 + np.exp(-slope * np.log(2) * ratio))
    credit = (rng.random(m * steps) < p).astype(float)
    n = np.full(m * steps, 2)
    trials = CropTrials(ladder, step, ladder // 2, n, credit, credit, n, ratio - 4, ratio)
    found = crop_estimates({"encoder": trials}, CELL, rng=rng).records["encoder"]
    record = value(found, "crop_slope", "within photo", "log2 area ratio")
    assert record.ci_low < slope * np.log(2) / 4 < record.ci_high
    assert record.ci_high - record.ci_low < 0.1


def test_blocks_and_their_order_do_not_matter():
    pictures = ladders(10)
    one, many = scored(pictures, drawn(1), blocks=1), scored(pictures, drawn(1), blocks=7)
    for a, b in zip(one, many, strict=True):
        assert np.array_equal(a, b)


@given(st.integers(1, 5), st.integers(2, 5), st.integers(0, 1000))
def test_credit_among_some_by_brute_force(m, n, seed):
    rng = np.random.default_rng(seed)
    cosines = rng.integers(0, 3, (m, 2, n)) / 10
    members = rng.random((m, n)) < 0.6
    members[:, 0] = True
    found = credit_among(cosines, members)
    for i in range(m):
        for g in range(2):
            best = max(cosines[i, g, j] for j in range(n) if members[i, j])
            winners = [j for j in range(n) if members[i, j] and cosines[i, g, j] == best]
            expected = [1 / len(winners) if j in winners else 0 for j in range(n)]
            assert found[i, g].tolist() == pytest.approx(expected)


def test_pictures_that_are_no_crops_are_refused():
    plain = Picture("1", 1, (Shown("cup", 0.1, 0.5, 0.5), Shown("dog", 0.1, 0.5, 0.5)))
    with pytest.raises(DesignError, match="expected the crops of a ladder"):
        scored([plain], even)
    trials = scored(ladders(4), even)
    with pytest.raises(UsageError, match="differ in their steps"):
        crop_estimates({"encoder": CropTrials(*(f[:-1] for f in trials))}, CELL, rng=None)
    with pytest.raises(UsageError, match="different crops"):
        crop_estimates({"encoder": trials, "null": scored(ladders(5), even)}, CELL, rng=None)
