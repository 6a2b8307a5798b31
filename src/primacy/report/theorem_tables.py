"""What `primacy lab theorem` found, as plain text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from primacy.lab.theorem import CONSTANT, SCALES, TYPICAL, Gap, Theorem

_HALF = -1  # stands for half of the dimensions in a section that has other designs too


class _Section(NamedTuple):
    """A table: its title, what its gaps have in common, what tells its lines apart, and which numbers are dropped."""

    title: str
    fields: dict[str, Any]
    key: tuple[str, ...]
    dropped: tuple[int, ...] = ()


_BOTH = {"coordinates": "gaussian", "truncated": "both"}
_TEXT = {"coordinates": "gaussian", "truncated": "text"}
_SIGNS = {"coordinates": "signs", "truncated": "both"}
_GROWN = ("dims", "dropped")
_SECTIONS = (
    _Section("Random negatives only", _BOTH | {"table": "dims", "hard": 0}, _GROWN, (CONSTANT, _HALF)),
    _Section("One hard negative", _BOTH | {"table": "dims", "hard": 1}, _GROWN, (CONSTANT, _HALF)),
    _Section("Random negatives, pictures complete", _TEXT | {"table": "dims", "hard": 0}, _GROWN, (CONSTANT, _HALF)),
    _Section("Random negatives, coordinates -1 or 1", _SIGNS | {"table": "dims", "hard": 0}, _GROWN, (_HALF,)),
    _Section("Random negatives only, by what is dropped", _BOTH | {"table": "dropped", "hard": 0}, _GROWN),
    _Section("One hard negative, by what is dropped", _BOTH | {"table": "dropped", "hard": 1}, _GROWN),
    _Section("By the number of hard negatives", _BOTH | {"table": "hard"}, ("dropped", "hard")),
    _Section("By the share of samples with a hard negative", _BOTH | {"table": "rate"}, ("dropped", "rate")),
)


def theorem_lines(found: Theorem) -> Iterator[str]:
    """All tables, line by line."""
    yield f"InfoNCE of the truncated encoder minus the complete one's, in nats, {found.negatives:,} random negatives:"
    yield f"mean of {found.batches} batches, half its 95 % interval, and what is expected, exactly or in the limit (~)."
    yield "Both towers are truncated, and coordinates are Gaussian, unless said otherwise."
    for section in _SECTIONS:
        yield ""
        yield section.title
        rows = [gap for gap in found.gaps if _belongs(gap, section)]
        yield _line([*section.key, *(f"scale {scale:g}" for scale in SCALES)])
        for key in dict.fromkeys(tuple(getattr(gap, name) for name in section.key) for gap in rows):
            own = [gap for gap in rows if tuple(getattr(gap, name) for name in section.key) == key]
            cells = {gap.scale: _cell(gap) for gap in own}
            yield _line([*(f"{value:g}" for value in key), *(cells[scale] for scale in SCALES)])
    yield ""
    yield f"Share of {TYPICAL} dimensions that both towers can drop for at most this gap"
    yield _line(["scale", "gap", "random negatives", "the same, signs", "one hard negative"])
    for room in found.room:
        shares = (room.gaussian, room.signs, room.hard)
        yield _line([f"{room.scale:g}", f"{room.gap:.2f}", *(f"{100 * share:.2f} %" for share in shares)])


def _belongs(gap: Gap, section: _Section) -> bool:
    wanted = {gap.dims // 2 if dropped == _HALF else dropped for dropped in section.dropped}
    same = all(getattr(gap, name) == value for name, value in section.fields.items())
    return same and (not wanted or gap.dropped in wanted)


def _cell(gap: Gap) -> str:
    expected = f"~{gap.limit:.4f}" if gap.exact is None else f"{gap.exact:.4f}"
    return f"{gap.gap:.4f} ±{(gap.ci_high - gap.ci_low) / 2:.4f} ({expected})"


def _line(cells: Sequence[str]) -> str:
    short = [cell.rjust(8) for cell in cells[:2]]
    return "".join([*short, *(cell.rjust(27) for cell in cells[2:])])
