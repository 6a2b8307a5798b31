"""The page of a corpus analysis."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest

from primacy.report.corpus_answer import answer, conclusion
from primacy.report.corpus_page import corpus_page
from primacy.results.corpus import Drift
from primacy.results.record import Value

COMMAND = "primacy corpus analyse --captions captions_val2017.json --instances instances_val2017.json"
VOID = {"meta", "br"}
SECTIONS = (
    "verdicts", "coverage", "largest-first", "pairs", "category-pairs", "drift", "agreement", "glossary", "provenance",
    "cite", "reproduce",
)  # fmt: skip


class Page(HTMLParser):
    """Elements with their attributes, balanced or not, rows of tables, and all text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, Any]]] = []
        self.rows: list[list[str]] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert not self._open, f"left open: {self._open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag, f"</{tag}> closes something else"

    def handle_data(self, data: str) -> None:
        self.text += data
        if {"td", "th"} & set(self._open):
            self.rows[-1][-1] += data


@pytest.fixture(scope="module")
def page(made) -> str:
    return corpus_page(made.sample(), COMMAND)


ABSENT = {
    "one slice": ("agreement", "drift"),
    "nothing": ("largest-first", "pairs", "category-pairs", "drift", "agreement"),
}


def test_the_page_is_well_formed_self_contained_and_has_its_sections(variant) -> None:
    name, result = variant
    html = corpus_page(result, COMMAND)
    page = Page(html)
    expected = [section for section in SECTIONS if section not in ABSENT.get(name, ())]
    assert [a["id"] for tag, a in page.elements if tag == "section"] == expected
    assert [a["href"] for tag, a in page.elements if tag == "a" and a["href"][0] == "#"] == [f"#{s}" for s in expected]
    ids = [a["id"] for _, a in page.elements if "id" in a]
    assert len(ids) == len(set(ids))
    assert {tag for tag, _ in page.elements}.isdisjoint({"script", "link", "img", "iframe", "object", "embed"})
    for tag, attributes in page.elements:
        assert not [name for name in attributes if name.startswith("on") or name in ("src", "srcset", "xlink:href")]
        assert tag == "a" or not attributes.get("href", "#").startswith(("http", "//", "data:"))
    assert "@import" not in html
    assert len(html.encode()) < 1_000_000


def test_names_are_text_wherever_they_stand(made) -> None:
    html = corpus_page(made.hostile(), made.evil)
    assert "<script" not in html
    assert "{{7*7}}" in html
    assert html.count("&lt;script&gt;") > 10
    assert "\u6a21\u578b" in html


def test_all_numbers_stand_in_the_tables(page) -> None:
    rows = Page(page).rows
    assert ["all", "2", "6,000 / 2,000", "64.4[63.5, 65.3]", "50.0", "5,993", "61.6[60.7, 62.5]", "+2.8[+1.9, +3.7]",
            "+0.11[+0.10, +0.12]"] in rows  # fmt: skip
    assert ["3", "1,500", "+0.07[+0.06, +0.09]", "+0.08[+0.06, +0.09]"] in rows
    assert ["all", "12,345 / 2,469", "66.0[65.5, 66.5]", "+16.0[+15.5, +16.5]", "+12.9[+12.4, +13.4]",
            "+3.1[+2.9, +3.3]", "12,334"] in rows  # fmt: skip
    assert ["person", "dining table", "920 / 460", "81.0[78.0, 84.0]", "61.0[58.0, 64.0]", "60.0[57.0, 63.0]",
            "+30.0[+24.1, +35.9]"] in rows  # fmt: skip
    assert ["whose category has an area in the image", "30,123", "81.9 % of mentions"] in rows
    assert ["captions without an image", "1,204", "17, 18, 19"] in rows
    assert ["larger first, %", "64.1[59.1, 69.1]", "65.5[60.5, 70.5]"] in rows


def test_negative_numbers_have_a_true_minus(page) -> None:
    assert "[\u22120.2, +3.3]" in page
    assert not re.search(r">[^<]*\[-\d", page)


def test_what_is_not_defined_is_a_dash(made) -> None:
    page = Page(corpus_page(made.sample(typical=True, slices=("all",)), COMMAND))
    assert ["all", "12,345 / 2,469", "66.0[65.5, 66.5]", "\u2013", "\u2013", "\u2013", "0"] in page.rows
    assert "nothing can be said about size within a category pair" in page.text


def test_the_answer_leads_and_the_verdicts_end_with_what_to_conclude(made, page) -> None:
    told = Page(page).text
    result = made.sample()
    assert told.index(answer(result)) < told.index("Order: does it tell") < told.index("What to conclude")
    for sentence in conclusion(result):
        assert sentence in told
    assert "What to conclude" not in corpus_page(made.nothing(), COMMAND)


def test_captions_of_figures_follow_the_numbers(made, page) -> None:
    told = Page(page).text
    assert "Largest first above chance with 2, 3 and 4 objects." in told
    assert "Not told apart from what the categories alone lead one to expect with 2, 3 and 4 objects." in told
    assert "of an excess of +16.0 points over one half, +12.9 by category and +3.1 within pairs" in told
    assert "above zero in 7 of 25 pairs, below in 0, not told apart from zero in 17, not defined in 1" in told
    low = Value(value=-0.2, ci_low=-0.3, ci_high=-0.1)
    turned = made.sample(
        by_count=(),
        pairs=(),
        category_pairs=(),
        drift=(
            Drift(by="source", level="a", n_pairs=9, n_images=9, larger_first=low, within_part=low, odds_ratio=low),
        ),
    )
    assert "above zero at 0, below at 1 of 1 levels" in Page(corpus_page(turned, COMMAND)).text


def test_equal_results_give_equal_pages_and_the_command_is_on_it(made, page) -> None:
    html = corpus_page(made.sample(), COMMAND)
    assert html == page
    assert f"<pre>{COMMAND}</pre>" in html
