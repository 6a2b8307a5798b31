"""Real captions: COCO val2017 (shared/data/coco_val2017)."""

import gzip
import json
import re
from collections import defaultdict
from dataclasses import replace
from itertools import combinations, permutations
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy.stats import kendalltau, spearmanr
from statsmodels.stats.contingency_tables import StratifiedTable

from primacy.corpus.areas.read import read_areas
from primacy.corpus.captions import Columns, open_captions, read_blocks
from primacy.corpus.cases import join
from primacy.corpus.extract import ExtractorSpec, load_extractor
from primacy.corpus.faults import Faults
from primacy.corpus.lexicon import load_lexicon
from primacy.corpus.order import OrderOptions
from primacy.corpus.order.by_count import order_by_count
from primacy.corpus.order.pair_split import split_pairs
from primacy.corpus.order.pairs import pairs_of
from primacy.corpus.order.slice_pairs import pair_order
from primacy.corpus.order.slices import slices
from primacy.design.vocabulary import load_vocabulary

FOLDER = Path(__file__).parents[4] / "shared/data/coco_val2017"


@pytest.fixture(scope="module")
def coco():
    if not FOLDER.is_dir():
        pytest.skip("shared/data/coco_val2017 is absent")
    extractor, faults = load_extractor(ExtractorSpec()), Faults()
    files = open_captions([FOLDER / "captions_val2017.json.gz"], Columns())
    mentions = pl.concat([extractor.extract(block) for file in files for block in read_blocks(file, faults)])
    areas = read_areas(FOLDER / "instances_boxes_val2017.json.gz", extractor.categories, faults).table
    return join(mentions, areas, extractor.categories, measure="union", set_aside="person").cases


def order_of(name, cases):
    pairs = pairs_of(cases)
    return pair_order(name, pairs, split_pairs(pairs, 200), OrderOptions(permutations=99))


def test_larger_first_is_mostly_person_first_and_a_smaller_effect_is_left_within_pairs(coco):
    found = {name: order_of(name, part) for name, part in slices(coco, "person") if name in ("all", "set aside")}
    whole, without = found["all"], found["set aside"]
    assert whole.larger_first.ci_low > 0.62
    assert whole.category_part.ci_low > 0.1
    assert without.larger_first.ci_high < whole.larger_first.ci_low
    for record in found.values():
        assert 0 < record.within_part.ci_low < record.within_part.ci_high < 0.08
        assert record.odds_ratio.ci_low > 1.3
        assert record.models[0].terms[0].odds_ratio.ci_low > 1.1
        assert record.permutation.z > 3
        assert record.pressure.within.ci_low > 0


def test_the_same_captions_in_random_order_show_nothing(coco):
    rng = np.random.default_rng(0)
    owner = np.repeat(np.arange(len(coco)), coco.counts)
    order = np.lexsort((rng.random(len(owner)), owner))
    columns = {name: getattr(coco, name)[order] for name in ("category", "area", "centrality", "instances")}
    found = order_of("all", replace(coco, **columns))
    assert found.larger_first.ci_low < 0.51
    assert found.larger_first.ci_high > 0.49
    assert abs(found.within_part.value) < 0.015
    assert abs(found.permutation.z) < 3.5
    assert found.pressure.raw.value < 0.002


