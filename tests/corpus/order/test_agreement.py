import numpy as np
import polars as pl
import pytest

from primacy.corpus.order import OrderOptions, measured_twice
from primacy.corpus.tables import AREAS, MENTIONS

CATEGORIES = ("cat", "dog", "car")


def area_table(rows):
    full = [(image, name, area, area, area, 1, None, False, "box") for image, name, area in rows]
    return pl.DataFrame(full, schema=AREAS, orient="row")


def mention_table(rows):
    full = [(str(i), image, "s", 9, False, list(names), list(range(1, 1 + len(names))), list(names))
            for i, (image, names) in enumerate(rows)]  # fmt: skip
    return pl.DataFrame(full, schema=MENTIONS, orient="row")


def both(n_images, noise, rng):
    captions, boxes, masks = [], [], []
    for i in range(n_images):
        areas = rng.random(3) * 0.5 + 0.01
        boxes += [(f"i{i}", name, a) for name, a in zip(CATEGORIES, areas, strict=True)]
        masks += [
            (f"i{i}", name, a * np.exp(noise * rng.standard_normal()))
            for name, a in zip(CATEGORIES, areas, strict=True)
        ]
        captions += [(f"i{i}", rng.permutation(CATEGORIES)[:2].tolist()) for _ in range(2)]
    return mention_table(captions), area_table(boxes), area_table(masks)


def test_agreement_is_that_of_the_objects_that_both_measure():
    rng = np.random.default_rng(0)
    mentions, boxes, masks = both(60, 0.5, rng)
    # what one of them alone has counts for nothing, in whatever order the rows stand
    other = pl.concat([masks.filter(pl.col("image_id") != "i3"), area_table([("x", "cat", 0.5)])]).sample(
        fraction=1, shuffle=True, seed=1
    )
    found = measured_twice(mentions, boxes, other, "masks", CATEGORIES, "union", OrderOptions())
    joined = boxes.join(other, on=["image_id", "category"])
    assert (found.other, found.n_images, found.n_objects) == ("masks", 59, 177)
    logs = np.log(joined.select("union", "union_right").to_numpy())
    assert found.log_correlation.value == pytest.approx(np.corrcoef(logs.T)[0, 1])
    assert found.log_correlation.ci_low < found.log_correlation.value < found.log_correlation.ci_high
    one, two = (
        {(r[0], r[1]): r[2] for r in t.select("image_id", "category", "union").iter_rows()} for t in (boxes, other)
    )
    pairs = [(i, *names) for i, names in mentions.select("image_id", "categories").iter_rows() if i != "i3"]
    same = [(one[i, a] > one[i, b]) == (two[i, a] > two[i, b]) for i, a, b in pairs]
    assert found.n_pairs == len(pairs)
    assert found.same_larger.value == pytest.approx(np.mean(same))
    assert found.larger_first.value == pytest.approx(np.mean([one[i, a] > one[i, b] for i, a, b in pairs]))
    assert found.other_larger_first.value == pytest.approx(np.mean([two[i, a] > two[i, b] for i, a, b in pairs]))


def test_a_table_agrees_with_itself_wholly():
    mentions, boxes, _ = both(60, 0, np.random.default_rng(1))
    found = measured_twice(mentions, boxes, boxes, "the same", CATEGORIES, "union", OrderOptions())
    assert found.log_correlation.value == pytest.approx(1)
    assert found.same_larger.value == 1
    assert found.larger_first == found.other_larger_first
    assert found.odds_ratio == found.other_odds_ratio


def test_nothing_in_common_is_no_number():
    mentions, boxes, _ = both(5, 0, np.random.default_rng(2))
    found = measured_twice(
        mentions, boxes, area_table([("y", "cat", 0.1)]), "none", CATEGORIES, "union", OrderOptions()
    )
    assert (found.n_images, found.n_objects, found.n_pairs) == (0, 0, 0)
    assert found.log_correlation.value is found.same_larger.value is found.odds_ratio.value is None
    few = measured_twice(mentions, boxes, boxes.head(2), "one image", CATEGORIES, "union", OrderOptions())
    assert (few.n_images, few.n_objects) == (1, 2)
    assert few.log_correlation.ci_low is None
