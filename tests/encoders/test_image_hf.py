"""The image side of the transformers adapter against transformers itself, on tiny random models written to disk."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from primacy.encoders._image_transform import Framing, PatchFraming  # noqa: E402
from primacy.encoders.base import EncoderOptions, EncodesImages, PreparesImages  # noqa: E402
from primacy.encoders.load import load_encoder  # noqa: E402
from primacy.errors import EncoderError, ModelUnavailableError  # noqa: E402
from primacy.testing import check_encoder, hostile_pictures  # noqa: E402

CPU = EncoderOptions(device="cpu")
SMALL = {"hidden_size": 24, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
IMAGE = {**SMALL, "image_size": 32, "patch_size": 16}


def clip(folder: Path):
    text = {**SMALL, "vocab_size": 40, "bos_token_id": 2, "eos_token_id": 3, "max_position_embeddings": 77}
    text["projection_dim"] = 16
    config = transformers.CLIPConfig(text_config=text, vision_config=IMAGE, projection_dim=16)
    square = {"height": 32, "width": 32}
    return transformers.CLIPModel(config), transformers.CLIPImageProcessor(size={"shortest_edge": 36}, crop_size=square)


def siglip(folder: Path):
    text = {**SMALL, "vocab_size": 40, "max_position_embeddings": 64, "projection_size": 24}
    config = transformers.SiglipConfig(text_config=text, vision_config=IMAGE)
    return transformers.SiglipModel(config), transformers.SiglipImageProcessor(size={"height": 32, "width": 32})


def naflex(folder: Path):
    text = {**SMALL, "vocab_size": 40, "max_position_embeddings": 64, "projection_size": 24}
    config = transformers.Siglip2Config(text_config=text, vision_config={**SMALL, "patch_size": 8, "num_patches": 16})
    processor = transformers.Siglip2ImageProcessor(patch_size=8, max_num_patches=20)
    return transformers.Siglip2Model(config), processor


MAKERS = {"clip": clip, "siglip": siglip, "naflex": naflex}
FRAMINGS = {
    "clip": Framing((32, 32), floor=True, edge=36),
    "siglip": Framing((32, 32), "squash"),
    "naflex": PatchFraming(8, 20),
}


@pytest.fixture(scope="module")
def folders(tmp_path_factory, write_tokenizer) -> dict[str, Path]:
    found = {}
    for name, make in MAKERS.items():
        folder = tmp_path_factory.mktemp(name)
        write_tokenizer(folder, before="<s>" if name == "clip" else "", after="</s>", limit=77)
        torch.manual_seed(0)
        model, processor = make(folder)
        with torch.no_grad():  # initial weights are so small that positions hardly mix
            for parameter in model.parameters():
                parameter.add_(0.2 * torch.randn_like(parameter))
        model.save_pretrained(folder)
        processor.save_pretrained(folder)
        found[name] = folder
    return found


def own_vectors(folder: Path, images) -> np.ndarray:
    model = transformers.AutoModel.from_pretrained(folder).eval()
    processor = transformers.AutoImageProcessor.from_pretrained(folder)
    with torch.inference_mode():
        found = model.get_image_features(**processor(images=images, return_tensors="pt"))
    vectors = getattr(found, "pooler_output", found).numpy()
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.mark.parametrize("name", MAKERS)
def test_vectors_are_transformers_own(name, folders):
    encoder = load_encoder(f"hf:{folders[name]}", CPU)
    assert isinstance(encoder, EncodesImages) and isinstance(encoder, PreparesImages)
    images = hostile_pictures() * 3
    own = own_vectors(folders[name], images)
    got = encoder.encode_image(images)
    assert got.dtype == np.float32 and got.shape[1] == encoder.encode_text(["a dog"]).shape[1]
    np.testing.assert_allclose(got, own, atol=1e-5)
    np.testing.assert_allclose(encoder.encode_prepared([encoder.prepare_image(i) for i in images]), own, atol=1e-5)
    assert encoder.image_framing == FRAMINGS[name]


@pytest.mark.parametrize("name", MAKERS)
def test_the_contract_holds_for_pictures(name, folders):
    assert check_encoder(load_encoder(f"hf:{folders[name]}", CPU)).pictures


@pytest.mark.parametrize("name", ["clip", "siglip"])
def test_pixels_are_the_processors_own_to_the_bit(name, folders):
    encoder = load_encoder(f"hf:{folders[name]}", CPU)
    processor = transformers.AutoImageProcessor.from_pretrained(folders[name])
    for image in hostile_pictures():
        own = processor(images=image, return_tensors="pt")["pixel_values"][0]
        assert torch.equal(encoder.prepare_image(image), own)


def test_patches_of_any_shape_are_framed_like_the_picture(folders):
    encoder = load_encoder(f"hf:{folders['naflex']}", CPU)
    for image in hostile_pictures():
        tall, wide = (8 * int(side) for side in encoder.prepare_image(image)["spatial_shapes"])
        mask = np.ones((image.height, image.width), np.uint8)
        coverage = encoder.image_framing.frame_mask(mask, 1)
        assert coverage.shape == (1, tall, wide)
        np.testing.assert_allclose(coverage, 1, atol=1e-5)


def test_a_text_model_takes_no_pictures(folders, tmp_path, write_tokenizer):
    transformers.CLIPTextModelWithProjection.from_pretrained(folders["clip"]).save_pretrained(tmp_path)
    write_tokenizer(tmp_path, before="<s>", after="</s>", limit=77)
    for name, make in {"text tower": None, "bert": transformers.BertModel}.items():
        folder = tmp_path
        if make is not None:
            folder = tmp_path / "bert"
            folder.mkdir()
            write_tokenizer(folder, before="[CLS]", after="[SEP]", limit=48)
            make(transformers.BertConfig(**SMALL, vocab_size=40, max_position_embeddings=48)).save_pretrained(folder)
        encoder = load_encoder(f"hf:{folder}", CPU)
        assert not isinstance(encoder, EncodesImages) and not isinstance(encoder, PreparesImages), name
        assert "image" not in encoder.identity
        assert not check_encoder(encoder).pictures


@pytest.mark.parametrize(
    ("content", "words"),
    [(None, "preprocessor_config.json does not exist"), ("{broken", "preprocessor_config.json cannot be read")],
)
def test_without_a_processor_texts_work_and_pictures_name_the_file(content, words, folders, tmp_path):
    folder = tmp_path / "bare"
    shutil.copytree(folders["clip"], folder)
    (folder / "preprocessor_config.json").unlink()
    if content is not None:
        (folder / "preprocessor_config.json").write_text(content)
    encoder, whole = load_encoder(f"hf:{folder}", CPU), load_encoder(f"hf:{folders['clip']}", CPU)
    assert np.array_equal(encoder.encode_text(["a dog"]), whole.encode_text(["a dog"]))
    image = hostile_pictures()[0]
    for ask in (
        lambda: encoder.encode_image([image]),
        lambda: encoder.encode_image([]),
        lambda: encoder.prepare_image(image),
        lambda: encoder.image_framing,
    ):
        with pytest.raises(ModelUnavailableError, match=words) as caught:
            ask()
        assert str(folder) in caught.value.hint
    assert encoder.fingerprint != whole.fingerprint
    assert not check_encoder(encoder).pictures


def test_the_processor_and_the_vision_tower_are_identity_and_the_folder_is_not(folders, tmp_path):
    first = load_encoder(f"hf:{folders['clip']}", CPU)
    moved = tmp_path / "moved"
    shutil.copytree(folders["clip"], moved)
    assert load_encoder(f"hf:{moved}", CPU).fingerprint == first.fingerprint
    path = moved / "preprocessor_config.json"
    settings = json.loads(path.read_text())
    prints = {first.fingerprint}
    for change in ({"image_mean": [0.1, 0.2, 0.3]}, {"resample": 2}, {"size": {"shortest_edge": 32}}):
        path.write_text(json.dumps(settings | change))
        prints.add(load_encoder(f"hf:{moved}", CPU).fingerprint)
    path.write_text(json.dumps(settings))
    config = json.loads((moved / "config.json").read_text())
    config["vision_config"]["hidden_act"] = "gelu"
    (moved / "config.json").write_text(json.dumps(config))
    prints.add(load_encoder(f"hf:{moved}", CPU).fingerprint)
    assert len(prints) == 5


def test_the_twin_sees_the_same_and_thinks_otherwise(folders):
    encoder = load_encoder(f"hf:{folders['siglip']}", CPU)
    twin, image = encoder.untrained_twin(1), hostile_pictures()[3]
    assert torch.equal(twin.prepare_image(image), encoder.prepare_image(image))
    assert np.abs(twin.encode_image([image]) - encoder.encode_image([image])).max() > 0.05


def test_a_processor_of_another_size_is_said(folders, tmp_path):
    folder = tmp_path / "other"
    shutil.copytree(folders["siglip"], folder)
    transformers.SiglipImageProcessor(size={"height": 48, "width": 48}).save_pretrained(folder)
    with pytest.raises(EncoderError, match=r"the image tower refuses 1 pictures .*size of tensor"):
        load_encoder(f"hf:{folder}", CPU).encode_image(hostile_pictures()[:1])


@pytest.mark.parametrize(
    "settings",
    [
        {"size": {"shortest_edge": 32}, "do_center_crop": False},
        {"size": {"height": 40, "width": 40}, "crop_size": {"height": 32, "width": 32}},
        {"do_resize": False, "crop_size": {"height": 32, "width": 32}},
    ],
)
def test_a_framing_that_masks_cannot_follow_is_said(settings, folders, tmp_path):
    folder = tmp_path / "other"
    shutil.copytree(folders["clip"], folder)
    transformers.CLIPImageProcessor(**settings).save_pretrained(folder)
    encoder = load_encoder(f"hf:{folder}", CPU)
    with pytest.raises(EncoderError, match="masks cannot be framed like that"):
        _ = encoder.image_framing


@pytest.mark.parametrize("name", MAKERS)
def test_low_precision_is_near(name, folders):
    exact = load_encoder(f"hf:{folders[name]}", CPU)
    low = load_encoder(f"hf:{folders[name]}", EncoderOptions(device="cpu", precision="bf16"))
    difference = np.abs(low.encode_image(hostile_pictures()) - exact.encode_image(hostile_pictures())).max()
    assert 0 < difference < 5e-2
