"""Shares, densities and their sums against loops over pictures, objects and patches."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from primacy.encoders.attention.base import AttentionMaps
from primacy.errors import UsageError
from primacy.probes.attention import AttentionSums, densities, even_maps, on_patches, shares, unmixed, views

L, H, GRID, SIZES = 2, 3, (4, 5), ("large", "small")


def random_maps(rng, m, gradient=True):
    """Maps whose rows sum to something below 1, as where a class token takes the rest."""
    weights = rng.dirichlet(np.ones(21), size=(m, L, H))[..., :20].reshape(m, L, H, *GRID)
    rollout = rng.dirichlet(np.ones(21), size=m)[..., :20].reshape(m, *GRID)
    slope = rng.random((m, *GRID)) if gradient else None
    return AttentionMaps(weights.astype(np.float32), rollout.astype(np.float32), slope)


def random_coverage(rng, m, n):
    """Objects of random rectangles on 40 x 50 pixels, disjoint by painting one over the other."""
    out = np.zeros((m, n, 40, 50))
    for i in range(m):
        mask = np.zeros((40, 50), dtype=int)
        for k in range(n):
            y, x = rng.integers(0, 30), rng.integers(0, 40)
            mask[y : y + rng.integers(3, 15), x : x + rng.integers(3, 15)] = k + 1
        out[i] = mask[None] == np.arange(1, n + 1)[:, None, None]
    return out


def level_names(m, n):
    return np.array([["large"] + ["small"] * (n - 1)] * m)


def test_patches_are_means_of_their_pixels_and_the_rest_is_left_out():
    covered = np.random.default_rng(0).random((2, 41, 53))  # one line and three columns too many
    found = on_patches(covered, GRID)
    for k in range(2):
        for y in range(4):
            for x in range(5):
                patch = covered[k, 10 * y : 10 * y + 10, 10 * x : 10 * x + 10]
                assert found[k, y, x] == pytest.approx(patch.mean())
    with pytest.raises(UsageError, match="less than one"):
        on_patches(np.zeros((1, 3, 3)), GRID)


def test_shares_and_densities_by_loops():
    rng = np.random.default_rng(1)
    maps, coverage = random_maps(rng, 3), on_patches(random_coverage(rng, 3, 2), GRID)
    share, density = shares(maps.weights, coverage), densities(maps.weights, coverage)
    assert share.shape == density.shape == (3, L, H, 2)
    for i in range(3):
        for layer in range(L):
            for head in range(H):
                row = maps.weights[i, layer, head].astype(float)
                for k in range(2):
                    expected = sum(row[p] * coverage[i, k][p] for p in np.ndindex(GRID))
                    area = coverage[i, k].mean()
                    assert share[i, layer, head, k] == pytest.approx(expected)
                    assert density[i, layer, head, k] == pytest.approx(expected / row.sum() / area)


def test_flat_attention_has_density_one_whatever_the_objects():
    rng = np.random.default_rng(2)
    flat = np.full((4, 1, *GRID), 0.03)  # 40 % elsewhere
    coverage = on_patches(random_coverage(rng, 4, 3), GRID)
    found = densities(flat, coverage)
    np.testing.assert_allclose(found[np.isfinite(found)], 1)
    inside = coverage.mean(axis=(2, 3)) > 0
    assert np.array_equal(np.isfinite(found[:, 0]), inside)


def test_views_are_head_means_rollout_and_scaled_gradient():
    maps = random_maps(np.random.default_rng(3), 2)
    maps.gradient[1] = 0
    found = views(maps)
    assert found.shape == (2, L + 2, *GRID)
    np.testing.assert_allclose(found[:, :L], maps.weights.mean(axis=2), rtol=1e-6)
    np.testing.assert_allclose(found[:, L], maps.rollout, rtol=1e-6)
    assert found[0, L + 1].sum() == pytest.approx(1)
    assert np.isnan(found[1, L + 1]).all()
    assert views(random_maps(np.random.default_rng(3), 2, gradient=False)).shape == (2, L + 1, *GRID)


def filled(rng, m=30, n=3, **settings):
    """Sums over m pictures of 7 clusters, and all that went in."""
    maps, coverage = random_maps(rng, m), on_patches(random_coverage(rng, m, n), GRID)
    clusters, levels = rng.integers(0, 7, m) * 11, level_names(m, n)
    credit = rng.dirichlet(np.ones(n), m)
    credit[4] = np.nan
    coverage[5, 1] = coverage[6, :2] = 0  # cropped away
    maps.gradient[3] = 0
    maps.weights[2, 0][:, coverage[2, 0] > 0] = 0  # no attention at all on one object
    sums = AttentionSums(("0", "1"), H, clusters, SIZES, gradient=True, by_head=True)
    sums.add(maps, coverage, clusters, levels, credit)
    return sums, maps, coverage, clusters, levels, credit


def test_sums_by_loops():
    sums, maps, coverage, clusters, levels, credit = filled(np.random.default_rng(4))
    seen, names = views(maps), [0, 11, 22, 33, 44, 55, 66]
    expected = {name: np.zeros_like(array) for name, array in sums.arrays.items()}
    unseen, zero = 0, np.zeros(L + 2, dtype=int)
    for i in range(len(clusters)):
        row = names.index(clusters[i])
        area = coverage[i].mean(axis=(1, 2))
        unseen += int((area == 0).sum())
        for v in range(L + 2):
            total = seen[i, v].sum()
            if np.isnan(total):
                continue
            got = np.array([(seen[i, v] * cover).sum() for cover in coverage[i]])
            expected["ground"][row, v] += total - got.sum()
            expected["elsewhere"][row, v] += 1 - total
            expected["pictures"][row, v] += 1
            inside = [k for k in range(3) if area[k] > 0]
            density = {k: got[k] / total / area[k] for k in inside}
            columns = [coverage[i, k].ravel() for k in inside] + [1 - coverage[i].sum(axis=0).ravel()]
            pure = np.linalg.lstsq(np.stack(columns, axis=1), seen[i, v].ravel(), rcond=None)[0] * 20 / total
            for k in inside:
                s = SIZES.index(levels[i, k])
                expected["share"][row, v, s] += got[k]
                expected["density"][row, v, s] += density[k]
                expected["unmixed"][row, v, s] += pure[inside.index(k)]
                expected["objects"][row, v, s] += 1
            zero[v] += sum(got[k] == 0 for k in inside)
            used = [k for k in inside if got[k] > 0]
            x, y = np.log(area[used]), np.log(got[used])
            d, c = np.log([density[k] for k in used]), credit[i][used]
            x, y, d, c = (z - z.mean() for z in (x, y, d, c))
            expected["slope_xy"][row, v] += x @ y
            expected["slope_xx"][row, v] += x @ x
            expected["slope_n"][row, v] += len(used) if len(used) > 1 else 0
            large, small = (d[[j for j, k in enumerate(used) if levels[i, k] == size]] for size in SIZES)
            if len(large) and len(small):
                expected["contrast"][row, v] += large.mean() - small.mean()
                expected["contrast_n"][row, v] += 1
            if np.isnan(credit[i]).any():
                continue
            expected["agree_n"][row, v] += 1
            expected["agree_share"][row, v] += credit[i][np.argmax(got)]
            expected["agree_density"][row, v] += credit[i][max(inside, key=lambda k: density[k])]
            expected["agree_area"][row, v] += credit[i][area == area.max()].mean()
            for name, z in (("share", y), ("density", d)):
                expected[f"{name}_credit"][row, v] += z @ c
                expected[f"{name}_{name}"][row, v] += z @ z
            expected["credit_credit"][row, v] += c @ c
        for layer in range(L):
            for head in range(H):
                w = maps.weights[i, layer, head].astype(float)
                for k in [k for k in range(3) if area[k] > 0]:
                    s = SIZES.index(levels[i, k])
                    got = (w * coverage[i, k]).sum()
                    expected["head_share"][row, layer, head, s] += got
                    expected["head_density"][row, layer, head, s] += got / w.sum() / area[k]
                    expected["head_objects"][row, layer, head, s] += 1
    assert unseen == sums.unseen > 0
    assert zero.tolist() == sums.zero.tolist()
    assert zero[0] == 1
    for name, array in expected.items():
        np.testing.assert_allclose(sums[name], array, atol=1e-9, err_msg=name)


def test_batches_and_order_do_not_matter_and_memory_is_that_of_the_clusters():
    whole, maps, coverage, clusters, levels, credit = filled(np.random.default_rng(5))
    parts = AttentionSums(("0", "1"), H, clusters, SIZES, gradient=True, by_head=True)
    size = sum(array.nbytes for array in parts.arrays.values())
    for at in np.array_split(np.random.default_rng(0).permutation(len(clusters)), 7):
        part = AttentionMaps(maps.weights[at], maps.rollout[at], maps.gradient[at])
        parts.add(part, coverage[at], clusters[at], levels[at], credit[at])
    for name, array in whole.arrays.items():
        np.testing.assert_allclose(parts[name], array, atol=1e-9, err_msg=name)
    assert sum(array.nbytes for array in parts.arrays.values()) == size
    assert (parts.unseen, parts.zero.tolist()) == (whole.unseen, whole.zero.tolist())


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.floats(0.1, 5))
def test_density_and_slope_do_not_depend_on_what_the_class_token_takes(seed, factor):
    """Scaling a picture's map changes shares, and nothing that compares objects within it."""
    rng = np.random.default_rng(seed)
    maps, coverage = random_maps(rng, 5), on_patches(random_coverage(rng, 5, 3), GRID)
    scaled = AttentionMaps(maps.weights * np.float32(factor), maps.rollout, maps.gradient)
    found = []
    for each in (maps, scaled):
        sums = AttentionSums(("0", "1"), H, np.arange(5), SIZES, gradient=True)
        sums.add(each, coverage, np.arange(5), level_names(5, 3), np.eye(3)[rng.integers(0, 3, 5)] * 0 + 1 / 3)
        found.append(sums)
    for name in ("density", "slope_xy", "contrast", "agree_share", "share_credit"):
        np.testing.assert_allclose(found[0][name], found[1][name], rtol=1e-4, atol=1e-6, err_msg=name)
    np.testing.assert_allclose(found[1]["share"][:, 0], factor * found[0]["share"][:, 0], rtol=1e-5)


