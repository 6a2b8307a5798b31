"""Faults of a corpus as the commands of `primacy corpus` tell them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from primacy.corpus.faults import Faults


def name_faults(faults: Faults) -> None:
    """A line for each kind, beside the command's output."""
    from primacy.report.corpus_coverage import fault_sentence

    for fault in faults.records():
        typer.echo(f"primacy: {fault_sentence(fault)}", err=True)


def fault_records(faults: Faults) -> list[dict[str, Any]]:
    """As they stand in JSON."""
    return [fault.model_dump(mode="json") for fault in faults.records()]
