"""Null encoders of pictures: what each of them cannot have, on every draw of item vectors."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from primacy.design.picture import Picture, Shown
from primacy.design.vocabulary import load_vocabulary
from primacy.encoders.base import EncodesImages, PreparesImages, ReadsFacts
from primacy.encoders.battery import (
    CROSS_MODAL,
    PICTURES,
    SIZE_NULLS_EXCLUDED,
    SLOT_NULLS_EXCLUDED,
    TEXT,
    image_null_battery,
    null_battery,
)
from primacy.encoders.load import load_encoder
from primacy.encoders.null import NULL_NAMES, BagEncoder
from primacy.encoders.null_images import PictureBag, PictureLaw
from primacy.errors import EncoderError, UnknownNameError, UsageError
from primacy.probes.retrieval import score, unit
from primacy.results.spec import PROBES
from primacy.run.catalogue import nulls
from primacy.testing import check_encoder

NAMES = ["dog", "hot dog", "car", "carrot", "cup", "teddy bear", "bus"]
PLACES = [(0.25, 0.25), (0.5, 0.5), (0.75, 0.75), (0.25, 0.75)]
SLOTS = ["upper-left", "centre", "lower-right", "lower-left"]
LARGE, SMALL = 0.08, 0.01


def bag(kind, items_seed=0, common=0.0, **law):
    rng = np.random.default_rng(items_seed)
    items = rng.standard_normal((len(NAMES), 32)) * rng.uniform(0.1, 9, (len(NAMES), 1)) + common
    return PictureBag(BagEncoder(NAMES, items), PictureLaw(kind, **law))


def picture(name, shown, cluster=0):
    return Picture(name, cluster, tuple(Shown(*one) for one in shown))


def balanced(objects, n=3):
    """All n x n scenes of `one-large`: every rotation of the objects, the large one in every slot."""
    scenes, sizes = [], []
    for turn, large in itertools.product(range(n), range(n)):
        row = [objects[(p + turn) % n] for p in range(n)]
        areas = [LARGE if p == large else SMALL for p in range(n)]
        scenes.append(
            picture(
                f"{objects} {turn} {large}",
                [(o, a, *PLACES[p]) for p, (o, a) in enumerate(zip(row, areas, strict=True))],
            )
        )
        sizes.append(areas)
    return scenes, np.array(sizes)


def shares(encoder, scenes):
    """Winner credit (m, n) against the encoder's own single pictures."""
    singles = [picture(f"single {name}", [(name, 0.03, 0.4, 0.6)]) for name in NAMES]
    gallery = unit(encoder.encode_pictures(singles))[None]
    objects = np.array([[NAMES.index(o.category) for o in scene.objects] for scene in scenes])
    return score(encoder.encode_pictures(scenes), objects, gallery).credit[:, 0]


@given(
    objects=st.permutations(NAMES).map(lambda row: row[:3]), seed=st.integers(0, 999), common=st.sampled_from([0, 1, 5])
)
@settings(max_examples=60, deadline=None)
def test_the_flat_bag_gives_each_size_and_slot_the_same_whatever_its_items(objects, seed, common):
    scenes, sizes = balanced(objects)
    credit = shares(bag("flat-bag", seed, common), scenes)
    assert credit[sizes == LARGE].mean() == pytest.approx(1 / 3, abs=1e-12)
    np.testing.assert_allclose(credit.mean(axis=0), 1 / 3, atol=1e-12)


@given(objects=st.permutations(NAMES).map(lambda row: row[:3]), seed=st.integers(0, 99))
@settings(max_examples=30, deadline=None)
def test_the_area_bag_likes_the_large_and_no_slot(objects, seed):
    scenes, sizes = balanced(objects)
    credit = shares(bag("area-bag", seed), scenes)
    assert credit[sizes == LARGE].mean() > 0.9
    np.testing.assert_allclose(credit.mean(axis=0), 1 / 3, atol=1e-12)


@given(objects=st.permutations(NAMES).map(lambda row: row[:3]), seed=st.integers(0, 99))
@settings(max_examples=30, deadline=None)
def test_the_centre_bag_likes_the_middle_and_no_size(objects, seed):
    scenes, sizes = balanced(objects)
    credit = shares(bag("centre-bag", seed, gamma=2), scenes)
    assert credit[sizes == LARGE].mean() == pytest.approx(1 / 3, abs=1e-12)
    assert credit[:, 1].mean() > 0.9


