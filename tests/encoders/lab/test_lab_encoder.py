"""`lab:` encoders against the module that they serve, on tiny random models loaded through the real path."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from primacy.encoders.base import (  # noqa: E402
    CountsTokens,
    EncoderOptions,
    EncodesImages,
    EncodesInPieces,
    HasUntrainedTwin,
    KnowsItsWords,
    PreparesImages,
    gather,
)
from primacy.encoders.lab.files import read_model  # noqa: E402
from primacy.encoders.lab.model import END  # noqa: E402
from primacy.encoders.load import load_encoder  # noqa: E402
from primacy.encoders.prefix_tree import execute  # noqa: E402
from primacy.errors import EncoderError, ModelUnavailableError, UsageError  # noqa: E402
from primacy.testing import check_encoder  # noqa: E402

CPU = EncoderOptions(device="cpu")
TEXTS = [
    "a dog and a cat",
    "a cat and a dog",
    "a dog",
    "",
    "a photo of a cup , a bus and something",
    "zebra",
    "dog " * 40,
]


@pytest.fixture(scope="module")
def path(write_lab, tmp_path_factory):
    return write_lab(tmp_path_factory.mktemp("lab") / "model.safetensors")


@pytest.fixture(scope="module")
def encoder(path):
    return load_encoder(f"lab:{path}", CPU)


def own_vectors(path, texts):
    """The module's own encode_text, all texts padded to the context."""
    model, words, _, _ = read_model(path)
    rows = words.rows(texts, model.config.context)
    rows = np.pad(rows, ((0, 0), (0, model.config.context - rows.shape[1])), constant_values=END)
    with torch.inference_mode():
        return model.encode_text(torch.from_numpy(rows)).numpy()


def wordings(n):
    """Texts of 0 to 24 known and unknown words, many of which begin alike."""
    rng = np.random.default_rng(0)
    return [" ".join(rng.choice(["a", "dog", "cat", "and", "lynx"], rng.integers(0, 25))) for _ in range(n)]


@pytest.mark.parametrize("loss", ["infonce", "sigmoid"])
@pytest.mark.parametrize("pooling", ["end", "mean"])
@pytest.mark.parametrize("attention", ["causal", "bidirectional"])
def test_equals_the_modules_own_padded_batches(attention, pooling, loss, write_lab, tmp_path):
    path = write_lab(tmp_path / "m.safetensors", attention=attention, pooling=pooling, loss=loss)
    encoder = load_encoder(f"lab:{path}", CPU)
    tree = attention == "causal" and pooling == "end"
    assert (encoder.tower is not None) == tree
    assert encoder.encoding == ("prefix tree" if tree else "batches of one length")
    for texts in (TEXTS, wordings(150)):
        vectors = encoder.encode_text(texts)
        assert vectors.dtype == np.float32
        np.testing.assert_allclose(vectors, own_vectors(path, texts), atol=2e-6)
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)


@pytest.mark.parametrize("attention", ["causal", "bidirectional"])
def test_the_contract_holds(attention, write_lab, tmp_path):
    """Batch size, order and duplicates, of texts and of pictures."""
    report = check_encoder(load_encoder(f"lab:{write_lab(tmp_path / 'm.safetensors', attention=attention)}", CPU))
    assert report.unit_norm and report.pictures and report.dimension == 16


def test_it_offers_what_it_can(encoder):
    for protocol in (
        CountsTokens, EncodesImages, EncodesInPieces, HasUntrainedTwin, KnowsItsWords, PreparesImages,
    ):  # fmt: skip
        assert isinstance(encoder, protocol)
    pieces = list(encoder.encode_pieces(TEXTS * 3))
    assert sorted(np.concatenate([piece.rows for piece in pieces]).tolist()) == list(range(3 * len(TEXTS)))
    assert np.array_equal(gather(pieces, 3 * len(TEXTS)), encoder.encode_text(TEXTS * 3))
    counts = encoder.count_tokens(["", "dog", "A dog, and a ZEBRA!", "dog " * 100])
    assert counts.dtype == np.int64 and counts.tolist() == [0, 1, 7, 100]


def test_a_shared_beginning_is_computed_once(encoder, monkeypatch):
    nodes = []
    build = execute.build_tree
    monkeypatch.setattr(execute, "build_tree", lambda *args: nodes.append(build(*args).n_nodes) or build(*args))
    encoder.encode_text(["a dog"] * 70 + ["dog"] * 3 + ["a dog and"])
    assert sum(nodes) == 8  # start, a, dog, end | and, end | dog, end


