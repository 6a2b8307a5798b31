"""The figures of a corpus analysis."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from PIL import Image

from primacy.errors import CorpusError
from primacy.report.corpus_drawing import inline_plots, save_corpus_figures
from primacy.report.corpus_figures import corpus_figures
from primacy.report.corpus_seen import of_counts, told
from primacy.report.svg import LIGHT
from primacy.results.corpus import Drift

NAMES = ["largest-first", "places", "split", "pairs", "drift"]


def svgs(result, name):
    return [ElementTree.fromstring(svg) for svg in inline_plots(corpus_figures(result)[name])]  # noqa: S314


def texts(root):
    return [element.text.strip() for element in root.iter("text")]


def test_every_figure_is_described_and_legible(made) -> None:
    for name in NAMES:
        for root in svgs(made.sample(), name):
            assert root.find("title").text
            assert re.search(r"\d", root.find("desc").text)
            width = float(root.attrib["viewBox"].split()[2])
            sizes = [
                float(size)
                for e in root.iter("text")
                for size in re.findall(r"font-size: ([\d.]+)px", e.attrib["style"])
            ]
            assert len(sizes) > 4
            assert min(sizes) * 350 / width >= 7.9  # at the width of a telephone


def test_nothing_is_cut_off(made) -> None:
    """Every text starts and, at 6.6 units a letter of the usual size, ends inside the drawing."""
    for name in NAMES:
        for root in svgs(made.sample(), name):
            width, height = (float(x) for x in root.attrib["viewBox"].split()[2:])
            for element in root.iter("text"):
                place = re.search(r"translate\(([-\d.]+) ([-\d.]+)\)", element.attrib.get("transform", ""))
                x, y = (float(v) for v in (place.groups() if place else (element.attrib["x"], element.attrib["y"])))
                size = float(re.search(r"font-size: ([\d.]+)px", element.attrib["style"]).group(1))
                long = 0.56 * size * len(element.text.strip())
                anchor = re.search(r"text-anchor: (\w+)", element.attrib["style"])
                left = x - {"end": long, "middle": long / 2}.get(anchor.group(1) if anchor else "start", 0)
                assert left >= -2, element.text
                assert left + long <= width + 2, element.text
                assert 8 <= y <= height, element.text


def test_colours_come_from_the_page(made) -> None:
    for name in NAMES:
        for svg in inline_plots(corpus_figures(made.sample())[name]):
            assert "var(--accent)" in svg
            assert "#0102" not in svg
            assert "<style" not in svg


def test_panels_of_a_figure_share_their_scale(made) -> None:
    for name, first in (("largest-first", "0 %"), ("places", "0 %")):
        ticks = [[t for t in texts(root) if t.endswith("%")] for root in svgs(made.sample(), name)]
        assert ticks[0][0] == first
        assert all(own == ticks[0] for own in ticks)
    ends = [[t for t in texts(root) if re.fullmatch(r"0|[+\u2212]\d+", t)] for root in svgs(made.sample(), "drift")]
    assert ends[0] == ends[1]


def test_the_forest_holds_the_25_commonest_and_says_what_is_not_defined(made) -> None:
    many = made.sample(category_pairs=tuple(made.category_pair(f"a{k}", f"b{k}", 999 - k, 0.1) for k in range(40)))
    found = texts(svgs(many, "pairs")[0])
    assert [f"a{k}, b{k}" in found for k in range(40)] == [k < 25 for k in range(40)]
    assert "not defined" not in found
    assert texts(svgs(made.sample(), "pairs")[0]).count("not defined") == 1


def test_a_name_may_be_anything(made) -> None:
    odd = made.sample(category_pairs=(made.category_pair("<b>$x^2$\x1b", "\u6a21\u578b" * 30, 70, 0.2),))
    found = texts(svgs(odd, "pairs")[0])
    assert any(text.startswith("<b>$x^2$\ufffd, \u6a21") for text in found)


def test_the_expectation_stands_beside_what_was_observed_of_the_same_captions(made) -> None:
    """A share of all captions beside an expectation of some of them would mislead."""
    from matplotlib.figure import Figure

    rows = [row for row in made.sample().by_count if row.slice == "all"]
    odd = rows[0].model_copy(update={"category_only": made.value(0.3), "beyond_category": made.value(0.04)})
    axes = Figure().add_subplot()
    corpus_figures(made.sample(by_count=(odd,)))["largest-first"].plots[0].draw(axes, LIGHT)
    drawn = {line.get_marker(): line.get_ydata()[0] for line in axes.lines if line.get_marker() == "D"}
    assert drawn == {"D": pytest.approx(0.34)}


def test_without_numbers_there_is_no_figure(made) -> None:
    assert corpus_figures(made.sample(by_count=(), pairs=(), category_pairs=(), drift=())) == {}
    assert set(corpus_figures(made.sample(typical=True))) == {"largest-first", "places", "drift"}
    for figure in corpus_figures(made.blank(made.sample())).values():
        assert inline_plots(figure)


def test_many_levels_are_cut_and_counted(made) -> None:
    levels = tuple(
        Drift(
            by="source",
            level=f"s{k}",
            n_pairs=10,
            n_images=9,
            larger_first=made.value(0.5),
            within_part=made.value(0.0),
            odds_ratio=made.unknown,
        )
        for k in range(40)
    )
    plot = corpus_figures(made.sample(drift=levels))["drift"].plots[0]
    assert plot.told.title == "By source: 400 pairs, 25 of 40 levels"


@pytest.mark.parametrize(
    ("low", "high", "kind"), [(0.1, 0.2, "above"), (-0.2, -0.1, "below"), (-0.1, 0.1, "open"), (None, None, "unknown")]
)
def test_where_an_interval_lies(made, low, high, kind) -> None:
    assert told(made.value(0.0, None).model_copy(update={"ci_low": low, "ci_high": high})) == kind


def test_a_sentence_names_numbers_of_objects_by_kind(made) -> None:
    rows = [row for row in made.sample().by_count if row.slice == "all"]
    odd = rows[1].model_copy(update={"largest_first": made.value(0.2), "beyond_category": made.unknown})
    assert of_counts([rows[0], odd, rows[2]]) == (
        "Largest first above chance with 2 and 4 objects, below it with 3."
        " Above what the categories alone lead one to expect with 2 and 4 objects,"
        " no expectation from the categories with 3."
    )


def test_files_for_documents(made, tmp_path) -> None:
    written = save_corpus_figures(made.sample(), tmp_path, dpi=50)
    assert [path.name for path in written] == [f"corpus-{name}.png" for name in NAMES]
    for path in written:
        with Image.open(path) as picture:
            colours = picture.convert("RGB").getcolors(1 << 20)
            assert len(colours) > 30
            assert max(colours)[1] == (255, 255, 255)


def test_a_file_for_documents_is_the_same_every_time_and_says_where_it_cannot_be_written(made, tmp_path) -> None:
    drift = made.nothing().model_copy(update={"drift": made.sample().drift})
    [path] = save_corpus_figures(drift, tmp_path, dpi=50)
    before = path.read_bytes()
    save_corpus_figures(drift, tmp_path, dpi=50)
    assert path.read_bytes() == before
    with pytest.raises(CorpusError, match="cannot write"):
        save_corpus_figures(drift, path)