def test_constant_attention_shares_agreement_equally():
    """With equal shares nobody leads: the expected credit is 1/n, as for a constant encoder."""
    coverage = np.zeros((1, 4, *GRID))
    for k in range(4):
        coverage[0, k, k, :] = 1
    maps = AttentionMaps(np.full((1, 1, 1, *GRID), 0.05, np.float32), np.full((1, *GRID), 0.05, np.float32), None)
    sums = AttentionSums(("0",), 1, np.array([3]))
    sums.add(maps, coverage, np.array([3]), np.full((1, 4), ""), np.array([[1.0, 0, 0, 0]]))
    assert sums["agree_share"][0, 0] == pytest.approx(0.25)
    assert sums["agree_density"][0, 0] == pytest.approx(0.25)


def test_what_does_not_fit_is_refused():
    _, maps, coverage, clusters, levels, credit = filled(np.random.default_rng(6))
    for layers, heads, gradient in ((("0",), H, True), (("0", "1"), 2, True), (("0", "1"), H, False)):
        sums = AttentionSums(layers, heads, clusters, SIZES, gradient=gradient)
        with pytest.raises(UsageError, match="do not fit"):
            sums.add(maps, coverage, clusters, levels, credit)


def test_unmixing_finds_planted_densities_on_a_coarse_grid():
    """Densities even within each object and in the ground, shown by patches that objects cover in part."""
    rng = np.random.default_rng(8)
    coverage = on_patches(random_coverage(rng, 30, 3), GRID)
    planted = rng.uniform(0.2, 5, (30, 3))
    pixels = (planted[:, :, None, None] * coverage).sum(axis=1) + 1 - coverage.sum(axis=1)
    maps = pixels[:, None] / 50  # part of the attention lies elsewhere
    found = unmixed(maps, coverage)[:, 0] * pixels.mean(axis=(1, 2))[:, None]
    inside = coverage.mean(axis=(2, 3)) > 0
    assert np.isnan(found[~inside]).all()
    np.testing.assert_allclose(found[inside], planted[inside], rtol=1e-6)
    mixed = densities(maps, coverage)[:, 0] * pixels.mean(axis=(1, 2))[:, None]
    assert np.abs(mixed - planted)[inside].mean() > 0.3