def test_a_tree_that_changes_vectors_is_not_used(path, monkeypatch, caplog):
    states = execute.tower_states
    monkeypatch.setattr(execute, "tower_states", lambda *args: states(*args) + 0.01)
    encoder = load_encoder(f"lab:{path}", CPU)
    assert encoder.tower is None
    assert "batches of one length" in caplog.text
    np.testing.assert_allclose(encoder.encode_text(TEXTS), own_vectors(path, TEXTS), atol=2e-6)


@pytest.mark.parametrize(("precision", "tolerance"), [("bf16", 1e-1), ("fp16", 1e-2)])
def test_low_precision_is_near_and_named(path, encoder, precision, tolerance, images):
    low = load_encoder(f"lab:{path}", EncoderOptions(device="cpu", precision=precision))
    assert low.identity["precision"] == precision and low.fingerprint != encoder.fingerprint
    assert low.tower is not None
    for found, exact in (
        (low.encode_text(TEXTS), encoder.encode_text(TEXTS)),
        (low.encode_image(images), encoder.encode_image(images)),
    ):
        assert found.dtype == np.float32
        assert 0 < np.abs(found - exact).max() < tolerance
        np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-6)


@pytest.fixture
def images():
    from PIL import Image

    rng = np.random.default_rng(1)
    shapes = ((32, 32), (48, 64), (100, 41), (9, 13))
    return [Image.fromarray(rng.integers(0, 256, (*shape, 3), dtype=np.uint8)) for shape in shapes]


def test_the_twin_is_fresh_seeded_and_knows_the_same_words(path, encoder, images):
    before = torch.random.get_rng_state()
    twin, again, other = (encoder.untrained_twin(seed) for seed in (3, 3, 4))
    assert torch.equal(torch.random.get_rng_state(), before)
    assert twin.fingerprint == again.fingerprint
    assert len({twin.fingerprint, other.fingerprint, encoder.fingerprint}) == 3
    named = load_encoder(f"lab:{path}/untrained?seed=3", CPU)
    assert named.fingerprint == twin.fingerprint
    for encode, inputs in (("encode_text", TEXTS), ("encode_image", images)):
        vectors = getattr(twin, encode)(inputs)
        assert np.array_equal(vectors, getattr(again, encode)(inputs))
        assert np.array_equal(vectors, getattr(named, encode)(inputs))
        assert np.abs(vectors - getattr(other, encode)(inputs)).max() > 0.1
        assert np.abs(vectors - getattr(encoder, encode)(inputs)).max() > 0.1
    assert twin.words.words == encoder.words.words
    assert twin.unknown_words(["a zebra"]) == ["zebra"]
    assert check_encoder(twin).pictures


def test_a_twin_has_no_trace_of_the_weights(write_lab, tmp_path):
    twins = {
        load_encoder(f"lab:{write_lab(tmp_path / f'{seed}.safetensors', seed=seed)}", CPU).untrained_twin(0).fingerprint
        for seed in (1, 2)
    }
    assert len(twins) == 1


def test_the_fingerprint_knows_every_weight(write_lab, tmp_path):
    small = {"width": 16, "layers": 1, "heads": 1}

    def loaded(nudged=None):
        def nudge(model):
            if nudged is not None:
                model.state_dict()[nudged].flatten()[0] += 0.25

        path = write_lab(tmp_path / "m.safetensors", change=nudge, image=small, text=small)
        return load_encoder(f"lab:{path}", CPU)

    own = loaded()
    names = list(own.model.state_dict())
    assert len(names) > 30
    assert len({own.fingerprint, *(loaded(name).fingerprint for name in names)}) == len(names) + 1


def test_the_fingerprint_knows_words_configuration_and_code(path, encoder, write_lab, tmp_path, monkeypatch):
    known = list(encoder.words.words)
    changes = {
        "a word": {"words": ["ape", *known[1:]]},
        "their order": {"words": [known[1], known[0], *known[2:]]},
        "attention": {"attention": "bidirectional"},
        "pooling": {"pooling": "mean"},
        "heads": {"text": {"width": 32, "layers": 2, "heads": 4}},
        "context": {"context": 25},
        "side": {"side": 40},
    }
    found = {
        what: load_encoder(f"lab:{write_lab(tmp_path / 'm.safetensors', **change)}", CPU).fingerprint
        for what, change in changes.items()
    }
    with monkeypatch.context() as patched:
        patched.setattr("PIL.__version__", "0.0")
        found["pillow"] = load_encoder(f"lab:{path}", CPU).fingerprint
    with monkeypatch.context() as patched:
        patched.setattr("primacy.__version__", "0.0.0")
        found["primacy"] = load_encoder(f"lab:{path}", CPU).fingerprint
    assert len({*found.values(), encoder.fingerprint}) == len(found) + 1


