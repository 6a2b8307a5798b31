"""The image side of the open_clip adapter against open_clip itself, on tiny random checkpoints."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

torch = pytest.importorskip("torch")
open_clip = pytest.importorskip("open_clip")

from open_clip.pretrained import _PRETRAINED, _apcfg, _mccfg, _slpcfg  # noqa: E402

from primacy.encoders import _openclip_spec  # noqa: E402
from primacy.encoders._image_transform import Framing  # noqa: E402
from primacy.encoders.base import EncoderOptions, EncodesImages, PreparesImages  # noqa: E402
from primacy.encoders.load import load_encoder  # noqa: E402
from primacy.errors import EncoderError  # noqa: E402
from primacy.testing import check_encoder, hostile_pictures  # noqa: E402

CPU = EncoderOptions(device="cpu")
VIT = {"layers": 1, "width": 32, "head_width": 16, "patch_size": 16, "image_size": 32}
VISION = {
    "seen-vit": VIT,
    "seen-wide": VIT | {"image_size": [32, 48]},
    "seen-resnet": {"layers": [1, 1, 1, 1], "width": 8, "image_size": 32, "head_width": 16},
    "seen-timm": {
        "timm_model_name": "vit_tiny_patch16_224",
        "timm_model_pretrained": False,
        "timm_pool": "map",
        "timm_proj": "none",
        "image_size": 224,
    },
}


@pytest.fixture(scope="module")
def architecture(tmp_path_factory):
    """Register the architecture of that name."""
    folder = tmp_path_factory.mktemp("configs")

    def register(name: str) -> str:
        text = {"context_length": 77, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 1}
        dim = 192 if name == "seen-timm" else 24
        config = {"embed_dim": dim, "vision_cfg": VISION[name], "text_cfg": text}
        if name == "seen-timm":
            config["custom_text"] = True
        (folder / f"{name}.json").write_text(json.dumps(config))
        open_clip.add_model_config(folder / f"{name}.json")
        return name

    return register


def untrained(name: str, options: EncoderOptions = CPU):
    return load_encoder(f"open_clip:{name}/untrained?seed=0", options)


def pictures() -> list[Image.Image]:
    return hostile_pictures()


@pytest.mark.parametrize("name", VISION)
def test_transform_and_vectors_are_open_clips_own(name, architecture):
    architecture(name)
    encoder = untrained(name)
    assert isinstance(encoder, EncodesImages) and isinstance(encoder, PreparesImages)
    own = open_clip.create_model_and_transforms(name)[2]
    images = pictures() * (1 if name == "seen-timm" else 3)  # several batches of the small ones
    prepared = [own(image) for image in images]
    assert all(torch.equal(mine, encoder.prepare_image(image)) for mine, image in zip(prepared, images, strict=True))
    with torch.inference_mode():
        vectors = encoder.model.encode_image(torch.stack(prepared), normalize=True).numpy()
    got = encoder.encode_image(images)
    assert got.dtype == np.float32
    np.testing.assert_allclose(got, vectors, atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(got, axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(encoder.encode_prepared(prepared), vectors, atol=1e-5)
    size = VISION[name]["image_size"]
    assert encoder.image_framing == Framing(tuple(size) if isinstance(size, list) else (size, size))


@pytest.mark.parametrize("name", ["seen-vit", "seen-wide", "seen-resnet"])
def test_the_contract_holds_for_pictures(name, architecture):
    architecture(name)
    assert check_encoder(untrained(name)).pictures


@pytest.mark.parametrize("pretrained", [_slpcfg(), _apcfg(), _mccfg(), {"resize_mode": "longest", "fill_color": 7}])
def test_a_pretrained_tag_brings_its_preprocessing(pretrained, architecture, tmp_path, monkeypatch):
    name = architecture("seen-vit")
    weights = tmp_path / "w.pt"
    torch.save(untrained(name).model.state_dict(), weights)
    monkeypatch.setitem(_PRETRAINED, name, {"a_tag": {"url": "https://example.com/w.pt", **pretrained}})
    monkeypatch.setattr(_openclip_spec, "_fetch_tag", lambda found: weights)
    monkeypatch.setattr(open_clip.factory, "download_pretrained", lambda *args, **kwargs: str(weights))
    encoder, plain = load_encoder(f"open_clip:{name}/a_tag", CPU), load_encoder(f"open_clip:{name}/{weights}", CPU)
    own = open_clip.create_model_and_transforms(name, pretrained="a_tag")[2]
    assert all(torch.equal(own(image), encoder.prepare_image(image)) for image in pictures())
    assert any(not torch.equal(plain.prepare_image(image), encoder.prepare_image(image)) for image in pictures())
    assert encoder.image_framing.mode == pretrained["resize_mode"]
    for key in ("mean", "std", "interpolation", "resize_mode", "fill_color"):
        if key in pretrained:
            assert np.array_equal(encoder.identity["image"][key], pretrained[key])


def write_folder(folder: Path, name: str, preprocess: dict | None) -> str:
    folder.mkdir()
    encoder = untrained(name)
    torch.save(encoder.model.state_dict(), folder / "open_clip_pytorch_model.bin")
    config = {"model_cfg": open_clip.get_model_config(name)}
    if preprocess is not None:
        config["preprocess_cfg"] = preprocess
    (folder / "open_clip_config.json").write_text(json.dumps(config))
    return f"local-dir:{folder}"


def test_a_folder_brings_its_preprocessing(architecture, tmp_path):
    name = architecture("seen-vit")
    settings = {"mean": [0.1, 0.2, 0.3], "std": [0.5, 0.6, 0.7], "interpolation": "bilinear", "resize_mode": "squash"}
    where = write_folder(tmp_path / "a", name, settings | {"unknown": 1, "fill_color": None})
    encoder = load_encoder(f"open_clip:{where}", CPU)
    own = open_clip.create_model_and_transforms(where)[2]
    assert all(torch.equal(own(image), encoder.prepare_image(image)) for image in pictures())
    assert encoder.image_framing == Framing((32, 32), "squash")


def test_the_preprocessing_is_identity_and_the_folder_is_not(architecture, tmp_path):
    name = architecture("seen-vit")
    prints = {}
    for key, preprocess in {
        "none": None,
        "again": None,
        "default": {"resize_mode": "shortest"},
        "mean": {"mean": [0.1, 0.2, 0.3]},
        "std": {"std": [0.1, 0.2, 0.3]},
        "how": {"interpolation": "bilinear"},
        "fit": {"resize_mode": "squash"},
    }.items():
        prints[key] = load_encoder(f"open_clip:{write_folder(tmp_path / key, name, preprocess)}", CPU).fingerprint
    assert prints["none"] == prints["again"] == prints["default"]
    assert len(set(prints.values())) == 5


@pytest.mark.parametrize(
    ("preprocess", "words"),
    [
        (
            {"resize_mode": "tile"},
            "resize_mode .* is .tile., expected one of shortest, longest, squash",
        ),
        ({"interpolation": "nearest"}, "interpolation"),
        ({"mode": "L"}, "mode of the preprocessing is 'L'"),
        ("squash", "'preprocess_cfg' is 'squash', expected a dictionary"),
    ],
)
def test_preprocessing_that_does_not_exist(preprocess, words, architecture, tmp_path):
    where = write_folder(tmp_path / "a", architecture("seen-vit"), preprocess)
    with pytest.raises(EncoderError, match=words):
        load_encoder(f"open_clip:{where}", CPU)


def test_the_twin_sees_the_same_and_thinks_otherwise(architecture, tmp_path):
    name = architecture("seen-vit")
    where = write_folder(tmp_path / "a", name, {"resize_mode": "squash"})
    encoder = load_encoder(f"open_clip:{where}", CPU)
    twin = encoder.untrained_twin(3)
    image = pictures()[3]
    assert torch.equal(twin.prepare_image(image), encoder.prepare_image(image))
    assert np.abs(twin.encode_image([image]) - encoder.encode_image([image])).max() > 0.05
    assert np.array_equal(twin.encode_image([image]), encoder.untrained_twin(3).encode_image([image]))


def test_preparing_in_many_threads_gives_the_same(architecture):
    encoder = untrained(architecture("seen-vit"))
    images = pictures() * 8
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(encoder.prepare_image, images))
    assert all(torch.equal(a, encoder.prepare_image(b)) for a, b in zip(found, images, strict=True))


@pytest.mark.parametrize(("precision", "tolerance"), [("bf16", 5e-2), ("fp16", 1e-2)])
def test_low_precision_is_near_and_named(architecture, precision, tolerance):
    name = architecture("seen-vit")
    exact, low = untrained(name), untrained(name, EncoderOptions(device="cpu", precision=precision))
    difference = np.abs(low.encode_image(pictures()) - exact.encode_image(pictures())).max()
    assert 0 < difference < tolerance
    assert low.fingerprint != exact.fingerprint and low.identity["image"] == exact.identity["image"]


def test_what_the_tower_refuses_is_said(architecture):
    encoder = untrained(architecture("seen-vit"))
    with pytest.raises(EncoderError, match=r"open_clip:seen-vit: the image tower refuses 2 pictures"):
        encoder.encode_prepared([torch.zeros(3, 48, 48)] * 2)
