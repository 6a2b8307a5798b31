from __future__ import annotations

import io
import re

import pytest
from rich.cells import cell_len
from rich.console import Console

from primacy.report.terminal import render_run, render_verdict_line
from primacy.results.record import RunResult

INTERVAL = r"\[[-+]?[\d.\u2013]+, ?[-+]?[\d.\u2013]+\]"


def printed(result: RunResult, width: int, *, encoding: str = "utf-8", colour: bool = False) -> str:
    raw = io.TextIOWrapper(io.BytesIO(), encoding=encoding, newline="")
    system = "standard" if colour else None
    render_run(result, Console(file=raw, width=width, force_terminal=colour, color_system=system, legacy_windows=False))
    raw.flush()
    return raw.buffer.getvalue().decode(encoding)


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("objects", [(2,), (4,), (5,), (8,), (2, 4)])
def test_no_line_is_wider_than_the_terminal_and_no_number_is_broken(build_run, width, objects) -> None:
    text = printed(build_run(objects=objects), width)
    lines = text.splitlines()
    assert max(map(cell_len, lines)) <= width
    assert "\u2026" not in text.replace("sbert", "")
    for line in lines:
        assert line.count("[") == line.count("]")
        assert not re.search(r"[\[(+]$|\d:$|^\s*[\]%]", line), line


@pytest.mark.parametrize("width", [80, 120])
def test_every_cell_of_the_headline_is_there_with_its_interval_and_denominators(build_run, width) -> None:
    text = printed(build_run(), width)
    row = next(line for line in text.splitlines() if line.startswith("encoder"))
    assert len(re.findall(rf"[-+]?[\d.]+ {INTERVAL}", row)) == 5  # four positions and first-last
    for name in ("constant", "bag", "weighted-bag", "untrained#0", "untrained#2"):
        assert re.search(rf"^{name} +[\d.]+ \[", text, re.MULTILINE)
    words = " ".join(text.split())
    assert "chance 25.0 %; 2,400 captions / 100 object sets" in words
    assert "chance 1.1 %; 480 captions / 20 object sets" in words


def test_the_wide_table_has_a_decimal_and_the_narrow_one_fits_in_one_block(build_run) -> None:
    assert "36.0 [32.9, 39.1]" in printed(build_run(probes=("tor",)), 120)
    narrow = printed(build_run(probes=("tor",)), 80)
    assert "36 [33,39]" in narrow
    assert sum(line.startswith("encoder") for line in narrow.splitlines()) == 1


def test_eight_objects_are_split_into_blocks_that_show_each_position_once(build_run) -> None:
    lines = printed(build_run(objects=(8,), probes=("tor",)), 80).splitlines()
    heads = [line.split() for line in lines if re.fullmatch(r" +\d( +(\d|first-last))+", line)]
    assert [word for head in heads for word in head] == [*map(str, range(1, 9)), "first-last"]


def test_verdicts_come_first_and_only_checks_that_are_not_ok_are_shown(build_run) -> None:
    text = printed(build_run(), 100)
    assert text.index("bias ") < text.index("TOR, 4 objects: winner share")
    assert "warning, clusters: " in text
    assert "note, ties: " in text
    assert "balance" not in text.split("Attribution")[1]


def test_ascii_terminal_gets_ascii_only(build_run) -> None:
    text = printed(build_run(encoder="sbert:caf\u00e9", nulls=("constant",)), 80, encoding="ascii")
    assert "+/-5 points" in text
    assert "sbert:caf?" in text
    assert re.search(r"^constant +25\.0 \[-, ?-\]", text, re.MULTILINE)


def test_without_colour_no_escape_sequence_is_written(build_run) -> None:
    assert "\x1b" not in printed(build_run(), 80)
    assert "\x1b[1;31mbias" in printed(build_run(), 80, colour=True)


def test_names_cannot_steer_the_terminal_or_be_read_as_markup(build_run) -> None:
    text = printed(build_run(encoder="sbert:\x1b[2J[red]x[/red]\r", nulls=("\x1b]0;owned\x07",)), 100)
    assert "\x1b" not in text
    assert "\r" not in text
    assert "[red]x[/red]" in text


def test_what_was_not_scored_is_a_dash(build_run) -> None:
    result = build_run(probes=("tor",), nulls=())
    blank = {"value": None, "ci_low": None, "ci_high": None}
    estimates = tuple(
        e.model_copy(update=blank) if (e.metric, e.level) == ("winner_share", "2") else e for e in result.estimates
    )
    text = printed(result.model_copy(update={"estimates": estimates}), 120)
    assert "\u2013 [\u2013, \u2013]" in text
    assert not re.search(r"(?<![\d.])0\.0 \[", text)


def test_differing_denominators_get_a_column(build_run) -> None:
    result = build_run(protocol="paper", probes=("tor",), nulls=("bag",))
    null = result.nulls[0]
    changed = tuple(e.model_copy(update={"n": 17.5}) if e.metric == "paper_share" else e for e in null.estimates)
    nulls = (null.model_copy(update={"estimates": changed}),)
    text = printed(result.model_copy(update={"nulls": nulls}), 120)
    paper = text[text.index("paper share") :]
    assert re.search(r"^encoder .*1,311\.5 / 100", paper, re.MULTILINE)
    assert re.search(r"^bag .*17\.5 / 100", paper, re.MULTILINE)


def test_verdict_line_is_one_line_of_ascii(build_run) -> None:
    lines = [render_verdict_line(verdict) for verdict in build_run().verdicts]
    assert [line.split()[0] for line in lines] == ["bias", "inconclusive", "equivalent"]
    assert all(line.isascii() and "\n" not in line for line in lines)
    assert "TOR, 4 objects, first minus last: The effect of +9.0 points [+4.1, +13.9]" in lines[0]
