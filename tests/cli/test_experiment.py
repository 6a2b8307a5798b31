"""`primacy lab experiment` as a user meets it."""

import json
import sys
from functools import partial
from importlib import import_module

import pytest
from PIL import Image
from typer.testing import CliRunner

from primacy.cli.app import app

TINY = """
title = "Pooling [a title]"
question = "Does it matter?"
prediction = "No."
shows = ["order bias", "image-to-text, 4 objects"]
seeds = 1
[base]
model = { side = 16, dim = 8, image = TOWER, text = TOWER }
scenes = { library = "simco", categories = CATEGORIES, objects = { 1 = 1, 2 = 1 } }
train = { samples = 32, batch = 16, checkpoints = [] }
[[points]]
label = "end [token]"
[[points]]
label = "mean"
change = { "model.pooling" = "mean" }
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    pytest.importorskip("torch")
    from primacy.design.vocabulary import load_vocabulary
    from primacy.lab import run_experiment
    from primacy.lab.readings import Shown, readings_of

    monkeypatch.chdir(tmp_path)
    few = partial(readings_of, shown=Shown(captions=4, scenes=2, ladder=2, exam=10))
    monkeypatch.setattr(run_experiment, "readings_of", few)
    categories = json.dumps(list(load_vocabulary("simco").names[:5]))
    (tmp_path / "tiny.toml").write_text(
        TINY.replace("CATEGORIES", categories).replace("TOWER", "{ width = 16, layers = 1, heads = 1 }"), "utf-8"
    )
    return tmp_path


def primacy(*arguments, code=0):
    done = CliRunner().invoke(app, list(arguments))
    assert done.exit_code == code, (done.output, done.exception)
    return done


def test_an_experiment_ends_in_a_table_a_file_and_a_figure_and_is_not_repeated(folder, monkeypatch):
    words = ["lab", "experiment", "tiny.toml", "--device", "cpu", "--samples", "16"]
    shown = primacy(*words).stdout
    lines = shown.splitlines()
    assert lines[0] == "Pooling [a title]" and max(map(len, lines)) <= 80
    rows = [line for line in lines if line.startswith(("end [token]", "mean  "))]
    assert len(rows) == 2 and all("±" not in row and "nan" not in row for row in rows)
    assert "One seed: no interval." in lines
    assert "No model has the reading 'image-to-text, 4 objects'." in lines
    assert lines[-2:] == ["Outcome: lab-runs/tiny.json", "Figure: lab-runs/tiny.png"]
    with Image.open("lab-runs/tiny.png") as picture:
        assert picture.format == "PNG"
    text = (folder / "lab-runs" / "tiny.json").read_text("utf-8")
    outcome = json.loads(text)
    assert str(folder) not in text and outcome["recipe"]["train"]["samples"] == 16
    assert [(model["point"], model["seed"]) for model in outcome["models"]] == [("end [token]", 0), ("mean", 0)]
    biases = [next(r["value"] for r in model["readings"] if r["name"] == "order bias") for model in outcome["models"]]
    assert all(f"{bias:+.3f}" in row for bias, row in zip(biases, rows, strict=True))
    monkeypatch.setattr(import_module("primacy.lab.run_experiment"), "run_task", print)  # gives no readings
    again = primacy(*words, "--json")
    assert json.loads(again.stdout) == outcome and again.stderr == ""
    assert primacy(*words, "--quiet").output == ""


def test_ctrl_c_is_one_line(folder, monkeypatch):
    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(import_module("primacy.lab.run_experiment"), "train", stop)
    done = primacy("lab", "experiment", "tiny.toml", "--device", "cpu", "--quiet", code=130)
    assert done.stderr.split("\n")[1:] == [
        "Stopped. Finished models are kept; the same command goes on from there.",
        "",
    ]
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("arguments", "said", "hint"),
    [
        (["ordre"], "unknown experiment (and no such file) 'ordre'", "Did you mean order"),
        (["order", "--ray", "--workers", "2"], "--ray and --workers contradict each other", "CPUs"),
        (["order", "--precision", "fp16"], "unknown precision of training 'fp16'", "bf16"),
        (["order", "--device", "gpu"], "device 'gpu' cannot be used here", "cuda"),
    ],
)
def test_mistakes_get_one_line(folder, arguments, said, hint):
    error = CliRunner().invoke(app, ["lab", "experiment", *arguments]).exception
    assert said in str(error) and "\n" not in str(error)
    assert hint in error.hint
    assert not (folder / "lab-runs").exists()


def test_without_ray_the_extra_is_named(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)  # an import of it fails
    error = CliRunner().invoke(app, ["lab", "experiment", "tiny.toml", "--ray"]).exception
    assert "'ray'" in str(error) and "primacy[ray]" in error.hint


@pytest.mark.parametrize(
    ("kind", "name", "said"),
    [("experiments", "order", "Order dose-response"), ("recipes", "shuffled", "random order")],
)
def test_what_is_shipped_is_listed_a_line_each(kind, name, said):
    lines = primacy("ls", kind).stdout.splitlines()
    listed = json.loads(primacy("ls", kind, "--json").stdout)
    assert len(lines) == len(listed) > 2
    assert [line.split()[0] for line in lines] == [row[kind[:-1]] for row in listed]
    (own,) = [line for line in lines if line.startswith(f"{name} ")]
    assert said in own


def test_unknown_kinds_get_suggestions():
    error = CliRunner().invoke(app, ["ls", "experiment"]).exception
    assert "Did you mean experiments" in error.hint
