"""Attribution of pictures against statsmodels, brute force, planted effects and symmetries."""

import functools
import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.discrete.conditional_models import ConditionalLogit

from primacy.errors import UsageError
from primacy.probes.ior import PictureTrials
from primacy.stats import logit
from primacy.stats.columns import Cell
from primacy.stats.image_choice import AREA_DOUBLED, attribute_pictures
from primacy.stats.picture_model import AREA, CATEGORY, CENTRALITY, CONTRAST, INSTANCES, SLOT, TERMS, picture_model

NAMES = tuple(f"c{i}" for i in range(12))
PLACES = np.array(["centre", "left", "lower", "right", "upper"])
MIDDLE = np.array([1.0, 0.6, 0.5, 0.6, 0.4])


def trials(rng, m=400, n=4, mixed=False, per=4, slots=True, instances=False, effects=(0.5, 0.0, 0.0, 0.0), likings=0.0):
    """Random pictures with winners from a logit: effects of log area, centrality, contrast, log instances."""
    present = np.arange(n) < (rng.integers(2, n + 1, size=(m, 1)) if mixed else np.full((m, 1), n))
    clusters = np.arange(m) // per
    objects = rng.random((m // per + 1, len(NAMES))).argsort(axis=1)[clusters, :n]
    place = rng.random((m, len(PLACES))).argsort(axis=1)[:, :n]
    values = {
        "areas": np.exp(rng.uniform(-5, -1, (m, n))),
        "centrality": MIDDLE[place] if slots else rng.random((m, n)),
        "contrasts": rng.random((m, n)),
        "instances": rng.integers(1, 6, (m, n)) if instances else np.ones((m, n), dtype=int),
    }
    logs = (np.log(values["areas"]), values["centrality"], values["contrasts"], np.log(values["instances"]))
    utility = sum(e * x for e, x in zip(effects, logs, strict=True)) + likings * np.linspace(-1, 1, len(NAMES))[objects]
    utility = np.where(present, utility + rng.gumbel(size=(m, n)), -np.inf)
    credit = (utility == utility.max(axis=1, keepdims=True)).astype(float)
    named = np.where(present & slots, PLACES[place], "")
    return PictureTrials(present, objects, credit, slots=named, clusters=clusters, **values)


def by_name(found):
    return {name: found.coefficients.at(i) for i, name in enumerate(found.names)}


@pytest.mark.parametrize("mixed", [False, True])
def test_maximum_likelihood_is_statsmodels(mixed):
    """Also where pictures differ in the number of objects, and with garbage in the padding."""
    rng = np.random.default_rng(0)
    data = trials(rng, mixed=mixed, slots=False, instances=True, effects=(0.4, 0.8, -0.5, 0.3), likings=1.0)
    spoilt = [
        np.where(data.present, x, bad)
        for x, bad in ((data.areas, -1.0), (data.centrality, np.nan), (data.contrasts, 9.9))
    ]
    data = data._replace(areas=spoilt[0], centrality=spoilt[1], contrasts=spoilt[2])
    at = data.present
    x = np.column_stack(
        [
            np.log(data.areas[at]),
            data.centrality[at],
            data.contrasts[at],
            np.log(data.instances[at]),
            np.eye(12)[data.objects[at]][:, 1:],
        ]
    )
    picture = np.broadcast_to(np.arange(400)[:, None], at.shape)[at]
    expected = ConditionalLogit(data.credit[at], x, groups=picture).fit(disp=0, method="newton", maxiter=30)
    found = attribute_pictures(data, NAMES, prior_sd=None)
    slopes = by_name(found)
    assert tuple(slopes) == (AREA, CENTRALITY, CONTRAST, INSTANCES)
    np.testing.assert_allclose([s.value for s in slopes.values()], expected.params[:4], atol=1e-6)
    np.testing.assert_allclose(found.category.value - found.category.value[0], [0, *expected.params[4:]], atol=1e-6)
    null = np.log(at.sum(axis=1)).sum()
    assert found.explained == pytest.approx(1 - expected.llf / -null)
    assert found.converged and found.identified and found.n_dropped == 0


def test_padding_changes_nothing():
    data = trials(np.random.default_rng(1), n=3, likings=1.0)
    wider = PictureTrials(*(np.concatenate([f, f[:, :1]], axis=1) if f.ndim == 2 else f for f in data))
    wider = wider._replace(present=np.concatenate([data.present, np.zeros((400, 1), bool)], axis=1))
    wider = wider._replace(credit=np.concatenate([data.credit, np.zeros((400, 1))], axis=1))
    one, two = attribute_pictures(data, NAMES), attribute_pictures(wider, NAMES)
    np.testing.assert_allclose(two.coefficients, one.coefficients, atol=1e-8)
    assert two.explained == pytest.approx(one.explained, abs=1e-10)
    assert {k: pytest.approx(v, abs=1e-9) for k, v in two.split.items()} == one.split


def test_influence_is_that_of_leaving_clusters_out():
    data = trials(np.random.default_rng(2), m=160, likings=0.5)
    whole = picture_model(data, NAMES, (AREA, CATEGORY)).fit((AREA, CATEGORY)).effects(AREA)
    for g in range(0, 40, 7):
        rest = PictureTrials(*(f[data.clusters != g] for f in data))
        without = picture_model(rest, NAMES, (AREA, CATEGORY)).fit((AREA, CATEGORY)).effects(AREA)
        assert whole.influence[g, 0] == pytest.approx(whole.value[0] - without.value[0], abs=4e-3, rel=0.1)


def test_intervals_cover():
    """Sixty data sets: 95 % intervals hold the slopes in at least 50 (P(fewer) = 0.1 %)."""
    truth = {AREA: 0.6, CENTRALITY: 1.0, CONTRAST: -0.5}
    held = dict.fromkeys(truth, 0)
    for seed in range(60):
        data = trials(np.random.default_rng(seed), m=160, per=8, effects=(0.6, 1.0, -0.5, 0.0), likings=0.5)
        model = picture_model(data, NAMES, (AREA, CENTRALITY, CONTRAST, CATEGORY))
        fitted = model.fit(model.terms)
        for term, value in truth.items():
            effect = fitted.effects(term)
            se = math.sqrt((effect.influence**2).sum() * 19 / 20)
            held[term] += abs(effect.value[0] - value) <= 2.093 * se
    assert min(held.values()) >= 50


def test_split_is_shapley_by_all_orders():
    data = trials(np.random.default_rng(3), instances=True, effects=(0.5, 1.0, 0.5, 0.5), likings=1.0)
    found = attribute_pictures(data, NAMES)
    model = picture_model(data, NAMES)
    assert model.terms == TERMS
    chains = [(AREA,), (CENTRALITY, SLOT), (CONTRAST,), (INSTANCES,), (CATEGORY,)]
    explained = functools.cache(lambda terms: model.explained(tuple(t for t in TERMS if t in terms)))
    want = dict.fromkeys(TERMS, 0.0)
    for order in itertools.permutations(chains):
        entered = []
        for chain in order:
            before = explained(frozenset(entered))
            for term in chain:
                after = explained(frozenset([*entered, term]))
                want[term] += (after - before) / math.factorial(5)
                before = after
            entered.append(chain[-1])
    assert found.split == {term: pytest.approx(part, abs=1e-9) for term, part in want.items()}
    assert sum(found.split.values()) == pytest.approx(found.explained)


@pytest.mark.parametrize(
    ("effects", "likings", "term"),
    [
        ((0.8, 0, 0, 0), 0, AREA),
        ((0, 6.0, 0, 0), 0, CENTRALITY),
        ((0, 0, 5.0, 0), 0, CONTRAST),
        ((0, 0, 0, 0), 2.5, CATEGORY),
    ],
)
def test_split_finds_what_was_planted(effects, likings, term):
    data = trials(np.random.default_rng(4), m=2000, effects=effects, likings=likings)
    found = attribute_pictures(data, NAMES)
    assert found.split[term] > 0.9 * found.explained > 0.1
    assert INSTANCES not in found.split and "does not differ" in found.left_out[INSTANCES]


def test_marginal_effects_by_brute_force():
    """Slots: predicted shares with the objects rotated through the slots. Doubling: predictions at twice the area."""
    data = trials(np.random.default_rng(5), m=120, n=3, effects=(0.8, 1.0, 0.0, 0.0), likings=1.0)
    model = picture_model(data, NAMES)
    found = attribute_pictures(data, NAMES)
    fitted = model.fit((AREA, SLOT, CONTRAST, CATEGORY))
    slope, contrast = fitted.effects(AREA).value[0], fitted.effects(CONTRAST).value[0]
    places = dict(zip(fitted.effects(SLOT).levels, fitted.effects(SLOT).value, strict=True))
    likings = dict(zip(fitted.effects(CATEGORY).levels, fitted.effects(CATEGORY).value, strict=True))
    own = slope * np.log(data.areas) + contrast * data.contrasts
    own += np.vectorize(lambda i: likings[NAMES[i]])(data.objects)
    there = np.vectorize(places.__getitem__)(data.slots)
    shares = {slot: [] for slot in places}
    for shift in range(3):
        chance = logit.softmax(there + np.roll(own, shift, axis=1))
        for slot in places:
            shares[slot] += list(chance[data.slots == slot])
    doubled = []
    for j in range(3):
        more = own + there
        before = logit.softmax(more)[:, j]
        more[:, j] += slope * math.log(2)
        doubled += list(logit.softmax(more)[:, j] - before)
    want = {slot: np.mean(x) - 1 / 3 for slot, x in shares.items()} | {AREA_DOUBLED: np.mean(doubled)}
    assert dict(zip(found.marginal_names, found.marginal.value, strict=True)) == {
        k: pytest.approx(v, abs=1e-9) for k, v in want.items()
    }


def test_marginal_intervals_have_the_spread_of_repeated_data():
    values, halves = [], []
    for seed in range(40):
        found = attribute_pictures(
            trials(np.random.default_rng(seed), m=200, n=3, effects=(0.6, 1.0, 0, 0)),
            NAMES,
            terms=(AREA, SLOT, CATEGORY),
        )
        values.append(found.marginal.value)
        halves.append((found.marginal.high - found.marginal.low) / 2 / 2.01)
    np.testing.assert_allclose(np.mean(halves, axis=0), np.std(values, axis=0), rtol=0.35)


@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 10_000), shuffle=st.permutations(range(12)))
def test_names_order_and_clusters_do_not_matter(seed, shuffle):
    rng = np.random.default_rng(seed)
    data = trials(rng, m=80, likings=0.5)
    order, renamed = rng.permutation(80), np.asarray(shuffle)
    moved = PictureTrials(
        *(f[order] for f in data._replace(objects=renamed[data.objects], clusters=900 - 7 * data.clusters))
    )
    there = dict(zip(PLACES, PLACES[::-1], strict=True)) | {"": ""}
    moved = moved._replace(slots=np.vectorize(there.__getitem__)(moved.slots))
    one = attribute_pictures(data, NAMES)
    two = attribute_pictures(moved, [NAMES[shuffle.index(i)] for i in range(12)])
    slopes, other = by_name(one), by_name(two)
    for term in (AREA, CENTRALITY, CONTRAST):
        assert slopes[term] == pytest.approx(other[term], abs=1e-6)
    for slot in PLACES:
        assert slopes[f"slot {slot}"] == pytest.approx(other[f"slot {there[slot]}"], abs=1e-6)
    assert dict(zip(one.categories, one.category.value, strict=True)) == {
        name: pytest.approx(value, abs=1e-6) for name, value in zip(two.categories, two.category.value, strict=True)
    }
    assert {k: pytest.approx(v, abs=1e-7) for k, v in two.split.items()} == one.split


