"""From the arguments of `primacy progress` to checkpoints: names of encoders with the samples that they have seen."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from primacy.errors import UsageError

if TYPE_CHECKING:
    from primacy.lab.spec import LabSpec

_INSTEAD = (
    "Give the folder of a `primacy lab train` run, lab:NAME of a shipped model, or two or more NAME=SAMPLES in order,"
    " e.g. open_clip:ViT-B-32/epoch_10.pt=2e9 open_clip:ViT-B-32/epoch_20.pt=4e9"
)


class Checkpoint(NamedTuple):
    """An encoder's name and the samples that it has seen, 0 for untrained."""

    name: str
    x: float


def checkpoints(arguments: Sequence[str]) -> list[Checkpoint]:
    """The checkpoints that `arguments` name, ascending in samples seen.

    Raises:
        UsageError: a folder that is no lab run, a single encoder, one without its samples, or samples that do not
            ascend.
    """
    if len(arguments) == 1:
        return _one_run(arguments[0])
    found = [_with_samples(argument) for argument in arguments]
    for before, after in pairwise(found):
        if before.x == after.x:
            raise UsageError(f"{before.name} and {after.name} have both seen {before.x:g} samples")
        if before.x > after.x:
            raise UsageError(
                f"{after.name} at {after.x:g} samples stands after {before.name} at {before.x:g}",
                hint="Give checkpoints in the order of the samples that they have seen.",
            )
    return found


def lab_run(folder: Path) -> list[Checkpoint]:
    """The checkpoints of a run of `primacy lab train`, ended or not, after its untrained model.

    Raises:
        UsageError: the folder is no such run, or holds no trained weights yet.
    """
    from pydantic import ValidationError

    from primacy.encoders.lab.names import MODEL
    from primacy.lab.spec import LabSpec
    from primacy.lab.train import SPEC

    try:
        spec = LabSpec.model_validate_json((folder / SPEC).read_bytes())
    except (OSError, ValidationError) as error:
        what = "it has no" if isinstance(error, OSError) else "there is no recipe in its"
        raise UsageError(f"{folder} is no run of `primacy lab train`: {what} {SPEC}", hint=_INSTEAD) from None
    kept = (path for path in (folder / "checkpoints").glob("*.safetensors") if path.stem.isdecimal())
    found = [Checkpoint(f"lab:{path}", float(path.stem)) for path in sorted(kept)]
    if (folder / MODEL).is_file():
        found.append(Checkpoint(f"lab:{folder / MODEL}", float(spec.steps * spec.train.batch)))
    if not any(checkpoint.x for checkpoint in found):
        raise UsageError(
            f"{folder} holds no trained weights yet",
            hint="Let the training go on, and name samples in train.checkpoints of its recipe.",
        )
    return _from_untrained(found, spec)


def shipped(name: str) -> list[Checkpoint]:
    """The checkpoints of a model that comes with Primacy, after its untrained model.

    Raises:
        EncoderError: the model's file is damaged.
        UsageError: its recipe is of another version.
    """
    from primacy.encoders.lab.files import read_model
    from primacy.encoders.lab.names import MODELS, shipped_checkpoints
    from primacy.lab.read_spec import recipe_of

    last = read_model(MODELS / f"{name}.safetensors")
    kept = [samples for samples in shipped_checkpoints(name) if samples < last.samples]
    found = [Checkpoint(f"lab:{name}@{samples}", float(samples)) for samples in kept]
    found.append(Checkpoint(f"lab:{name}", float(last.samples)))
    return _from_untrained(found, recipe_of(last, f"lab:{name}"))


def _from_untrained(found: list[Checkpoint], spec: LabSpec) -> list[Checkpoint]:
    """The checkpoints after the model before its first step: the one at 0 samples if it was kept, else weights drawn
    anew from the recipe's seed. A model with another's image tower began with that, which is not drawn: none then."""
    if found[0].x == 0 or spec.image_from is not None:
        return found
    return [Checkpoint(f"{found[-1].name}/untrained?seed={spec.seed}", 0.0), *found]


def _one_run(argument: str) -> list[Checkpoint]:
    """The checkpoints of a run or of a shipped model."""
    from primacy.encoders.lab.names import shipped_models

    source, _, rest = argument.partition(":")
    if source == "lab" and rest in shipped_models():
        return shipped(rest)
    folder = Path(rest if source == "lab" else argument).expanduser()
    if folder.is_dir():
        return lab_run(folder)
    raise UsageError(
        f"{argument} is neither a run nor a shipped model of the lab, and a single checkpoint shows no progress",
        hint=_INSTEAD,
    )


def _with_samples(argument: str) -> Checkpoint:
    """Split "NAME=SAMPLES"; the setting of a name ("?seed=3") is no number of samples."""
    name, _, text = argument.rpartition("=")
    settings = name.rpartition("?")[2].split("&") if "?" in name else []
    try:
        x = float(text)
    except ValueError:
        x = math.nan
    if not name or not math.isfinite(x) or x < 0 or (settings and "=" not in settings[-1]):
        raise UsageError(f"{argument} does not say how many samples it has seen", hint=_INSTEAD)
    return Checkpoint(name, x)
