import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from primacy.corpus.areas.typical import join_typical, typical_sizes
from primacy.corpus.cases import join
from primacy.corpus.tables import AREAS, MENTIONS
from primacy.errors import CorpusError

CATEGORIES = ("person", "dog", "cup", "kite")


def mentions_table(rows):
    """Of (image, source, categories)."""
    return pl.DataFrame(
        [
            (f"c{i}", image, source, len(said) + 3, False, said, list(range(1, len(said) + 1)), said)
            for i, (image, source, said) in enumerate(rows)
        ],
        schema=MENTIONS,
        orient="row",
    )


def areas_table(rows):
    """Of (image, category): (area, centrality, instances)."""
    return pl.DataFrame(
        [
            (image, category, area, None if area is None else area / 2, 0.3, instances, centrality, False, "box")
            for (image, category), (area, centrality, instances) in rows.items()
        ],
        schema=AREAS,
        orient="row",
    )


def told(cases):
    """Every caption of `cases` as plain Python: image, source, words, whether it names, mentions."""
    mentions = list(
        zip(
            (cases.categories[code] for code in cases.category),
            cases.area.tolist(),
            [None if np.isnan(value) else value for value in cases.centrality],
            cases.instances.tolist(),
            strict=True,
        )
    )
    return [
        (
            cases.images[cases.image[i]],
            cases.sources[cases.source[i]],
            int(cases.n_words[i]),
            bool(cases.names_it[i]),
            mentions[cases.starts[i] : cases.starts[i + 1]],
        )
        for i in range(len(cases))
    ]


def expected(rows, areas, set_aside, at=0):
    """The same, one caption after the other."""
    found = []
    for image, source, said in rows:
        known = [(name, *areas[image, name]) for name in said if (areas.get((image, name)) or (0,))[0]]
        if len(known) >= 2:
            found.append(
                (image, source, len(said) + 3, set_aside in said, [(n, a / (1 + at), c, k) for n, a, c, k in known])
            )
    return found


IMAGES, SOURCES = st.sampled_from("pqrst"), st.sampled_from(["web", "coco"])
SAID = st.lists(st.sampled_from(CATEGORIES), unique=True)
ROWS = st.lists(st.tuples(IMAGES, SOURCES, SAID), max_size=12)
SIZES = st.dictionaries(
    st.tuples(IMAGES, st.sampled_from(CATEGORIES)),
    st.tuples(st.sampled_from([0.0, 0.125, 0.25, 0.5, None]), st.sampled_from([None, 0.5, 0.75]), st.integers(1, 3)),
    max_size=20,
)


@settings(deadline=None)
@given(rows=ROWS, sizes=SIZES, measure=st.sampled_from(["union", "largest"]))
def test_join_is_a_loop_over_captions(rows, sizes, measure):
    table = areas_table(sizes)
    if len(table) and table[measure].null_count() == len(table):
        with pytest.raises(CorpusError, match="the areas have no"):
            join(mentions_table(rows), table, CATEGORIES, measure=measure)
        return
    joined = join(mentions_table(rows), table, CATEGORIES, measure=measure, set_aside="dog")
    found = expected(rows, sizes, "dog", at=measure == "largest")
    assert told(joined.cases) == found
    assert joined.n_mentions == sum(len(said) for _, _, said in rows)
    assert joined.n_measured == sum(bool((sizes.get((image, n)) or (0,))[0]) for image, _, said in rows for n in said)
    cases = joined.cases
    assert cases.images == tuple(dict.fromkeys(case[0] for case in found))
    assert cases.sources == tuple(dict.fromkeys(case[1] for case in found))
    assert cases.present.tolist() == [(image, "dog") in sizes for image in cases.images]
    assert cases.counts.tolist() == [len(case[-1]) for case in found]
    whole = [cases.image, cases.source, cases.n_words, cases.starts, cases.category, cases.instances, cases.counts]
    assert {array.dtype for array in whole} == {np.dtype(np.int64)}


@settings(deadline=None)
@given(rows=ROWS, sizes=SIZES, seed=st.integers(0, 9))
def test_captions_and_categories_are_left_out_as_in_a_loop(rows, sizes, seed):
    cases = join(mentions_table(rows), areas_table(sizes), CATEGORIES, measure="sum", set_aside="dog").cases
    before = told(cases)
    left = [(*case[:-1], [one for one in case[-1] if one[0] != "dog"]) for case in before]
    assert told(cases.without("dog")) == [case for case in left if len(case[-1]) >= 2]
    assert told(cases.without("unicorn")) == before
    keep = np.random.default_rng(seed).random(len(cases)) < 0.5
    some = cases.of_captions(keep)
    assert told(some) == [case for case, kept in zip(before, keep, strict=True) if kept]
    assert some.images == cases.images and some.starts.dtype == np.int64
    assert told(cases) == before


def test_nothing_to_join():
    for rows, sizes in (([], {}), ([("p", "web", [])], {}), ([], {("p", "dog"): (0.5, None, 1)})):
        joined = join(mentions_table(rows), areas_table(sizes), CATEGORIES, measure="union", set_aside="dog")
        assert (len(joined.cases), joined.n_mentions, joined.n_measured) == (0, 0, 0)
        assert joined.cases.starts.tolist() == [0] and len(joined.cases.without("dog")) == 0


def test_an_unknown_measure_and_a_strange_category_are_named():
    known = {("p", "dog"): (None, None, 1)}
    with pytest.raises(CorpusError, match="the areas have no 'union'") as error:
        join(mentions_table([]), areas_table(known), CATEGORIES, measure="union")
    assert "Known of them: sum." in error.value.hint
    with pytest.raises(CorpusError, match="'unicorn' is no category"):
        join(mentions_table([("p", "web", ["dog", "unicorn"])]), areas_table(known), CATEGORIES, measure="sum")
    with pytest.raises(CorpusError, match="'unicorn' is no category"):
        join(mentions_table([]), areas_table({("p", "unicorn"): (0.5, None, 1)}), CATEGORIES, measure="sum")


@settings(deadline=None)
@given(rows=ROWS, sizes=SIZES)
def test_typical_sizes_are_medians_over_images(rows, sizes):
    known = {name: [a for (_, n), (a, _, _) in sizes.items() if n == name and a] for name in CATEGORIES}
    median = {name: float(np.median(values)) for name, values in known.items() if values}
    table = typical_sizes(areas_table(sizes))
    assert dict(zip(table["category"], table["union"], strict=True)) == median | {
        name: None for name in table["category"] if name not in median
    }
    if not median:
        with pytest.raises(CorpusError, match="no category has a typical size by the measure 'union'"):
            join_typical(mentions_table(rows), table, CATEGORIES, measure="union")
        return
    joined = join_typical(mentions_table(rows), table, CATEGORIES, measure="union", set_aside="dog")
    everywhere = {(image, name): (area, None, 1) for image in "pqrst" for name, area in median.items()}
    assert told(joined.cases) == expected(rows, everywhere, "dog")
    naming = {image for image, _, said in rows if "dog" in said}
    assert joined.cases.present.tolist() == [image in naming for image in joined.cases.images]
