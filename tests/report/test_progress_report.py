"""Effects along training as a table and as a figure."""

import io
import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from rich.console import Console

from primacy.report.progress_figure import Axis, save_figures
from primacy.report.progress_table import render_progress, samples
from primacy.results.progress import NullValue, Progress, ProgressPoint, ProgressSeries, Trend, Value
from primacy.results.spec import AuditSpec


def value(x, half=0.05):
    return Value(value=x, ci_low=None if x is None else x - half, ci_high=None if x is None else x + half)


def point(x, effect, *, shares=True, accuracy=0.7, name="lab:run", verdict="bias", nulls=(0.01, -0.08)):
    return ProgressPoint(
        name=name, x=x, run="0123456789", effect=value(effect),
        shares=(value(0.25 + (effect or 0) / 2), value(0.25 - (effect or 0) / 2)) if shares else (),
        accuracy=value(accuracy), verdict=verdict, n_clusters=40,
        nulls=tuple(NullValue(name=f"null#{k}", value=n) for k, n in enumerate(nulls)),
    )  # fmt: skip


def trend(**changes):
    fields = {
        "n_points": 3, "tau": 1.0, "p": None, "accuracy_tau": 1 / 3, "with_accuracy": 1 / 3, "change": value(0.3),
        "since_untrained": value(0.35), "up": 2, "down": 0, "unresolved": 0,
    }  # fmt: skip
    return Trend(**(fields | changes))


def series(points, untrained=(), **changes):
    fields = {
        "probe": "tor", "stimuli": "", "n_objects": 4, "metric": "order_bias", "effect": "first-last",
        "unit": "share", "trend": trend(),
    }  # fmt: skip
    return ProgressSeries(points=tuple(points), untrained=tuple(untrained), **(fields | changes))


def progress(*shown, notes=()):
    spec = AuditSpec(encoder="lab:run/model.safetensors")
    return Progress(
        progress_id="0123456789", primacy="0", spec=spec, series=shown, failures=(), notes=notes
    )  # fmt: skip


POINTS = [point(0, 0.02, verdict="equivalent"), point(1000, 0.1), point(10_000, 0.2), point(2e9, 0.4)]
SLOPE = {
    "probe": "ior", "stimuli": "pair-ladder", "n_objects": 2, "metric": "area_elasticity", "effect": "log area",
    "unit": "logits",
}  # fmt: skip


def shown(found, width=80, **console):
    out = io.StringIO()
    render_progress(found, Console(file=out, width=width, **console))
    return out.getvalue()


def test_a_line_a_checkpoint_with_null_and_accuracy():
    text = shown(progress(series(POINTS), notes=["Mind this."]))
    lines = text.splitlines()
    assert "TOR, 4 objects: order bias, points with 95 % intervals; 40 object sets" in lines[0] + " " + lines[1]
    assert lines[1].split() == ["samples", "first", "last", "first-last", "largest", "null", "top-1", "%"]
    assert [line.split()[0] for line in lines[2:6]] == ["untrained", "1", "10", "2"]
    assert lines[5].split() == [
        "2", "B", "45.0", "5.0", "+40.0", "[+35.0,", "+45.0]", "-8.0", "null#1", "70.0", "[65,75]"
    ]  # fmt: skip
    assert "Note: Mind this." in text
    assert max(map(len, lines)) <= 80


def test_wide_terminals_show_the_verdict():
    assert "verdict" not in shown(progress(series(POINTS)), width=99)
    lines = shown(progress(series(POINTS)), width=120).splitlines()
    assert [line.split()[-1] for line in lines[1:6]] == ["verdict", "equivalent", "bias", "bias", "bias"]


def test_slopes_and_missing_values():
    points = [point(10, None, shares=False, accuracy=None, nulls=()), point(20, 1.234, shares=False)]
    twin = point(0, 0.5, shares=False, name="untrained#0", nulls=(), verdict="")
    text = shown(progress(series(points, [twin], **SLOPE)), width=120)
    assert "logits per unit of log area" in text
    rows = {line.split()[0]: line for line in text.splitlines() if line}
    assert "+1.23 [+1.18, +1.28]" in rows["20"]
    assert rows["10"].count("–") >= 4
    assert rows["untrained#0"].split()[-1] == "–"


