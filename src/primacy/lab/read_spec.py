"""From a TOML file, or the name of a shipped recipe, to a checked `LabSpec`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from primacy.errors import UnknownNameError, UsageError
from primacy.lab import shipped
from primacy.lab.spec import LabSpec

if TYPE_CHECKING:
    from primacy.encoders.lab.files import LabModel

Model = TypeVar("Model", bound=BaseModel)

_MAX_BYTES = 1_000_000
"""Of a file; the parser takes minutes and gigabytes for what is a hundred times as long."""


def read_spec(source: str) -> LabSpec:
    """The recipe of a TOML file, or the shipped one of that name.

    Raises:
        UsageError: the file cannot be read, is no TOML, or holds what a recipe cannot have.
        UnknownNameError: neither a file nor a name.
    """
    if source in shipped.recipe_names():
        path = shipped.RECIPES / f"{source}.toml"
    elif Path(source).is_file():
        path = Path(source)
    elif source.endswith(".toml"):
        raise UsageError(f"there is no file {source}", hint="Fields of a recipe: docs/lab/training.md.")
    else:
        raise UnknownNameError("recipe", source, shipped.recipe_names())
    return checked_spec(read_toml(path, source), source)


def read_toml(path: Path, source: str) -> dict[str, Any]:
    """The tables of a TOML file.

    Args:
        path: the file.
        source: what the user called it, for errors.

    Raises:
        UsageError: it cannot be read, or is no TOML.
    """
    try:
        with path.open("rb") as file:
            text = file.read(_MAX_BYTES + 1)
        if len(text) > _MAX_BYTES:
            raise UsageError(f"{source} is above {_MAX_BYTES:,} bytes", hint="Is it a recipe or an experiment at all?")
        return tomllib.loads(text.decode("utf-8-sig"))  # editors of Windows mark their files
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot read {source}: {error}") from error
    except RecursionError as error:
        raise UsageError(f"{source} is nested too deeply") from error
    except ValueError as error:  # of TOML, or of an integer that is too long for Python
        raise UsageError(f"{source} is no TOML: {error}") from error


def checked_spec(fields: Mapping[str, Any], source: str) -> LabSpec:
    """The recipe with these fields; those that are not given have their defaults.

    Args:
        fields: as nested tables.
        source: where they come from, for errors.

    Raises:
        UnknownNameError: a field that no recipe has.
        UsageError: a value that its field cannot have.
    """
    return checked(LabSpec, fields, source, "recipe")


def recipe_of(found: LabModel, source: str) -> LabSpec:
    """The recipe that a model's file holds.

    Args:
        found: the model.
        source: what it is called, for errors.

    Raises:
        UsageError: it is no recipe of this version of Primacy.
    """
    try:
        return checked_spec(found.recipe, f"the recipe of {source}")
    except UsageError as error:
        hint = "Another version of Primacy wrote it: use that one, or train the model again."
        raise UsageError(str(error), hint=hint) from None


def checked(model: type[Model], fields: Mapping[str, Any], source: str, kind: Literal["recipe", "experiment"]) -> Model:
    """`model` with these fields; errors are one line that names the field.

    Raises:
        UnknownNameError: a field that there is not.
        UsageError: a value that its field cannot have.
    """
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        found = error.errors()
        # A field that is misspelt is missing as well: what is there says more than what is not.
        first = next((one for one in found if one["type"] == "extra_forbidden"), found[0])
        place = [str(part) for part in first["loc"]]
        if first["type"] == "extra_forbidden":
            whole = "a recipe" if kind == "recipe" else "an experiment"
            part = ".".join(place[:-1]) or whole
            raise UnknownNameError(
                f"field of {part} in {source}:", place[-1], _part(model, place[:-1]).model_fields
            ) from None
        said = first["msg"].removeprefix("Value error, ")
        raise UsageError(f"{source}: {'.'.join(place) or f'the {kind}'}: {said}") from None


def _part(model: type[BaseModel], place: Sequence[str]) -> type[BaseModel]:
    """The model of a nested table, or of an entry of a list of tables."""
    found = model
    for name in place:
        if name.isdecimal():
            continue
        annotation = found.model_fields[name].annotation
        inner = [a for a in (annotation, *get_args(annotation)) if isinstance(a, type) and issubclass(a, BaseModel)]
        if not inner:
            break
        found = inner[0]
    return found
