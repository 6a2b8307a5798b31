"""The pages of experiments state the designs that their files have."""

import re
import shlex
from pathlib import Path

import pytest
import typer

from primacy.cli.app import app
from primacy.lab.experiment import load_experiment
from primacy.lab.shipped import experiment_names

FOLDER = Path(__file__).parents[2] / "docs" / "lab"


def page(name):
    return (FOLDER / f"{name}.md").read_text("utf-8")


def shown(value):
    return f"{value:g}" if isinstance(value, float) else str(value)


def rows(experiment):
    """The design as the page has it: series, point, and what differs from the shared recipe."""
    for point in experiment.points:
        differs = [f"`{name}` = {shown(value)}" for name, value in point.change.items()]
        if point.image_of is not None:
            differs.insert(0, f"image tower of *{point.image_of}*, frozen")
        yield point.series or "–", point.label, "; ".join(differs) or "nothing"


@pytest.mark.parametrize("name", experiment_names())
def test_the_page_states_the_design(name):
    experiment, text = load_experiment(name), page(name)
    assert text.startswith(f"# {experiment.title}\n")
    said = " ".join(text.split())
    assert f"**Question.** {experiment.question}" in said
    assert f"**Prediction.** {experiment.prediction}" in said
    assert f"{experiment.seeds} seeds a point" in said
    assert all(f"`{reading}`" in text for reading in experiment.shows)
    listed = re.findall(r"^\| (.*?) \| (.*?) \| (.*) \|$", text.split("## Design")[1], re.MULTILINE)
    assert listed[1 : 1 + len(experiment.points)] == list(rows(experiment))
    for field, value in experiment.base.items():
        assert f"`{field}` = {shown(value)}" in text


@pytest.mark.parametrize("name", [*experiment_names(), "progression", "README"])
def test_commands_are_accepted(name):
    verbs = typer.main.get_command(app).commands
    lines = [shlex.split(line) for block in re.findall(r"^```sh\n(.*?)^```", page(name), re.DOTALL | re.MULTILINE)
             for line in block.splitlines()]  # fmt: skip
    assert lines
    for words in lines:
        assert words[0] == "primacy"
        verb = verbs[words[1]]
        if hasattr(verb, "commands"):
            verb.commands[words[2]].make_context(words[2], words[3:])
        else:
            verb.make_context(words[1], words[2:])


def test_every_experiment_has_a_row_in_the_readme():
    linked = set(re.findall(r"\]\((\w[\w-]*)\.md\)", page("README")))
    assert {*experiment_names(), "theorem", "progression"} <= linked
