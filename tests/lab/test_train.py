"""Training: that it learns, goes on where it was killed, and refuses what it cannot do."""

import csv
import json
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from primacy.encoders._torch import Placement
from primacy.encoders.lab.files import read_model
from primacy.encoders.lab.names import MODEL
from primacy.errors import RunError, UsageError
from primacy.folder_lock import alone
from primacy.lab import train as trainer
from primacy.lab.pairs import PairStream
from primacy.lab.train import LOG, SPEC, STATE, as_pictures, batch_loss, initial_model, learning_rate, train
from primacy.listener import Silent

CHILD = Path(__file__).with_name("train_child.py")
MIXED = {"pairs": {"other_order": 0.3, "swapped": 0.3}, "captions": {"order": {"area": 0.5}}}


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def weights(path):
    return read_model(path).model.state_dict()


def assert_same(a, b):
    assert a.keys() == b.keys()
    for name, tensor in a.items():
        assert torch.equal(tensor, b[name]), name


def log(folder):
    return list(csv.DictReader((folder / LOG).read_text("utf-8").splitlines()))


class Notes(Silent):
    def __init__(self):
        self.notes, self.stages, self.done = [], [], 0

    def stage(self, name, total):
        self.stages.append((name, total))

    def advance(self, done):
        self.done += done

    def note(self, message):
        self.notes.append(message)


class Interrupting(Silent):
    """Ctrl-C after so many scenes, before that batch is saved."""

    def __init__(self, after):
        self._left = after

    def advance(self, done):
        self._left -= done
        if self._left <= 0:
            raise KeyboardInterrupt


def child(spec, folder, after):
    spec_file = folder.with_suffix(".json")
    spec_file.write_text(spec.model_dump_json(), "utf-8")
    return subprocess.run([sys.executable, CHILD, spec_file, folder, str(after)], timeout=300, check=False).returncode


def test_killed_and_gone_on_gives_the_very_same_weights(tiny, cpu, tmp_path):
    spec = tiny(train={"samples": 16 * 90, "checkpoints": [16 * 80]}, **MIXED)
    folder, other = tmp_path / "killed", tmp_path / "whole"
    assert child(spec, folder, 16 * 60) == -signal.SIGKILL
    assert (folder / STATE).is_file() and not (folder / MODEL).exists()
    assert 0 < load_file(folder / STATE)["step"] < 60  # some batches were lost and are seen again
    for some in (folder, other):
        with pytest.raises(KeyboardInterrupt):
            train(spec, some, cpu, save_every=0, listener=Interrupting(16 * 70))
    # In full precision, and with the optimiser's moments.
    states = [load_file(some / STATE) for some in (folder, other)]
    speeds = [state.pop("log") for state in states]
    assert_same(*states)
    assert len(speeds[0]) == len(speeds[1]) == 3
    listener = Notes()
    done, whole = train(spec, folder, cpu, listener=listener), train(spec, other, cpu)
    assert listener.notes[0] == f"going on at {16 * 69:,} scenes" and listener.done == 16 * 90
    assert_same(weights(done), weights(whole))
    kept = "checkpoints/0000001280.safetensors"
    assert_same(weights(folder / kept), weights(other / kept))
    assert not (folder / STATE).exists()
    gone_on, straight = (
        [{name: value for name, value in row.items() if name != "samples_per_second"} for row in log(some)]
        for some in (folder, other)
    )
    assert gone_on == straight


def test_processes_that_draw_ahead_change_nothing(tiny, cpu, tmp_path):
    spec = tiny(**MIXED)
    assert_same(*(weights(train(spec, tmp_path / str(n), cpu, workers=n)) for n in (0, 2)))


def test_ctrl_c_ends_the_processes_that_draw_ahead(tiny, cpu, tmp_path):
    spec, others = tiny(**MIXED), set(multiprocessing.active_children())
    with pytest.raises(KeyboardInterrupt) as stopped:  # kept, and so is every frame
        train(spec, tmp_path / "stopped", cpu, workers=2, save_every=0, listener=Interrupting(16 * 4))
    assert set(multiprocessing.active_children()) <= others
    assert load_file(tmp_path / "stopped" / STATE)["step"] == 3
    assert stopped.tb is not None
    folders = tmp_path / "stopped", tmp_path / "whole"
    assert_same(*(weights(train(spec, folder, cpu, workers=n)) for n, folder in enumerate(folders)))


