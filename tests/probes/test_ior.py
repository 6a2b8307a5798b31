"""Sums over pictures against loops written out here, and what they do with missing facts."""

from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from primacy.design.picture import Picture, Shown
from primacy.design.picture_table import picture_tables
from primacy.probes import ior
from primacy.probes.ior import PictureSums
from primacy.probes.retrieval import score, unit
from primacy.stimuli.images.gallery import Version

NAMES = tuple(f"thing {i}" for i in range(9))
SLOTS = ("upper-left", "upper-right", "lower-left", "lower-right")
VERSIONS = [Version(scale, slot, 0.0) for scale in ("0.1", "0.025") for slot in ("centre", "left")]


def scenes(rng, sets=6, n=4, measured=True, levels=True, slots=True, target=False):
    """One-large scenes: each set in n rotations, each object large once a set."""
    out = []
    for cluster in range(sets):
        members = rng.permutation(len(NAMES))[:n]
        for turn in range(n):
            shown = []
            for place in range(n):
                large = place == (turn + cluster) % n
                area = (0.08 if large else 0.01) * np.exp(0.1 * rng.normal())
                level = ("large" if large else "small") if levels else ""
                role = "target" if target and place == 0 else ""
                x, y = rng.random(2)
                at = SLOTS[place] if slots else ""
                name = NAMES[members[(place + turn) % n]]
                shown.append(Shown(name, area if measured else np.nan, x, y, at, level, role))
            factors = {"ratio": (0.5, 8.0)[turn % 2]} if target else {}
            out.append(Picture(f"{cluster}/{turn}", 10 * cluster + 3, tuple(shown), factors))
    return out


def scored(pictures, rng, dim=12, versions=VERSIONS):
    ((_, table),) = picture_tables(pictures, NAMES).items()
    gallery = unit(rng.normal(size=(len(versions), len(NAMES), dim)))
    return table, score(rng.normal(size=(len(table), dim)), table.objects, gallery)


def summed(table, scores, versions=VERSIONS, names=NAMES):
    sums = PictureSums(table.clusters, versions, names)
    sums.add(table, scores)
    return sums


def by_loops(pictures, scores):
    """{(metric, group, level): [numerator, denominator]} over all pictures, written out."""
    out = defaultdict(lambda: [0.0, 0.0])

    def add(metric, group, level, value, weight=1.0):
        out[metric, group, level][0] += value
        out[metric, group, level][1] += weight

    for i, picture in enumerate(pictures):
        by_area = sorted(range(len(picture.objects)), key=lambda j: -picture.objects[j].area)
        small = 0
        for j, shown in enumerate(picture.objects):
            won = np.mean([scores.credit[i, g, j] for g in range(4)])
            add("winner_share", "size_level", shown.size_level, won)
            add("winner_share", "size_rank", str(by_area.index(j) + 1), won)
            add("winner_share", "slot", shown.slot, won)
            add("winner_share", "category", shown.category, won)
            for g, version in enumerate(VERSIONS):
                half = scores.credit[i, g, j] / 2
                add("winner_share", "size_level*gallery_scale", f"{shown.size_level}*{version.scale}", half, 0.5)
                add("winner_share", "slot*gallery_slot", f"{shown.slot}*{version.slot}", half, 0.5)
            small += shown.size_level == "small"
            role = "large" if shown.size_level == "large" else f"small {small}"
            right = scores.topn_correct[i].mean()
            add("paper_share", "published", role, (scores.credit[i, :, j] * scores.topn_correct[i]).mean(), right)
            for metric, values in (
                ("top1_share", scores.top1),
                ("recall_at_n", scores.recall),
                ("mean_rank", scores.ranks),
                ("mean_cosine", scores.cosines),
                ("margin", scores.margin),
            ):
                add(metric, "size_level", shown.size_level, values[i, :, j].mean())
        add("top1_share", "size_level", "other", scores.top1[i, :, -1].mean())
    return out