@given(
    areas=st.lists(st.floats(0.001, 0.3), min_size=4, max_size=4),
    order=st.permutations(range(4)),
    kind=st.sampled_from(["flat-bag", "area-bag"]),
    gamma=st.sampled_from([0.0, 0.5, 1.0, 2.0]),
    noise=st.sampled_from([0.0, 0.5]),
)
@settings(max_examples=60, deadline=None)
def test_moving_objects_leaves_flat_and_area_bags_as_they_are_to_the_last_bit(areas, order, kind, gamma, noise):
    """As does their order in the picture's list."""
    encoder = bag(kind, gamma=gamma, noise=noise)
    here = picture("p", [(NAMES[i], areas[i], *PLACES[i]) for i in range(4)])
    there = picture("p", [(NAMES[i], areas[i], *PLACES[order[i]]) for i in order])
    np.testing.assert_array_equal(encoder.encode_pictures([here]), encoder.encode_pictures([there]))


def test_vectors_are_the_stated_sums():
    items = np.eye(4)
    shown = [("dog", 0.09, 0.5, 0.5), ("cup", 0.01, 1.0, 0.5), ("unknown thing", 0.5, 0.5, 0.5)]
    scene = picture("p", shown)
    plain = BagEncoder(["dog", "cat", "cup", "bus"], items)
    centrality = 1 - 0.5 / math.sqrt(0.5)
    for kind, gamma, weights in (
        ("flat-bag", 1.0, [1, 1]),
        ("area-bag", 1.0, [0.09, 0.01]),
        ("area-bag", 0.5, [0.3, 0.1]),
        ("centre-bag", 1.0, [1, centrality]),
        ("centre-bag", 3.0, [1, centrality**3]),
        ("area-bag", 0.0, [1, 1]),
    ):
        encoder = PictureBag(plain, PictureLaw(kind, gamma))
        expected = np.array(weights) / np.sqrt(np.mean(np.square(weights)))
        (found,) = encoder.encode_pictures([scene])
        np.testing.assert_allclose(found, [expected[0], 0, expected[1], 0], rtol=1e-6)
    nothing = PictureBag(plain, PictureLaw("area-bag")).encode_pictures(
        [picture("q", [("unknown thing", 0.5, 0.5, 0.5)]), picture("r", [("dog", 0.0, 0.5, 0.5)]), picture("s", [])]
    )
    assert not nothing.any()
    corner = picture("c", [("dog", 0.1, 0.0, 1.0), ("cup", 0.1, 1.0, 1.0)])
    assert np.isfinite(PictureBag(plain, PictureLaw("centre-bag", 0.5)).encode_pictures([corner])).all()


def test_noise_is_of_the_size_stated_and_the_pictures_own():
    names = [f"thing {k}" for k in range(40)]
    encoder = PictureBag(BagEncoder(names, np.eye(40)), PictureLaw("area-bag", noise=0.5, seed=3))
    still = PictureBag(BagEncoder(names, np.eye(40)), PictureLaw("area-bag"))
    shown = [("thing 1", 0.08, 0.2, 0.2), ("thing 2", 0.01, 0.5, 0.5)]
    scenes = [picture(f"scene {k}", shown) for k in range(300)]
    noise = encoder.encode_pictures(scenes) - still.encode_pictures(scenes)
    assert noise.std() == pytest.approx(0.5, abs=0.01)
    assert abs(noise.mean()) < 0.02
    correlation = np.corrcoef(noise[:50])[np.triu_indices(50, 1)]
    assert abs(correlation).max() < 0.75
    np.testing.assert_array_equal(encoder.encode_pictures(scenes[::-1])[::-1], encoder.encode_pictures(scenes))
    other = PictureBag(BagEncoder(names, np.eye(40)), PictureLaw("area-bag", noise=0.5, seed=4))
    assert not np.allclose(other.encode_pictures(scenes[:1]), encoder.encode_pictures(scenes[:1]))


