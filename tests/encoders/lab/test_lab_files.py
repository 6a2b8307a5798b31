"""Files of lab models."""

import json

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from primacy.encoders.lab.files import LabModel, read_model, write_model
from primacy.encoders.lab.model import LabClip, LabConfig, TowerConfig
from primacy.encoders.lab.words import Words
from primacy.errors import EncoderError


@pytest.fixture
def found():
    tower = TowerConfig(width=16, layers=1, heads=1)
    words = Words(["a", "dog", "k\u00fcbel"])
    return LabModel(LabClip(LabConfig(image=tower, text=tower, side=16, dim=8), len(words)), words, {"seed": 3}, 5)


def test_files_of_a_model_are_the_same_bytes(found, tmp_path):
    paths = [tmp_path / f"{k}.safetensors" for k in range(8)]
    for path in paths:
        write_model(path, found)
    assert len({path.read_bytes() for path in paths}) == 1


def test_the_library_reads_them(found, tmp_path):
    path = tmp_path / "m.safetensors"
    write_model(path, found)
    with safe_open(path, "pt") as file:
        assert json.loads(file.metadata()["words"]) == ["a", "dog", "k\u00fcbel"]
    state = load_file(path)
    assert set(state) == set(found.model.state_dict())
    for name, tensor in found.model.state_dict().items():
        assert torch.equal(state[name], tensor.half())
    again = read_model(path)
    assert (again.words.words, again.recipe, again.samples) == (found.words.words, {"seed": 3}, 5)


@pytest.mark.parametrize(
    "change",
    [{"recipe": "[" * 100_000}, {"recipe": "3"}, {"samples": "x"}, {"words": "[1"}, {"config": "{}x"}],
    ids=["deep", "recipe", "samples", "words", "config"],
)
def test_a_damaged_header_is_told_of(found, tmp_path, change):
    path = tmp_path / "m.safetensors"
    write_model(path, found)
    with safe_open(path, "pt") as file:
        header = file.metadata()
    other = tmp_path / "other.safetensors"
    save_file(load_file(path), other, metadata=header | change)
    with pytest.raises(EncoderError, match=r"the header of .* is damaged"):
        read_model(other)