def totals(sums):
    return {tuple(key): [x.sum() for x in sums.sums[key]] for key in sums.sums.keys}


def test_sums_are_those_of_loops():
    rng = np.random.default_rng(0)
    pictures = scenes(rng)
    table, scores = scored(pictures, rng)
    sums = summed(table, scores)
    want = by_loops(pictures, scores)
    assert {k: pytest.approx(v) for k, v in want.items()} == totals(sums)
    for cluster in range(6):
        own = [i for i, picture in enumerate(pictures) if picture.cluster == 10 * cluster + 3]
        part = by_loops([pictures[i] for i in own], type(scores)(*(field[own] for field in scores)))
        for key in sums.sums.keys:
            assert [x[cluster] for x in sums.sums[key]] == pytest.approx(part[tuple(key)])
    assert sums.n_objects == 4


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 9999), cut=st.integers(0, 24))
def test_blocks_and_order_of_pictures_do_not_matter(seed, cut):
    rng = np.random.default_rng(seed)
    table, scores = scored(scenes(rng), rng)
    whole, parts, mixed = summed(table, scores), PictureSums(table.clusters, VERSIONS, NAMES), None
    for at in (np.arange(cut), np.arange(cut, 24)):
        parts.add(table.take(at), type(scores)(*(field[at] for field in scores)))
    order = rng.permutation(24)
    mixed = summed(table.take(order), type(scores)(*(field[order] for field in scores)))
    for key in whole.sums.keys:
        np.testing.assert_array_equal(parts.sums[key], whole.sums[key])
        np.testing.assert_allclose(mixed.sums[key], whole.sums[key], atol=1e-12)
    np.testing.assert_array_equal(parts.choice_data().credit, whole.choice_data().credit)
    assert parts.tie_share == whole.tie_share


def test_constant_vectors_share_every_win():
    rng = np.random.default_rng(1)
    table, _ = scored(scenes(rng), rng)
    scores = score(np.ones((24, 3)), table.objects, np.ones((4, 9, 3)) / np.sqrt(3))
    sums = summed(table, scores)
    for key in sums.sums.keys:
        if key.metric in ("winner_share", "paper_share"):
            numerator, denominator = sums.sums[key]
            np.testing.assert_allclose(numerator[denominator > 0] / denominator[denominator > 0], 1 / 4)
    assert sums.tie_share == 1


def test_folders_without_areas_have_levels_but_no_ranks():
    rng = np.random.default_rng(2)
    table, scores = scored(scenes(rng, measured=False), rng)
    groups = {key.group for key in summed(table, scores, names=None).sums.keys}
    assert groups == {"size_level", "slot", "size_level*gallery_scale", "slot*gallery_slot", "published"}
    assert np.isnan(summed(table, scores).choice_data().areas).all()


def test_photos_without_levels_are_ranked_by_area():
    rng = np.random.default_rng(3)
    pictures = scenes(rng, levels=False, slots=False)
    table, scores = scored(pictures, rng)
    sums = summed(table, scores, names=None)
    assert {(key.metric, key.group) for key in sums.sums.keys} == {
        ("paper_share", "published"),
        *(
            (m, "size_rank")
            for m in ("winner_share", "top1_share", "recall_at_n", "mean_rank", "mean_cosine", "margin")
        ),
    }
    largest = [max(range(4), key=lambda j: p.objects[j].area) for p in pictures]
    found = totals(sums)
    assert found["winner_share", "size_rank", "1"][0] == pytest.approx(
        scores.credit.mean(axis=1)[range(24), largest].sum()
    )
    assert found["paper_share", "published", "large"][0] == pytest.approx(
        scores.paper.mean(axis=1)[range(24), largest].sum()
    )


