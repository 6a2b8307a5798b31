"""Experiments: what their files say, which models they ask for, and that each is trained once."""

import copy
import json
import shutil
import subprocess
import sys
from itertools import product
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from primacy.assets.library import builtin
from primacy.encoders.lab.files import read_model
from primacy.errors import PrimacyError, RunError, UnknownNameError, UsageError
from primacy.lab import run_experiment as running
from primacy.lab import shipped
from primacy.lab.experiment import GENERATION, Experiment, base_recipe, changed, load_experiment, tasks, waves
from primacy.lab.outcome import make_outcome
from primacy.lab.read_spec import checked_spec, read_spec
from primacy.lab.readings import Reading, reading_names
from primacy.lab.run_experiment import run_experiment
from primacy.lab.spec import LabSpec
from primacy.listener import Silent

NAMES = shipped.experiment_names()
RECIPE = {
    "model": {
        "side": 16, "dim": 8,
        "image": {"width": 16, "layers": 1, "heads": 1},
        "text": {"width": 16, "layers": 1, "heads": 1},
    },
    "scenes": {"library": "simco", "objects": {1: 1, 2: 1}},
    "train": {"samples": 32, "batch": 16},
}  # fmt: skip

KEY = "2acd80a19d6b"
DEFAULTS = {
    "model.image.width": 128,
    "model.image.layers": 3,
    "model.image.heads": 4,
    "model.text.width": 128,
    "model.text.layers": 2,
    "model.text.heads": 4,
    "model.side": 64,
    "model.patch": 8,
    "model.context": 77,
    "model.dim": 128,
    "model.attention": "causal",
    "model.pooling": "end",
    "model.word_std": 1.0,
    "model.loss": "infonce",
    "scenes.library": "comco",
    "scenes.categories": [],
    "scenes.objects.1": 1.0,
    "scenes.objects.2": 1.0,
    "scenes.objects.3": 1.0,
    "scenes.objects.4": 1.0,
    "scenes.area": 0.03,
    "scenes.disparity": 16.0,
    "scenes.instances": None,
    "scenes.views": [0, 1, 2, 3, 4, 5, 6, 7],
    "scenes.grounds": 1,
    "captions.templates.and": 1.0,
    "captions.templates.comma": 1.0,
    "captions.templates.articles": 1.0,
    "captions.templates.photo": 1.0,
    "captions.order.area": 0.0,
    "captions.order.mixed": 0.0,
    "captions.order.category": 0.0,
    "captions.order.centre": 0.0,
    "captions.mentioned": 1.0,
    "captions.left_out": "random",
    "captions.filler": 0.1,
    "pairs.other_order": 0.0,
    "pairs.swapped": 0.0,
    "pairs.replaced": 0.0,
    "pairs.replaced_late": 0.0,
    "train.samples": 76800,
    "train.batch": 128,
    "train.rate": 0.001,
    "train.warmup": 0.05,
    "train.decay": 0.1,
    "train.singles": 0.0,
    "train.checkpoints": [],
    "image_from": None,
    "seed": 0,
}


def grid(*points, **more):
    fields = {"title": "t", "question": "q", "prediction": "p", "shows": ["order bias"], "points": list(points)}
    return Experiment.model_validate(fields | more)


def shipped_tasks(name, seeds, models="models"):
    experiment = load_experiment(name)
    return tasks(experiment, seeds, base_recipe(experiment), Path(models))


CHAIN = grid(
    {"label": "c", "image_of": "b"},
    {"label": "b", "image_of": "a", "change": {"captions.order.area": 1.0}},
    {"label": "a", "change": {"captions.order.area": -1.0}},
)

KEYS = st.sampled_from("abc")
TREES = st.recursive(
    st.integers(), lambda inner: st.dictionaries(KEYS, inner, min_size=1, max_size=3), max_leaves=8
).filter(lambda tree: isinstance(tree, dict))
CHANGES = st.dictionaries(st.lists(KEYS, min_size=1, max_size=3).map(".".join), st.integers(), max_size=4)


def leaves(tree, before=()):
    if not isinstance(tree, dict):
        return {before: tree}
    return {path: leaf for key, inner in tree.items() for path, leaf in leaves(inner, (*before, key)).items()}


@given(base=TREES, changes=CHANGES)
def test_dotted_changes_are_those_of_a_flat_table(base, changes):
    kept, table = copy.deepcopy(base), leaves(base)
    for name, value in changes.items():
        path = tuple(name.split("."))
        if any(path[:k] in table for k in range(1, len(path))):
            with pytest.raises(UsageError, match="holds no fields"):
                changed(base, changes)
            return
        table = {old: leaf for old, leaf in table.items() if old[: len(path)] != path} | {path: value}
    assert leaves(changed(base, changes)) == table
    assert base == kept


