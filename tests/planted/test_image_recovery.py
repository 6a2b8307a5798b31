"""Planted encoders of pictures through the whole line: what was planted comes out, and nothing else does."""

import numpy as np
import pytest

from primacy.results.spec import AuditSpec, ImageSpec
from primacy.run.audit import audit

IMAGES = ImageSpec(scenes="simco", sets=4, ladder_sets=12, ioc_sets=12, foils=3, size=64)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    out, done = tmp_path_factory.mktemp("runs"), {}

    def go(encoder, *probes, objects=(3,), protocol="balanced", seed=0, **images):
        gallery = {"gallery": "centred"} if protocol == "paper" else {}
        spec = AuditSpec(
            encoder=encoder, probes=probes, objects=objects, protocol=protocol, vocabulary="simco", untrained=0,
            seed=seed, images=IMAGES.model_copy(update={**gallery, **images}),
        )  # fmt: skip
        key = spec.model_dump_json()
        if key not in done:
            done[key] = audit(spec, out=out, cache=None).result
        return done[key]

    return go


def one(records, probe, metric, group, level, stimuli="one-large"):
    (found,) = (
        e for e in records
        if (e.probe, e.metric, e.group, e.level, e.stimuli) == (probe, metric, group, level, stimuli)
    )  # fmt: skip
    return found


def all_of(records, probe, metric, group, stimuli="one-large"):
    return [e for e in records if (e.probe, e.metric, e.group, e.stimuli) == (probe, metric, group, stimuli)]


def holds(estimate, truth):
    """The interval has the truth, or it is within three of its standard errors."""
    spare = (3 / 1.96 - 1) * (estimate.ci_high - estimate.ci_low) / 2
    return estimate.ci_low - spare <= truth <= estimate.ci_high + spare


def null(result, name):
    (found,) = (null for null in result.nulls if null.name == name)
    return found.estimates


@pytest.mark.parametrize(("area", "centre"), [(0.0, 0.0), (0.5, 0.0), (1.0, 0.0), (0.5, 2.0)])
def test_area_elasticity_and_centre_preference_are_recovered(run, area, centre):
    result = run(f"null:planted-image?area={area}&centre={centre}", "i2tor")
    slope = one(result.estimates, "i2tor", "area_elasticity", "logit", "log area", "pair-ladder")
    middle = one(result.estimates, "i2tor", "centre_preference", "logit", "centrality", "pair-ladder")
    assert holds(slope, area) and slope.ci_high - slope.ci_low < 0.6
    assert holds(middle, centre) and middle.ci_high - middle.ci_low < 2
    verdict = next(v for v in result.verdicts if v.metric == "area_elasticity")
    assert verdict.unit == "logits"
    assert (verdict.kind == "bias") == (area > 0)
    assert (verdict.ci_low <= 0 <= verdict.ci_high) == (area == 0)


def test_the_two_twins_of_a_picture_probe_agree_on_a_planted_encoder(run):
    """Its pictures and its texts lie in one space, so IOR and I2TOR must find the very same winners."""
    result = run("null:planted-image?area=0.5", "ior", "i2tor", ladder_sets=2)
    for metric, group in (("winner_share", "size_level"), ("winner_share", "slot"), ("size_bias", "size_level")):
        pairs = zip(*(all_of(result.estimates, probe, metric, group) for probe in ("ior", "i2tor")), strict=True)
        for a, b in pairs:
            assert a.value == pytest.approx(b.value, abs=1e-9)


def test_a_seed_of_the_planted_encoder_changes_trials_not_the_truth(run):
    slopes = []
    for seed in range(3):
        found = run(f"null:planted-image?area=0.7&category=1&seed={seed}", "i2tor", ladder_sets=6, sets=2)
        slopes.append(one(found.estimates, "i2tor", "area_elasticity", "logit", "log area", "pair-ladder"))
    assert len({e.value for e in slopes}) == 3
    assert all(holds(e, 0.7) for e in slopes)