def test_trials_twice_in_their_clusters_change_no_estimate():
    data = trials(np.random.default_rng(6), m=200, per=1, likings=0.5)
    twice = PictureTrials(*(np.concatenate([f, f]) for f in data))
    one, two = (attribute_pictures(x, NAMES, prior_sd=None) for x in (data, twice))
    np.testing.assert_allclose(two.coefficients.value, one.coefficients.value, atol=1e-7)
    np.testing.assert_allclose(
        two.coefficients.high - two.coefficients.low, one.coefficients.high - one.coefficients.low, rtol=1e-5
    )


def test_a_constant_encoder_explains_nothing():
    data = trials(np.random.default_rng(7), mixed=True)
    data = data._replace(credit=data.present / data.present.sum(axis=1, keepdims=True))
    found = attribute_pictures(data, NAMES)
    assert found.explained == pytest.approx(0, abs=1e-12)
    np.testing.assert_array_equal(np.abs(found.coefficients), 0)
    np.testing.assert_array_equal(np.abs(found.marginal), 0)


def test_what_is_not_measured_is_left_out_or_dropped_and_said():
    data = trials(np.random.default_rng(8))
    data.contrasts[:300] = np.nan
    data.areas[:10, 0] = 0.0
    data.credit[10:15] = np.nan
    found = attribute_pictures(data, NAMES)
    assert found.left_out == {
        CONTRAST: "measured in 100 of 395 pictures",
        INSTANCES: "does not differ between the objects of a picture",
    }
    assert (found.n, found.n_dropped) == (385, 15)
    none = attribute_pictures(data._replace(areas=np.full_like(data.areas, np.nan)), NAMES, terms=(AREA,))
    assert (none.names, none.explained, none.split) == ((), 0.0, {})