def test_the_published_matching_scenarios_are_failed_without_any_order():
    """Scenario 1 drops the large object of the caption, scenario 2 a small one (paper, Table 6)."""
    noisy = load_encoder("null:area-bag?noise=0.3333")
    names = load_vocabulary("coco80").names
    rng = np.random.default_rng(0)
    right, first, second, scenes = [], [], [], []
    for k in range(600):
        *shown, foil = rng.choice(len(names), 5, replace=False)
        areas = (LARGE, SMALL, SMALL, SMALL)
        scenes.append(picture(f"s{k}", [(names[i], a, 0.5, 0.5) for i, a in zip(shown, areas, strict=True)]))
        right.append(" and ".join(names[i] for i in shown))
        first.append(" and ".join(names[i] for i in (foil, *shown[1:])))
        second.append(" and ".join(names[i] for i in (*shown[:3], foil)))
    seen = unit(noisy.encode_pictures(scenes))
    correct, removed_large, removed_small = (
        (seen * unit(noisy.encode_text(texts))).sum(axis=1) for texts in (right, first, second)
    )
    assert (correct > removed_large).mean() > 0.99
    assert 0.55 < (correct > removed_small).mean() < 0.85


@pytest.mark.parametrize("name", ["flat-bag", "area-bag", "centre-bag", "planted-image?area=0.5&seed=2"])
def test_a_picture_lies_nearest_to_the_caption_that_names_it(name):
    encoder = load_encoder(f"null:{name}")
    names = load_vocabulary("simco").names
    pairs = list(itertools.combinations(range(8), 2))
    captions = unit(encoder.encode_text([f"a {names[i]} and a {names[j]}" for i, j in pairs]))
    scenes = [
        picture(f"{p}", [(names[i], 0.02, 0.3, 0.5), (names[j], 0.03, 0.7, 0.5)]) for p, (i, j) in enumerate(pairs)
    ]
    assert (unit(encoder.encode_pictures(scenes)) @ captions.T).argmax(axis=1).tolist() == list(range(len(pairs)))
    single = [picture(f"one {name}", [(name, 0.02, 0.1, 0.1)]) for name in names]
    np.testing.assert_allclose(encoder.encode_pictures(single), encoder.encode_text(names), atol=1e-6)


def test_the_constant_encoder_is_constant():
    encoder = load_encoder("null:constant")
    scenes, _ = balanced(NAMES[:3])
    np.testing.assert_array_equal(encoder.encode_pictures(scenes), encoder.encode_text(["x"] * 9))
    np.testing.assert_allclose(shares(encoder, scenes), 1 / 3)


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


@pytest.mark.parametrize("name", ["flat-bag", "area-bag?gamma=0.5&noise=0.1", "centre-bag", "planted-image?first=0.3"])
def test_they_keep_the_encoder_contract(name):
    encoder = load_encoder(f"null:{name}")
    check_encoder(encoder)
    assert isinstance(encoder, ReadsFacts)
    assert not isinstance(encoder, EncodesImages)
    scenes, _ = balanced(["dog", "car", "cup"])
    whole = encoder.encode_pictures(scenes)
    assert whole.dtype == np.float32
    np.testing.assert_array_equal(whole[4:6], encoder.encode_pictures(scenes[4:6]))
    np.testing.assert_array_equal(whole, load_encoder(f"null:{name}").encode_pictures(scenes))
    assert encoder.encode_pictures([]).shape == (0, whole.shape[1])


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
        "constant", "flat-bag", "area-bag", "centre-bag", "noisy-area-bag", "mean-colour", "low-res", "untrained#0",
        "untrained#1",
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
            scene = picture("p", [("cube", 0.1, 0.5, 0.5), ("cone", 0.05, 0.2, 0.2)])
            assert np.linalg.norm(encoder.encode_pictures([scene])) > 0
    assert {name for name, null in battery.items() if not null.serves & PICTURES} == {"noisy-area-bag"}
    assert {name for name, null in battery.items() if not null.serves & CROSS_MODAL} == {"mean-colour", "low-res"}
    assert {name for name, null in battery.items() if "attention" in null.serves} == {"untrained#0", "untrained#1"}
    np.testing.assert_allclose(battery["flat-bag"].build().encode_text(["cube"])[0], unit(items)[0], rtol=1e-5)
    text = null_battery(Twinned(), vocabulary, np.ones((19, 4)), untrained=1)
    assert all(null.serves == TEXT for null in text)
    assert {*SIZE_NULLS_EXCLUDED, *SLOT_NULLS_EXCLUDED} <= {*battery, *(null.name for null in text)}
    blind = image_null_battery(load_encoder("null:flat-bag"), vocabulary, items, untrained=2)
    assert not any(null.name.startswith("untrained") for null in blind)


def test_every_null_is_listed():
    assert [row["null"] for row in nulls()] == [f"null:{name}" for name in NULL_NAMES]
