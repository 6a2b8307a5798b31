"""TOIR: captions against pictures, pooled over the versions of the gallery that show their objects at one scale."""

import numpy as np
import pytest

from primacy.design.text import TrialBlock
from primacy.probes.retrieval import score, unit
from primacy.probes.toir import toir_sums
from primacy.stats.columns import Cell
from primacy.stats.effects import AUDITED
from primacy.stats.tor_estimates import pooled, tor_estimates
from primacy.stimuli.images.gallery import Version

VERSIONS = [Version(scale, slot, 0.0) for slot in ("centre", "left", "upper") for scale in ("0.1", "0.025")]
CELL = Cell("balanced", "*", 0.95, 0.05, probe="toir")


def case(rng, sets=30, n=3, versions=VERSIONS):
    members = rng.random((sets, 8)).argsort(axis=1)[:, :n]
    objects = np.concatenate([[np.roll(row, -r) for r in range(n)] for row in members])
    block = TrialBlock(np.arange(sets * n), np.arange(sets * n) // n, objects, [""] * (sets * n))
    gallery = unit(rng.normal(size=(len(versions), 8, 16)))
    return block, score(rng.normal(size=(sets * n, 16)), objects, gallery)


def estimates(block, scores, versions=VERSIONS):
    sums = toir_sums(30, versions, 3)
    sums.add(block, scores)
    found = tor_estimates({AUDITED: sums}, CELL, rng=np.random.default_rng(0))
    return found, {(r.metric, r.group, r.level): r for r in found.records[AUDITED]}


def test_shares_by_mention_position_and_scale_are_those_of_loops():
    block, scores = case(np.random.default_rng(0))
    found, records = estimates(block, scores)
    for p in range(3):
        want = scores.credit[:, :, p].mean()
        assert records["winner_share", "mention_position", str(p + 1)].value == pytest.approx(want)
        for scale, at in (("0.1", [0, 2, 4]), ("0.025", [1, 3, 5])):
            record = records["winner_share", "mention_position*gallery_scale", f"{p + 1}*{scale}"]
            assert record.value == pytest.approx(scores.credit[:, at, p].mean())
            assert (record.n, record.n_clusters) == (90, 30)
    bias = records["order_bias", "mention_position", "first-last"]
    assert bias.value == pytest.approx(scores.credit[:, :, 0].mean() - scores.credit[:, :, 2].mean())
    assert {r.probe for r in found.records[AUDITED]} == {"toir"} == {e.probe for e in found.effects}
    assert not any("gallery_position" in group for _, group, _ in records)


def test_a_gallery_of_one_scale_has_no_table_of_scales():
    versions = [v for v in VERSIONS if v.scale == "0.1"]
    _, records = estimates(*case(np.random.default_rng(1), versions=versions), versions)
    assert not any("*" in group for _, group, _ in records)


def test_pooled_templates_keep_the_scales():
    block, scores = case(np.random.default_rng(2))
    sums = toir_sums(30, VERSIONS, 3)
    sums.add(block, scores)
    both = pooled([sums, sums])
    assert both.galleries == sums.galleries and both.versions == {"0.1": [0, 2, 4], "0.025": [1, 3, 5]}
    np.testing.assert_array_equal(both["credit"], 2 * sums["credit"])
