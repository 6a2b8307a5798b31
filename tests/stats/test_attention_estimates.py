"""Attention estimates recover planted exponents, agree with statsmodels, and lead to the right verdicts."""

from __future__ import annotations

import numpy as np
import pytest

from primacy.encoders.attention.base import AttentionMaps
from primacy.probes.attention import EVEN, AttentionSums, even_maps
from primacy.stats.attention_estimates import MARGIN, attention_estimates
from primacy.stats.columns import Cell
from primacy.stats.effects import settle

GRID = (12, 12)
CELL = Cell("balanced", "*", 0.95, 0.05, "attention", "one-large", "object sets")
LEVELS = np.array(["large", "small", "small"])


def pictures(rng, m):
    """Three disjoint objects of whole patches in each of m pictures, the first the largest: coverage (m, 3, *GRID)."""
    coverage = np.zeros((m, 3, *GRID))
    for i in range(m):
        rows, start = [int(rng.integers(30, 60)), *rng.integers(3, 20, 2)], 0
        for k, count in enumerate(rows):
            coverage[i, k].ravel()[start : start + count] = 1
            start += count
    return coverage


def attended(rng, coverage, beta, clusters, noise=0.1, layers=2, heads=2):
    """Maps in which an object's share is area^beta times noise, partly common to a cluster; half lies elsewhere."""
    m, n = coverage.shape[:2]
    areas = coverage.mean(axis=(2, 3))
    common = noise * rng.standard_normal((clusters.max() + 1, n))[clusters]
    share = areas**beta * np.exp(common + noise * rng.standard_normal((m, n)))
    patches = (share / areas)[:, :, None, None] * coverage
    flat = np.full((m, *GRID), areas.mean() ** beta)
    rows = np.where(coverage.any(axis=1), patches.sum(axis=1), flat)
    rows *= 0.5 / rows.sum(axis=(1, 2), keepdims=True)
    weights = np.broadcast_to(rows[:, None, None], (m, layers, heads, *GRID)).astype(np.float32).copy()
    weights[:, 0] = 0.5 / rows[0].size  # the first layer is flat
    return AttentionMaps(weights, rows.astype(np.float32), None)


def sums_of(maps, coverage, clusters, credit=None, by_head=False):
    sums = AttentionSums(("0", "1"), 2, clusters, ("large", "small"), by_head=by_head)
    sums.add(maps, coverage, clusters, np.tile(LEVELS, (len(clusters), 1)), credit)
    return sums


def planted(beta, seed=0, m=300, null_beta=1.0, credit=None, by_head=False):
    rng = np.random.default_rng(seed)
    coverage, clusters = pictures(rng, m), np.arange(m) // 6
    maps = attended(rng, coverage, beta, clusters)
    null = attended(rng, coverage, null_beta, clusters)
    sums = {
        "encoder": sums_of(maps, coverage, clusters, credit, by_head),
        "untrained#0": sums_of(null, coverage, clusters, credit),
    }
    found = attention_estimates(sums, CELL, n_objects=3, rng=np.random.default_rng(1))
    return found, maps, coverage, clusters


def get(records, metric, group, level):
    found = [e for e in records if (e.metric, e.group, e.level) == (metric, group, level)]
    assert len(found) == 1, (metric, group, level)
    return found[0]


def test_slope_and_interval_are_those_of_a_regression_with_picture_effects():
    statsmodels = pytest.importorskip("statsmodels.api")
    found, maps, coverage, clusters = planted(0.6)
    row = maps.weights[:, 1].mean(axis=1).astype(float)
    share = (row[:, None] * coverage).sum(axis=(2, 3))
    x, y = np.log(coverage.mean(axis=(2, 3))).ravel(), np.log(share).ravel()
    picture = np.repeat(np.arange(len(share)), 3)
    dummies = np.eye(len(share))[picture]
    fit = statsmodels.OLS(y, np.column_stack([x, dummies])).fit(
        cov_type="cluster", cov_kwds={"groups": clusters[picture], "use_correction": False}
    )
    for level in ("1", "last"):
        e = get(found.records["encoder"], "attention_slope", "layer", level)
        assert e.value == pytest.approx(fit.params[0], abs=1e-6)
        assert e.ci_low < 0.6 < e.ci_high
        width = (e.ci_high - e.ci_low) / 2
        assert width == pytest.approx(2.01 * fit.bse[0], rel=0.1)  # t of 50 clusters
        assert (e.n, e.n_clusters, e.n_objects, e.stimuli) == (900, 50, 3, "one-large")
    flat = get(found.records["encoder"], "attention_slope", "layer", "0")
    assert flat.value == pytest.approx(1, abs=1e-6)
    assert get(found.records["untrained#0"], "attention_slope", "layer", "1").value == pytest.approx(1, abs=0.05)


