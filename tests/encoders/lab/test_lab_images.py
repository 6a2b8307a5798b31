"""What a lab tower sees of a picture, where it puts it, and what it attends to."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

torch = pytest.importorskip("torch")
from torch.nn import functional  # noqa: E402

from primacy.encoders._image_transform import Framing  # noqa: E402
from primacy.encoders.attention import attention_reader  # noqa: E402
from primacy.encoders.base import EncoderOptions  # noqa: E402
from primacy.encoders.lab.files import read_model  # noqa: E402
from primacy.encoders.load import load_encoder  # noqa: E402
from primacy.lab.train import as_pictures  # noqa: E402

CPU = EncoderOptions(device="cpu")
SHAPES = [(32, 32), (97, 97), (64, 48), (33, 131), (20, 11)]


@pytest.fixture(scope="module")
def path(write_lab, tmp_path_factory):
    return write_lab(tmp_path_factory.mktemp("lab") / "m.safetensors")


@pytest.fixture(scope="module")
def encoder(path):
    return load_encoder(f"lab:{path}", CPU)


def noise(shape, seed=0, levels=(0, 256)):
    return np.random.default_rng(seed).integers(*levels, (*shape, 3), dtype=np.uint8)


def test_pictures_of_the_towers_size_are_what_training_showed(path, encoder):
    pixels = np.stack([noise((32, 32), seed) for seed in range(40)])  # several batches
    with torch.inference_mode():
        own = read_model(path).model.encode_image(as_pictures(pixels, torch.device("cpu"))).numpy()
    images = [Image.fromarray(each) for each in pixels]
    np.testing.assert_allclose(encoder.encode_image(images), own, atol=2e-6)
    prepared = torch.stack([encoder.prepare_image(image) for image in images])
    assert torch.equal(prepared, as_pictures(pixels, torch.device("cpu")))


@pytest.mark.parametrize("shape", SHAPES)
def test_others_are_stretched_as_torch_stretches_them(encoder, shape):
    pixels = noise(shape, levels=(60, 196))  # beyond, Pillow clips overshoots after the first direction already
    grey = torch.from_numpy(pixels).permute(2, 0, 1)[None].float()
    own = functional.interpolate(grey, (32, 32), mode="bicubic", antialias=True).clamp(0, 255)[0] / 255
    found = encoder.prepare_image(Image.fromarray(pixels))
    assert found.dtype == torch.float32 and found.shape == (3, 32, 32)
    assert (found - own).abs().max() < 2.5 / 255  # Pillow rounds to grey levels after each direction


@pytest.mark.parametrize("shape", SHAPES)
def test_masks_land_where_the_picture_does(encoder, shape):
    assert encoder.image_framing == Framing((32, 32), "squash")
    mask = np.zeros(shape, dtype=np.uint8)
    mask[shape[0] // 4 : shape[0] // 2, shape[1] // 3 : shape[1]] = 1
    covered = encoder.image_framing.frame_mask(mask, 1)[0]
    seen = encoder.prepare_image(Image.fromarray(np.repeat(mask[..., None] * 255, 3, axis=2)))[0].numpy()
    assert covered.mean() == pytest.approx(mask.mean(), abs=1e-6)  # nothing is cut off
    assert np.abs(seen - covered).mean() < 0.02
    assert np.abs(seen - covered).max() < 0.5
    turned = encoder.image_framing.frame_mask(mask[::-1], 1)[0]
    assert np.abs(seen - turned).mean() > 0.1  # it would have shown


def test_palette_grey_and_transparent_pictures_are_rgb_first(encoder):
    base = Image.fromarray(noise((40, 40))[..., 0])
    expected = encoder.prepare_image(base.convert("RGB"))
    for image in (base, base.convert("RGBA"), base.convert("P")):
        assert torch.equal(encoder.prepare_image(image), expected)


def rows_by_hand(model, pixels):
    """Attention of the class token on all tokens, layer by layer and head by head, (n, L, H, tokens)."""
    tower = model.image
    patches = tower.stem(pixels * 4 - 2).flatten(2).transpose(1, 2)
    x = torch.cat([tower.class_token.expand(len(patches), 1, -1), patches], dim=1) + tower.positions
    found = []
    for block in tower.blocks:
        width = x.shape[-1]
        q, k, _ = block.qkv(block.norm_1(x)).split(width, dim=-1)
        q, k = (part.unflatten(-1, (block.heads, -1)) for part in (q[:, :1], k))
        scores = torch.einsum("nqhd,nkhd->nhqk", q, k) / (width // block.heads) ** 0.5
        found.append(scores.softmax(dim=-1)[:, :, 0])
        x = block(x)
    return torch.stack(found, dim=1).numpy()


@pytest.mark.parametrize(("side", "patch"), [(32, 8), (64, 16), (40, 8)])
def test_attention_is_that_of_the_class_token(write_lab, tmp_path, side, patch):
    path = write_lab(tmp_path / "m.safetensors", side=side, patch=patch)
    encoder = load_encoder(f"lab:{path}", CPU)
    reader = attention_reader(encoder)
    assert not isinstance(reader, str), reader
    grid = side // patch
    assert (reader.layers, reader.heads, reader.grid) == (("0", "1"), 2, (grid, grid))
    prepared = [encoder.prepare_image(Image.fromarray(noise((50, 60), seed))) for seed in range(3)]
    maps = reader.read(prepared, encoder.encode_text(["a dog", "a cat", "a cup"]))
    with torch.inference_mode():
        rows = rows_by_hand(read_model(path).model, torch.stack(prepared))
    np.testing.assert_allclose(maps.weights.reshape(3, 2, 2, -1), rows[..., 1:], atol=1e-5)
    assert rows.std() > 0.005  # they differ, so that a mix-up would show
    assert maps.gradient is not None and maps.gradient.max() > 0
    np.testing.assert_allclose(
        encoder.encode_prepared(prepared), encoder.encode_image([Image.fromarray(noise((50, 60), s)) for s in range(3)])
    )


@pytest.mark.parametrize("precision", ["bf16", "fp16"])
def test_attention_in_low_precision_is_near(path, encoder, precision):
    low = load_encoder(f"lab:{path}", EncoderOptions(device="cpu", precision=precision))
    prepared = [encoder.prepare_image(Image.fromarray(noise((32, 32), seed))) for seed in range(2)]
    exact, found = (attention_reader(each).read(prepared) for each in (encoder, low))
    np.testing.assert_allclose(found.weights, exact.weights, atol=0.05 * exact.weights.max())


def test_a_twins_attention_can_be_read(encoder):
    assert not isinstance(attention_reader(encoder.untrained_twin(2)), str)


def test_a_tower_that_attends_in_a_way_of_its_own_is_refused(path, monkeypatch):
    def attention(q, k, v, attn_mask=None, is_causal=False):
        return (q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5).softmax(dim=-1) @ v

    encoder = load_encoder(f"lab:{path}", CPU)
    monkeypatch.setattr("primacy.encoders.lab.model.functional.scaled_dot_product_attention", attention)
    assert "computes attention in a way of its own" in attention_reader(encoder)
