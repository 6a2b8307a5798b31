"""The folder of a corpus analysis: `corpus.json`, `report.html`, and figures where they are asked for."""

from __future__ import annotations

import re
from pathlib import Path

from primacy.errors import RunError
from primacy.files import atomic_write_text, os_errors_as
from primacy.identity import fingerprint
from primacy.report.corpus_drawing import save_corpus_figures
from primacy.report.corpus_page import corpus_page
from primacy.results.corpus import CorpusResult


def write_result(result: CorpusResult, out: Path, *, command: str, figures: Path | None = None) -> list[Path]:
    """Write the result below `out`, into a folder that the same analysis of the same files always gets.

    Args:
        result: what was found.
        out: the folder of all runs.
        command: the command line that makes it again, for the report.
        figures: folder for the figures as PNG; None for none.

    Returns:
        The files that were written.

    Raises:
        RunError: they cannot be written.
    """
    about = result.spec.model_dump(mode="json")
    stem = re.sub(r"[^A-Za-z0-9]+", "-", result.spec.captions[0]).strip("-").lower()[:40]
    folder = out / f"{fingerprint(about)[:10]}-corpus-{stem}"
    with os_errors_as(RunError, f"cannot write to {folder}"):
        atomic_write_text(folder / "corpus.json", result.model_dump_json(indent=1))
        atomic_write_text(folder / "report.html", corpus_page(result, command))
        drawn = [] if figures is None else save_corpus_figures(result, figures)
    return [folder / "corpus.json", folder / "report.html", *drawn]