def test_shares_densities_contrast_and_ratios_by_hand():
    found, maps, coverage, _ = planted(0.5)
    records = found.records["encoder"]
    row = maps.weights[:, 1, 0].astype(float)
    share = (row[:, None] * coverage).sum(axis=(2, 3))
    density = share / row.sum(axis=(1, 2))[:, None] / coverage.mean(axis=(2, 3))
    # patches are whole here, so there is nothing to unmix
    for name, values in (("attention_share", share), ("attention_density", density), ("attention_unmixed", density)):
        large = get(records, name, "size_level*layer", "large*1")
        small = get(records, name, "size_level*layer", "small*last")
        assert large.value == pytest.approx(values[:, 0].mean(), rel=1e-5)
        assert small.value == pytest.approx(values[:, 1:].mean(), rel=1e-5)
        assert (large.n, small.n) == (300, 600)
        assert large.ci_low < large.value < large.ci_high
        ratio = get(records, f"{name}_ratio", "layer", "large:small*last")
        assert ratio.value == pytest.approx(large.value / small.value, rel=1e-6)
        assert ratio.ci_low < ratio.value < ratio.ci_high
    contrast = get(records, "attention_density", "layer", "large-small*last")
    expected = (np.log(density[:, 0]) - np.log(density[:, 1:]).mean(axis=1)).mean()
    assert contrast.value == pytest.approx(expected, rel=1e-4)
    assert contrast.ci_high < 0
    parts = [get(records, "attention_share", "rest*layer", f"{name}*last").value for name in ("ground", "elsewhere")]
    assert parts[1] == pytest.approx(0.5, abs=1e-5)
    assert share.sum(axis=1).mean() + sum(parts) == pytest.approx(1, abs=1e-5)


def test_verdicts():
    kinds = {}
    for name, beta, null in (("bias", 0.5, 1.0), ("equivalent", 1.0, 1.0), ("artefact", 0.5, 0.5)):
        found, *_ = planted(beta, null_beta=null)
        (effect,) = found.effects
        assert (effect.probe, effect.metric, effect.effect) == ("attention", "attention_density", "log area")
        assert (effect.stimuli, effect.n_objects, effect.margin) == ("one-large", 3, MARGIN)
        assert effect.interval.low < beta - 1 < effect.interval.high
        assert [null.name for null in effect.nulls] == ["untrained#0"]
        (verdict,) = settle(found.effects, 0.05)
        kinds[name] = verdict.kind
        assert verdict.margin == MARGIN
    assert kinds == {name: name for name in kinds}


def test_limits_below_minus_one_are_not_clipped():
    """A slope of share below 0 makes one of density below -1, which no difference of shares can be."""
    found, *_ = planted(-0.5)
    (effect,) = found.effects
    assert effect.interval.high < -1
    assert effect.nulls[0].difference.high < -1


