"""Which checkpoints the arguments of `primacy progress` stand for."""

import json

import pytest

from primacy.errors import UsageError
from primacy.run.checkpoints import Checkpoint, checkpoints, shipped

SPEC = {"train": {"samples": 1000, "batch": 64}, "seed": 7}


@pytest.fixture
def run(tmp_path):
    """A folder like that of `primacy lab train`; the files are not opened."""

    def make(*samples, trained=True, **fields):
        folder = tmp_path / "run"
        (folder / "checkpoints").mkdir(parents=True)
        (folder / "spec.json").write_text(json.dumps(SPEC | fields))
        for number in samples:
            (folder / "checkpoints" / f"{number:010d}.safetensors").touch()
        if trained:
            (folder / "model.safetensors").touch()
        return folder

    return make


def test_names_with_samples_in_order():
    asked = ["open_clip:ViT-B-32//w/epoch_10.pt=2e9", "null:planted?first=0.3&seed=2=4000000000.0"]
    assert checkpoints(asked) == [
        Checkpoint("open_clip:ViT-B-32//w/epoch_10.pt", 2e9),
        Checkpoint("null:planted?first=0.3&seed=2", 4e9),
    ]


def test_an_untrained_one_may_be_given():
    asked = ["open_clip:ViT-B-32/untrained?seed=0=0", "open_clip:ViT-B-32/laion2b_e16=3.2e10"]
    assert checkpoints(asked)[0] == Checkpoint("open_clip:ViT-B-32/untrained?seed=0", 0)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (["null:bag"], "a single checkpoint shows no progress"),
        (["null:bag=5"], "a single checkpoint shows no progress"),
        (["lab:nonsense"], "neither a run nor a shipped model"),
        (["null:bag=5", "null:constant"], "null:constant does not say how many samples"),
        (["null:planted?first=0.3", "null:bag=5"], "does not say how many samples"),
        (["open_clip:ViT-B-32/untrained?seed=3", "null:bag=5"], "does not say how many samples"),
        (["null:bag=many", "null:bag=5"], "null:bag=many does not say"),
        (["null:bag=-1", "null:bag=5"], "null:bag=-1 does not say"),
        (["null:bag=nan", "null:bag=5"], "null:bag=nan does not say"),
        (["null:bag=inf", "null:bag=5"], "null:bag=inf does not say"),
        (["=5", "null:bag=6"], "=5 does not say"),
        (["null:bag=5", "null:constant=5"], "have both seen 5 samples"),
        (["null:bag=5", "null:constant=2"], "null:constant at 2 samples stands after null:bag at 5"),
    ],
)
def test_mistakes(asked, said):
    with pytest.raises(UsageError) as found:
        checkpoints(asked)
    assert said in str(found.value)
    assert found.value.hint or "both" in said


@pytest.mark.parametrize("prefix", ["", "lab:"])
def test_a_lab_run_begins_with_the_untrained_model_of_its_seed(run, prefix):
    folder = run(128, 512)
    last = f"lab:{folder}/model.safetensors"
    assert checkpoints([f"{prefix}{folder}"]) == [
        Checkpoint(f"{last}/untrained?seed=7", 0),
        Checkpoint(f"lab:{folder}/checkpoints/0000000128.safetensors", 128),
        Checkpoint(f"lab:{folder}/checkpoints/0000000512.safetensors", 512),
        Checkpoint(last, 1024),  # whole batches
    ]


def test_a_checkpoint_at_0_is_the_left_end(run):
    folder = run(0, 128, trained=False)
    assert [c.x for c in checkpoints([str(folder)])] == [0, 128]
    assert checkpoints([str(folder)])[0].name.endswith("0000000000.safetensors")


def test_a_borrowed_image_tower_is_not_drawn_anew(run):
    assert [c.x for c in checkpoints([str(run(128, image_from="other.safetensors"))])] == [128, 1024]


def test_folders_that_are_no_run(run, tmp_path):
    with pytest.raises(UsageError, match=r"it has no spec\.json"):
        checkpoints([str(tmp_path)])
    folder = run(0, trained=False)
    with pytest.raises(UsageError, match="no trained weights yet"):
        checkpoints([str(folder)])
    (folder / "spec.json").write_text("{}x")
    with pytest.raises(UsageError, match=r"no recipe in its spec\.json"):
        checkpoints([str(folder)])


def test_a_shipped_model_of_another_version_is_told_of(monkeypatch):
    files = pytest.importorskip("primacy.encoders.lab.files")
    monkeypatch.setattr(files, "read_model", lambda path: files.LabModel(None, None, {"momentum": 0.9}, 64))
    with pytest.raises(UsageError, match="unknown field of a recipe in the recipe of lab:old: 'momentum'") as found:
        shipped("old")
    assert "Another version" in found.value.hint