def test_blind_nulls_are_exact(run):
    result = run("null:planted-image?area=1", "ior", "i2tor", "toir", "matching", objects=(2, 3), ladder_sets=2)
    for name in ("constant", "flat-bag"):
        records = null(result, name)
        for probe in ("ior", "i2tor"):
            for n in (2, 3):
                for group in ("size_level", "slot", "size_rank"):
                    own = [e for e in all_of(records, probe, "winner_share", group) if e.n_objects == n]
                    np.testing.assert_allclose([e.value for e in own], 1 / n, atol=1e-12, err_msg=f"{name} {group}")
            for e in all_of(records, probe, "size_bias", "size_level"):
                assert (e.value, e.ci_low, e.ci_high) == pytest.approx((0, 0, 0), abs=1e-12)
    for e in all_of(null(result, "constant"), "matching", "matching_accuracy", "cell"):
        assert e.value == pytest.approx(0.5, abs=1e-12)
    for name in ("constant", "flat-bag", "area-bag", "centre-bag", "noisy-area-bag"):
        effects = all_of(null(result, name), "matching", "matching_effect", "factor")
        order = [e for e in effects if set(e.level.split("*")) <= {"correct", "wrong", "foil"}]
        assert len(order) == 6
        np.testing.assert_allclose([e.value for e in order], 0, atol=1e-12, err_msg=name)
    for e in result.estimates:
        if e.probe == "toir" and e.metric == "order_bias":
            assert e.value == pytest.approx(0, abs=1e-12)


def test_the_published_scenarios_differ_for_an_encoder_without_order(run):
    """docs/matching.md: scenario 2 takes away an object that a noisy, area-weighted sum of items hardly sees. The
    factorial gives the difference to the object that was removed and none of it to order."""
    records = run("null:area-bag?noise=0.3", "matching", objects=(4,), sets=8, foils="all").estimates
    scenario = {e.level: e for e in all_of(records, "matching", "matching_accuracy", "scenario")}
    assert scenario["1"].value > 0.99 and 0.55 < scenario["2"].value < 0.85
    effect = one(records, "matching", "matching_effect", "scenario", "1-2")
    assert effect.value == pytest.approx(scenario["1"].value - scenario["2"].value) and effect.ci_low > 0
    factors = {e.level: e for e in all_of(records, "matching", "matching_effect", "factor")}
    assert factors["removed"].ci_low > 0.1
    for order in ("correct", "wrong", "foil"):
        assert (factors[order].value, factors[order].ci_low) == pytest.approx((0, 0), abs=1e-12)


def test_a_planted_order_is_found_where_it_is(run):
    result = run("null:planted-image?first=0.6", "toir", "matching", ladder_sets=2)
    bias = one(result.estimates, "toir", "order_bias", "mention_position", "first-last", "gallery")
    assert holds(bias, 0.6)
    for metric in ("matching_effect",):
        factors = {e.level: e for e in all_of(result.estimates, "matching", metric, "factor")}
        assert factors["removed"].ci_low <= 0 <= factors["removed"].ci_high
    verdict = next(v for v in result.verdicts if v.probe == "toir" and v.effect == "first-last")
    assert verdict.kind == "bias"


def test_the_published_protocol_keeps_its_denominators(run):
    result = run("null:area-bag?gamma=0.3&noise=0.15", "ior", "matching", protocol="paper", objects=(3,), sets=20)
    paper = {e.level: e for e in all_of(result.estimates, "ior", "paper_share", "published", "paper")}
    assert list(paper) == ["large", "small 1", "small 2"]
    assert len({e.n for e in paper.values()}) == 1 and 0 < paper["large"].n < 20
    assert sum(e.value for e in paper.values()) == pytest.approx(1)
    plain = {e.level: e for e in all_of(result.estimates, "ior", "winner_share", "size_level", "paper")}
    assert plain["large"].n == 20 and plain["large"].value > 0.6
    assert not [e for e in result.estimates if e.metric == "area_elasticity"]  # the published design has no ladder
    gallery = next(c for c in result.checks if c.name == "gallery of pictures")
    assert gallery.status == "warning" and "one picture" in gallery.message
    assert {e.level for e in all_of(result.estimates, "matching", "matching_accuracy", "scenario", "paper")} == {
        "1",
        "2",
    }
