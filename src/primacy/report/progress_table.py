"""Effects along training in the terminal: a table for each, a line a checkpoint, and what can be said of the trend."""

from __future__ import annotations

import math

from rich.console import Console
from rich.table import Table
from rich.text import Text

from primacy.report import numbers
from primacy.report.select import Case
from primacy.report.words import METRICS, case_title, cluster_noun, probe_name
from primacy.results.progress import Progress, ProgressPoint, ProgressSeries, Trend
from primacy.results.record import Value
from primacy.results.spec import AuditSpec
from primacy.stats.trend import MIN_TESTED

_WIDE = 100
_SUFFIXES = ((1e9, " B"), (1e6, " M"), (1e3, " k"))


def render_progress(progress: Progress, console: Console) -> None:
    """Print the tables, the notes and, last, the encoders that could not be audited."""
    for series in progress.series:
        _table(series, progress.spec, console)
        for line in trend_lines(series):
            _line(console, line)
        _line(console)
    for note in progress.notes:
        _line(console, f"Note: {note}")


def samples(x: float) -> str:
    """A number of samples in short: "2 B", "76.8 k"; "0" for none."""
    for size, suffix in _SUFFIXES:
        if x >= size:
            return f"{x / size:.4g}{suffix}"
    return f"{x:g}"


def series_title(series: ProgressSeries) -> str:
    """Probe, number of objects, pictures, and the effect in words."""
    case = Case(series.probe, series.n_objects, stimuli=series.stimuli)
    return f"{probe_name(series.probe)}, {case_title(case)}: {METRICS[series.metric].lower()}"


def series_unit(series: ProgressSeries) -> str:
    """ "points", or "logits per unit of log area"."""
    return "points" if series.unit == "share" else "logits per unit of log area"


def trend_lines(series: ProgressSeries) -> list[str]:
    """What can be said of the trend, in sentences; two points have a change, and no order worth telling."""
    trend = series.trend
    lines = []
    if trend.n_points > 2:
        count, tau = trend.n_points, _correlation(trend.tau)
        lines.append(f"Over {count} trained checkpoints: Kendall's tau {tau} {_tested(trend)}.")
    if trend.change is not None:
        lines.append(f"Last minus first, paired: {_span(series, trend.change)}{_steps(trend)}.")
    if trend.since_untrained is not None:
        lines.append(f"Last minus untrained, paired: {_span(series, trend.since_untrained)}.")
    if trend.n_points > 2:
        lines.append(_accuracy(trend))
    return lines


def _tested(trend: Trend) -> str:
    if trend.p is not None:
        return f"(exact permutation p {numbers.p_value(trend.p)}; of this one training)"
    if trend.n_points < MIN_TESTED:
        least = 2 / math.factorial(trend.n_points)
        return f"(too few to test: the least two-sided p is {least:.2g})"
    return "(not tested: values tie)"


def _steps(trend: Trend) -> str:
    if trend.up is None or trend.down is None or trend.unresolved is None or trend.n_points < 3:
        return ""
    if not trend.down and not trend.unresolved:
        return f"; all {trend.up} steps rise"
    if not trend.up and not trend.unresolved:
        return f"; all {trend.down} steps fall"
    return f"; steps that rise {trend.up}, fall {trend.down}, unresolved {trend.unresolved}"


def _accuracy(trend: Trend) -> str:
    if trend.accuracy_tau is None:
        return "Top-1 accuracy is the same at all of them."
    text = f"Top-1 accuracy: tau {_correlation(trend.accuracy_tau)}"
    if trend.accuracy_tau == 1:
        return f"{text}: it orders the checkpoints as training does, so the two cannot be told apart here."
    return f"{text}; of the effect with the accuracy {_correlation(trend.with_accuracy)}."


def _correlation(tau: float | None) -> str:
    return numbers.fixed(tau, 2, signed=True)


def _span(series: ProgressSeries, value: Value) -> str:
    word = "points" if series.unit == "share" else "logits"
    return f"{_effect(series, value.value)} {word} {_limits(series, value)}"


def _effect(series: ProgressSeries, value: float | None) -> str:
    return numbers.points(value) if series.unit == "share" else numbers.fixed(value, 2, signed=True)


def _limits(series: ProgressSeries, value: Value) -> str:
    return numbers.bracket(_effect(series, value.ci_low), _effect(series, value.ci_high))


def _table(series: ProgressSeries, spec: AuditSpec, console: Console) -> None:
    rows = [*series.untrained, *series.points]
    wide = console.width >= _WIDE
    head = f"{series_title(series)}, {series_unit(series)} with {100 * spec.level:g} % intervals"
    clusters = numbers.count_range(point.n_clusters for point in rows)
    _line(console, f"{head}; {clusters} {cluster_noun(spec, series.stimuli)}", style="bold")
    table = Table(box=None, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("samples", no_wrap=True)
    shares = series.effect.split("-") if any(point.shares for point in rows) else []
    titles = [*shares, series.effect, "largest null", "top-1 %", *(["verdict"] if wide else [])]
    for title in titles:
        table.add_column(title, justify="right", no_wrap=True)
    for point in rows:
        table.add_row(*(_plain(console, cell) for cell in _cells(series, point, len(shares), wide)))
    console.print(table, markup=False, highlight=False)


def _cells(series: ProgressSeries, point: ProgressPoint, shares: int, wide: bool) -> list[str]:
    name = samples(point.x) if point.x else point.name if point in series.untrained else "untrained"
    null = point.largest_null
    accuracy = point.accuracy
    limits = [numbers.fixed(x, 0, factor=100) for x in (accuracy.ci_low, accuracy.ci_high)]
    return [
        name,
        *(numbers.fixed(share.value, 1, factor=100) for share in point.shares),
        *([numbers.DASH] * (shares - len(point.shares))),
        f"{_effect(series, point.effect.value)} {_limits(series, point.effect)}",
        numbers.DASH if null is None else f"{_effect(series, null.value)} {null.name}",
        f"{numbers.fixed(accuracy.value, 1, factor=100)} {numbers.bracket(*limits, tight=True)}",
        *([point.verdict or numbers.DASH] if wide else []),
    ]


def _line(console: Console, text: str = "", style: str = "") -> None:
    console.print(_plain(console, text), style=style or None, markup=False, highlight=False)


def _plain(console: Console, text: str) -> Text:
    text = numbers.printable(text)
    return Text(numbers.ascii_only(text) if console.options.ascii_only else text)
