"""Null encoders of pictures: what each of them cannot have, on every draw of item vectors."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from primacy.design.picture import Picture, Shown
from primacy.design.vocabulary import load_vocabulary
from primacy.encoders.base import EncodesImages, ReadsFacts
from primacy.encoders.load import load_encoder
from primacy.encoders.null import BagEncoder
from primacy.encoders.null_images import PictureBag, PictureLaw
from primacy.probes.retrieval import score, unit
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
