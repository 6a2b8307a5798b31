"""What the adapters share: batches, names, unit rows, hub file choice, lazy imports."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from primacy.encoders import _hub
from primacy.encoders._names import require, split_query, split_revision
from primacy.encoders._torch import batches, placement, seeded_weights, unit_rows
from primacy.encoders._weights import state_digest
from primacy.encoders.base import EncoderOptions
from primacy.errors import EncoderError, MissingExtraError, UnknownNameError, UsageError

torch = pytest.importorskip("torch")


@given(st.lists(st.integers(1, 80), min_size=1, max_size=300))
def test_batches_cover_every_row_once_with_one_length_each(lengths):
    lengths = np.array(lengths)
    found = list(batches(lengths, torch.device("cpu")))
    assert sorted(np.concatenate(found).tolist()) == list(range(len(lengths)))
    for rows in found:
        assert len(set(lengths[rows])) == 1
        assert len(rows) <= 32
        assert len(rows) <= max(8, 512 // lengths[rows[0]])


def test_unit_rows_refuse_a_row_without_direction():
    with pytest.raises(EncoderError, match="row 1 is all zeros"):
        unit_rows(np.array([[1.0, 0], [0, 0]]), "here")
    tiny = unit_rows(np.array([[3e-30, 4e-30]], dtype=np.float32), "here")
    np.testing.assert_allclose(tiny, [[0.6, 0.8]], rtol=1e-6)


def test_seeded_weights_leave_the_global_stream_alone():
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    with seeded_weights(9):
        inside = torch.rand(2)
    assert torch.equal(torch.rand(2), expected)
    torch.manual_seed(9)
    assert torch.equal(torch.rand(2), inside)


def test_devices():
    assert placement(EncoderOptions(device="cpu")).device.type == "cpu"
    for name in ("nonsense", "cuda:99"):
        with pytest.raises(UsageError, match=name):
            placement(EncoderOptions(device=name))


def test_digest_is_of_names_shapes_and_values():
    base = {"a": torch.arange(6.0), "b": torch.zeros(2, dtype=torch.bfloat16)}
    digest = state_digest(base.items())
    assert digest == state_digest(reversed(base.items()))
    for other in (
        {**base, "a": torch.arange(6.0).reshape(2, 3)},
        {**base, "a": torch.arange(6.0) + 1},
        {**base, "b": torch.zeros(2, dtype=torch.float16)},
        {"c": base["a"], "b": base["b"]},
    ):
        assert state_digest(other.items()) != digest
    assert state_digest([("s", torch.tensor(1.0))]) != state_digest([("s", torch.tensor(2.0))])
    strided = torch.arange(6.0).reshape(2, 3).T
    assert state_digest([("s", strided)]) == state_digest([("s", strided.contiguous())])


def test_names():
    assert split_query("a/b?seed=1&x=a%20%7B%7D", ("seed", "x")) == ("a/b", {"seed": "1", "x": "a {}"})
    assert split_query("a/b", ()) == ("a/b", {})
    assert split_revision("org/name@v1") == ("org/name", "v1")
    assert split_revision("org/name") == ("org/name", None)
    with pytest.raises(UnknownNameError, match="'sed'"):
        split_query("a?sed=1", ("seed",))
    for bad in ("a?seed", "a?seed=1&seed=2"):
        with pytest.raises(UsageError, match="single key=value"):
            split_query(bad, ("seed",))


def test_a_missing_library_names_its_extra():
    with pytest.raises(MissingExtraError, match="some-package") as caught:
        require("no_such_library_at_all", "some-package", "extra")
    assert "primacy[extra]" in caught.value.hint


def test_files_chosen_from_a_repository():
    names = [
        "config.json",
        "model.safetensors",
        "pytorch_model.bin",
        "tf_model.h5",
        "onnx/model.onnx",
        "onnx/config.json",
        "tokenizer.json",
        "2_Dense/config.json",
        "2_Dense/pytorch_model.bin",
        "open_clip_model.safetensors",
        "open_clip_config.json",
    ]
    wanted = {
        "config.json",
        "model.safetensors",
        "tokenizer.json",
        "2_Dense/config.json",
        "2_Dense/pytorch_model.bin",
    }
    assert set(_hub.transformers_files(names)) == wanted
    chosen = {"open_clip_model.safetensors", "open_clip_config.json", "config.json", "tokenizer.json"}
    assert set(_hub.open_clip_files(names)) == chosen
    assert _hub.one_file("pytorch_model.bin")(names) == ["pytorch_model.bin"]
    assert _hub.one_file("model.bin")(names) == ["model.safetensors"]


def test_modules_import_without_torch():
    modules = "openclip hf sbert vectors python_object load".split()  # noqa: SIM905
    lines = "; ".join(f"import primacy.encoders.{name}" for name in modules)
    seen = "import sys; print([m for m in ('torch', 'transformers') if m in sys.modules])"
    code = f"import primacy.testing; {lines}; {seen}"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
