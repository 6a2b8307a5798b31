"""Planted encoders of pictures: a fit of their own law to nothing but their vectors gives back what was planted."""

import itertools
from math import nan

import numpy as np
import pytest
from scipy.optimize import minimize

from primacy.assets.library import builtin
from primacy.design.picture import Picture, Shown
from primacy.design.scenes.design import build
from primacy.design.scenes.request import SceneRequest
from primacy.design.scenes.silhouettes import from_library
from primacy.encoders.load import load_encoder
from primacy.encoders.planted import Plant, PlantedEncoder
from primacy.encoders.planted_images import PicturePlant, PlantedImageEncoder
from primacy.errors import EncoderError
from primacy.probes.retrieval import score, unit
from primacy.stimuli.images.composed import compose

COMCO = builtin("comco")


def asked_for(design, sets, **changes):
    """Pictures as a design asks for them, without drawing."""
    scenes = build(SceneRequest(design, sets=sets, **changes), from_library(COMCO)).scenes()
    return [
        Picture(s.scene_id, s.set_id, tuple(Shown(o.category, o.area, o.x, o.y, o.slot) for o in s.objects), s.factors)
        for s in scenes
    ]


def credit_of(encoder, pictures, names):
    """Winner credit (m, n) of the vectors against those of single pictures."""
    singles = [Picture(f"single {name}", -1, (Shown(name, 0.01, 0.2, 0.9, contrast=0.1),)) for name in names]
    objects = np.array([[names.index(o.category) for o in p.objects] for p in pictures])
    return score(encoder.encode_pictures(pictures), objects, unit(encoder.encode_pictures(singles))[None]).credit[:, 0]


def logit(credit, features):
    """Estimates and standard errors of a conditional logit; features (m, n, q). Maximum likelihood by scipy."""

    def chance(theta):
        utility = features @ theta
        weights = np.exp(utility - utility.max(axis=1, keepdims=True))
        return weights / weights.sum(axis=1, keepdims=True)

    def slope(theta):
        return -np.einsum("mn,mnq->q", credit - chance(theta), features)

    found = minimize(
        lambda theta: -(credit * np.log(chance(theta))).sum(), np.zeros(features.shape[2]), jac=slope, method="BFGS"
    )
    p = chance(found.x)
    mean = np.einsum("mn,mnq->mq", p, features)
    information = np.einsum("mn,mnq,mnr->qr", p, features, features) - mean.T @ mean
    return found.x, np.sqrt(np.diag(np.linalg.inv(information)))


def facts(pictures, *names):
    columns = {
        "area": lambda o: np.log(o.area),
        "centre": lambda o: o.centrality,
        "contrast": lambda o: o.contrast,
    }
    return np.array([[[columns[name](o) for name in names] for o in p.objects] for p in pictures])


@pytest.fixture(scope="module")
def ladder():
    return asked_for("pair-ladder", 60)


@pytest.mark.parametrize("area", [0.0, 0.5, 1.5])
@pytest.mark.parametrize("centre", [0.0, 2.0])
def test_elasticity_and_centre_preference_are_recovered_from_the_vectors(ladder, area, centre):
    names = sorted({o.category for p in ladder for o in p.objects})
    encoder = PlantedImageEncoder(names, PicturePlant(area=area, centre=centre, seed=int(10 * area + centre)))
    credit = credit_of(encoder, ladder, names)
    assert set(np.unique(credit)) == {0, 1}
    found, errors = logit(credit, facts(ladder, "area", "centre"))
    assert (np.abs(found - [area, centre]) < 3 * errors).all(), (found, errors)
    assert (errors < [0.05, 0.25]).all()


def test_the_law_holds_on_scenes_as_they_were_drawn_and_measured():
    source = compose(SceneRequest("pair-ladder", sets=8), "simco")
    names = sorted({o.category for p in source.pictures for o in p.objects})
    encoder = PlantedImageEncoder(names, PicturePlant(area=0.7, centre=1.5, seed=1))
    found, errors = logit(credit_of(encoder, source.pictures, names), facts(source.pictures, "area", "centre"))
    assert (np.abs(found - [0.7, 1.5]) < 3 * errors).all(), (found, errors)


def test_contrast_and_category_are_recovered_among_three_objects():
    rng = np.random.default_rng(0)
    names = [f"thing {k}" for k in range(6)]
    pictures = [
        Picture(
            f"p{k}",
            k,
            tuple(
                Shown(names[i], rng.uniform(0.005, 0.1), *rng.uniform(0.1, 0.9, 2), contrast=rng.uniform(0, 1))
                for i in rng.permutation(6)[:3]
            ),
        )
        for k in range(6000)
    ]
    plant = PicturePlant(area=0.6, centre=1.0, contrast=2.0, category=1.2, seed=5)
    encoder = PlantedImageEncoder(names, plant)
    dummies = np.array([[[o.category == name for name in names[1:]] for o in p.objects] for p in pictures], dtype=float)
    features = np.concatenate([facts(pictures, "area", "centre", "contrast"), dummies], axis=2)
    found, errors = logit(credit_of(encoder, pictures, names), features)
    bare = [Picture("bare", 0, (Shown(name, 1.0, 0.0, 0.0, contrast=0.0),)) for name in names]
    scores = np.array([next(iter(encoder.utilities(p).values())) for p in bare])
    truth = [0.6, 1.0, 2.0, *(scores[1:] - scores[0])]
    assert (np.abs(found - truth) < 3.5 * errors).all(), (found, truth, errors)
    assert scores.std() > 0.3


