from __future__ import annotations

import struct
from xml.etree import ElementTree

import matplotlib
import pytest

from primacy.errors import RunError
from primacy.report.figures import ceiling, level_svg, save_png
from primacy.report.line_figures import curves_svg
from primacy.report.panels import headline_panels
from primacy.report.select import Records


def drawn(result, uid: str = "u") -> str:
    shown = headline_panels(Records(result), "tor", "mention_position")
    return level_svg(shown[0], top=ceiling(shown), uid=uid)


def test_figures_take_colours_and_font_from_the_page(build_run) -> None:
    svg = drawn(build_run())
    for name in ("ink", "muted", "accent", "rule", "paper"):
        assert f"var(--{name})" in svg
    assert "#0102" not in svg
    assert "DejaVu" not in svg
    assert "<style" not in svg
    assert "xmlns" not in svg
    assert "date" not in svg


def test_figures_are_described_and_hold_text_as_text(build_run) -> None:
    root = ElementTree.fromstring(drawn(build_run()))  # noqa: S314
    assert root.find("title").text == "Winner share by mention position, 4 objects"
    assert "1: 36.0 %, 2: 19.0 %" in root.find("desc").text
    texts = [element.text.strip() for element in root.iter("text")]
    assert [t for t in texts if t in "1234" or t.startswith("mention")] == ["1", "2", "3", "4", "mention position"]
    assert "1/4" in texts
    labels = root.attrib["aria-labelledby"].split()
    assert labels == [root.find("title").attrib["id"], root.find("desc").attrib["id"]]


def test_two_figures_share_no_id_and_each_is_the_same_every_time(build_run) -> None:
    result = build_run()
    first, second = drawn(result, "a"), drawn(result, "b")
    ids = [
        {element.attrib["id"] for element in ElementTree.fromstring(svg).iter() if "id" in element.attrib}  # noqa: S314
        for svg in (first, second)
    ]
    assert ids[0].isdisjoint(ids[1])
    assert first == drawn(result, "a")


def test_drawing_leaves_matplotlib_as_it_was(build_run) -> None:
    before = dict(matplotlib.rcParams)
    drawn(build_run())
    assert dict(matplotlib.rcParams) == before


def test_the_axis_holds_every_interval_of_all_panels(build_run) -> None:
    shown = headline_panels(Records(build_run(objects=(2, 8))), "tor", "mention_position")
    tops = [cell.ci_high for panel in shown for row in panel.rows for cell in row.cells if cell.ci_high is not None]
    assert max(tops) < ceiling(shown) <= 1.02


def test_learning_curves_end_in_one_label_a_position(build_run) -> None:
    result = build_run(objects=(5,))
    root = ElementTree.fromstring(curves_svg(result.curves, (1 / 90,) * 5, uid="c"))  # noqa: S314
    texts = [element.text.strip() for element in root.iter("text")]
    assert sorted(t for t in texts if t in list("12345")) == list("12345")
    assert texts.count("chance") == 1
    assert "1,680" in texts


def test_png_for_any_name_and_any_number_of_panels(build_run, tmp_path) -> None:
    for name, objects in (("sbert:$x^2$ \u6a21\u578b", (4,)), ("_hidden:" + "x" * 200, (2, 3))):
        path = tmp_path / "figure.png"
        save_png(build_run(encoder=name, objects=objects), path, dpi=72)
        head = path.read_bytes()[:24]
        assert head[:8] == b"\x89PNG\r\n\x1a\n"
        assert struct.unpack(">II", head[16:24]) == (440 * len(objects), 386)


def test_png_needs_winner_shares(build_run, tmp_path) -> None:
    with pytest.raises(RunError, match="no winner share"):
        save_png(build_run(probes=("toc",)), tmp_path / "figure.png")