def test_the_fingerprint_does_not_know_where_a_file_lies(path, encoder, write_lab, tmp_path):
    shutil.copy(path, tmp_path / "elsewhere.safetensors")
    for copy in (tmp_path / "elsewhere.safetensors", write_lab(tmp_path / "later.safetensors", samples=5)):
        same = load_encoder(f"lab:{copy}", CPU)
        assert same.fingerprint == encoder.fingerprint
        assert str(tmp_path) not in json.dumps(same.identity)


def test_unknown_words_are_told_once(path, caplog):
    encoder = load_encoder(f"lab:{path}", CPU)
    caplog.clear()
    encoder.encode_text(["a dog and a cat"])
    assert caplog.text == ""
    encoder.encode_text(["a lynx and a Zebra", "a dog"])
    encoder.encode_text(["a gnu"])
    encoder.untrained_twin(0).encode_text(["a gnu"])
    (record,) = caplog.records
    assert record.levelname == "WARNING" and "one and the same: lynx, zebra" in record.message
    assert encoder.unknown_words(["a lynx, and a Zebra", "a dog!"]) == ["!", "lynx", "zebra"]
    vectors = encoder.encode_text(["a lynx", "a zebra", "a dog"])
    assert np.array_equal(vectors[0], vectors[1]) and np.abs(vectors[1] - vectors[2]).max() > 0.01


def test_files_that_are_damaged_or_of_another_format(path, tmp_path):
    from safetensors.torch import load_file, save_file

    whole = path.read_bytes()
    for name, content in {"empty": b"", "text": b"not weights", "short": whole[:-10], "head": whole[:50]}.items():
        (tmp_path / f"{name}.safetensors").write_bytes(content)
        with pytest.raises(EncoderError, match=rf"{name}\.safetensors is not a readable safetensors file"):
            load_encoder(f"lab:{tmp_path}/{name}.safetensors", CPU)
    save_file(load_file(path), tmp_path / "plain.safetensors")
    with pytest.raises(EncoderError, match=r"not a lab model \(format None, expected 'primacy-lab-1'\)"):
        load_encoder(f"lab:{tmp_path}/plain.safetensors", CPU)
    with pytest.raises(ModelUnavailableError, match="no lab model") as caught:
        load_encoder(f"lab:{tmp_path}/none.safetensors", CPU)
    assert "primacy lab train" in caught.value.hint


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("format", "primacy-lab-99", "format 'primacy-lab-99'"),
        ("config", "{", "header of .* is damaged"),
        ("config", '{"side": 33}', "header of .* is damaged"),
        ("words", '["a", "a"]', "holds a word twice"),
        ("words", '["a"]', "do not fit the model"),
        ("samples", "many", "header of .* is damaged"),
        ("recipe", None, "header of .* is damaged"),
    ],
)
def test_a_damaged_header(path, tmp_path, key, value, words):
    from safetensors import safe_open
    from safetensors.torch import load_file, save_file

    with safe_open(path, "pt") as file:
        header = file.metadata()
    changed = {**header, key: value} if value is not None else {k: v for k, v in header.items() if k != key}
    save_file(load_file(path), tmp_path / "m.safetensors", metadata=changed)
    with pytest.raises(EncoderError, match=words):
        load_encoder(f"lab:{tmp_path}/m.safetensors", CPU)


def test_weights_that_are_no_numbers(write_lab, tmp_path, caplog):
    def spoil(model):
        model.text.projection[0, 0] = float("nan")

    encoder = load_encoder(f"lab:{write_lab(tmp_path / 'm.safetensors', change=spoil)}", CPU)
    with pytest.raises(EncoderError, match="NaN or infinity"):
        encoder.encode_text(TEXTS)
    assert "does not give the model's own vectors" in caplog.text


def test_a_device_that_is_not_there(path):
    with pytest.raises(UsageError, match="cannot be used here"):
        load_encoder(f"lab:{path}", EncoderOptions(device="cuda:99"))


def test_torch_waits_until_a_model_is_loaded():
    code = (
        "import sys, primacy.encoders.lab.encoder\n"
        "from primacy.run.catalogue import encoders\n"
        "assert any(row['source'] == 'lab' for row in encoders())\n"
        "assert 'torch' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
