"""What `lab:` names lead to: shipped models, their checkpoints, files, folders of runs, fresh weights."""

from __future__ import annotations

import pytest

pytest.importorskip("torch")

from primacy.encoders.base import EncoderOptions
from primacy.encoders.lab import names
from primacy.encoders.lab.names import resolve
from primacy.encoders.load import load_encoder
from primacy.errors import ModelUnavailableError, UnknownNameError, UsageError
from primacy.run.catalogue import encoders

CPU = EncoderOptions(device="cpu")


@pytest.fixture
def shipped(write_lab, tmp_path, monkeypatch):
    """Two shipped models, one with checkpoints; the working folder is an empty one."""
    models, here = tmp_path / "models", tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.setattr(names, "MODELS", models)
    for seed, name in enumerate(
        ("natural", "shuffled", "natural/0000000512", "natural/0000065536", "natural/0000008192")
    ):
        write_lab(models / f"{name}.safetensors", seed=seed)
    return models


def test_a_shipped_model_and_its_checkpoints(shipped):
    found = {name: load_encoder(f"lab:{name}", CPU) for name in ("natural", "shuffled", "natural@65536", "natural@512")}
    assert len({encoder.fingerprint for encoder in found.values()}) == 4
    for name, file in (("natural", "natural"), ("natural@65536", "natural/0000065536")):
        assert found[name].fingerprint == load_encoder(f"lab:{shipped}/{file}.safetensors", CPU).fingerprint
    assert resolve("natural@0000512") == resolve("natural@512")


def test_unknown_names_suggest_the_shipped_ones(shipped):
    with pytest.raises(UnknownNameError, match="unknown lab model 'natrual'") as caught:
        load_encoder("lab:natrual", CPU)
    assert "Did you mean natural?" in caught.value.hint and "shuffled" in caught.value.hint
    assert ".safetensors" in caught.value.hint
    for name in ("natural@513", "natural@", "natural@many", "natural@-1"):
        with pytest.raises(UsageError, match="has no checkpoint") as wrong:
            resolve(name)
        assert "512, 8192, 65536" in wrong.value.hint
    with pytest.raises(UsageError, match="has no checkpoint '5'") as wrong:
        resolve("shuffled@5")
    assert "none" in wrong.value.hint


def test_a_shipped_name_goes_before_a_folder_of_that_name(shipped, tmp_path):
    (tmp_path / "here" / "natural").mkdir()
    assert resolve("natural").path == shipped / "natural.safetensors"
    with pytest.raises(ModelUnavailableError):
        resolve("./natural")


def test_files_and_runs(write_lab, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    file = write_lab(tmp_path / "runs/first/model.safetensors")
    expected = load_encoder(f"lab:{file}", CPU).fingerprint
    for name in ("runs/first", "runs/first/", "./runs/first/model.safetensors", "~/runs/first"):
        assert load_encoder(f"lab:{name}", CPU).fingerprint == expected
    monkeypatch.chdir(tmp_path / "runs")
    assert load_encoder("lab:first", CPU).fingerprint == expected


def test_a_run_that_has_not_ended(write_lab, tmp_path):
    run = tmp_path / "run"
    run.mkdir()
    with pytest.raises(ModelUnavailableError, match=r"run' holds no model\.safetensors") as caught:
        resolve(str(run))
    assert "primacy lab train" in caught.value.hint
    for samples in (512, 1024):
        last = write_lab(run / "checkpoints" / f"{samples:010d}.safetensors", samples=samples)
    with pytest.raises(ModelUnavailableError) as caught:
        resolve(str(run))
    assert f"lab:{last}" in caught.value.hint


def test_fresh_weights_of_any_of_them(shipped, write_lab, tmp_path):
    write_lab(tmp_path / "here/run/model.safetensors")
    names = ("natural", "natural@512", "run", str(shipped / "natural.safetensors"))
    found = {load_encoder(f"lab:{name}/untrained?seed=7", CPU).fingerprint for name in names}
    assert len(found) == 1  # they have one shape and the same words
    seeds = [load_encoder(f"lab:natural/untrained{query}", CPU).fingerprint for query in ("", "?seed=0", "?seed=1")]
    assert seeds[0] == seeds[1] != seeds[2]


def test_a_run_may_be_called_untrained(shipped, write_lab, tmp_path):
    write_lab(tmp_path / "here/untrained/model.safetensors", seed=8)
    write_lab(tmp_path / "here/runs/untrained/model.safetensors", seed=9)
    for name in ("untrained", "runs/untrained"):
        own = load_encoder(f"lab:{tmp_path}/here/{name}/model.safetensors", CPU).fingerprint
        assert load_encoder(f"lab:{name}", CPU).fingerprint == own


@pytest.mark.parametrize("seed", ["x", "-1", "1.5", ""])
def test_a_seed_that_is_none(shipped, seed):
    with pytest.raises(UsageError, match="whole number"):
        resolve(f"natural/untrained?seed={seed}")


@pytest.mark.parametrize("seed", [str(2**63), "9" * 5000], ids=["just", "far"])
def test_a_seed_that_is_too_large(shipped, seed):
    with pytest.raises(UsageError, match="is above 9223372036854775807"):
        resolve(f"natural/untrained?seed={seed}")


def test_settings_that_do_not_belong(shipped):
    with pytest.raises(UsageError, match="a seed to trained weights") as caught:
        resolve("natural?seed=3")
    assert "lab:natural/untrained?seed=3" in caught.value.hint
    with pytest.raises(UnknownNameError, match="sede") as unknown:
        resolve("natural/untrained?sede=3")
    assert "seed" in unknown.value.hint


def test_the_listing_names_the_shipped_ones(shipped, tmp_path, monkeypatch):
    (row,) = [row for row in encoders() if row["source"] == "lab"]
    assert "natural, shuffled" in row["what"]
    monkeypatch.setattr(names, "MODELS", tmp_path / "nothing")
    (row,) = [row for row in encoders() if row["source"] == "lab"]
    assert "none" in row["what"]
    with pytest.raises(UnknownNameError):
        resolve("natural")
