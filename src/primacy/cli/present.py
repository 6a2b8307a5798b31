"""Showing a finished run: a table for people, JSON for machines, one line a verdict for the hurried."""

from __future__ import annotations

import typer
from rich.console import Console

from primacy.report.terminal import render_run, render_verdict_line
from primacy.results.record import RunResult
from primacy.results.store import RunFolder


def present(folder: RunFolder, result: RunResult, *, as_json: bool, quiet: bool) -> None:
    """Print `result`."""
    if as_json:
        typer.echo(result.model_dump_json(indent=1))
    elif quiet:
        for verdict in result.verdicts:
            typer.echo(render_verdict_line(verdict))
    else:
        console = Console()
        render_run(result, console)
        console.print(f"Report: {folder.file('report.html')}", soft_wrap=True, highlight=False, markup=False)
