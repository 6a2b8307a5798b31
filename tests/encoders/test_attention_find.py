"""Readers of whole encoders, loaded as a user would, against the vectors that the encoders themselves give."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

torch = pytest.importorskip("torch")
open_clip = pytest.importorskip("open_clip")
transformers = pytest.importorskip("transformers")

from primacy.encoders.attention import AttentionMaps, attention_reader  # noqa: E402
from primacy.encoders.attention.explicit import ExplicitAttention  # noqa: E402
from primacy.encoders.base import EncoderOptions  # noqa: E402
from primacy.encoders.load import load_encoder  # noqa: E402
from primacy.probes.attention import on_patches  # noqa: E402

CPU = EncoderOptions(device="cpu")
SMALL = {"hidden_size": 24, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}


@pytest.fixture(scope="module")
def images() -> list[Image.Image]:
    rng = np.random.default_rng(0)
    return [Image.fromarray(rng.integers(0, 256, (h, w, 3), dtype=np.uint8)) for h, w in ((48, 48), (90, 40), (33, 70))]


@pytest.fixture(scope="module", params=["CLIP", "Siglip"])
def hf_folder(request, tmp_path_factory, write_tokenizer):
    folder = tmp_path_factory.mktemp(request.param)
    write_tokenizer(folder, before="<s>", after="</s>", limit=16)
    vision = {**SMALL, "image_size": 48, "patch_size": 16}
    text = {**SMALL, "vocab_size": 40, "max_position_embeddings": 16, "bos_token_id": 2, "eos_token_id": 3}
    config = getattr(transformers, f"{request.param}Config")(text_config=text, vision_config=vision)
    torch.manual_seed(0)
    getattr(transformers, f"{request.param}Model")(config).save_pretrained(folder)
    size = {"height": 48, "width": 48}
    settings = {"crop_size": size, "size": {"shortest_edge": 48}} if request.param == "CLIP" else {"size": size}
    getattr(transformers, f"{request.param}ImageProcessor")(**settings).save_pretrained(folder)
    return folder


def explicit_vectors(encoder, images):
    """What the encoder gives for the pictures when its attention is computed step by step."""
    with ExplicitAttention(lambda weights: weights):
        return encoder.encode_prepared([encoder.prepare_image(image) for image in images])


def check(encoder, images, layers):
    own = encoder.encode_image(images)
    np.testing.assert_allclose(explicit_vectors(encoder, images), own, atol=1e-5)
    reader = attention_reader(encoder)
    assert not isinstance(reader, str), reader
    assert reader.layers == layers
    prepared = [encoder.prepare_image(image) for image in images]
    maps = reader.read(prepared, encoder.encode_text(["a dog", "a cat", "a cup"]))
    gh, gw = reader.grid
    assert maps.weights.shape == (3, len(layers), reader.heads, gh, gw)
    assert (maps.weights.sum(axis=(-1, -2)) < 1 + 1e-5).all()
    assert maps.gradient is not None
    assert maps.gradient.max() > 0
    mask = np.zeros((90, 40), dtype=np.uint8)
    mask[30:60, 10:30] = 1
    covered = on_patches(encoder.image_framing.frame_mask(mask, 1), reader.grid)
    assert covered.shape == (1, gh, gw)
    assert 0 < covered.mean() < 1
    assert np.array_equal(encoder.encode_image(images), own)
    return reader


def test_open_clip_and_its_twin(tiny_architecture, images):
    name = tiny_architecture("tiny-attention")
    encoder = load_encoder(f"open_clip:{name}/untrained?seed=1", CPU)
    check(encoder, images, ("0",))
    check(encoder.untrained_twin(5), images, ("0",))


@pytest.mark.parametrize("precision", ["bf16", "fp16"])
def test_low_precision_is_near(tiny_architecture, images, precision):
    name = f"open_clip:{tiny_architecture('tiny-attention-low')}/untrained?seed=1"
    maps = []
    for options in (CPU, EncoderOptions(device="cpu", precision=precision)):
        encoder = load_encoder(name, options)
        reader = attention_reader(encoder)
        assert not isinstance(reader, str), reader
        maps.append(reader.read([encoder.prepare_image(image) for image in images], np.ones((3, 24), np.float32)))
    for field in ("weights", "rollout", "gradient"):
        exact, low = (getattr(each, field) for each in maps)
        assert low.dtype == np.float32
        np.testing.assert_allclose(low, exact, atol=0.03 * exact.max())


def test_transformers(hf_folder, images):
    encoder = load_encoder(f"hf:{hf_folder}", CPU)
    check(encoder, images, ("pool",) if "Siglip" in hf_folder.name else ("0", "1"))


def test_what_gives_none_says_why(tmp_path, write_tokenizer, monkeypatch):
    assert "image_attention" in attention_reader(load_encoder("null:bag", CPU))
    write_tokenizer(tmp_path, before="[CLS]", after="[SEP]", limit=48)
    config = transformers.BertConfig(**SMALL, vocab_size=40, max_position_embeddings=48)
    transformers.BertModel(config).save_pretrained(tmp_path)
    assert attention_reader(load_encoder(f"hf:{tmp_path}", CPU)) == "the model has no image tower"


def test_a_users_own_reader_is_used():
    class Reader:
        layers, heads, grid = ("only",), 1, (2, 2)

        def read(self, prepared, targets=None):
            flat = np.full((len(prepared), 2, 2), 0.25, np.float32)
            return AttentionMaps(flat[:, None, None], flat, None)

    class Mine:
        fingerprint = "mine"

        def encode_text(self, texts):
            return np.ones((len(texts), 2), np.float32)

        def image_attention(self):
            return Reader()

    reader = attention_reader(Mine())
    assert isinstance(reader, Reader)
    assert len(reader.read([0, 1, 2])) == 3
