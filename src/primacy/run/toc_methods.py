"""How TOC is fitted under each protocol."""

from __future__ import annotations

from typing import Any

from primacy.probes.schedule import PublishedSchedule
from primacy.probes.toc import split_by_sentence


def toc_methods(protocol: str, seed: int) -> dict[str, dict[str, Any]]:
    """Arguments of `run_toc` by the protocol that its records are labelled with.

    `paper` fits the published schedule on the published split *and*, beside it, the converged head on parts that share
    no object set, since the first alone may measure the optimiser (docs/paper.md F5).
    """
    if protocol == "balanced":
        return {"balanced": {}}
    return {"paper": {"head": PublishedSchedule(seed=seed), "splitter": split_by_sentence}, "balanced": {}}
