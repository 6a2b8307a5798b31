import subprocess
import sys
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from primacy.design import captions as module
from primacy.design.captions import TemplatedCaptions
from primacy.design.sets import all_sets
from primacy.design.templates import TEMPLATE_NAMES, get_template
from primacy.design.text import TextDesign
from primacy.design.vocabulary import load_vocabulary
from primacy.errors import DesignError

COMCO = load_vocabulary("comco")


@st.composite
def wordings(draw) -> TemplatedCaptions:
    n, v, m = draw(st.integers(1, 4)), draw(st.integers(1, 5)), draw(st.integers(0, 12))
    texts = st.text(max_size=5)
    literals = tuple(draw(texts) for _ in range(n + 1))
    surfaces = tuple(tuple(draw(texts) for _ in range(v)) for _ in range(n))
    objects = draw(st.lists(st.lists(st.integers(0, v - 1), min_size=n, max_size=n), min_size=m, max_size=m))
    return TemplatedCaptions(literals, surfaces, np.array(objects, dtype=np.int64).reshape(m, n))


def spelled_out(captions: TemplatedCaptions) -> list[str]:
    texts = []
    for row in captions.objects.tolist():
        text = captions.literals[0]
        for slot, category in enumerate(row):
            text += captions.surfaces[slot][category] + captions.literals[slot + 1]
        texts.append(text)
    return texts


@given(wordings(), st.data())
@settings(deadline=None)
def test_it_reads_like_the_list_of_its_strings(captions, data):
    want = spelled_out(captions)
    assert list(captions) == want
    assert len(captions) == len(want)
    assert [captions[i] for i in range(-len(want), len(want))] == want + want
    assert list(reversed(captions)) == want[::-1]
    for outside in (len(want), -len(want) - 1):
        with pytest.raises(IndexError):
            captions[outside]
    part = data.draw(st.slices(len(want)))
    assert isinstance(captions[part], TemplatedCaptions)
    assert list(captions[part]) == want[part]
    rows = data.draw(st.lists(st.integers(0, len(want) - 1))) if want else []
    assert list(captions.take(np.array(rows, dtype=np.int64))) == [want[row] for row in rows]


def test_iterating_over_many_is_the_same_whatever_is_rendered_at_once(monkeypatch):
    design = TextDesign(COMCO, all_sets(90, 3), np.arange(3)[None], get_template("photo", 3))
    captions = design.block(0, 50).texts
    want = spelled_out(captions)
    for rows in (1, 7, 50, 51):
        monkeypatch.setattr(module, "_ROWS", rows)
        assert list(captions) == want


@pytest.mark.parametrize("name", TEMPLATE_NAMES)
def test_a_design_reads_as_its_template_renders(name):
    rng = np.random.default_rng(0)
    for n in (2, 5):
        template = get_template(name, n)
        design = TextDesign(COMCO, all_sets(90, n), np.arange(n)[None], template)
        objects = rng.integers(0, 90, (20, n))
        assert list(design.captions(objects)) == [
            template.render([COMCO.categories[category] for category in row]) for row in objects
        ]


def test_a_million_captions_cost_only_their_ids():
    design = TextDesign(COMCO, all_sets(90, 4), np.arange(4)[None], get_template("and", 4))
    texts = design.captions(np.broadcast_to(np.array([3, 2, 1, 0]), (10**9, 4)))
    assert isinstance(texts, Sequence) and len(texts) == 10**9
    assert texts[-1] == next(iter(texts)) == "motorcycle and car and bicycle and person"
    assert len(texts[::2]) == 5 * 10**8


@pytest.mark.parametrize(
    ("literals", "surfaces", "shape"),
    [
        (("", ""), (("a",), ("b",)), (3, 2)),
        (("", "", ""), (("a",), ("b",)), (3, 3)),
        (("", "", ""), (("a",), ("b",)), (6,)),
        (("",), (), (3, 0)),
    ],
)
def test_parts_that_do_not_fit_are_refused(literals, surfaces, shape):
    with pytest.raises(DesignError, match="expected at least one slot"):
        TemplatedCaptions(literals, surfaces, np.zeros(shape, dtype=np.int64))


def test_slots_with_unlike_categories_are_refused():
    with pytest.raises(DesignError, match=r"hold \[1, 2\] categories"):
        TemplatedCaptions(("", " ", ""), (("a",), ("a", "b")), np.zeros((1, 2), dtype=np.int64))


def test_designs_need_no_torch():
    code = "import primacy.design.text, primacy.encoders._tokens, sys; print('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"