def test_a_plain_plant_draws_evenly_and_a_strong_one_always_alike(ladder):
    names = sorted({o.category for p in ladder for o in p.objects})
    none = credit_of(PlantedImageEncoder(names, PicturePlant()), ladder, names)
    assert none[:, 0].mean() == pytest.approx(0.5, abs=0.02)
    strong = credit_of(PlantedImageEncoder(names, PicturePlant(area=60)), ladder, names)
    areas = np.array([[o.area for o in p.objects] for p in ladder])
    uneven = np.abs(np.log(areas[:, 0] / areas[:, 1])) > 0.5
    np.testing.assert_array_equal(strong[uneven].argmax(axis=1), areas[uneven].argmax(axis=1))


def test_shared_noise_makes_clusters_dependent_and_leaves_the_law(ladder):
    names = sorted({o.category for p in ladder for o in p.objects})
    sets = asked_for("equal", 500, objects=(2,))
    features = facts(ladder, "area")
    for cluster, agreeing, tolerance in ((0.0, 0.5, 0.05), (0.5, 0.625, 0.1), (1.0, 1.0, 0.1)):
        encoders = [PlantedImageEncoder(names, PicturePlant(area=0.8, cluster=cluster, seed=s)) for s in range(5)]
        winners = credit_of(encoders[0], sets, names).argmax(axis=1)
        names_won = np.array([p.categories[w] for p, w in zip(sets, winners, strict=True)]).reshape(500, 2)
        # Two scenes of one set, all areas equal: both share the cluster's noise with probability cluster squared.
        assert (names_won[:, 0] == names_won[:, 1]).mean() == pytest.approx(agreeing, abs=0.06)
        found = [logit(credit_of(encoder, ladder, names), features)[0][0] for encoder in encoders]
        assert np.mean(found) == pytest.approx(0.8, abs=tolerance)


def test_texts_have_no_order_unless_it_is_planted():
    names = load_encoder("null:planted-image?vocabulary=simco")
    there, back = names.encode_text(["cube and cone and star", "star and cone and cube"])
    np.testing.assert_array_equal(there, back)
    np.testing.assert_array_equal(names.encode_text(["something and cone"]), names.encode_text(["cone"]))
    shapes = ["cube", "cone", "star", "heart", "moon"]
    ordered = PlantedImageEncoder(shapes, PicturePlant(first=0.6, seed=3))
    captions = [" and ".join(row) for row in itertools.permutations(shapes, 3)]
    expected = PlantedEncoder(shapes, Plant(first=0.6, seed=3)).encode_text(captions)
    np.testing.assert_array_equal(ordered.encode_text(captions), expected)
    singles = [Picture(name, 0, (Shown(name, 0.1, 0.5, 0.5),)) for name in shapes]
    np.testing.assert_allclose(unit(ordered.encode_text(shapes)), unit(ordered.encode_pictures(singles)), atol=1e-6)


def test_facts_that_were_not_measured_are_asked_for_only_where_they_count():
    unmeasured = Picture("photo 7", 0, (Shown("cube", 0.0, 0.5, 0.5), Shown("cone", 0.1, 0.2, 0.2, contrast=nan)))
    assert load_encoder("null:planted-image?centre=1").encode_pictures([unmeasured]).any()
    hidden = load_encoder("null:planted-image?area=1").encode_pictures([unmeasured])
    np.testing.assert_allclose(
        hidden, load_encoder("null:planted-image").encode_text(["cube and cone and cone"]), atol=1e-6
    )
    with pytest.raises(EncoderError, match=r"'photo 7' has an object without a measured contrast") as caught:
        load_encoder("null:planted-image?contrast=1").encode_pictures([unmeasured])
    assert "masks" in caught.value.hint
    boxless = Picture("photo 8", 0, (Shown("cube", nan, nan, nan, contrast=nan), Shown("cone", 0.1, 0.2, 0.2)))
    assert load_encoder("null:planted-image").encode_pictures([boxless]).any()
    for effects, lacking in (
        ("area=1", "area"), ("centre=1", "place"), ("area=1&contrast=1", "area or contrast"),
    ):  # fmt: skip
        with pytest.raises(EncoderError, match=rf"'photo 8' has an object without a measured {lacking}$"):
            load_encoder(f"null:planted-image?{effects}").encode_pictures([boxless])
    strangers = Picture("q", 0, (Shown("no such thing", 0.1, 0.5, 0.5),))
    assert not load_encoder("null:planted-image").encode_pictures([strangers]).any()