@pytest.mark.parametrize("console", [{}, {"legacy_windows": False, "no_color": True}])
def test_ascii_where_the_terminal_asks_for_it(console):
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding="ascii")
    points = [point(10, None, shares=False), point(20, 1.0, shares=False)]
    render_progress(progress(series(points, **SLOPE)), Console(file=out, width=80, **console))
    out.flush()
    assert b"pair-ladder" in raw.getvalue()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "Over 3 trained checkpoints: Kendall's tau +1.00 (too few to test: the least two-sided p is 0.33)."),
        ({"n_points": 5, "p": 1 / 60}, "(exact permutation p 0.017; of this one training)"),
        ({"n_points": 5}, "(not tested: values tie)"),
        ({}, "Last minus first, paired: +30.0 points [+25.0, +35.0]; all 2 steps rise."),
        ({"up": 0, "down": 2}, "; all 2 steps fall."),
        ({"up": 1, "unresolved": 1}, "; steps that rise 1, fall 0, unresolved 1."),
        ({"n_points": 2, "up": 1}, "+35.0]. Last minus untrained"),
        ({}, "Last minus untrained, paired: +35.0 points [+30.0, +40.0]."),
        ({}, "Top-1 accuracy: tau +0.33; of the effect with the accuracy +0.33."),
        ({"accuracy_tau": 1.0}, "orders the checkpoints as training does"),
        ({"accuracy_tau": None}, "Top-1 accuracy is the same at all of them."),
    ],
)
def test_what_is_said_of_the_trend(changes, said):
    text = " ".join(shown(progress(series(POINTS, trend=trend(**changes)))).split())
    assert said in text


def test_two_trained_checkpoints_have_a_change_and_no_order():
    text = shown(progress(series(POINTS[:3], trend=trend(n_points=2))))
    assert "Kendall" not in text
    assert "Last minus first" in text


def test_one_trained_checkpoint_has_no_trend_but_a_change():
    one = trend(n_points=1, tau=None, change=None, up=None, down=None, unresolved=None)
    text = shown(progress(series(POINTS[:2], trend=one)))
    assert "Kendall" not in text
    assert "Top-1 accuracy" not in text
    assert "Last minus untrained" in text


def test_what_could_not_be_paired_is_not_printed():
    text = shown(progress(series(POINTS, trend=trend(change=None, since_untrained=None, up=None))))
    assert "paired" not in text


@pytest.mark.parametrize(
    ("x", "text"),
    [(0, "0"), (640, "640"), (1000, "1 k"), (76_800, "76.8 k"), (1.5e6, "1.5 M"), (2e9, "2 B"), (3.4e10, "34 B")],
)
def test_samples_in_short(x, text):
    assert samples(x) == text


@given(st.lists(st.floats(1e-3, 1e12), min_size=1, max_size=8, unique=True))
def test_0_stands_left_of_every_checkpoint_and_order_is_kept(seen):
    seen = sorted(seen)
    axis = Axis.of([0, *seen])
    places = [axis.place(x) for x in [0, *seen]]
    assert places[0] < places[1]
    assert places == sorted(places)
    assert places[1:] == pytest.approx([axis.low + (p - axis.low) for p in places[1:]])


def test_figures_are_whole_files_of_two_kinds(tmp_path):
    twins = [point(0, e, name=f"untrained#{k}", nulls=(), verdict="") for k, e in enumerate((0.1, -0.05, 0.2))]
    slopes = [point(x, e, shares=False) for x, e in ((1e3, None), (1e4, 0.2), (2e9, 1.1))]
    found = progress(series(POINTS[1:], twins), series(slopes, **SLOPE))
    svg, png = save_figures(found, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"progress.svg", "progress.png"}
    text = " ".join(ElementTree.fromstring(svg.read_bytes()).itertext())  # noqa: S314 our own file
    for word in ("samples seen", "top-1 accuracy", "TOR, 4 objects: order bias", "untrained twins", "2 B"):
        assert word in text
    assert "before training" not in text
    with Image.open(png) as picture:
        assert picture.width > 2 * 1000
    before = svg.read_bytes(), png.read_bytes()
    save_figures(found, tmp_path)
    assert (svg.read_bytes(), png.read_bytes()) == before  # no date in them


def test_the_untrained_model_of_the_run_is_named_as_such(tmp_path):
    svg, _ = save_figures(progress(series(POINTS)), tmp_path)
    assert "before training" in svg.read_text()
    assert "untrained twins" not in svg.read_text()


def test_one_checkpoint_can_be_drawn(tmp_path):
    svg, _ = save_figures(progress(series(POINTS[:2])), tmp_path)
    assert re.search(r"1 k", svg.read_text())