class Raw:
    """The first 600 images read from the raw files by other means: a regular expression for a caption, a raster for a
    union of boxes. `lists`: image and [(category, area), ...] of each caption with two measured mentions or more."""

    def __init__(self) -> None:
        captions, instances = (
            json.loads(gzip.decompress((FOLDER / name).read_bytes()))
            for name in ("captions_val2017.json.gz", "instances_boxes_val2017.json.gz")
        )
        lexicon = load_lexicon(load_vocabulary("coco80"))
        forms = dict(lexicon.forms)
        joined = "|".join(re.escape(form).replace(r"\ ", r"[\s'_-]+") for form in sorted(forms, key=len, reverse=True))
        pattern = re.compile(rf"(?<![^\W_])(?:{joined})(?![^\W_])", re.IGNORECASE)
        sizes = {image["id"]: (image["height"], image["width"]) for image in instances["images"][:600]}
        index = {c["id"]: lexicon.categories.index(c["name"]) for c in instances["categories"]}
        covered: dict[tuple[int, int], np.ndarray] = {}
        for thing in instances["annotations"]:
            if thing["image_id"] in sizes:
                at = thing["image_id"], index[thing["category_id"]]
                x, y, wide, high = map(int, thing["bbox"])
                covered.setdefault(at, np.zeros(sizes[at[0]], bool))[y : y + high, x : x + wide] = True
        area = {at: float(mask.mean()) for at, mask in covered.items() if mask.any()}
        self.images = {str(image) for image in sizes}
        self.lists: list[tuple[int, list[tuple[int, float]]]] = []
        for caption in (row for row in captions["annotations"] if row["image_id"] in sizes):
            found = (forms[re.sub(r"[\s'_-]+", " ", m[0].lower())] for m in pattern.finditer(caption["caption"]))
            image = caption["image_id"]
            mentions = [(c, area[image, c]) for c in dict.fromkeys(found) if (image, c) in area]
            if len(mentions) > 1:
                self.lists.append((image, mentions))


def test_figures_from_the_raw_files_by_other_means(coco):
    raw = Raw()
    part = coco.of_captions(np.isin(np.array(coco.images)[coco.image], sorted(raw.images)))
    assert [c for _, mentions in raw.lists for c, _ in mentions] == part.category.tolist()
    np.testing.assert_allclose([a for _, mentions in raw.lists for _, a in mentions], part.area, rtol=1e-12)
    record = order_of("all", part)
    numbers: dict[int, int] = {}
    rows = []  # stratum, group, whether the lower category is first, whether it is the larger
    for image, mentions in raw.lists:
        group = numbers.setdefault(image, len(numbers)) % 200
        for (c, a), (d, b) in combinations(mentions, 2):
            rows.append(((min(c, d), max(c, d)), group, c < d, (a > b) == (c < d)))
    assert record.larger_first.value == pytest.approx(np.mean([first == larger for _, _, first, larger in rows]))
    strata = defaultdict(list)
    for stratum, *row in rows:
        strata[stratum].append(row)
    tables = [[[sum((f, n) == (x, y) for _, f, n in own) for y in (1, 0)] for x in (1, 0)] for own in strata.values()]
    assert record.odds_ratio.value == pytest.approx(StratifiedTable(np.array(tables).T).oddsratio_pooled)
    # every two pairs of a stratum whose images are in different groups exchange them
    judged = {
        stratum: (len(own), np.mean(lost))
        for stratum, own in strata.items()
        if (lost := [(f == n) - (f == other) for (g, f, n), (h, _, other) in permutations(own, 2) if g != h])
    }
    assert record.n_predicted == sum(n for n, _ in judged.values())
    within = sum(n * lost for n, lost in judged.values()) / record.n_predicted
    assert record.within_part.value == pytest.approx(within)


@pytest.mark.parametrize("k", [3, 4])
def test_places_and_correlations_by_scipy(coco, k):
    record = order_by_count("all", coco, k, OrderOptions())
    starts = coco.starts[:-1][np.diff(coco.starts) == k]
    areas = coco.area[starts[:, None] + np.arange(k)]
    shares = areas / areas.sum(axis=1, keepdims=True)
    assert record.largest_first.value == pytest.approx((areas.argmax(axis=1) == 0).mean())
    assert [at.value for at in record.share_at] == pytest.approx(shares.mean(axis=0))
    for value, correlation in ((record.kendall, kendalltau), (record.spearman, spearmanr)):
        assert value.value == pytest.approx(-np.mean([correlation(range(k), row).statistic for row in areas]))