@pytest.mark.parametrize("name", NAMES)
def test_shipped_experiments_are_sound(name):
    experiment = load_experiment(name)
    recipe = base_recipe(experiment)
    base = leaves(checked_spec(recipe, name).model_dump())
    assert set(experiment.shows) <= set(reading_names())
    for point in experiment.points:
        spec = leaves(checked_spec(changed(recipe, point.change), name).model_dump())
        for field, value in point.change.items():
            path = tuple(field.split("."))
            asked = tuple(value) if isinstance(value, list) else value
            assert spec[path] == asked != base[path], (point.name, field)
    asked = tasks(experiment, 2, recipe, Path("models"))
    assert len({task.key for task in asked}) == len(asked) == 2 * len(experiment.points)
    assert {(task.point, task.seed) for task in asked} == set(product([p.name for p in experiment.points], range(2)))
    assert all(task.spec.seed == task.seed for task in asked)


@pytest.mark.parametrize("name", shipped.recipe_names())
def test_shipped_recipes_say_what_they_are(name):
    assert read_spec(name).train.samples > 0
    said = shipped.about_recipe(name)
    assert len(said) > 30 and not said.startswith(("#", "lab:" + name)) and "\n" not in said


def test_experiments_share_the_models_that_they_have_in_common():
    asked = [task for name in NAMES for task in shipped_tasks(name, 2)]
    specs = {}
    for task in asked:
        lender = next((t.spec.model_dump_json() for t in asked if t.key == task.after), None)
        recipe = task.spec.model_copy(update={"image_from": None}).model_dump_json()
        specs.setdefault((recipe, lender), set()).add(task.key)
    assert all(len(keys) == 1 for keys in specs.values())
    assert len({task.key for task in asked}) == len(specs) < len(asked)
    order, transfer = ({task.key for task in shipped_tasks(name, 1)} for name in ("order", "transfer"))
    assert len(order & transfer) == 3


def test_keys_are_the_same_in_every_process_and_folder():
    code = (
        "from pathlib import Path\n"
        "from primacy.lab.experiment import base_recipe, load_experiment, tasks\n"
        "e = load_experiment('transfer')\n"
        "print(*(t.key for t in tasks(e, 2, base_recipe(e), Path('/elsewhere'))))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONHASHSEED": "77"}, capture_output=True, text=True, check=True
    )
    here = shipped_tasks("transfer", 2)
    assert done.stdout.split() == [task.key for task in here]
    borrowers = [task for task in here if task.after is not None]
    assert borrowers and all(Path(t.spec.image_from) == Path(f"models/{t.after}/model.safetensors").absolute()
                             for t in borrowers)  # fmt: skip


def key_of(change=None, recipe=RECIPE):
    (task,) = tasks(grid({"label": "a", "change": change or {}}), 1, recipe, Path("m"))
    return task.key


def test_a_key_is_of_what_differs_from_the_defaults():
    assert key_of() == KEY
    spelt_out = {"train.warmup": 0.05, "pairs.swapped": 0, "captions.order.area": 0.0, "model.text.heads": 1}
    for field, value in spelt_out.items():
        assert key_of({field: value}) == KEY, field
    whole = checked_spec(RECIPE, "x").model_dump(mode="json")
    assert key_of(recipe=whole) == KEY
    real = {"train.warmup": 0.06, "pairs.swapped": 0.1, "captions.order.area": 0.5, "model.text.heads": 2}
    assert len({KEY, *(key_of({field: value}) for field, value in real.items())}) == 5


def test_a_changed_default_raises_the_generation():
    """Keys leave defaults out, so another default needs another generation (and then DEFAULTS here)."""
    now = {".".join(map(str, path)): value for path, value in leaves(LabSpec().model_dump(mode="json")).items()}
    assert GENERATION == 1
    assert {name: now.get(name) for name in DEFAULTS} == DEFAULTS


def test_a_folder_of_objects_goes_by_its_contents(tmp_path):
    here, there = tmp_path / "here", tmp_path / "there"
    shutil.copytree(builtin("simco").sprites[0].folder, here)
    shutil.copytree(here, there)
    before = key_of({"scenes.library": str(here)})
    assert key_of({"scenes.library": str(there)}) == before != KEY
    fields = json.loads((there / "library.json").read_text("utf-8"))
    fields["objects"] = fields["objects"][1:]
    (there / "library.json").write_text(json.dumps(fields), "utf-8")
    assert key_of({"scenes.library": str(there)}) != before == key_of({"scenes.library": str(here)})


