"""How IOC is fitted under each protocol."""

from __future__ import annotations

from typing import Any

from primacy.probes.ioc import split_by_picture
from primacy.probes.schedule import PublishedSchedule


def ioc_methods(protocol: str, seed: int) -> dict[str, dict[str, Any]]:
    """Arguments of `run_ioc` by the protocol that its records are labelled with.

    `paper` fits the published schedule (Adam 1e-3, 25 epochs, batches of 8) on the published split, which had no seed,
    *and*, beside it, the converged head on parts that share no object set.
    """
    if protocol == "balanced":
        return {"balanced": {}}
    head = PublishedSchedule(seed=seed, epochs=25, batch=8)
    return {"paper": {"head": head, "splitter": split_by_picture}, "balanced": {}}
