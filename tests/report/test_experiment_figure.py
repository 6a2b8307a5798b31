"""The figure of an experiment: that it is drawn whole, whatever is missing."""

import math
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from primacy.errors import RunError
from primacy.lab.experiment import Experiment, Point
from primacy.lab.outcome import Cell, make_outcome
from primacy.lab.readings import Reading
from primacy.lab.run_experiment import Row
from primacy.report import experiment_figure
from primacy.report.experiment_figure import save_experiment

SHOWS = ("order bias", "size bias")


def outcome_of(points, missing, seeds=2):
    """`missing`: {(point, reading)} that no model has."""
    experiment = Experiment(title="A title", question="q", prediction="p", dose="the dose", shows=SHOWS, points=points)
    rows = [
        Row(point.name, seed, "0123", [Reading(name, k + 0.1 * seed, None, None, 9, 3) for name in SHOWS
                               if (point.name, name) not in missing])
        for k, point in enumerate(points)
        for seed in range(seeds)
    ]  # fmt: skip
    return make_outcome("x", experiment, {}, rows)


def dosed(*doses, series=("",)):
    return tuple(Point(label=f"{dose:g}", series=name, dose=dose) for name in series for dose in doses)


NAMED = (
    Point(label="plain"),
    Point(label="causal", series="one"),
    Point(label="both ways", series="one"),
    Point(label="causal", series="two"),
)


@pytest.fixture
def drawn(monkeypatch, tmp_path):
    """Draws an outcome; gives the axes, with what was plotted on each."""
    figures = []
    new = experiment_figure.new_figure
    monkeypatch.setattr(experiment_figure, "new_figure", lambda *sides: figures.append(new(*sides)) or figures[-1])

    def draw(outcome):
        save_experiment(outcome, tmp_path / "x.png")
        return figures[-1].axes

    return draw


def marks(axes, *kinds):
    """Points drawn with one of these markers."""
    return [
        (float(x), float(y))
        for line in axes.lines
        if line.get_marker() in kinds
        for x, y in zip(line.get_xdata(), line.get_ydata(), strict=True)
    ]


@pytest.mark.parametrize(
    ("points", "size"),
    [(dosed(-1, 0, 1), (840, 370)), (NAMED, (270 + 600, 96 + 24 * 6))],
    ids=["doses", "points"],
)
def test_the_picture_has_a_panel_a_reading(points, size, tmp_path):
    save_experiment(outcome_of(points, set()), tmp_path / "x.png")
    with Image.open(tmp_path / "x.png") as picture:
        picture.load()
        assert picture.format == "PNG"
        assert all(abs(have - want * 160 / 72) <= 1 for have, want in zip(picture.size, size, strict=True))
        assert len(picture.convert("RGB").getcolors(1 << 24)) > 20
    save_experiment(outcome_of(points, set()), tmp_path / "x.svg")
    root = ElementTree.parse(tmp_path / "x.svg").getroot()  # noqa: S314 - our own file
    texts = {"".join(node.itertext()).strip() for node in root.iter("{http://www.w3.org/2000/svg}text")}
    assert {"A title", *SHOWS} <= texts
    assert {point.label for point in points} <= {text.replace("−", "-") for text in texts}


def test_every_dose_mean_and_seed_is_drawn_for_many_series(drawn):
    series = [f"s{k}" for k in range(9)]
    points = dosed(0, 0.5, 1, series=series)
    panels = drawn(outcome_of(points, set()))
    (legend,) = panels[0].figure.legends
    assert [text.get_text() for text in legend.get_texts()] == series
    for axes in panels:
        means = [(p.dose, k + 0.05) for k, p in enumerate(points)]
        np.testing.assert_allclose(sorted(marks(axes, *experiment_figure._MARKS)), sorted(means))
        seeds = [(p.dose, k + seed / 10) for k, p in enumerate(points) for seed in (0, 1)]
        np.testing.assert_allclose(sorted(marks(axes, "_")), sorted(seeds))
        looks = {(line.get_color(), line.get_marker()) for line in axes.lines if line.get_label() in series}
        assert len(looks) == len(series)


