"""Pixel baselines, names of picture nulls, and the battery of them."""

import math

import numpy as np
import pytest
from PIL import Image

from primacy.design.picture import Picture, Shown
from primacy.design.vocabulary import load_vocabulary
from primacy.encoders.base import EncodesImages, PreparesImages, ReadsFacts
from primacy.encoders.battery import (
    CROSS_MODAL,
    PICTURES,
    TEXT,
    image_null_battery,
    null_battery,
)
from primacy.encoders.load import load_encoder
from primacy.encoders.null import NULL_NAMES
from primacy.errors import EncoderError, UnknownNameError, UsageError
from primacy.probes.retrieval import unit
from primacy.results.spec import PROBES
from primacy.run.catalogue import nulls
from primacy.stats.effects import PLACE_NULLS, SIZE_NULLS


def test_mean_colour_falls_with_the_distance_of_colours_and_knows_no_place():
    encoder = load_encoder("null:mean-colour")
    greys = unit(encoder.encode_image([Image.new("RGB", (5, 4), (v, v, v)) for v in (0, 10, 100, 180, 255)]))
    expected = [math.cos(math.pi * v / 255) for v in (0, 10, 100, 180, 255)]
    np.testing.assert_allclose(greys @ greys[0], expected, atol=1e-6)
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (30, 20, 3), dtype=np.uint8)
    moved = rng.permutation(pixels.reshape(-1, 3)).reshape(20, 30, 3)
    one, other = encoder.encode_image([Image.fromarray(pixels), Image.fromarray(moved)])
    np.testing.assert_array_equal(one, other)
    angle = np.pi * pixels.reshape(-1, 3).mean(axis=0) / 255
    np.testing.assert_allclose(one, [*np.cos(angle), *np.sin(angle)], rtol=1e-6)


def test_low_resolution_is_block_means_less_their_mean():
    encoder = load_encoder("null:low-res")
    pixels = np.random.default_rng(0).integers(0, 256, (48, 64, 3), dtype=np.uint8)
    (found,) = encoder.encode_image([Image.fromarray(pixels)])
    blocks = pixels.reshape(8, 6, 8, 8, 3).mean(axis=(1, 3)).reshape(64, 3) / 255
    np.testing.assert_allclose(found.reshape(3, 64), (blocks - blocks.mean(axis=0)).T, atol=1e-6)
    plain = encoder.encode_image([Image.new("RGB", (50, 31), (7, 90, 200))])
    np.testing.assert_allclose(plain, 0, atol=1e-6)


@pytest.mark.parametrize("name", ["mean-colour", "low-res"])
def test_pixel_baselines_have_no_texts_and_a_transform_of_their_own(name):
    encoder = load_encoder(f"null:{name}")
    assert isinstance(encoder, EncodesImages)
    assert isinstance(encoder, PreparesImages)
    assert not isinstance(encoder, ReadsFacts)
    images = [Image.new("RGB", (9 + k, 12), (20 * k, 5, 7)) for k in range(5)]
    whole = encoder.encode_image(images)
    assert whole.dtype == np.float32
    np.testing.assert_array_equal(whole, encoder.encode_prepared([encoder.prepare_image(i) for i in images]))
    np.testing.assert_array_equal(whole[3:4], encoder.encode_image(images[3:4]))
    assert encoder.encode_image([]).shape == (0, whole.shape[1])
    with pytest.raises(EncoderError, match="cannot encode texts") as caught:
        encoder.encode_text(["a dog"])
    assert "ior" in caught.value.hint


def test_fingerprints_tell_everything_apart():
    names = [
        "flat-bag", "area-bag", "centre-bag", "flat-bag?noise=0.1", "flat-bag?seed=1", "area-bag?gamma=0.5",
        "area-bag?noise=0.1", "area-bag?noise=0.1&seed=1", "flat-bag?vocabulary=simco", "bag", "mean-colour", "low-res",
        "planted-image", "planted-image?area=0.5", "planted-image?cluster=0.5", "planted-image?seed=1", "planted",
    ]  # fmt: skip
    prints = [load_encoder(f"null:{name}").fingerprint for name in names]
    assert len(set(prints)) == len(names)
    assert prints == [load_encoder(f"null:{name}").fingerprint for name in names]


