"""What is read off each model of an experiment: the audits that any encoder gets, and its held-out accuracy."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict

from primacy.encoders._torch import Placement
from primacy.files import atomic_write_text
from primacy.folder_lock import alone
from primacy.lab.read_spec import recipe_of
from primacy.lab.run_folder import read_kept
from primacy.lab.spec import LabSpec
from primacy.results.record import Estimate
from primacy.results.spec import AuditSpec, ImageSpec

N = 4
"""Objects of the audited captions and scenes."""
READINGS = "readings.json"
VERSION = 1
"""Of `audits` and of what is taken from them, one more with each change of either: older readings are made again."""


@dataclass(frozen=True)
class Reading:
    """A number of one model with its interval (None where not defined) and denominators."""

    name: str
    value: float | None
    low: float | None
    high: float | None
    n: float
    n_clusters: int


class _Kept(BaseModel):
    """What `READINGS` holds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int
    readings: list[Reading]


class Shown(NamedTuple):
    """How much a model is shown: object sets of captions, of scenes and of the ladder of areas; scenes of its exam,
    and of two sizes that it was trained on."""

    captions: int = 200
    scenes: int = 30
    ladder: int = 12
    exam: int = 2000
    pairs: int = 1000


ALL = Shown()


def audits(spec: LabSpec, encoder: str, vocabulary: Path, shown: Shown = ALL) -> dict[str, AuditSpec]:
    """The audits of a lab model: texts against both galleries, and scenes of sizes that its resolution can show.

    Args:
        spec: of the model.
        encoder: its name.
        vocabulary: file of the categories that it knows.
        shown: how much.
    """
    images = ImageSpec(
        scenes=spec.scenes.library,
        categories=spec.scenes.categories,
        area=0.1,
        size=2 * spec.model.side if spec.model.side < 80 else spec.model.side,
        sets=shown.scenes,
        ladder_sets=shown.ladder,
    )
    texts: dict[str, Any] = {
        "encoder": encoder,
        "vocabulary": str(vocabulary),
        "objects": (N,),
        "sets": shown.captions,
        "untrained": 1,
    }
    return {
        "balanced": AuditSpec(**texts, probes=("tor", "ior", "i2tor"), images=images),
        "bare": AuditSpec(**texts, probes=("tor",), gallery="bare"),
    }


def readings_of(folder: Path, place: Placement, cache: Path | None = None, shown: Shown = ALL) -> list[Reading]:
    """Audit the model of a folder of `train`, or give what audits of this `VERSION` read before; wait where another
    process audits it.

    Args:
        folder: of a trained model.
        place: where it runs.
        cache: as for `audit`.
        shown: how much it is shown, where it was not read before.

    Raises:
        PrimacyError: the model cannot be read or audited, or its readings are damaged.
    """
    kept = read_readings(folder)
    if kept is not None:
        return kept
    with alone(folder):
        kept = read_readings(folder)
        return _read(folder, place, cache, shown) if kept is None else kept


def _read(folder: Path, place: Placement, cache: Path | None, shown: Shown) -> list[Reading]:
    from primacy.encoders.lab.files import read_model
    from primacy.encoders.lab.names import MODEL
    from primacy.lab.score import held_out_scores
    from primacy.lab.sizes import size_preferences
    from primacy.run.audit import audit
    from primacy.stimuli.sources import object_library

    stale = (folder / READINGS).is_file()
    found = read_model(folder / MODEL)
    spec = recipe_of(found, str(folder / MODEL))
    vocabulary = folder / "vocabulary.txt"
    known = spec.scenes.categories or object_library(spec.scenes.library).categories
    atomic_write_text(vocabulary, "\n".join(known) + "\n")
    taken: list[Reading] = []
    for gallery, asked in audits(spec, f"lab:{folder}", vocabulary, shown).items():
        result = audit(asked, out=folder / "runs", cache=cache, device=str(place.device), fresh=stale).result
        taken += list(_taken(result.estimates, gallery))
    seen = size_preferences(found, place.device, scenes=shown.pairs)
    taken += [Reading(name, *preference) for name, preference in zip(_SEEN, seen, strict=True)]
    for s in held_out_scores(found, place.device, scenes=shown.exam).scores:
        taken.append(Reading(s.name, s.value, s.ci_low, s.ci_high, s.n, s.n_clusters))
    atomic_write_text(folder / READINGS, _Kept(version=VERSION, readings=taken).model_dump_json(indent=1) + "\n")
    return taken


def read_readings(folder: Path) -> list[Reading] | None:
    """The readings in a model's folder; None where it was not read yet, or by audits of another version.

    Raises:
        RunError: the file is damaged.
    """
    return read_kept(folder / READINGS, _of_this_version)


def _of_this_version(text: bytes) -> list[Reading] | None:
    kept = json.loads(text)
    if isinstance(kept, dict) and kept.get("version", VERSION) != VERSION:
        return None
    return _Kept.model_validate(kept).readings


_WANTED = {
    ("tor", "order_bias", "first-last", ""): "order bias",
    ("ior", "size_bias", "large-small", "one-large"): "size bias",
    ("ior", "area_elasticity", "log area", "pair-ladder"): "elasticity",
    ("i2tor", "size_bias", "large-small", "one-large"): "size bias of pictures against names",
    ("i2tor", "area_elasticity", "log area", "pair-ladder"): "elasticity of pictures against names",
}


_SEEN = ("size bias, sizes seen", "size bias of pictures against names, sizes seen")


def _taken(estimates: Sequence[Estimate], gallery: str) -> Iterator[Reading]:
    """The readings among the estimates of an audit; those against the bare gallery say so."""
    after = "" if gallery == "balanced" else f", {gallery} gallery"
    for e in estimates:
        name = _WANTED.get((e.probe, e.metric, e.level, e.stimuli))
        if e.probe == "tor" and e.metric == "winner_share" and e.group == "mention_position":
            name = f"winner share {e.level}"
        if name is not None and e.template in ("*", "and"):
            yield Reading(name + after, e.value, e.ci_low, e.ci_high, e.n, e.n_clusters)


def reading_names() -> list[str]:
    """Every reading that there is, those of audits first. A model may lack some of the last, where its categories are
    too few for them."""
    texts = [_WANTED["tor", "order_bias", "first-last", ""], *(f"winner share {k}" for k in range(1, N + 1))]
    pictures = [name for (probe, *_), name in _WANTED.items() if probe != "tor"]
    exam = ["zero-shot", *(f"{task}, {n} objects" for n in (2, 3, 4) for task in ("image-to-text", "text-to-image"))]
    return [*texts, *pictures, *_SEEN, *(f"{name}, bare gallery" for name in texts), *exam]
