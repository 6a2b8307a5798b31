from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from primacy.report.build import build_report
from primacy.report.listings import MAX_ESTIMATE_ROWS
from primacy.results.record import RunResult
from primacy.results.store import read_result

SECTIONS = (
    "verdicts", "winner-share", "gallery", "attribution", "toc", "estimates", "nulls", "checks", "design",
    "provenance", "cite", "reproduce",
)  # fmt: skip
VOID = {"meta", "link", "br", "img", "hr", "input"}
HOSTILE = "sbert:<script>alert(1)</script>\"'&{{7*7}}$x^2$"


class Page(HTMLParser):
    """Elements with their attributes, balanced or not, and the text of the table rows."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, Any]]] = []
        self.rows: list[list[str]] = []
        self._open: list[str] = []
        self._cell = False
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
            self._cell = True
            self.rows[-1].append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag, f"</{tag}> closes something else"
        if tag in ("td", "th"):
            self._cell = False

    def handle_data(self, data: str) -> None:
        if self._cell:
            self.rows[-1][-1] += data


def without(result: RunResult, metric: str, level: str) -> RunResult:
    blank = {"value": None, "ci_low": None, "ci_high": None}
    estimates = tuple(
        e.model_copy(update=blank) if (e.metric, e.level) == (metric, level) else e for e in result.estimates
    )
    return result.model_copy(update={"estimates": estimates})


VARIANTS: dict[str, dict[str, Any]] = {
    "default": {},
    "no toc": {"probes": ("tor",)},
    "no tor": {"probes": ("toc",)},
    "no nulls": {"nulls": ()},
    "several n": {"objects": (2, 3, 4, 5)},
    "several templates": {"templates": ("and", "a {1} & <b>{2}</b>")},
    "eight objects": {"objects": (8,)},
    "hostile": {"encoder": HOSTILE, "nulls": ("<img src=x onerror=y>", "untrained#0")},
    "long name": {"encoder": "open_clip:" + "x" * 400},
    "other alphabet": {"encoder": "sbert:\u6a21\u578b", "nulls": ("\u6a21\u578b",)},
}


@pytest.mark.parametrize("variant", VARIANTS)
def test_sections_of_what_ran_are_there_in_order_and_the_page_is_well_formed(build_run, variant) -> None:
    html = build_report(build_run(**VARIANTS[variant]))
    page = Page(html)
    absent = {"no toc": {"toc"}, "no tor": {"winner-share", "gallery", "attribution"}}.get(variant, set())
    expected = [section for section in SECTIONS if section not in absent]
    assert [a["id"] for tag, a in page.elements if tag == "section"] == expected
    contents = [a["href"] for tag, a in page.elements if tag == "a" and a["href"].startswith("#")]
    assert contents == [f"#{section}" for section in expected]
    ids = [a["id"] for _, a in page.elements if "id" in a]
    assert len(ids) == len(set(ids))
    assert len(html.encode()) < 1_500_000


@pytest.mark.parametrize("variant", VARIANTS)
def test_nothing_is_loaded_and_nothing_runs(build_run, variant) -> None:
    page = Page(build_report(build_run(**VARIANTS[variant])))
    assert {tag for tag, _ in page.elements}.isdisjoint({"script", "link", "img", "iframe", "object", "embed", "b:if"})
    for tag, attributes in page.elements:
        assert not [name for name in attributes if name.startswith("on") or name in ("src", "srcset", "xlink:href")]
        assert tag == "a" or not attributes.get("href", "#").removeprefix("#").startswith(("http", "//", "data:"))
        assert "url(" not in attributes.get("style", "").replace("url(#", "")


def test_style_sheet_imports_nothing(build_run) -> None:
    style = re.search(r"<style>(.*?)</style>", build_report(build_run()), re.DOTALL).group(1)
    assert "@import" not in style
    assert "url(" not in style
    assert "@font-face" not in style


def test_names_are_text_wherever_they_stand(build_run) -> None:
    html = build_report(build_run(**VARIANTS["hostile"]))
    assert "<script" not in html
    assert "<img" not in html
    assert "&lt;script&gt;" in re.search(r"<title>(.*?)</title>", html).group(1)
    assert "{{7*7}}" in html
    templates = build_report(build_run(**VARIANTS["several templates"]))
    assert "<b>{2}" not in templates
    assert "&lt;b&gt;{2}" in templates


def test_hostile_categories_and_settings_are_text(build_run) -> None:
    result = build_run()
    bad = "<svg onload=x>"
    attribution = result.attribution[0]
    poisoned = result.model_copy(
        update={
            "design": ({"probe": bad, "template": bad, "balance_text": bad, bad: {bad: [bad]}},),
            "checks": (result.checks[0].model_copy(update={"name": bad, "message": bad}),),
            "attribution": (
                attribution.model_copy(
                    update={
                        "coefficients": (attribution.coefficients[0].model_copy(update={"name": bad}),),
                        "split": {bad: 0.4},
                    }
                ),
            ),
            "verdicts": (result.verdicts[0].model_copy(update={"reason": bad, "effect": bad}),),
        }
    )
    assert bad not in build_report(poisoned)


def test_equal_results_give_equal_pages(build_run) -> None:
    assert build_report(build_run(objects=(2, 4))) == build_report(build_run(objects=(2, 4)))


def test_every_estimate_of_the_headline_stands_with_interval_and_denominators(build_run) -> None:
    result = build_run(objects=(4, 5))
    page = Page(build_report(result))
    encoder = result.spec.encoder
    for probe, n, sets in (("tor", "2,400", "100"), ("toc", "480", "20")):
        rows = [row for row in page.rows if row[0] == encoder and row[-1] == f"{n}{sets} sets"]
        assert [len(row) - 3 for row in rows] == [4, 5]
        for row, size in zip(rows, (4, 5), strict=True):
            found = [
                e
                for e in result.estimates
                if (e.probe, e.n_objects, e.group) == (probe, size, "mention_position")
                and e.metric in ("winner_share", "probe_accuracy")
            ]
            expected = [f"{100 * e.value:.1f}[{100 * e.ci_low:.1f}, {100 * e.ci_high:.1f}]" for e in found]
            assert row[1:-2] == expected


def test_every_null_stands_beside_the_encoder(build_run) -> None:
    result = build_run()
    page = Page(build_report(result))
    for null in result.nulls:
        assert sum(row[0] == null.name and row[-1] == "2,400100 sets" for row in page.rows) == 1


def test_all_estimates_are_listed_with_their_denominators(build_run) -> None:
    result = build_run(objects=(2,))
    page = Page(build_report(result))
    listed = [row for row in page.rows if len(row) == 7 and row[0] != "metric"]
    assert len(listed) == len(result.estimates) + sum(len(null.estimates) for null in result.nulls)
    assert ["winner_share", "mention_position", "1", "56.0", "[52.9, 59.1]", "2,400", "100"] in listed
    assert ["paper_share", "mention_position", "1", "56.0", "[52.9, 59.1]", "1,311.5", "100"] in listed


def test_a_huge_run_says_how_many_estimates_it_left_out(build_run) -> None:
    result = build_run(objects=(8,), templates=tuple(f"t{i}" for i in range(20)))
    total = len(result.estimates) + sum(len(null.estimates) for null in result.nulls)
    html = build_report(result)
    listed = sum(len(row) == 7 and row[0] != "metric" and row[2] != "" for row in Page(html).rows)
    left_out = int(re.search(r"([\d,]+) estimates stand in result\.json only", html).group(1).replace(",", ""))
    assert total > MAX_ESTIMATE_ROWS >= listed
    assert listed + left_out == total


def test_what_was_not_scored_is_a_dash_and_never_zero(build_run) -> None:
    page = Page(build_report(without(build_run(), "winner_share", "2")))
    row = next(row for row in page.rows if row[0].startswith("sbert") and row[-1] == "2,400100 sets")
    assert row[2] == "\u2013[\u2013, \u2013]"
    assert row[1].startswith("36.0")


def test_a_run_in_which_nothing_could_be_scored_renders(build_run) -> None:
    result = build_run()
    blank = {"value": None, "ci_low": None, "ci_high": None}
    empty = result.model_copy(
        update={
            "estimates": tuple(e.model_copy(update=blank) for e in result.estimates),
            "nulls": tuple(
                null.model_copy(update={"estimates": tuple(e.model_copy(update=blank) for e in null.estimates)})
                for null in result.nulls
            ),
            "attribution": tuple(
                a.model_copy(update={"explained": None, "split": dict.fromkeys(a.split)}) for a in result.attribution
            ),
            "curves": tuple(p.model_copy(update=blank) for p in result.curves),
            "verdicts": tuple(
                v.model_copy(update={**blank, "p_holm": None, "p_equivalence": None}) for v in result.verdicts
            ),
        }
    )
    page = Page(build_report(empty))
    row = next(row for row in page.rows if row[0] == result.spec.encoder and row[-1] == "2,400100 sets")
    assert set(row[1:-1]) == {"\u2013[\u2013, \u2013]"}


def test_the_toc_difference_comes_from_its_verdict(build_run) -> None:
    page = Page(build_report(build_run()))
    row = next(row for row in page.rows if row[0].startswith("sbert") and row[-1] == "48020 sets")
    assert row[-2] == "+0.4[\u22124.5, +5.3]"


def test_the_gallery_table_marks_its_diagonal_and_counts_what_it_shows(build_run) -> None:
    html = build_report(build_run())
    section = html[html.index('id="gallery"') : html.index('id="attribution"')]
    assert section.count('class="diagonal"') == 4
    assert "for 1 of 4 gallery positions" in section  # shares do not depend on the gallery here: only row 1 leads
    assert "untrained#0 62.5 and 12.5" in section


def test_a_gallery_without_positions_says_so(build_run) -> None:
    result = build_run(gallery="bare")
    estimates = tuple(e for e in result.estimates if "*gallery" not in e.group)
    html = build_report(result.model_copy(update={"estimates": estimates, "nulls": ()}))
    assert "the gallery here is bare" in html
    assert "No null encoder was scored" in html


def test_command_repeats_the_spec_quoted_for_a_shell(build_run) -> None:
    result = build_run(encoder="sbert:a b;rm", objects=(2, 3), protocol="paper", orders="combinations", gallery="bare")
    html = build_report(result)
    assert "primacy audit &#39;sbert:a b;rm&#39; --protocol paper --probes tor,toc --objects 2,3</pre>" in html
    changed = build_report(build_run(templates=("and", "{1} by {2}"), objects=(2,), seed=7))
    assert "--template and --template &#39;{1} by {2}&#39; --seed 7</pre>" in changed


def test_a_result_of_version_1_has_the_page_that_it_had() -> None:
    result = read_result(Path(__file__).parents[1] / "golden" / "result_v1.json")
    html = build_report(result)
    page = Page(html)
    assert [a["id"] for tag, a in page.elements if tag == "section"] == list(SECTIONS)
    assert not [tag for tag, _ in page.elements if tag == "img"]
    for verdict in result.verdicts:
        assert verdict.reason.replace(" -", " \u2212").replace("[-", "[\u2212") in html
    row = next(row for row in page.rows if row[0] == result.spec.encoder and row[-1] == "6030 sets")
    assert row[1:4] == ["60.0[45.9, 72.6]", "40.0[27.4, 54.1]", "+20.0[\u22127.8, +47.8]"]
    listed = [row for row in page.rows if len(row) == 7 and row[0] != "metric"]
    assert len(listed) == len(result.estimates) + sum(len(null.estimates) for null in result.nulls)
    assert "<dt>images</dt>" not in html