@pytest.mark.parametrize("name", NAMES)
def test_fewer_samples_leave_out_the_checkpoints_after_them(name):
    experiment = load_experiment(name)
    recipe = base_recipe(experiment, {"train.samples": 6400})
    kept = base_recipe(experiment)["train"]["checkpoints"]
    assert recipe["train"] == base_recipe(experiment)["train"] | {
        "samples": 6400, "checkpoints": [n for n in kept if n in (0, 3200, 6400)]
    }  # fmt: skip
    assert len(kept) > len(recipe["train"]["checkpoints"]) == 3
    assert {task.spec.train.samples for task in tasks(experiment, 1, recipe, Path("m"))} <= {0, 6400}


def test_keys_tell_lenders_seeds_and_precisions_apart():
    def keys(experiment, **more):
        return {(t.point, t.seed): t.key for t in tasks(experiment, 2, RECIPE, Path("m"), **more)}

    def taught(area):
        return grid({"label": "a", "change": {"captions.order.area": area}}, {"label": "b", "image_of": "a"})

    one, other = keys(taught(1.0)), keys(taught(-1.0))
    assert len(set(one.values()) | set(other.values())) == 8
    assert keys(taught(1.0)) == one
    assert not set(one.values()) & set(keys(taught(1.0), precision="bf16").values())


def test_lenders_come_before_their_borrowers_whatever_the_order_of_the_points():
    asked = tasks(CHAIN, 2, RECIPE, Path("m"))
    groups = waves(asked)
    assert [sorted({task.point for task in group}) for group in groups] == [["a"], ["b"], ["c"]]
    keys = {(task.point, task.seed): task.key for task in asked}
    for task in asked:
        assert task.after == {"a": None, "b": keys["a", task.seed], "c": keys["b", task.seed]}[task.point]


def test_a_model_that_two_points_ask_for_is_one_job():
    twice = grid({"label": "a"}, {"label": "b"}, {"label": "c", "image_of": "b"}, {"label": "d", "image_of": "a"})
    asked = tasks(twice, 1, RECIPE, Path("m"))
    assert [len(group) for group in waves(asked)] == [1, 1] and len(asked) == 4


HEAD = 'title = "t"\nquestion = "q"\nprediction = "p"\nshows = ["order bias"]\n'


POINT = HEAD + "[[points]]\nlabel = '1'\n"


@pytest.mark.parametrize(
    ("text", "said", "hint"),
    [
        (HEAD + "pionts = []", "unknown field of an experiment in x.toml: 'pionts'", "Did you mean points"),
        (HEAD + "[[points]]\nlable = '1'", "unknown field of points.0 in x.toml: 'lable'", "Did you mean label"),
        (HEAD + "[[points]]\nlabel = '1'\ndose = nan", "x.toml: points.0.dose: ", ""),
        (HEAD + "points = []", "x.toml: points: ", ""),
        ("title = 't'", "x.toml: question: Field required", ""),
        ("title = ", "x.toml is no TOML", ""),
        (HEAD.replace("order bias", "order bais") + "[[points]]\nlabel = '1'", "unknown reading", "mean order bias"),
        (HEAD + "[[points]]\nlabel = '1'\n[[points]]\nlabel = '1'", "x.toml has two points called '1'", ""),
        (HEAD + "[[points]]\nlabel = 'one'\n[[points]]\nlabel = '2'\nimage_of = 'on'", "image_of of '2'", "mean one"),
        (HEAD + "[[points]]\nlabel = '1'\nimage_of = '1'", "image_of goes in a circle: '1'", ""),
        (
            HEAD + "[[points]]\nlabel = '1'\nseries = 'a'\n[[points]]\nlabel = '1'\nseries = 'b'\n"
            "[[points]]\nlabel = '2'\nimage_of = '1'",
            "image_of of '2' may be 'a: 1' or 'b: 1'",
            "series",
        ),
        (POINT + "change = {'train.bach' = 3}", "field of train in point '1': 'bach'", "mean batch"),
        (POINT + "change = {'train.batch' = 1}", "point '1': train.batch: ", ""),
        (POINT + "change = {'train.batch.x' = 1}", "cannot change 'train.batch.x': 'batch' is 64", ""),
        (POINT + "change = {image_from = 'x'}", "point '1' takes its image tower from a file", "image_of"),
        (HEAD + "base = {'model.syde' = 3}\n[[points]]\nlabel = '1'", "field of model in point '1': 'syde'", "n side"),
    ],
)  # fmt: skip
def test_mistakes_are_one_line(tmp_path, monkeypatch, text, said, hint):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.toml").write_text(text, "utf-8")
    with pytest.raises(UsageError) as error:
        experiment = load_experiment("x.toml")
        tasks(experiment, 1, base_recipe(experiment), tmp_path)
    assert said in str(error.value) and "\n" not in str(error.value)
    assert hint in error.value.hint


