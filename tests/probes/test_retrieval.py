"""TOR scores against brute force: one caption at a time, one gallery at a time, ties broken in every possible way."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from primacy.design.text import TrialBlock
from primacy.probes.retrieval import TIE, score, unit
from primacy.probes.tor import TorSums


def brute_force(caption, objects, gallery):
    """All scores of one caption against one gallery by averaging over every order of tied items."""
    n = len(objects)
    norm = np.linalg.norm(caption)
    sims = np.array([float(np.dot(g, caption) / norm) if norm else 0.0 for g in gallery])
    levels = np.round(sims / TIE / 10)  # inputs are made so that equal levels are ties and others are not
    orders = list(_arrangements(list(_groups(levels))))
    out = {k: np.zeros(n) for k in ("credit", "recall", "ranks", "top1")}
    other = topn = 0.0
    for order in orders:
        place = {item: i for i, item in enumerate(order)}
        first = min(objects, key=lambda o: place[o])
        for p, o in enumerate(objects):
            out["credit"][p] += o == first
            out["top1"][p] += order[0] == o
            out["recall"][p] += place[o] < n
            out["ranks"][p] += place[o] + 1
        other += order[0] not in objects
        topn += set(order[:n]) == set(objects)
    count = len(orders)
    scaled = {k: x / count for k, x in out.items()}
    cos = sims[objects]
    margin = [cos[p] - max(cos[q] for q in range(n) if q != p) for p in range(n)]
    return scaled, other / count, topn / count, cos, margin


def _groups(levels):
    for level in sorted(set(levels), reverse=True):
        yield np.flatnonzero(levels == level).tolist()


def _arrangements(groups):
    if not groups:
        yield []
        return
    for head in permutations(groups[0]):
        for rest in _arrangements(groups[1:]):
            yield [*head, *rest]


@given(seed=st.integers(0, 10_000), n=st.integers(2, 4), tie_levels=st.integers(2, 6))
@settings(max_examples=60, deadline=None)
def test_scores_equal_brute_force_with_ties(seed, n, tie_levels):
    rng = np.random.default_rng(seed)
    v = 6
    # One axis carries the similarity, in few distinct levels, so that ties are many and exact.
    levels = rng.integers(0, tie_levels, size=(2, v)) / (2 * tie_levels)
    gallery = np.stack([levels, np.sqrt(1 - levels**2)], axis=2)
    caption = np.array([[1.0, 0.0]]) * rng.uniform(0.1, 5)
    objects = rng.permutation(v)[:n][None]
    scored = score(caption.astype(np.float32), objects, gallery)
    for g in range(2):
        want, other, topn, cos, margin = brute_force(caption[0], objects[0].tolist(), gallery[g])
        np.testing.assert_allclose(scored.credit[0, g], want["credit"], atol=1e-12)
        np.testing.assert_allclose(scored.top1[0, g], [*want["top1"], other], atol=1e-12)
        np.testing.assert_allclose(scored.recall[0, g], want["recall"], atol=1e-12)
        np.testing.assert_allclose(scored.ranks[0, g], want["ranks"], atol=1e-12)
        np.testing.assert_allclose(scored.topn_correct[0, g], topn, atol=1e-12)
        np.testing.assert_allclose(scored.cosines[0, g], cos, atol=1e-7)
        np.testing.assert_allclose(scored.margin[0, g], margin, atol=1e-7)


def random_case(seed, m=50, galleries=3, v=12, n=4, d=16):
    rng = np.random.default_rng(seed)
    captions = rng.standard_normal((m, d)).astype(np.float32)
    objects = np.argsort(rng.random((m, v)), axis=1)[:, :n]
    return captions, objects, unit(rng.standard_normal((galleries, v, d)))


def test_published_statistics_by_per_sentence_loop():
    """The published procedure (docs/paper.md F3): top-1 among sentences whose whole top-n is right."""
    captions, objects, gallery = random_case(0, m=4000, v=8, n=3)
    scored = score(captions, objects, gallery)
    right = np.zeros(3)
    total = 0
    for caption, row in zip(captions.astype(np.float64), objects.tolist(), strict=True):
        sims = [float(np.dot(item, caption)) / np.linalg.norm(caption) for item in gallery[0]]
        ranked = sorted(range(8), key=lambda item: -sims[item])
        if set(ranked[:3]) == set(row):
            total += 1
            right[row.index(ranked[0])] += 1
    assert total > 30
    assert scored.topn_correct[:, 0].sum() == total
    np.testing.assert_allclose(scored.paper[:, 0].sum(axis=0), right, atol=1e-12)


@given(seed=st.integers(0, 1000))
@settings(max_examples=20, deadline=None)
def test_invariances(seed):
    captions, objects, gallery = random_case(seed, m=10)
    scored = score(captions, objects, gallery)
    rng = np.random.default_rng(seed)
    turned = rng.permutation(4)
    again = score(captions * rng.uniform(0.01, 100), objects[:, turned], gallery)
    for name in ("credit", "recall", "ranks", "cosines", "margin"):  # mention order only relabels positions
        np.testing.assert_allclose(getattr(again, name), getattr(scored, name)[:, :, turned], atol=1e-6)
    relabel = rng.permutation(12)
    renamed = score(captions, relabel[objects], gallery[:, np.argsort(relabel)])
    np.testing.assert_allclose(renamed.ranks, scored.ranks, atol=1e-12)
    np.testing.assert_allclose(scored.credit.sum(axis=2), 1)
    np.testing.assert_allclose(scored.top1.sum(axis=2), 1)


def test_a_constant_encoder_comes_out_at_chance():
    captions = np.ones((5, 7), dtype=np.float32)
    objects = np.array([[0, 1, 2, 3]] * 5)
    scored = score(captions, objects, unit(np.ones((2, 90, 7))))
    assert (scored.credit == 0.25).all()
    np.testing.assert_allclose(scored.top1[..., :4], 1 / 90)
    np.testing.assert_allclose(scored.recall, 4 / 90)
    np.testing.assert_allclose(scored.ranks, 45.5)
    np.testing.assert_allclose(scored.topn_correct, 1 / 2_555_190)
    assert (scored.best == -1).all()


def test_a_zero_vector_ties_everything_instead_of_nan():
    scored = score(np.zeros((1, 3)), np.array([[0, 1]]), unit(np.eye(3)[None]))
    assert (scored.credit == 0.5).all() and np.isfinite(scored.margin).all()


def test_ties_do_not_depend_on_the_last_bits():
    base = np.ones((1, 64)) + 1e-8 * np.random.default_rng(0).standard_normal((1, 64))
    gallery = unit(np.ones((1, 5, 64)) + 1e-8 * np.random.default_rng(1).standard_normal((1, 5, 64)))
    assert (score(base, np.array([[0, 3]]), gallery).credit == 0.5).all()


@given(cut=st.integers(1, 29))
@settings(max_examples=10, deadline=None)
def test_sums_do_not_depend_on_blocks(cut):
    captions, objects, gallery = random_case(1, m=30)
    clusters = np.arange(30) // 4
    block = TrialBlock(np.arange(30), clusters, objects, [""] * 30)
    whole = TorSums(8, 3, 4)
    whole.add(block, score(captions, objects, gallery))
    parts = TorSums(8, 3, 4)
    for rows in (slice(0, cut), slice(cut, 30)):
        piece = TrialBlock(block.trial_ids[rows], clusters[rows], objects[rows], block.texts[rows])
        parts.add(piece, score(captions[rows], objects[rows], gallery))
    for name in whole.arrays:
        np.testing.assert_allclose(parts[name], whole[name], atol=1e-12)
    assert parts.tie_share == whole.tie_share
    by_hand = np.array([score(captions, objects, gallery).credit[clusters == k].sum(axis=0) for k in range(8)])
    np.testing.assert_allclose(whole["credit"], by_hand)


def test_many_clusters_are_kept_as_random_groups(monkeypatch):
    """Totals are untouched, groups are of nearly equal size, and the standard error is that of single clusters."""
    captions, objects, gallery = random_case(3, m=4000)
    block = TrialBlock(np.arange(4000), np.arange(4000), objects, [""] * 4000)
    scored = score(captions, objects, gallery)
    single = TorSums(4000, 3, 4)
    single.add(block, scored)
    monkeypatch.setattr("primacy.probes.tor.MAX_GROUPS", 200)
    grouped = TorSums(4000, 3, 4)
    grouped.add(block, scored)
    for name in single.arrays:
        np.testing.assert_allclose(grouped[name].sum(axis=0), single[name].sum(axis=0), rtol=1e-12)
    sizes = grouped["trials"]
    assert len(sizes) == 200 and sizes.min() >= 10 and sizes.max() <= 30
    residual = lambda s: s["credit"][:, 0, 0] - s["credit"][:, 0, 0].sum() / 4000 * s["trials"]  # noqa: E731
    ratio = np.sqrt((residual(grouped) ** 2).sum() / (residual(single) ** 2).sum())
    assert ratio == pytest.approx(1, abs=0.15)


@pytest.mark.parametrize("n", [2, 5])
def test_margin_is_against_the_best_other(n):
    captions, objects, gallery = random_case(2, n=n)
    scored = score(captions, objects, gallery)
    for p in range(n):
        others = np.delete(scored.cosines, p, axis=2).max(axis=2)
        np.testing.assert_allclose(scored.margin[:, :, p], scored.cosines[:, :, p] - others, atol=1e-12)
