"""`primacy lab train` as a user meets it."""

import json
from functools import partial
from importlib import import_module

import pytest
from typer.testing import CliRunner

from primacy.cli.app import app

RECIPE = """
[model]
side = 16
dim = 8
image = {width = 16, layers = 1, heads = 1}
text = {width = 16, layers = 1, heads = 1}
[scenes]
library = "simco"
objects = {1 = 1, 2 = 1}
[train]
samples = 320
batch = 16
"""
CPU = ["--device", "cpu", "--threads", "1"]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    torch = pytest.importorskip("torch")
    threads = torch.get_num_threads()
    monkeypatch.chdir(tmp_path)
    trained = import_module("primacy.lab.trained")
    monkeypatch.setattr(trained, "train_and_score", partial(trained.train_and_score, scenes=40))
    (tmp_path / "small.toml").write_text(RECIPE, "utf-8")
    yield tmp_path
    torch.set_num_threads(threads)


def primacy(*arguments, code=0):
    done = CliRunner().invoke(app, ["lab", "train", *arguments])
    assert done.exit_code == code, (done.output, done.exception)
    return done


def test_training_ends_in_a_model_its_accuracy_and_what_to_do_next(folder):
    done = primacy("small.toml", *CPU)
    lines = done.stdout.splitlines()
    run = folder / "lab-runs" / "small"
    names = {path.name for path in run.iterdir()}
    assert names == {"model.safetensors", "scores.json", "spec.json", "log.csv", "card.md", ".lock"}
    scores = json.loads((run / "scores.json").read_text("utf-8"))["scores"]
    for line, score in zip(lines, scores, strict=False):
        assert line.startswith(score["task"]) and f"{score['value']:.1%}" in line
        assert f"[{score['ci_low']:.1%}, {score['ci_high']:.1%}]" in line
    assert lines[-2].startswith("Model: lab-runs/small/model.safetensors (320 scenes, ")
    assert lines[-1] == "Next: primacy audit lab:lab-runs/small"
    assert max(map(len, lines)) <= 100
    assert "loss" in done.stderr
    assert "| 1 |" in (run / "card.md").read_text("utf-8")


def test_json_is_for_machines_and_the_second_call_is_quick(folder):
    primacy("small.toml", "-o", "run", *CPU, "--quiet")
    done = primacy("small.toml", "-o", "run", *CPU, "--json")
    record = json.loads(done.stdout)
    assert done.stderr == ""
    assert record["model"] == "run/model.safetensors" and record["samples"] == 320
    assert record["loss"] > 0 and record["seconds"] > 0 and record["samples_per_second"] > 0
    assert {score["task"] for score in record["scores"]} == {"zero-shot", "image-to-text", "text-to-image"}
    assert "is trained already" in primacy("small.toml", "-o", "run", *CPU).stderr


def test_ctrl_c_is_one_line_and_the_same_command_goes_on(folder, monkeypatch):
    trainer = import_module("primacy.lab.train")
    loss, steps = trainer.batch_loss, []

    def stop(*args):
        steps.append(1)
        if len(steps) == 5:
            raise KeyboardInterrupt
        return loss(*args)

    monkeypatch.setattr(trainer, "batch_loss", stop)
    done = primacy("small.toml", *CPU, "--quiet", code=130)
    (line,) = done.stderr.splitlines()[1:]
    assert line.startswith("Stopped. The same command goes on")
    assert done.stdout == ""
    primacy("small.toml", *CPU, "--quiet")


@pytest.mark.parametrize(
    ("arguments", "said", "hint"),
    [
        (["small.tml"], "unknown recipe 'small.tml'", ""),
        (["none.toml"], "there is no file none.toml", "docs/lab/training.md"),
        (["small.toml", "--precision", "fp16"], "unknown precision of training 'fp16'", "fp32"),
        (["small.toml", "--device", "gpu"], "device 'gpu' cannot be used here", "cuda"),
        (["wrong.toml"], "unknown field of train in wrong.toml: 'sample'", "Did you mean samples"),
        (["range.toml"], "range.toml: train.batch: Input should be greater than or equal to 2", ""),
        (["kinds.toml"], "has no object of category 'cubes'", ""),
    ],
)
def test_mistakes_get_one_line(folder, arguments, said, hint):
    (folder / "wrong.toml").write_text("[train]\nsample = 3", "utf-8")
    (folder / "range.toml").write_text("[train]\nbatch = 1", "utf-8")
    (folder / "kinds.toml").write_text('[scenes]\nlibrary = "simco"\ncategories = ["cubes"]', "utf-8")
    error = CliRunner().invoke(app, ["lab", "train", *arguments]).exception
    assert said in str(error) and "\n" not in str(error)
    assert hint in error.hint


@pytest.mark.parametrize(("arguments", "said"), [(["--seed", "-1"], "--seed"), (["-o", "taken"], "cannot write into")])
def test_what_the_theorem_cannot_do_is_said_before_it_is_measured(folder, monkeypatch, arguments, said):
    def never(**_):
        raise AssertionError

    monkeypatch.setattr(import_module("primacy.lab.theorem"), "measure", never)
    (folder / "taken").write_text("", "utf-8")
    done = CliRunner().invoke(app, ["lab", "theorem", *arguments])
    assert done.exit_code and not isinstance(done.exception, AssertionError)
    assert said in done.output + str(done.exception)