def test_unknown_experiments_get_suggestions():
    with pytest.raises(UnknownNameError, match="'ordre'") as error:
        load_experiment("ordre")
    assert "Did you mean order" in error.value.hint
    with pytest.raises(UnknownNameError, match="'base'"):
        load_experiment("base")


@pytest.fixture
def quick(monkeypatch):
    """Readings without an audit: how many scenes a model has seen."""

    def readings(folder, place):
        value = float(read_model(folder / "model.safetensors").samples)
        found = [Reading("order bias", value, None, None, 1, 1)]
        (folder / "readings.json").write_text(
            json.dumps({"version": 1, "readings": [vars(reading) for reading in found]}), "utf-8"
        )
        return found

    monkeypatch.setattr(running, "readings_of", readings)


class Counting(Silent):
    def __init__(self, most=99):
        self.done, self.total, self.most = 0, 0, most

    def stage(self, name, total):
        self.total = total

    def advance(self, done):
        self.done += done
        if self.done >= self.most:
            raise KeyboardInterrupt


def test_a_chain_of_image_towers_is_the_first_ones_and_no_path_is_kept(tmp_path, quick):
    rows = run_experiment(CHAIN, RECIPE, tmp_path / "m", seeds=1, device="cpu")
    assert [row.point for row in rows] == ["c", "b", "a"]
    assert all(row.readings[0].value == 32 for row in rows)
    files = {t.point: tmp_path / "m" / t.key / "model.safetensors" for t in tasks(CHAIN, 1, RECIPE, tmp_path / "m")}
    towers = {point: read_model(path).model.image.state_dict() for point, path in files.items()}
    texts = {point: read_model(path).model.text.embedding.weight for point, path in files.items()}
    for name, tensor in towers["a"].items():
        assert torch.equal(tensor, towers["b"][name]) and torch.equal(tensor, towers["c"][name])
    assert not torch.equal(texts["b"], texts["c"])
    assert not any(str(tmp_path).encode() in path.read_bytes() for path in files.values())
    assert read_model(files["b"]).recipe["image_from"].startswith("sha256:")
    assert str(tmp_path) not in make_outcome("chain", CHAIN, RECIPE, rows).model_dump_json()


def test_what_was_stopped_goes_on_and_what_is_there_is_kept(tmp_path, quick, monkeypatch):
    trained = []
    train = running.train
    monkeypatch.setattr(running, "train", lambda spec, *a: (trained.append(spec.seed), train(spec, *a)))
    experiment = grid({"label": "a"}, {"label": "same"}, {"label": "b", "change": {"model.pooling": "mean"}})
    with pytest.raises(KeyboardInterrupt):
        run_experiment(experiment, RECIPE, tmp_path / "here", seeds=2, device="cpu", listener=Counting(most=3))
    assert len(trained) == 3
    (tmp_path / "here").rename(tmp_path / "there")
    listener = Counting()
    rows = run_experiment(experiment, RECIPE, tmp_path / "there", seeds=2, device="cpu", listener=listener)
    assert len(trained) == 4 and (listener.done, listener.total) == (4, 4)
    assert [(row.point, row.seed) for row in rows] == list(product(["a", "same", "b"], range(2)))
    again = run_experiment(experiment, RECIPE, tmp_path / "there", seeds=2, device="cpu")
    assert again == rows and len(trained) == 4


def test_what_goes_wrong_names_the_model_and_what_to_do(tmp_path, quick, monkeypatch):
    def fail(*_):
        raise UnknownNameError("library", "comko", ["comco"])

    monkeypatch.setattr(running, "train", fail)
    with pytest.raises(RunError, match="a, seed 0: unknown library 'comko'") as error:
        run_experiment(grid({"label": "a"}), RECIPE, tmp_path, device="cpu")
    assert "Did you mean comco" in error.value.hint
    assert isinstance(error.value, PrimacyError)


def test_on_ray_every_missing_model_is_a_task_after_its_lender(tmp_path, quick, monkeypatch):
    asked = []

    def on_ray(work, jobs, *, gpus):
        asked.append(([job.point for job in jobs], gpus))
        yield from ((job, work(job)) for job in jobs)

    monkeypatch.setattr(running, "on_ray", on_ray)
    threads = torch.get_num_threads()
    try:
        rows = run_experiment(CHAIN, RECIPE, tmp_path, seeds=1, ray=True, device="cpu")
    finally:
        torch.set_num_threads(threads)
    assert asked == [(["a"], 0), (["b"], 0), (["c"], 0)]
    assert run_experiment(CHAIN, RECIPE, tmp_path, seeds=1, ray=True, device="cuda") == rows and len(asked) == 3
