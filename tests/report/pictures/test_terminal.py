from __future__ import annotations

import io
import re

import pytest
from rich.cells import cell_len
from rich.console import Console

from primacy.report.terminal import render_run, render_verdict_line


def printed(result, width, encoding="utf-8"):
    raw = io.TextIOWrapper(io.BytesIO(), encoding=encoding, newline="")
    render_run(result, Console(file=raw, width=width, force_terminal=False, color_system=None, legacy_windows=False))
    raw.flush()
    return raw.buffer.getvalue().decode(encoding)


@pytest.mark.parametrize("width", [80, 120])
def test_lines_fit_and_no_number_is_broken(whole_run, width):
    lines = printed(whole_run, width).splitlines()
    assert max(map(cell_len, lines)) <= width
    for line in lines:
        assert line.count("[") == line.count("]")
        assert not re.search(r"[\[(+]$|\d:$|^\s*[\]%]", line), line


def test_each_probe_has_its_table_with_chance_and_denominators(whole_run):
    text = " ".join(printed(whole_run, 100).split())
    for told in (
        "IOR, 4 objects, one-large: winner share by size level, % with 95 % intervals; large-small in points;"
        " chance 25.0 %; 480\u20131,440 objects / 30 object sets",
        "I2TOR, 4 objects, one-large: winner share by slot",
        "IOR, 2 objects, pair-ladder: area elasticity and centre preference in logits with 95 % intervals;"
        " 480 pictures / 30 object sets",
        "TOIR, 4 objects, singles: winner share by mention position",
        "IOC, 4 objects, one-large: probe accuracy by size rank",
        "Matching, 4 objects, one-large: matching accuracy by published scenario, % with 95 % intervals;"
        " 1-2 in points; chance 50.0 %; 480 pairs / 30 object sets",
        "effect on matching accuracy by factor, points",
        "Attention, 4 objects, one-large: attention in the last layer (11)",
        "I2TOR, any number of objects, photos: winner share beyond 1/n by size rank",
        "chance 31.0\u201335.0 %; 480 objects / 30 photos",
        "Attribution, IOR, 2 objects, pair-ladder: 47.0 % of deviance explained",
    ):
        assert told in text, told


def test_slopes_and_ratios_keep_two_decimals_where_shares_lose_theirs(whole_run):
    text = printed(whole_run, 80)
    assert "+0.48 [+0.45, +0.51]" in text
    assert re.search(r"^encoder .*5\.57 \[5\.54,5\.60\]", text, re.MULTILINE)


def test_verdicts_say_pictures_and_effect_in_one_line_of_ascii(whole_run):
    lines = [render_verdict_line(v) for v in whole_run.verdicts]
    assert all(line.isascii() and "\n" not in line for line in lines)
    assert any("IOR, 2 objects, pair-ladder, slope on log area: The effect of +0.5 logits" in line for line in lines)
    assert any("Attention, 4 objects, one-large, slope of log density on log area" in line for line in lines)


def test_names_of_pictures_cannot_steer_the_terminal(build_pictures):
    result = build_pictures(probes=("ior",), nulls=())
    bad = "\x1b[2J\r[red]x"
    changed = result.model_copy(
        update={
            "estimates": tuple(
                e.model_copy(update={"stimuli": bad, "level": bad if e.group == "slot" else e.level})
                for e in result.estimates
            ),
            "verdicts": tuple(v.model_copy(update={"stimuli": bad, "effect": bad}) for v in result.verdicts),
            "attribution": tuple(a.model_copy(update={"stimuli": bad}) for a in result.attribution),
        }
    )
    text = printed(changed, 100)
    assert "\x1b" not in text and "\r" not in text
    assert "[red]x" in text


def test_an_ascii_terminal_gets_ascii_only(build_pictures):
    assert printed(build_pictures(probes=("ior", "attention", "i2tor"), nulls=("constant",)), 80, "ascii").isascii()