def test_it_learns(tiny, cpu, tmp_path):
    """Six objects, one a scene: after a few seconds the right names are the nearest, on a view never seen."""
    from primacy.lab.score import held_out_scores

    tower = {"width": 32, "layers": 1, "heads": 2}
    spec = tiny(
        model={"side": 32, "dim": 32, "image": tower, "text": tower},
        scenes={
            "library": "comco", "categories": ["banana", "apple", "car", "dog", "cup", "bed"], "instances": 1,
            "views": [0, 1, 7], "objects": {1: 1}, "area": 0.2, "disparity": 1.0,
        },
        captions={"templates": {"photo": 1}, "filler": 0},
        train={"samples": 64 * 180, "batch": 64, "rate": 3e-3},
    )  # fmt: skip
    path = train(spec, tmp_path, cpu)
    rows = log(tmp_path)
    assert [int(row["samples"]) for row in rows] == [64 * k for k in range(20, 181, 20)]
    assert float(rows[0]["loss"]) > float(rows[-1]["loss"])
    score = held_out_scores(read_model(path), cpu.device, scenes=300).find("zero-shot", 1)
    assert score.value > 0.6 and score.chance == pytest.approx(1 / 6)


def test_a_run_is_told_of_and_is_not_repeated(tiny, cpu, tmp_path):
    spec, listener = tiny(), Notes()
    done = train(spec, tmp_path, cpu, listener=listener)
    assert listener.stages == [("training", 256)] and listener.done == 256
    assert listener.notes and all("loss" in note for note in listener.notes)
    before = done.stat().st_mtime_ns
    again = Notes()
    assert train(spec, tmp_path, cpu, listener=again) == done
    assert done.stat().st_mtime_ns == before
    assert again.notes == [f"{tmp_path} is trained already"]


def test_checkpoints_are_of_the_stated_samples(tiny, cpu, tmp_path):
    spec = tiny(train={"samples": 64, "checkpoints": [0, 17, 48, 64]})
    path = train(spec, tmp_path, cpu)
    found = sorted((tmp_path / "checkpoints").iterdir())
    # Whole batches; the last is the model itself.
    assert [file.name for file in found] == [f"{n:010d}.safetensors" for n in (0, 32, 48)]
    models = [read_model(file) for file in (*found, path)]
    assert [model.samples for model in models] == [0, 32, 48, 64]
    assert {json.dumps(model.recipe) for model in models} == {json.dumps(spec.model_dump(mode="json"))}
    assert not torch.equal(models[1].model.text.projection, models[2].model.text.projection)
    start = initial_model(spec, len(models[0].words)).half().float().state_dict()
    assert_same(models[0].model.state_dict(), start)


def test_no_samples_leave_the_weights_as_drawn(tiny, cpu, tmp_path):
    spec = tiny(train={"samples": 0})
    found = read_model(train(spec, tmp_path, cpu, workers=1))
    assert found.samples == 0
    assert_same(found.model.state_dict(), initial_model(spec, len(found.words)).half().float().state_dict())
    other = initial_model(tiny(seed=1), len(found.words))
    assert not torch.equal(other.text.projection, initial_model(spec, len(found.words)).text.projection)


def test_building_a_model_leaves_the_global_stream(tiny):
    torch.manual_seed(3)
    before = torch.get_rng_state()
    initial_model(tiny(), 10)
    assert torch.equal(torch.get_rng_state(), before)


def test_the_rate_warms_up_and_falls_to_zero(tiny):
    spec = tiny(train={"samples": 16 * 100, "rate": 0.01, "warmup": 0.2})
    rates = [learning_rate(spec, step) for step in range(100)]
    np.testing.assert_allclose(rates[:20], np.arange(1, 21) * 0.01 / 20)
    cosine = torch.optim.lr_scheduler.CosineAnnealingLR
    reference = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.01)
    schedule = cosine(reference, T_max=80)
    for step in range(20, 100):
        assert rates[step] == pytest.approx(schedule.get_last_lr()[0], rel=1e-6)
        reference.step()
        schedule.step()