@pytest.mark.parametrize(
    ("name", "error", "said"),
    [
        ("area-bag?gamma=-1", UsageError, "gamma=-1.0, expected at least 0"),
        ("area-bag?noise=nan", UsageError, "number"),
        ("flat-bag?noise=-0.1", UsageError, "noise=-0.1"),
        ("flat-bag?gamma=1", UnknownNameError, "gamma"),
        ("low-res?side=4", UnknownNameError, "side"),
        ("mean-colour?vocabulary=simco", UnknownNameError, "vocabulary"),
        ("planted-image?last=0.5", UnknownNameError, "last"),
        ("planted-image?first=2", UsageError, "from 0 to 1"),
        ("planted-image?cluster=-1", UsageError, "from 0 to 1"),
        ("planted-image?area=big", UsageError, "area='big'"),
        ("flat-bag?seed=-1", UsageError, "seed='-1'"),
        ("bag?seed=1.5", UsageError, "whole number"),
        ("planted?seed=-3", UsageError, "whole number"),
        ("planted-image?seed=0.5", UsageError, "whole number"),
        ("centre-bga", UnknownNameError, "centre-bga"),
    ],
)
def test_bad_names_are_refused(name, error, said):
    with pytest.raises(error) as raised:
        load_encoder(f"null:{name}")
    assert said in str(raised.value)


def test_items_may_be_those_of_another_encoder():
    words = load_encoder("null:bag?seed=5")
    encoder = load_encoder("null:flat-bag?items=null:bag%3Fseed=5&vocabulary=simco")
    names = load_vocabulary("simco").names
    np.testing.assert_allclose(encoder.encode_text(names), words.encode_text(names), atol=1e-6)


class Twinned:
    """An encoder of both kinds whose twins are recorded."""

    fingerprint = "twinned"

    def __init__(self, seed=None):
        self.seed = seed

    def encode_text(self, texts):
        return np.ones((len(texts), 2), dtype=np.float32)

    def encode_image(self, images):
        return np.ones((len(images), 2), dtype=np.float32)

    def untrained_twin(self, seed):
        return Twinned(seed)


def test_the_battery_for_pictures():
    vocabulary = load_vocabulary("simco")
    items = np.random.default_rng(0).standard_normal((18, 24))
    battery = {null.name: null for null in image_null_battery(Twinned(), vocabulary, items, untrained=2)}
    assert list(battery) == [
        "constant", "flat-bag", "area-bag", "centre-bag", "noisy-flat-bag", "noisy-area-bag", "mean-colour", "low-res",
        "untrained#0", "untrained#1",
    ]  # fmt: skip
    assert [battery[f"untrained#{k}"].build().seed for k in (0, 1)] == [0, 1]
    assert [null.name for null in battery.values() if null.cached] == ["untrained#0", "untrained#1"]
    for null in battery.values():
        encoder = null.build()
        assert null.serves <= set(PROBES)
        assert not null.serves & TEXT
        facts, pixels = isinstance(encoder, ReadsFacts), isinstance(encoder, EncodesImages)
        assert facts != pixels
        if null.serves & CROSS_MODAL:
            assert len(encoder.encode_text(["a cube and a cone"])) == 1
        if facts:
            scene = Picture("p", 0, (Shown("cube", 0.1, 0.5, 0.5), Shown("cone", 0.05, 0.2, 0.2)))
            assert np.linalg.norm(encoder.encode_pictures([scene])) > 0
    noisy = {"noisy-flat-bag", "noisy-area-bag"}
    assert {name for name, null in battery.items() if not null.serves & PICTURES} == noisy
    assert {name for name, null in battery.items() if not null.serves & CROSS_MODAL} == {"mean-colour", "low-res"}
    assert {name for name, null in battery.items() if "attention" in null.serves} == {"untrained#0", "untrained#1"}
    np.testing.assert_allclose(battery["flat-bag"].build().encode_text(["cube"])[0], unit(items)[0], rtol=1e-5)
    text = null_battery(Twinned(), vocabulary, np.ones((19, 4)), untrained=1)
    assert all(null.serves == TEXT for null in text)
    assert {*SIZE_NULLS, *PLACE_NULLS} <= {*battery, *(null.name for null in text)}
    blind = image_null_battery(load_encoder("null:flat-bag"), vocabulary, items, untrained=2)
    assert not any(null.name.startswith("untrained") for null in blind)


def test_every_null_is_listed():
    assert [row["null"] for row in nulls()] == [f"null:{name}" for name in NULL_NAMES]
