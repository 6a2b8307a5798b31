"""From a recipe to a folder with a trained model, its scores and its card."""

from __future__ import annotations

import platform
import shlex
from pathlib import Path
from typing import Any, NamedTuple

import torch

from primacy.encoders._torch import Placement
from primacy.encoders.lab.files import read_model
from primacy.errors import RunError
from primacy.files import atomic_write_text, os_errors_as
from primacy.lab.card import CARD, model_card
from primacy.lab.score import SCENES, Scores, held_out_scores, read_scores, write_scores
from primacy.lab.shipped import recipe_names
from primacy.lab.spec import LabSpec
from primacy.lab.summary import Summary, summarise
from primacy.lab.train import train
from primacy.listener import Listener

_OWN_LICENCE = "Apache-2.0"


class Trained(NamedTuple):
    """A trained model's file, how its training went, and what it can do."""

    model: Path
    summary: Summary
    scores: Scores

    def record(self) -> dict[str, Any]:
        """The same as JSON values."""
        return {
            "model": str(self.model),
            **self.summary._asdict(),
            **self.scores.model_dump(mode="json"),
        }


def train_and_score(
    spec: LabSpec,
    folder: Path,
    place: Placement,
    *,
    recipe: str,
    workers: int = 0,
    scenes: int = SCENES,
    listener: Listener | None = None,
) -> Trained:
    """Train a model, score it, write its card; each only where it is not done yet.

    Args:
        spec: the recipe.
        folder: of the run.
        place: as for `train`.
        recipe: file or name of the recipe; it goes into the card.
        workers: as for `train`.
        scenes: as for `held_out_scores`.
        listener: told of scenes seen, then of scenes scored.

    Raises:
        PrimacyError: as for `train`; or a file of the folder is damaged.
    """
    model = train(spec, folder, place, workers=workers, listener=listener)
    scores = read_scores(folder)
    if scores is None:
        scores = held_out_scores(read_model(model), place.device, scenes=scenes, listener=listener)
        write_scores(folder, scores)
    summary = summarise(folder)
    if not (folder / CARD).is_file():
        shipped = recipe in recipe_names()
        low = ["--precision", place.precision] if place.precision != "fp32" else []
        card = model_card(
            Path(recipe).stem,
            read_model(model),
            scores,
            summary,
            hardware=_hardware(place),
            licence=_OWN_LICENCE if shipped else None,
            command=shlex.join(["primacy", "lab", "train", recipe, *low]),
        )
        with os_errors_as(RunError, f"cannot write {folder / CARD}"):
            atomic_write_text(folder / CARD, card)
    return Trained(model, summary, scores)


def _hardware(place: Placement) -> str:
    if place.device.type == "cuda":
        return f"one {torch.cuda.get_device_name(place.device)} in {place.precision}"
    if place.device.type == "cpu":
        return f"a CPU ({platform.machine()}; threads: {torch.get_num_threads()}) in {place.precision}"
    return f"{place.device.type} in {place.precision}"