def test_a_step_is_adamws(tiny, cpu, tmp_path):
    """One step by hand: no decay of vectors, decay of matrices, the rate of the first step."""
    spec = tiny(train={"samples": 16, "rate": 0.01, "warmup": 0.0, "decay": 0.5})
    done = train(spec, tmp_path, cpu)
    pairs = PairStream(spec)
    model = initial_model(spec, len(pairs.words))
    batch_loss(model, pairs.batch(0), cpu).backward()
    for name, parameter in model.named_parameters():
        moved = parameter.detach() * (1 - 0.01 * (0.5 if parameter.ndim > 1 else 0))
        # After one step both moments are the gradient's, so that AdamW moves by the rate times its sign.
        moved = moved - 0.01 * parameter.grad / (parameter.grad.abs() + 1e-8)
        torch.testing.assert_close(weights(done)[name], moved, atol=2e-3 * (1 + moved.abs().max().item()), rtol=0)


def test_another_recipes_folder_is_refused(tiny, cpu, tmp_path):
    train(tiny(), tmp_path, cpu)
    before = (tmp_path / MODEL).read_bytes()
    with pytest.raises(UsageError, match="holds a run of another recipe") as error:
        train(tiny(seed=1), tmp_path, cpu)
    assert "another folder" in error.value.hint
    assert (tmp_path / MODEL).read_bytes() == before
    (tmp_path / SPEC).write_text("{}x", "utf-8")
    with pytest.raises(UsageError, match="holds a run of another recipe"):
        train(tiny(), tmp_path, cpu)


def test_a_second_process_waits_and_finds_the_model(tiny, cpu, tmp_path):
    spec, folder, listener = tiny(), tmp_path / "run", Notes()
    model = train(spec, tmp_path / "other", cpu)
    with ThreadPoolExecutor(1) as pool:
        with alone(folder):
            waiting = pool.submit(train, spec, folder, cpu, listener=listener)
            end = time.monotonic() + 60
            while not listener.notes and time.monotonic() < end:
                time.sleep(0.01)
            assert listener.notes == [f"another process is working in {folder}: waiting for it to end"]
            assert not (folder / SPEC).exists()
            shutil.copy(model, folder / MODEL)
        assert waiting.result() == folder / MODEL
    assert listener.notes[1:] == [f"{folder} is trained already"] and listener.done == 0
    assert not (folder / LOG).exists()


def test_another_recipe_is_refused_without_waiting(tiny, cpu, tmp_path):
    train(tiny(train={"samples": 0}), tmp_path, cpu)
    with alone(tmp_path), pytest.raises(UsageError, match="holds a run of another recipe"):
        train(tiny(train={"samples": 0}, seed=1), tmp_path, cpu)


def test_the_log_has_every_sample_of_long_trainings(tmp_path):
    trainer._write_log(tmp_path, [(12_345_678.0, 1.25, 14.5, 1e-3, 1234.5678), (123_456_790.0, 0.5, 15.0, 0.0, 900.0)])
    assert [row["samples"] for row in log(tmp_path)] == ["12345678", "123456790"]
    assert log(tmp_path)[0] | {"samples": ""} == {
        "samples": "", "loss": "1.25", "scale": "14.5", "rate": "0.001", "samples_per_second": "1234.57"
    }  # fmt: skip


def test_a_recipe_from_before_a_field_existed_is_the_same(tiny, cpu, tmp_path):
    train(tiny(), tmp_path, cpu)
    fields = json.loads((tmp_path / SPEC).read_text("utf-8"))
    del fields["scenes"]["grounds"]
    (tmp_path / SPEC).write_text(json.dumps(fields), "utf-8")
    assert train(tiny(), tmp_path, cpu) == tmp_path / MODEL


@pytest.mark.parametrize("damage", ["cut", "text", "keys", "shape", "log", "moments", "no moments"])
def test_a_damaged_state_is_told_of(tiny, cpu, tmp_path, damage):
    spec, path = tiny(), tmp_path / STATE
    with pytest.raises(KeyboardInterrupt):
        train(spec, tmp_path, cpu, save_every=0, listener=Interrupting(16 * 3))
    state = load_file(path)
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:-100])
    elif damage == "text":
        path.write_text("not a state", "utf-8")
    else:
        moments = [name for name in state if name.startswith("optimiser.")]
        change = {
            "keys": {"step": None},
            "shape": {"model.log_scale": torch.zeros(3)},
            "log": {"log": torch.zeros(5)},
            "moments": {"optimiser.0.exp_avg": torch.zeros(3)},
            "no moments": dict.fromkeys(moments),
        }[damage]
        save_file({name: tensor for name, tensor in (state | change).items() if tensor is not None}, path)
    with pytest.raises(RunError, match=f"{STATE} is damaged") as error:
        train(spec, tmp_path, cpu)
    assert "Remove it" in error.value.hint
    path.unlink()
    train(spec, tmp_path, cpu)