def test_the_target_of_a_ladder_by_ratio_of_areas():
    rng = np.random.default_rng(4)
    pictures = scenes(rng, target=True)
    table, scores = scored(pictures, rng)
    found = totals(summed(table, scores))
    for ratio in (0.5, 8.0):
        at = [i for i, p in enumerate(pictures) if p.factors["ratio"] == ratio]
        want = scores.credit[at].mean(axis=1)[:, 0].sum()
        assert found["winner_share", "area_ratio", str(ratio)] == [pytest.approx(want), len(at)]
    centred = [Picture(p.picture_id, p.cluster, p.objects, {**p.factors, "centred": "other"}) for p in pictures]
    table, scores = scored(centred, np.random.default_rng(5))
    assert ("winner_share", "area_ratio*centred", "8.0*other") in totals(summed(table, scores))


def test_one_version_has_no_gallery_tables():
    rng = np.random.default_rng(6)
    table, scores = scored(scenes(rng), rng, versions=VERSIONS[:1])
    assert not any("gallery" in key.group for key in summed(table, scores, VERSIONS[:1]).sums.keys)


def test_pictures_with_different_numbers_of_objects_stand_together():
    rng = np.random.default_rng(7)
    pictures = scenes(rng, sets=3, n=2) + scenes(rng, sets=3, n=4)
    tables = picture_tables(pictures, NAMES)
    gallery = unit(rng.normal(size=(4, len(NAMES), 12)))
    sums = PictureSums(np.concatenate([t.clusters for t in tables.values()]), VERSIONS)
    scores = {n: score(rng.normal(size=(len(t), 12)), t.objects, gallery) for n, t in tables.items()}
    for n, table in tables.items():
        sums.add(table, scores[n])
    assert sums.n_objects == 0
    data = sums.choice_data()
    np.testing.assert_array_equal(data.present.sum(axis=1), [2] * 6 + [4] * 12)
    np.testing.assert_allclose(data.credit.sum(axis=1), 1)
    np.testing.assert_array_equal(data.credit[6:], scores[4].credit.mean(axis=1))
    assert (data.slots[:6, 2:] == "").all() and (data.slots[6:] != "").all()
    numerator, denominator = totals(sums)["winner_share", "size_rank", "1"]
    assert denominator == 18 and numerator > 0


def test_attribution_keeps_a_random_part_whatever_the_blocks(monkeypatch):
    monkeypatch.setattr(ior, "CHOICE_TRIALS", 10)
    rng = np.random.default_rng(8)
    table, scores = scored(scenes(rng), rng)
    sums = PictureSums(table.clusters, VERSIONS)
    for at in np.array_split(np.arange(24), 7):
        sums.add(table.take(at), type(scores)(*(field[at] for field in scores)))
    whole = PictureSums(table.clusters, VERSIONS)
    whole.add(table, scores)
    np.testing.assert_array_equal(sums.choice_data().objects, whole.choice_data().objects)
    credit = sums.credit_of(np.arange(30))
    kept = np.flatnonzero(~np.isnan(credit).all(axis=1))
    assert len(kept) == 10 and kept.max() < 24 and len(set(np.diff(kept))) > 1
    np.testing.assert_array_equal(credit[kept], scores.credit.mean(axis=1)[kept])
    np.testing.assert_array_equal(sums.choice_data().objects, table.objects[kept])


def test_many_clusters_are_kept_as_random_groups(monkeypatch):
    rng = np.random.default_rng(9)
    table, scores = scored(scenes(rng, sets=200, n=2), rng)
    single = summed(table, scores, names=None)
    monkeypatch.setattr(ior, "MAX_GROUPS", 20)
    grouped = summed(table, scores, names=None)
    assert grouped.sums.n_rows == 20
    assert {k: pytest.approx(v) for k, v in totals(single).items()} == totals(grouped)


def test_nothing_added():
    sums = PictureSums(np.array([], dtype=int), VERSIONS)
    assert sums.choice_data().credit.shape == (0, 0) and sums.tie_share == 0 and sums.n_objects == 0
