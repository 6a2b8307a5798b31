"""Numbers as people read them: shares in percent, differences in points, a dash where nothing was scored."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

DASH = "\u2013"
MINUS = "\u2212"

_SHARES = (
    "winner_share",
    "top1_share",
    "paper_share",
    "recall_at_n",
    "probe_accuracy",
    "matching_accuracy",
    "attention_share",
    "attention_agreement",
    "target_area",
)
_POINTS = ("order_bias", "size_bias", "slot_bias", "matching_effect", "excess_share", "crop_slope")
_TWO_DIGITS = (
    "mean_rank",
    "order_ratio",
    "size_ratio",
    "tie_ratio",
    "attention_density",
    "attention_density_ratio",
    "attention_share_ratio",
)
_SIGNED = ("margin", "area_elasticity", "centre_preference")


def unit(metric: str) -> str:
    """The unit that `number` writes the metric in: "%", "points" or nothing."""
    return "%" if metric in _SHARES else "points" if metric in _POINTS else ""


def number(metric: str, value: float | None, digits: int | None = None) -> str:
    """`value` of `metric` in its unit, without the unit; a dash where it is not defined.

    Args:
        metric: identifier of the metric, which decides factor, sign and decimals.
        value: as stored (a share of 0.361 becomes "36.1").
        digits: decimals, by default the metric's own.
    """
    if metric in _SHARES:
        return fixed(value, 1 if digits is None else digits, factor=100)
    if metric in _POINTS:
        return fixed(value, 1 if digits is None else digits, factor=100, signed=True)
    return fixed(value, (2 if metric in _TWO_DIGITS else 3) if digits is None else digits, signed=metric in _SIGNED)


def points(share: float | None, digits: int = 1) -> str:
    """A difference of shares in percentage points, with its sign."""
    return fixed(share, digits, factor=100, signed=True)


def effect(value: float | None, unit: str) -> str:
    """An effect with its sign, without its unit: in percentage points, or in logits (`unit` of a verdict)."""
    return fixed(value, 3, signed=True) if unit == "logits" else points(value)


def fixed(value: float | None, digits: int, *, factor: float = 1, signed: bool = False) -> str:
    """`value * factor` with fixed decimals; zero never carries a sign, None and NaN become a dash."""
    if value is None or not math.isfinite(value):
        return DASH
    text = f"{value * factor:{'+' if signed else ''},.{digits}f}"
    return text[1:] if text[0] in "+-" and not text.strip("+-0.,") else text


def bracket(low: str, high: str, *, tight: bool = False) -> str:
    """An interval of two numbers already written."""
    return f"[{low},{high}]" if tight else f"[{low}, {high}]"


def p_value(p: float | None) -> str:
    """A p-value to three decimals, "< 0.001" and "> 0.999" beyond."""
    if p is None or not math.isfinite(p):
        return DASH
    if p > 0.9995:
        return "> 0.999"
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def count(n: float | None) -> str:
    """A count with thousands separators; one decimal where ties made it fractional."""
    if n is None or not math.isfinite(n):
        return DASH
    return f"{n:,.0f}" if abs(n - round(n)) < 1e-6 else f"{n:,.1f}"


def count_range(values: Iterable[float]) -> str:
    """One count where all are equal, else "smallest-largest"."""
    texts = [count(value) for value in sorted(values)]
    if not texts:
        return DASH
    return texts[0] if texts[0] == texts[-1] else f"{texts[0]}{DASH}{texts[-1]}"


def percent_range(shares: Iterable[float | None]) -> str:
    """Shares in percent, without the sign: one number where all are equal, else "smallest-largest"; unknown ones do
    not count."""
    texts = [fixed(share, 1, factor=100) for share in sorted(x for x in shares if x is not None)]
    if not texts:
        return DASH
    return texts[0] if texts[0] == texts[-1] else f"{texts[0]}{DASH}{texts[-1]}"


def true_minus(text: str) -> str:
    """Hyphens that stand before a number, as minus signs."""
    return re.sub(r"(?<![\w.])-(?=[\d.])", MINUS, text)


def shortened(name: str, width: int = 36) -> str:
    """`name` with its middle left out where it is longer than `width` characters."""
    if len(name) <= width:
        return name
    head = (width - 1) // 2
    return f"{name[:head]}\u2026{name[len(name) - (width - 1 - head) :]}"


def ascii_only(text: str) -> str:
    """`text` for a terminal that knows nothing but ASCII."""
    for symbol, plain in (
        ("\u00b1", "+/-"),
        (DASH, "-"),
        (MINUS, "-"),
        ("\u2026", "..."),
        ("\u00d7", "x"),
        ("\u00b7", "-"),
    ):
        text = text.replace(symbol, plain)
    return text.encode("ascii", "replace").decode()


def printable(text: str) -> str:
    """`text` without characters that could steer a terminal; each becomes a replacement mark."""
    return "".join(c if c.isprintable() else "\ufffd" for c in text)
