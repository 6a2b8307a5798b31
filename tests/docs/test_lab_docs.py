"""docs/lab/training.md lists every field of a recipe, and its examples can be used."""

import re
import shlex
import tomllib
from pathlib import Path

import typer
from pydantic import BaseModel

from primacy.cli.app import app
from primacy.lab.read_spec import checked_spec
from primacy.lab.spec import LabSpec

PAGE = (Path(__file__).parents[2] / "docs" / "lab" / "training.md").read_text("utf-8")


def shown(value):
    if isinstance(value, dict):
        return ", ".join(f"{name}: {shown(inner)}" for name, inner in value.items())
    if isinstance(value, tuple):
        return ", ".join(map(shown, value)) or "–"
    if value is None:
        return "–"
    return f"{value:g}" if isinstance(value, float) else str(value)


def fields(part, before=""):
    for name, field in type(part).model_fields.items():
        value = getattr(part, name)
        if isinstance(value, BaseModel):
            yield from fields(value, f"{before}{name}.")
        else:
            yield before + name, shown(value), field.description


def test_the_table_of_fields_is_complete():
    table = PAGE.split("## All fields of a recipe")[1]
    listed = re.findall(r"^\| `([\w.]+)` \| (.*?) \| (.*) \|$", table, re.MULTILINE)
    assert listed == list(fields(LabSpec()))


def fences(language):
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


def test_the_example_is_a_recipe():
    (text,) = fences("toml")
    assert checked_spec(tomllib.loads(text), "docs").train.samples == 64_000


def test_commands_are_accepted():
    verbs = typer.main.get_command(app).commands
    lines = [shlex.split(line) for block in fences("sh") for line in block.splitlines()]
    trained = [words for words in lines if words[:3] == ["primacy", "lab", "train"]]
    assert len(trained) == 3
    for words in trained:
        verbs["lab"].commands["train"].make_context("train", words[3:])
