"""What is asked of `encode_image`, by the public check and of the user's own objects."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from primacy.encoders.base import EncodesImages, PreparesImages, ReadsFacts
from primacy.encoders.load import load_encoder
from primacy.encoders.python_object import PythonEncoder
from primacy.errors import EncoderError, ModelUnavailableError
from primacy.testing import EncoderContractError, check_encoder, hostile_pictures


class Sound:
    """Keeps the contract for texts and pictures; the broken ones below change one thing each."""

    fingerprint = "sound"

    def encode_text(self, texts):
        return np.array([[len(t), t.count("a"), t.count("o"), 1] for t in texts], np.float32).reshape(-1, 4)

    def encode_image(self, images):
        return np.array([self.look(image) for image in images], np.float32).reshape(-1, 4)

    def look(self, image):
        return [*np.asarray(image, dtype=float).mean((0, 1)) / 255, 1]


class InTwo(Sound):
    def prepare_image(self, image):
        return self.look(image)

    def encode_prepared(self, prepared):
        return np.array(prepared, np.float32).reshape(-1, 4)


class OtherDimension(Sound):
    def encode_image(self, images):
        return super().encode_image(images)[:, :3]


class BatchDependent(Sound):
    def encode_image(self, images):
        return super().encode_image(images) + np.float32(1e-3 * len(images))


class Twofold(InTwo):
    def encode_prepared(self, prepared):
        return 2 * super().encode_prepared(prepared)


class NotFinite(Sound):
    def look(self, image):
        return [0, 0, 0, np.nan if image.width == 1 else 1]


class Double(Sound):
    def encode_image(self, images):
        return super().encode_image(images).astype(np.float64)


class Consuming(Sound):
    def encode_image(self, images):
        found = super().encode_image(images)
        images.clear()
        return found


class Raising(Sound):
    def encode_image(self, images):
        if any(image.height == 1 for image in images):
            raise ZeroDivisionError("no height")
        return super().encode_image(images)


class WithoutFiles(Sound):
    def encode_image(self, images):
        raise ModelUnavailableError("preprocessor_config.json does not exist")


def test_sound_ones_pass_and_the_report_says_what_was_seen():
    for make in (Sound, InTwo):
        report = check_encoder(make())
        assert report.pictures and report.dimension == 4
    assert not check_encoder(WithoutFiles()).pictures


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (OtherDimension, "encode_image: dimension 3, encode_text gives 4"),
        (BatchDependent, "batch size.*most for picture"),
        (Twofold, "encode_prepared and encode_image: vectors differ"),
        (NotFinite, r"encode_image: NaN or infinity, first for picture 6 of 1 x 1"),
        (Double, "encode_image: dtype float64"),
        (Consuming, "encode_image: changes the list"),
        (Raising, "encode_image: raises ZeroDivisionError"),
    ],
)
def test_each_way_of_breaking_the_contract_is_found(make, words):
    with pytest.raises(EncoderContractError, match=words) as caught:
        check_encoder(make())
    assert all("texts" not in violation for violation in caught.value.violations)


SOURCE = """
import numpy as np

class Texts:
    fingerprint = "texts"
    def encode_text(self, texts):
        return np.ones((len(texts), 3), np.float32)

class Pictures(Texts):
    fingerprint = "pictures"
    image_framing = "a framing"
    def encode_image(self, images):
        return [[image.width, image.height, 1.0] for image in images]
    def prepare_image(self, image):
        return image.size
    def encode_prepared(self, prepared):
        return [[*size, 1.0] for size in prepared]
    def image_attention(self):
        return "not available"

class Told(Texts):
    fingerprint = "told"
    def encode_pictures(self, pictures):
        return np.full((len(pictures), 3), 2.0)
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.chdir(tmp_path)
    name = f"users_pictures_{tmp_path.name}"
    (tmp_path / f"{name}.py").write_text(SOURCE)
    return name


def test_an_object_of_the_users_own_passes_through(module):
    texts, pictures, told = (load_encoder(f"python:{module}:{name}") for name in ("Texts", "Pictures", "Told"))
    assert not isinstance(texts, EncodesImages | PreparesImages | ReadsFacts)
    assert isinstance(pictures, EncodesImages) and isinstance(pictures, PreparesImages)
    assert not isinstance(pictures, ReadsFacts) and isinstance(told, ReadsFacts)
    images = hostile_pictures()
    expected = np.array([[*image.size, 1] for image in images], dtype=np.float32)
    for got in (pictures.encode_image(images), pictures.encode_prepared([pictures.prepare_image(i) for i in images])):
        assert got.dtype == np.float32 and np.array_equal(got, expected)
    assert pictures.image_framing == "a framing" and pictures.image_attention() == "not available"
    assert told.encode_pictures([1, 2]).tolist() == [[2, 2, 2]] * 2


@pytest.mark.parametrize("method", ["encode_image", "encode_prepared", "encode_pictures"])
@pytest.mark.parametrize(("value", "words"), [(np.ones((1, 2)), "shape"), (np.full((2, 2), np.nan), "NaN")])
def test_what_it_returns_is_checked(method, value, words):
    inner = Sound()
    setattr(inner, method, lambda given: value)
    with pytest.raises(EncoderError, match=words):
        getattr(PythonEncoder(inner, "python:x:y"), method)([1, 2])
