from __future__ import annotations

from primacy.report.reproduction import render_markdown
from primacy.run.reproduce import Arm, Bias, Cell, OurRow, Reproduction, TableSpec


def cell(value: float) -> Cell:
    return Cell(value=value, ci_low=value - 0.1, ci_high=value + 0.1, n=480.0, n_clusters=30)


def test_a_contrast_is_written_in_the_unit_of_its_metric():
    arms = tuple(
        Arm(name=name, metric="winner_share", audit={}, bias=Bias(metric=metric))
        for name, metric in (("points", "size_bias"), ("log ratio", "attention_slope"))
    )
    table = TableSpec(title="T", note="n", encoders=("x:y",), columns=("a", "b"), audit={}, arms=arms)
    rows = tuple(
        OurRow(encoder="x:y", arm=arm.name, metric=arm.metric, cells=(cell(0.6), cell(0.4)), bias=cell(0.2), run="r")
        for arm in arms
    )
    line = render_markdown(Reproduction(name="t", table=table, rows=rows)).splitlines()[-1]
    assert line == ("| `x:y` | 60/40; +20.0 [+10.0, +30.0]; n 480/30 | 60/40; 0.200 [0.100, 0.300]; n 480/30 |")
