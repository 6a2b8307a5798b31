"""What the templates of the reports write numbers with."""

from __future__ import annotations

from functools import cache

from jinja2 import Environment

from primacy.pages import environment
from primacy.report import captions, numbers
from primacy.report.drawing import marker
from primacy.report.listings import setting
from primacy.report.null_words import null_families


@cache
def report_environment() -> Environment:
    """Templates of the reports, their filters, and what their macros need."""
    made = environment("primacy.report")
    made.filters |= {
        "number": lambda value, metric: numbers.true_minus(numbers.number(metric, value)),
        "effect": lambda value, unit: numbers.true_minus(numbers.effect(value, unit)),
        "plain_points": lambda value: numbers.true_minus(numbers.fixed(value, 1, signed=True)),
        "percent": lambda value: numbers.true_minus(numbers.fixed(value, 1, factor=100)),
        "count": numbers.count,
        "p_value": numbers.p_value,
        "minus": numbers.true_minus,
        "fixed": lambda value, digits: numbers.true_minus(numbers.fixed(value, digits)),
        "marker": marker,
        "setting": setting,
        "short": numbers.shortened,
    }
    made.globals |= {"unit": numbers.unit, "dash": numbers.DASH, "captions": captions, "null_families": null_families}
    return made
