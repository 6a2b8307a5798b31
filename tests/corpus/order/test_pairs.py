from itertools import combinations

import numpy as np

from primacy.corpus.order.codes import row_codes
from primacy.corpus.order.groups import groups_of
from primacy.corpus.order.pairs import pairs_of
from primacy.corpus.order.slices import slices
from primacy.results.corpus import SLICES


def test_pairs_are_all_pairs_of_each_caption(make_cases):
    rng = np.random.default_rng(0)
    rows = []
    for image in range(40):
        chosen = rng.choice(10, int(rng.integers(2, 6)), replace=False)
        rows.append((image, [(int(c), float(rng.integers(1, 4)) / 10) for c in chosen]))
    cases = make_cases(rows, instances=rng.integers(1, 9, sum(len(m) for _, m in rows)))
    pairs = pairs_of(cases)
    found = {}
    for i in range(len(pairs)):
        key = (int(pairs.caption[i]), int(pairs.lower[pairs.stratum[i]]), int(pairs.upper[pairs.stratum[i]]))
        found[key] = (pairs.first[i], pairs.larger[i], pairs.log_area[i], pairs.log_instances[i], pairs.larger_first[i])
    expected = {}
    for caption, (_, mentions) in enumerate(rows):
        for i, j in combinations(range(len(mentions)), 2):
            low, high = (i, j) if mentions[i][0] < mentions[j][0] else (j, i)
            (a, x), (b, y) = mentions[low], mentions[high]
            number = cases.instances[cases.starts[caption] :]
            larger = 0.5 if x == y else float(x > y)
            first = mentions[i][1] > mentions[j][1]
            expected[caption, a, b] = (
                float(low < high), larger, np.log2(x) - np.log2(y), np.log2(number[low]) - np.log2(number[high]),
                0.5 if x == y else float(first),
            )  # fmt: skip
    assert len(found) == len(pairs) == len(expected)
    for key, values in expected.items():
        np.testing.assert_allclose(found[key], values, atol=1e-12)


def test_no_captions_make_no_pairs(make_cases):
    assert len(pairs_of(make_cases([]))) == 0


def test_row_codes_number_rows_in_lexicographic_order():
    rows = np.random.default_rng(0).integers(0, 3, (60, 4))
    distinct, code = np.unique(rows, axis=0, return_inverse=True)
    found, example = row_codes(rows)
    assert found.tolist() == code.ravel().tolist()
    assert rows[example].tolist() == distinct.tolist()
    wide = np.full((2, 40), 10**9) + np.arange(2)[:, None]
    assert row_codes(wide)[0].tolist() == [0, 1]


def test_images_are_dealt_to_groups_and_none_is_empty():
    groups = groups_of(np.array([7, 3, 3, 900, 12, 7]), 3)
    assert groups.group.tolist() == [1, 0, 0, 0, 2, 1]
    assert (groups.n_groups, groups.n_images) == (3, 4)
    assert groups_of(np.zeros(0, dtype=np.int64), 5).n_groups == 0


def test_slices(make_cases):
    """Category 0 is set aside; it stands in the images 0 and 1, and in the last caption two of one thing do."""
    rows = [
        (0, [(0, 0.1), (1, 0.2), (2, 0.3)]),
        (0, [(2, 0.3), (1, 0.2)]),
        (1, [(0, 0.1), (3, 0.2)]),
        (2, [(1, 0.1), (2, 0.2)]),
    ]
    cases = make_cases(rows, instances=np.array([1, 1, 1, 1, 1, 1, 1, 1, 2]))
    found = {name: part.image.tolist() for name, part in slices(cases, "c0")}
    assert list(found) == list(SLICES)
    assert list(found.values()) == [[0, 0, 1, 2], [0, 0, 2], [0, 2], [2], [0, 0, 1]]
    assert dict(slices(cases, "c0"))["set aside"].category.tolist() == [1, 2, 2, 1, 1, 2]
    assert [name for name, _ in slices(cases, "zeppelin")] == ["all", "one instance"]
    assert [len(part) for _, part in slices(make_cases([]), "c0")] == [0] * 5