def test_a_loss_that_is_no_number_is_an_error_and_nothing_is_kept(tiny, cpu, tmp_path):
    spec = tiny(train={"rate": 1e30, "warmup": 0.0})
    with pytest.raises(UsageError, match="the loss is nan") as error:
        train(spec, tmp_path, cpu, save_every=0)
    assert "train.rate" in error.value.hint
    assert not (tmp_path / MODEL).exists()
    if (tmp_path / STATE).is_file():
        assert all(tensor.isfinite().all() for tensor in load_file(tmp_path / STATE).values())


def test_a_frozen_image_tower_stays_as_it_was(tiny, cpu, tmp_path):
    source = train(tiny(seed=4), tmp_path / "source", cpu)
    spec = tiny(image_from=str(source), train={"decay": 0.5}, seed=7)
    done = train(spec, tmp_path / "taught", cpu)
    before, after = weights(source), weights(done)
    image = [name for name in after if name.startswith("image.")]
    assert image
    assert_same({name: after[name] for name in image}, {name: before[name] for name in image})
    drawn = initial_model(tiny(seed=7), len(read_model(done).words)).half().float()
    assert not torch.equal(after["text.projection"], drawn.text.projection)


def test_an_image_tower_of_another_shape_is_refused(tiny, cpu, tmp_path):
    source = train(tiny(train={"samples": 0}), tmp_path / "source", cpu)
    with pytest.raises(UsageError, match="another shape"):
        train(tiny(image_from=str(source), model={"dim": 16}), tmp_path / "taught", cpu)


@pytest.mark.parametrize("loss", ["infonce", "sigmoid"])
def test_bf16_runs_and_is_near(tiny, cpu, tmp_path, loss):
    spec = tiny(model={"loss": loss}, train={"samples": 48})
    low = Placement(torch.device("cpu"), torch.bfloat16, "bf16")
    wide, narrow = weights(train(spec, tmp_path / "fp32", cpu)), weights(train(spec, tmp_path / "bf16", low))
    assert not torch.equal(wide["text.projection"], narrow["text.projection"])
    start = initial_model(spec, len(read_model(tmp_path / "fp32" / MODEL).words)).state_dict()
    moved = (wide["text.projection"] - start["text.projection"]).norm()
    assert (wide["text.projection"] - narrow["text.projection"]).norm() < moved
    assert all(tensor.isfinite().all() for tensor in narrow.values())


def test_a_dead_worker_is_told_of(tiny, cpu, tmp_path, monkeypatch):
    monkeypatch.setattr(trainer, "_worker_batch", os._exit)  # called in the worker
    with pytest.raises(RunError, match="draws scenes died") as error:
        train(tiny(), tmp_path, cpu, workers=1)
    assert "fewer --workers" in error.value.hint


def test_a_folder_that_cannot_be_written_is_told_of(tiny, cpu, tmp_path):
    (tmp_path / "checkpoints").write_text("", "utf-8")
    with pytest.raises(RunError, match="cannot write into") as error:
        train(tiny(train={"checkpoints": [16]}), tmp_path, cpu)
    assert "remove it" in error.value.hint


def test_a_file_in_the_place_of_the_folder(tiny, cpu, tmp_path):
    (tmp_path / "run").write_text("", "utf-8")
    with pytest.raises(RunError, match="cannot use"):
        train(tiny(), tmp_path / "run", cpu)


def test_pictures_are_scaled_to_one(cpu):
    found = as_pictures(np.array([[[[0, 51, 255]]]], dtype=np.uint8), cpu.device)
    assert found.shape == (1, 3, 1, 1)
    torch.testing.assert_close(found.flatten(), torch.tensor([0.0, 0.2, 1.0]))
