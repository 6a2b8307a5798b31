"""A corpus analysis in the terminal."""

from __future__ import annotations

import io
import re

import pytest
from rich.cells import cell_len
from rich.console import Console

from primacy.report.corpus_terminal import corpus_verdict_line, render_corpus
from primacy.results.corpus import SLICES, CorpusResult, FaultRecord


def printed(result: CorpusResult, width: int, *, encoding: str = "utf-8") -> str:
    raw = io.TextIOWrapper(io.BytesIO(), encoding=encoding, newline="")
    render_corpus(result, Console(file=raw, width=width, color_system=None, legacy_windows=False))
    raw.flush()
    return raw.buffer.getvalue().decode(encoding)


@pytest.mark.parametrize("width", [60, 80, 100, 140])
def test_no_line_is_wider_than_the_terminal_and_no_number_is_broken(variant, width) -> None:
    lines = printed(variant[1], width).splitlines()
    assert max(map(cell_len, lines)) <= width
    for line in lines:
        assert line.count("[") == line.count("]")
        assert not re.search(r"[\[(+]$|^\s*[\]%]", line), line


def test_verdicts_come_first_then_what_was_read_then_the_tables(made) -> None:
    text = printed(made.sample(), 80)
    told = ["Will this caption set teach", "pressure ", "inconclusive ", "- All: ", "25,014 captions",
            "fault: captions without", "Largest object first:", "Larger of two first:", "Odds within",
            "Permutation test", "commonest category pairs", "Drift:", "Agreement of two",
            "note: areas are those of masks"]  # fmt: skip
    assert [text.index(part) for part in told] == sorted(text.index(part) for part in told)


def test_every_slice_and_number_of_objects_has_its_line(made) -> None:
    lines = printed(made.sample(), 140).splitlines()
    start = next(k for k, line in enumerate(lines) if line.startswith("Largest object first"))
    rows = [line.split() for line in lines[start : start + 20] if re.search(r"\d+ / \d", line)]
    assert len(rows) == 3 * len(SLICES)
    first = " ".join(rows[0])
    assert first == (
        "all 2 6,000 / 2,000 64.4 [63.5,65.3] 50.0 5,993 61.6 [60.7,62.5] +2.8 [+1.9,+3.7] +0.11 [+0.10,+0.12]"
    )
    assert rows[1][0] == "3"  # the slice is named once
    assert "no person in image" in "\n".join(lines)


def test_pairs_have_parts_odds_test_and_bits(made) -> None:
    text = printed(made.sample(slices=("all",)), 140)
    assert re.search(
        r"^all +12,345 / 2,469 +66\.0 \[.*\] +\+16\.0 \[.*\] +\+12\.9 \[.*\] +\+3\.1 \[.*\] +12,334$", text, re.M
    )
    assert re.search(r"^all +1\.2[56] \[.* 1\.10 \[.* 1\.08 \[.* 1\.21 \[.* 0\.93 \[", text, re.M)
    assert re.search(r"^all +\+7\.31 +< 0\.001 +0\.0312 \[.*\] +0\.0021 \[", text, re.M)


def test_what_is_not_defined_is_a_dash_and_what_is_empty_has_no_table(made) -> None:
    text = printed(made.sample(typical=True, slices=("all",)), 140)
    assert re.search(r"^all +12,345 / 2,469 +66\.0 \[.*\] +– +– +– +0$", text, re.M)
    empty = printed(made.nothing(), 80)
    assert "─" not in empty
    assert "25,014 captions" in empty


def test_ascii_terminals_get_ascii_only_and_controls_do_not_steer(made) -> None:
    hostile = made.sample(
        faults=(FaultRecord(kind="unknown category", count=1, examples=("\x1b[31mred",)),),
        category_pairs=(made.category_pair("caf\u00e9\x1b[2J", "person", 50, 0.1),),
    )
    text = printed(hostile, 80, encoding="ascii")
    assert "\x1b" not in text
    assert "caf??[2J" in text
    assert "+/-2 points" in text


def test_quiet_lines_are_ascii_and_whole(made) -> None:
    lines = [corpus_verdict_line(verdict) for verdict in made.sample().verdicts]
    assert lines[0].startswith("pressure      order: the larger of two comes first in 66.0 % [65.1, 66.9]")
    assert lines[1].startswith("inconclusive  size within category pairs: ")
    assert all(line.isascii() and "\n" not in line for line in lines)
