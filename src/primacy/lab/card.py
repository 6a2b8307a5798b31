"""The card of a lab model, in Markdown: all that one has to know of it, from its file and its scores alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from pydantic import BaseModel

from primacy.assets.library import Library
from primacy.encoders.lab.files import LabModel
from primacy.lab.crosstalk import PROPERTIES, mention_correlations
from primacy.lab.read_spec import recipe_of
from primacy.lab.scenes import SceneStream
from primacy.lab.score import Scores
from primacy.lab.spec import LabSpec
from primacy.lab.summary import Summary
from primacy.stimuli.sources import object_library

CARD = "card.md"


def model_card(
    name: str, found: LabModel, scores: Scores, summary: Summary, *, hardware: str, licence: str | None, command: str
) -> str:
    """The card as Markdown.

    Args:
        name: what the model is called.
        found: the model.
        scores: its accuracies.
        summary: how its training went.
        hardware: what it was trained on, in words.
        licence: of the weights, as SPDX; None where that is still to be chosen.
        command: what makes the model again.

    Raises:
        PrimacyError: its recipe is of another version, or the recipe's objects cannot be read any more.
    """
    spec = recipe_of(found, name)
    library = object_library(spec.scenes.library)
    sections = (
        _about(name, found, command),
        "## Data\n\n" + _data(spec, library),
        "## Training\n\n" + _training(found, spec, summary, hardware),
        f"## Accuracy\n\n{_accuracy(scores)}",
        "## Known limits\n\n" + "\n".join(f"- {line}" for line in _limits(found, spec)),
        "## Licence\n\n" + _licence(licence, spec, library),
        "## Recipe\n\n" + _recipe(spec),
    )
    return "\n\n".join(sections) + "\n"


def _about(name: str, found: LabModel, command: str) -> str:
    size = sum(tensor.numel() for tensor in found.model.state_dict().values())
    return (
        f"# {name}\n\nA small CLIP of {size:,} parameters, trained on generated scenes to study what makes such models"
        f" favour one object of several. Made again by\n\n```sh\n{command}\n```"
    )


def _data(spec: LabSpec, library: Library) -> str:
    scenes = spec.scenes
    categories = len(scenes.categories or library.categories)
    low, high = scenes.areas
    return (
        f"Collages of {_numbers(scenes.objects)} objects of {categories} categories of `{scenes.library}`, drawn anew"
        f" for each batch. An object covers {low:.1%} to {high:.1%} of a picture of {spec.model.side} x"
        f" {spec.model.side} pixels. Captions mention {_mentioned(spec)}, {_order(spec, library)}. Never shown in"
        " training: one set of categories in ten, and one view of each object."
    )


def _order(spec: LabSpec, library: Library) -> str:
    order = spec.captions.order
    dials = {"area": order.area, "category": order.category, "centrality": order.centre}
    turned = [f"{dial:+.2g} for {what}" for what, dial in dials.items() if dial]
    if not turned:
        return "in a random order"
    mixed = f" ({order.mixed:.0%} of those by area the other way round)" if order.area and order.mixed else ""
    stream = SceneStream(library, spec.scenes, side=spec.model.side, seed=spec.seed)
    found = zip(PROPERTIES, mention_correlations(stream, order), strict=True)
    return (
        f"in an order whose dials are {' and '.join(turned)}{mixed}. In the scenes these properties go together (large"
        " or long objects fit only nearer to the middle), so that the rank correlation of how early an object is"
        f" mentioned is {', '.join(f'{value:+.2f} with {what}' for what, value in found)}"
    )


def _mentioned(spec: LabSpec) -> str:
    captions = spec.captions
    if captions.mentioned == 1:
        return "all objects"
    which = "the smallest" if captions.left_out == "smallest" else "random ones"
    return f"{captions.mentioned:.0%} of the objects and leave out {which}"


def _training(found: LabModel, spec: LabSpec, summary: Summary, hardware: str) -> str:
    if summary.seconds is None or summary.samples_per_second is None:
        return "None: the weights are as they were drawn."
    singles = spec.single_steps * spec.train.batch
    first = f" The first {min(singles, found.samples):,} scenes show one object each." if singles else ""
    return (
        f"{found.samples:,} scenes in batches of {spec.train.batch}, seed {spec.seed}, on {hardware}:"
        f" {summary.seconds / 60:,.1f} minutes, {summary.samples_per_second:,.0f} scenes/s; last loss"
        f" {summary.loss:.3f}.{first} Weights are kept in half precision."
    )


def _accuracy(scores: Scores) -> str:
    rows = [
        f"| {s.task} | {s.n_objects} | {s.candidates} | {s.chance:.1%} | {s.value:.1%}"
        f" [{s.ci_low:.1%}, {s.ci_high:.1%}] | {s.n:,} | {s.n_clusters:,} |"
        for s in scores.scores
    ]
    return (
        f'On held-out sets and views, captions in the "{scores.template}" template and a random order; ties share their'
        " credit. 95 % intervals resample object sets (categories, where scenes have one object).\n\n"
        "| task | objects | candidates | chance | accuracy | scenes | sets |\n|---|---|---|---|---|---|---|\n"
        + "\n".join(rows)
    )


def _limits(found: LabModel, spec: LabSpec) -> Iterator[str]:
    yield (
        f"It knows the {len(found.words.words)} words and marks of its captions, and takes all others for one and the"
        " same."
    )
    yield "It has seen collages of sprites, and no photograph."
    yield f"It has seen scenes of {_numbers(spec.scenes.objects)} objects, and none of other numbers."
    yield (
        f"It has seen objects of {spec.scenes.areas[0]:.1%} of a picture or more. Scenes of an audit hold smaller ones,"
        " so that its size bias there is of what it likes and of what it can see."
    )
    yield f"It has read captions of the templates {', '.join(spec.captions.templates)} alone."
    yield "Its biases are what its recipe made them. It is meant to be audited and compared, not to be built upon."


def _licence(licence: str | None, spec: LabSpec, library: Library) -> str:
    chosen = set(spec.scenes.categories or library.categories)
    shown = [
        sprite
        for sprites in library.by_category.values()
        for sprite in sprites[: spec.scenes.instances]
        if sprite.category in chosen
    ]
    counts = Counter(sprite.licence for sprite in shown)
    objects = ", ".join(f"{count} under {name}" for name, count in sorted(counts.items()))
    weights = "Of the weights: still to be chosen." if licence is None else f"Of the weights: {licence}."
    return f"{weights} They were trained on pictures of {len(shown)} objects: {objects}."


def _recipe(spec: LabSpec) -> str:
    rows = [f"| `{name}` | {_shown(value)} |" for name, value in _fields(spec)]
    return "| field | value |\n|---|---|\n" + "\n".join(rows)


def _fields(part: BaseModel, before: str = "") -> Iterator[tuple[str, object]]:
    for name in type(part).model_fields:
        value = getattr(part, name)
        if isinstance(value, BaseModel):
            yield from _fields(value, f"{before}{name}.")
        else:
            yield before + name, value


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name}: {_shown(inner)}" for name, inner in value.items())
    if isinstance(value, tuple):
        return ", ".join(map(_shown, value)) or "–"
    if value is None:
        return "–"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _numbers(objects: dict[int, float]) -> str:
    some = [str(n) for n, weight in sorted(objects.items()) if weight > 0]
    return " or ".join(filter(None, (", ".join(some[:-1]), some[-1])))