@pytest.mark.parametrize("doses", [(0, 0.5, 1), (2, 8, 32), (3,)], ids=["linear", "log", "one"])
@pytest.mark.parametrize("count", [1, 4, 20])
def test_no_mark_is_cut_and_the_legend_hides_none(drawn, doses, count):
    series = [f"a series with a long name, {k}" for k in range(count)]
    panels = drawn(outcome_of(dosed(*doses, series=series), set()))
    figure = panels[0].figure
    for axes in panels:
        for line in axes.lines[1:]:  # the first is at zero
            x, y = line.get_transform().transform(line.get_xydata()).T
            half = line.get_markersize() / 2 if line.get_marker() != "None" else 0  # a unit is a point
            assert axes.bbox.x0 <= min(x) - half and max(x) + half <= axes.bbox.x1
            assert np.isnan(y).all() or (axes.bbox.y0 <= np.nanmin(y) and np.nanmax(y) <= axes.bbox.y1)
    if count == 1:
        assert figure.legends == []
        return
    box = figure.legends[0].get_window_extent()
    assert box.x0 > max(axes.bbox.x1 for axes in panels) and box.x1 < figure.bbox.x1
    assert box.y0 > 0 or count > 4


def test_a_series_looks_the_same_in_all_panels(drawn):
    points = dosed(-1, 1, series=("first", "second"))
    one, two = drawn(outcome_of(points, {(point.name, "size bias") for point in points if point.series == "first"}))
    looks = [
        {line.get_label(): (line.get_color(), line.get_marker()) for line in axes.lines if len(line.get_xdata()) > 0}
        for axes in (one, two)
    ]
    assert looks[0]["second"] == looks[1]["second"] != looks[0]["first"]


def test_points_keep_their_row_where_a_reading_is_missing(drawn):
    panels = drawn(outcome_of(NAMED, {("plain", "size bias"), ("one: both ways", "size bias")}))
    rows = [text.get_text().strip() for text in panels[0].get_yticklabels()]
    assert rows == ["plain", "one:", "causal", "both ways", "two:", "causal"]
    assert sorted(y for _, y in marks(panels[0], "o")) == [0, 2, 3, 5]
    assert sorted(y for _, y in marks(panels[1], "o")) == [2, 5]
    assert panels[0].get_ylim() == panels[1].get_ylim()
    assert sorted(x for x, _ in marks(panels[1], "|")) == pytest.approx([1, 1.1, 3, 3.1])


def test_wide_doses_stand_on_a_logarithmic_axis(drawn):
    assert {axes.get_xscale() for axes in drawn(outcome_of(dosed(2, 8, 32), set()))} == {"log"}
    assert {axes.get_xscale() for axes in drawn(outcome_of(dosed(0, 8, 32), set()))} == {"linear"}


@pytest.mark.parametrize("points", [dosed(-1, 1), NAMED], ids=["doses", "points"])
def test_one_seed_is_drawn_without_an_interval(drawn, points):
    panels = drawn(outcome_of(points, set(), seeds=1))
    for axes in panels:
        assert len(marks(axes, "o")) == len(points)
        ends = [*axes.get_xlim(), *axes.get_ylim()]
        assert all(map(math.isfinite, ends))


def test_a_reading_that_no_model_has_gets_no_panel(drawn):
    points = dosed(-1, 1)
    (axes,) = drawn(outcome_of(points, {(point.name, "size bias") for point in points}))
    assert axes.get_title(loc="left") == "order bias"
    with pytest.raises(RunError, match="no model of x has any of order bias, size bias"):
        drawn(outcome_of(points, {(point.name, name) for point in points for name in SHOWS}))


def test_limits_hold_all_that_is_drawn():
    low, high = experiment_figure._limits([Cell("a", "", "a", None, -0.5, 0.2, (-0.6, -0.4, -0.9))])
    assert low < -0.9 and high > 0
    low, high = experiment_figure._limits([Cell("a", "", "a", None, 0.5, math.nan, (0.5,))])
    assert low < 0 < 0.5 < high