def test_even_maps_have_slope_one_on_fine_grids_and_more_on_coarse_ones():
    """Equal true densities: whole patches show them exactly, coarse ones make small objects look fainter."""
    rng = np.random.default_rng(7)
    masks = np.zeros((40, 2, 64, 64))
    for i in range(40):
        (y, x), (v, u) = rng.integers(0, 5, 2), rng.integers(33, 56, 2)
        masks[i, 0, y : y + 28, x : x + 28] = 1
        masks[i, 1, v : v + 7, u : u + 7] = 1
    slopes = {}
    for side in (64, 8, 4):
        coverage = on_patches(masks, (side, side))
        maps = even_maps(coverage)
        np.testing.assert_allclose(maps.rollout.sum(axis=(1, 2)), 1, rtol=1e-5)
        sums = AttentionSums(("objects",), 1, np.arange(40), SIZES)
        sums.add(maps, coverage, np.arange(40), np.array([["large", "small"]] * 40))
        np.testing.assert_allclose(*unmixed(maps.rollout[:, None], coverage)[:, 0].T, rtol=1e-4)
        slopes[side] = sums["slope_xy"][:, 0].sum() / sums["slope_xx"][:, 0].sum()
    assert slopes[64] == pytest.approx(1, abs=1e-6)
    assert 1.01 < slopes[8] < slopes[4]
    assert not even_maps(np.zeros((2, 3, 4, 4))).weights.any()