def test_agreement_and_correlation():
    rng = np.random.default_rng(3)
    m = 300
    won = rng.integers(0, 3, m)
    credit = np.eye(3)[won]
    credit[5] = np.nan
    found, maps, coverage, _ = planted(0.5, credit=credit)
    records = found.records["encoder"]
    row = maps.weights[:, 1, 0].astype(float)
    share = (row[:, None] * coverage).sum(axis=(2, 3))
    areas = coverage.mean(axis=(2, 3))
    kept = np.arange(m) != 5
    agree = get(records, "attention_agreement", "layer", "1")
    assert agree.value == pytest.approx((share.argmax(axis=1) == won)[kept].mean())
    assert (agree.n, agree.n_clusters) == (299, 50)
    density = get(records, "attention_agreement", "measure*layer", "density*last")
    assert density.value == pytest.approx(((share / areas).argmax(axis=1) == won)[kept].mean())
    area = get(records, "attention_agreement", "measure*layer", "area*rollout")
    assert area.value == pytest.approx((areas.argmax(axis=1) == won)[kept].mean())

    def centred(values):
        return (values - values.mean(axis=1, keepdims=True))[kept].ravel()

    for name, values in (("share", share), ("density", share / areas)):
        e = get(records, "attention_correlation", "measure*layer", f"{name}*1")
        expected = np.corrcoef(centred(np.log(values)), centred(credit))[0, 1]
        assert e.value == pytest.approx(expected, abs=1e-4)
        assert e.ci_low < e.value < e.ci_high
    flat = get(records, "attention_correlation", "measure*layer", "density*0")
    assert flat.value is None  # a flat layer's densities differ by rounding only


def test_correlation_is_one_where_credit_follows_attention():
    rng = np.random.default_rng(4)
    coverage, clusters = pictures(rng, 60), np.arange(60) // 3
    maps = attended(rng, coverage, 0.5, clusters)
    logs = np.log((maps.weights[:, 1, 0].astype(float)[:, None] * coverage).sum(axis=(2, 3)))
    credit = 1 / 3 + 0.01 * (logs - logs.mean(axis=1, keepdims=True))
    found = attention_estimates(
        {"encoder": sums_of(maps, coverage, clusters, credit)}, CELL, n_objects=3, rng=np.random.default_rng(0)
    )
    assert get(found.records["encoder"], "attention_correlation", "measure*layer", "share*1").value == pytest.approx(1)


def test_without_credit_or_levels_only_what_can_be_said():
    rng = np.random.default_rng(5)
    coverage, clusters = pictures(rng, 40), np.arange(40) // 2
    sums = AttentionSums(("0", "1"), 2, clusters)
    sums.add(attended(rng, coverage, 0.7, clusters), coverage, clusters, np.tile(LEVELS, (40, 1)))
    found = attention_estimates({"encoder": sums}, CELL, n_objects=0, rng=np.random.default_rng(0))
    groups = {(e.metric, e.group) for e in found.records["encoder"]}
    assert groups == {("attention_share", "rest*layer"), ("attention_slope", "layer")}
    assert len(found.effects) == 1


def test_a_null_of_other_layers_stands_beside_the_encoder():
    rng = np.random.default_rng(6)
    coverage, clusters = pictures(rng, 120), np.arange(120) // 4
    even = AttentionSums(("objects",), 1, clusters, ("large", "small"))
    even.add(even_maps(coverage), coverage, clusters, np.tile(LEVELS, (120, 1)))
    sums = {"encoder": sums_of(attended(rng, coverage, 0.5, clusters), coverage, clusters), EVEN: even}
    found = attention_estimates(sums, CELL, n_objects=3, rng=np.random.default_rng(0))
    (null,) = found.effects[0].nulls
    assert (null.name, null.interval.value) == (EVEN, pytest.approx(0, abs=1e-6))  # whole patches: nothing is mixed
    assert get(found.records[EVEN], "attention_slope", "layer", "objects").value == pytest.approx(1)


def test_heads_and_no_duplicate_records():
    found, maps, coverage, _ = planted(0.5, by_head=True, credit=np.full((300, 3), 1 / 3))
    for name, records in found.records.items():
        keys = [(e.metric, e.group, e.level) for e in records]
        assert len(set(keys)) == len(keys)
        assert ("attention_share", "size_level*layer*head", "large*1*1") in keys if name == "encoder" else True
    e = get(found.records["encoder"], "attention_share", "size_level*layer*head", "small*1*0")
    share = (maps.weights[:, 1, 0].astype(float)[:, None] * coverage).sum(axis=(2, 3))
    assert e.value == pytest.approx(share[:, 1:].mean(), rel=1e-5)
    assert e.n == 600
    assert not [e for e in found.records["untrained#0"] if "head" in e.group]


def test_same_seed_same_records():
    first, second = (planted(0.5)[0] for _ in range(2))
    assert first.records == second.records