def test_one_cluster_has_no_interval():
    data = trials(np.random.default_rng(9), m=60, per=60)
    found = attribute_pictures(data, NAMES, terms=(AREA,))
    assert np.isfinite(found.coefficients.value).all() and np.isnan(found.coefficients.low).all()


def test_record_is_in_percentage_points():
    found = attribute_pictures(trials(np.random.default_rng(10), likings=0.3), NAMES)
    record = found.record(Cell("balanced", "*", 0.95, 0.05, probe="i2tor", stimuli="one-large"), 4)
    assert (record.probe, record.stimuli, record.n_objects, record.n, record.n_clusters) == (
        "i2tor",
        "one-large",
        4,
        400,
        100,
    )
    assert [c.name for c in record.marginal_effects] == [*PLACES, AREA_DOUBLED]
    assert record.marginal_effects[-1].value == pytest.approx(100 * found.marginal.value[-1])
    assert [c.name for c in record.coefficients] == [AREA, CENTRALITY, *(f"slot {p}" for p in PLACES), CONTRAST]
    assert record.split == found.split


@pytest.mark.parametrize(("credit", "message"), [(0.5, "do not sum to 1"), (np.nan, "no picture was scored")])
def test_bad_credit_is_named(credit, message):
    data = trials(np.random.default_rng(11), m=8)
    data.credit[:] = credit
    with pytest.raises(UsageError, match=message):
        attribute_pictures(data, NAMES)
