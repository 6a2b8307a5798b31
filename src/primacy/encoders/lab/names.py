"""What a `lab:` name asks for. No torch here.

Forms of the name after the colon:
    natural                     a model that comes with Primacy
    natural@65536               its checkpoint after so many scenes
    PATH                        a .safetensors file of `primacy lab train`, or the folder of its run
    .../untrained?seed=0        shape and words of any of these, with fresh random weights
A shipped name goes before a file or folder of that name, and one that ends with /untrained before the last form.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from primacy.encoders._names import MAX_SEED, split_query
from primacy.errors import ModelUnavailableError, UnknownNameError, UsageError

MODELS = Path(__file__).parent / "models"
"""NAME.safetensors for each shipped model; NAME/0000065536.safetensors for each of its checkpoints."""

MODEL = "model.safetensors"
_UNTRAINED = "/untrained"


class LabName(NamedTuple):
    """The file, and the seed of the fresh weights that are wanted instead of its own (None: its own)."""

    path: Path
    seed: int | None


def shipped_models() -> list[str]:
    """Names of the models that come with Primacy, sorted."""
    return sorted(path.stem for path in MODELS.glob("*.safetensors"))


def shipped_checkpoints(name: str) -> list[int]:
    """Scenes seen by the checkpoints of a shipped model, ascending."""
    return sorted(int(path.stem) for path in (MODELS / name).glob("*.safetensors"))


def resolve(rest: str) -> LabName:
    """Turn the name into a file and a seed.

    Raises:
        UnknownNameError: no shipped model of that name, or a setting other than `seed`.
        UsageError: no such checkpoint, or a seed that is no whole number of at least 0 or has nothing to draw.
        ModelUnavailableError: the folder of a run that has no model yet.
    """
    model, settings = split_query(rest, ("seed",))
    untrained = model.endswith(_UNTRAINED) and not Path(model).expanduser().exists()
    if untrained:
        return LabName(_file(model.removesuffix(_UNTRAINED)), _seed(settings.get("seed", "0")))
    if settings:
        raise UsageError(
            f"lab:{rest} gives a seed to trained weights",
            hint=f"Fresh ones have a seed: lab:{model}{_UNTRAINED}?seed={settings['seed']}",
        )
    return LabName(_file(model), None)


def _file(model: str) -> Path:
    name, at, samples = model.partition("@")
    if name in shipped_models():
        return _checkpoint(name, samples) if at else MODELS / f"{name}.safetensors"
    path = Path(model).expanduser()
    if path.is_dir():
        return _of_run(path)
    if not path.is_file() and path.suffix != ".safetensors" and path.name == model:
        error = UnknownNameError("lab model", model, shipped_models())
        error.hint += " Or give a .safetensors file, or the folder of a run of `primacy lab train`."
        raise error
    return path


def _checkpoint(name: str, samples: str) -> Path:
    known = shipped_checkpoints(name)
    if not samples.isdecimal() or int(samples) not in known:
        shown = ", ".join(map(str, known)) or "none"
        raise UsageError(f"lab:{name} has no checkpoint {samples!r}", hint=f"Scenes seen by those it has: {shown}.")
    return MODELS / name / f"{int(samples):010d}.safetensors"


def _of_run(folder: Path) -> Path:
    if (folder / MODEL).is_file():
        return folder / MODEL
    kept = sorted((folder / "checkpoints").glob("*.safetensors"))
    hint = "Is it a run of `primacy lab train`, and has that ended?"
    if kept:
        hint += f" Its last checkpoint: lab:{kept[-1]}"
    raise ModelUnavailableError(f"folder {str(folder)!r} holds no {MODEL}", hint=hint)


def _seed(text: str) -> int:
    if not text.isdecimal():
        raise UsageError(f"seed {text!r} is not a whole number of at least 0")
    if len(text) > len(str(MAX_SEED)) or int(text) > MAX_SEED:
        raise UsageError(f"seed {text[:40]} is above {MAX_SEED}, the largest that there is")
    return int(text)
