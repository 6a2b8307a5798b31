"""The theorem's losses against integrals, enumerations and simulations that share no code with them."""

import json
from functools import partial
from itertools import product
from math import exp, log, log1p, sqrt
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, special
from typer.testing import CliRunner

from primacy.cli.app import app
from primacy.lab import theorem
from primacy.lab.theorem_batch import batch_losses, draw, rate_losses
from primacy.lab.theorem_laws import (
    exact_loss,
    exact_share,
    expected_loss,
    hard_cosine,
    limit_loss,
    limit_share,
    random_cosine,
)
from primacy.listener import Silent

ENCODERS = ("complete", "both", "text")


def infonce(picture, texts, scale):
    """Of one picture, whose own text is the first; plain cosines."""
    unit = [x / np.linalg.norm(x) for x in (picture, *texts)]
    cosines = np.array([unit[0] @ text for text in unit[1:]])
    return special.logsumexp(scale * cosines) - scale * cosines[0]


def one_loss(encoder, z, others, fresh, kept, scale):
    """Of the encoder on picture z among its text, the texts of `others`, and hard negatives from `fresh`."""
    mask = np.arange(len(z)) < kept
    hard = [np.where(mask, z, new) for new in fresh]
    texts = [z, *others, *hard] if encoder == "complete" else [np.where(mask, x, 0.0) for x in (z, *others, *hard)]
    return infonce(np.where(mask, z, 0.0) if encoder == "both" else z, texts, scale)


@pytest.mark.parametrize("scale", [1, 10, 100])
@pytest.mark.parametrize("dims", [2, 3, 8, 64, 1024])
def test_one_random_negative_is_an_integral_over_the_sphere(dims, scale):
    def integrand(angle):
        density = np.sin(angle) ** (dims - 2) / special.beta((dims - 1) / 2, 0.5)
        return density * log1p(exp(scale * (np.cos(angle) - 1)))

    near = [0.1, 0.3, np.pi / 2 - 0.1, np.pi / 2, np.pi / 2 + 0.1]
    expected, _ = integrate.quad(integrand, 0, np.pi, points=near, limit=200, epsabs=1e-12)
    assert expected_loss(scale, random_cosine("gaussian", dims), 1) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("dims", [3, 16, 512])
@pytest.mark.parametrize("scale", [0.5, 10.0])
def test_mean_likelihood_of_a_random_negative_is_a_known_function(dims, scale):
    values, chances = random_cosine("gaussian", dims)
    assert np.exp(scale * values) @ chances == pytest.approx(special.hyp0f1(dims / 2, scale**2 / 4), rel=1e-10)
    values, chances = random_cosine("signs", dims)
    assert np.exp(scale * values) @ chances == pytest.approx(np.cosh(scale / dims) ** dims, rel=1e-10)


@pytest.mark.parametrize("encoder", ENCODERS)
@pytest.mark.parametrize(("kept", "hard"), [(2, 0), (2, 1), (2, 2), (1, 1)])
def test_signs_are_exact_by_enumeration(encoder, kept, hard):
    scale = 3.0
    corners = [np.array(signs, float) for signs in product((-1, 1), repeat=3)]
    losses = [
        one_loss(encoder, z, others, fresh, kept, scale)
        for z in corners[:3]
        for others in product(corners, repeat=2)
        for fresh in product(corners[: 2 ** (3 - kept)], repeat=hard)  # all that differ in what is dropped
    ]
    found = exact_loss("signs", 3, kept, scale, 2, encoder=encoder, hard=hard)
    assert found == pytest.approx(np.mean(losses), rel=1e-10)


@pytest.mark.parametrize(
    ("encoder", "hard"), [("complete", 0), ("complete", 1), ("both", 0), ("both", 2), ("text", 0), ("text", 2)]
)
def test_gaussian_losses_equal_a_simulation(encoder, hard):
    dims, kept, scale, n = 6, 4, 5.0, 200_000
    rng = np.random.default_rng(3)
    z, *rest = rng.standard_normal((4 + hard, n, dims))
    mask = np.arange(dims) < kept
    texts = np.stack([z, *rest[:3], *(np.where(mask, z, new) for new in rest[3:])])
    texts = texts if encoder == "complete" else texts * mask
    picture = z * mask if encoder == "both" else z
    cosines = (texts * picture).sum(-1) / np.linalg.norm(texts, axis=-1) / np.linalg.norm(picture, axis=-1)
    losses = special.logsumexp(scale * cosines, axis=0) - scale * cosines[0]
    found = exact_loss("gaussian", dims, kept, scale, 3, encoder=encoder, hard=hard)
    assert abs(found - losses.mean()) < 4 * losses.std() / sqrt(n)


def test_no_closed_form_is_claimed_where_hard_negatives_depend_on_each_other():
    assert exact_loss("gaussian", 8, 4, 10, 3, encoder="complete", hard=2) is None
    assert exact_loss("gaussian", 8, 4, 10, 3, encoder="both", hard=2) is not None


@pytest.mark.parametrize(("dims", "kept"), [(2, 1), (9, 8), (9, 2), (512, 256)])
@pytest.mark.parametrize("coordinates", ["gaussian", "signs"])
def test_hard_cosines_are_a_law_with_the_right_mean(coordinates, dims, kept):
    values, chances = hard_cosine(coordinates, dims, kept)
    assert chances.sum() == pytest.approx(1)
    assert np.abs(values).max() <= 1 + 1e-12
    mean = kept / dims  # of signs; of Gaussian vectors A / sqrt((A + B) (A + C))
    if coordinates == "gaussian":
        parts = np.random.default_rng(0).chisquare([[kept], [dims - kept], [dims - kept]], (3, 400_000))
        ratios = parts[0] / np.sqrt((parts[0] + parts[1]) * (parts[0] + parts[2]))
        mean = ratios.mean()
    assert values @ chances == pytest.approx(mean, abs=3e-3)


@pytest.mark.parametrize("coordinates", ["gaussian", "signs"])
@pytest.mark.parametrize("encoder", ENCODERS)
def test_the_limit_is_approached(coordinates, encoder):
    for scale, share, hard in product((1, 10), (0.1, 0.5), (0, 1)):
        limit = limit_loss(scale, 100, dropped=share, encoder=encoder, hard=hard)
        errors = [
            abs(
                exact_loss(coordinates, dims, round(dims * (1 - share)), scale, 100, encoder=encoder, hard=hard) - limit
            )
            for dims in (320, 2560)
        ]
        assert errors[1] < max(errors[0] / 4, 1e-9)


def test_a_constant_number_of_dropped_dimensions_costs_nothing_in_the_end_even_with_hard_negatives():
    gaps = []
    for dims in (128, 1024, 8192):
        both, complete = (
            exact_loss("signs", dims, dims - 8, 100, 1023, encoder=e, hard=1) for e in ("both", "complete")
        )
        gaps.append(both - complete)
        assert gaps[-1] == pytest.approx(log(2) - log1p(exp(-100 * 8 / dims)), rel=0.1)
    assert gaps[0] > 0.6
    assert gaps[2] < 0.06


@settings(max_examples=60, deadline=None)
@given(
    scale=st.floats(0.1, 100),
    negatives=st.integers(1, 10_000),
    share=st.floats(0.001, 0.999),
    hard=st.integers(0, 5),
)
def test_limits_are_ordered(scale, negatives, share, hard):
    complete, both, text = (limit_loss(scale, negatives, dropped=share, encoder=e, hard=hard) for e in ENCODERS)
    assert complete <= both <= text
    assert (complete == both) == (hard == 0)
    assert both - complete <= log(1 + hard) + 1e-12
    warmer = limit_loss(scale / sqrt(1 - share), negatives, dropped=share, encoder="text", hard=hard)
    assert warmer == pytest.approx(both)


@settings(max_examples=40, deadline=None)
@given(scale=st.floats(1, 100), gap=st.floats(0.001, 0.7), negatives=st.integers(0, 100), hard=st.integers(1, 4))
def test_the_share_of_a_gap_has_that_gap(scale, gap, negatives, hard):
    share = limit_share(scale, negatives, gap, hard=hard)
    both, complete = (limit_loss(scale, negatives, dropped=share, encoder=e, hard=hard) for e in ("both", "complete"))
    if share < 1:
        assert both - complete == pytest.approx(gap)
    else:
        assert both - complete <= gap + 1e-9


def test_the_exact_share_is_the_largest():
    losses = {kept: exact_loss("gaussian", 40, kept, 10, 50, encoder="both") for kept in range(2, 41)}
    kept = min(k for k, loss in losses.items() if loss - losses[40] <= 0.05)
    assert exact_share("gaussian", 40, 10, 50, 0.05) == pytest.approx(1 - kept / 40)
    assert exact_share("gaussian", 40, 10, 50, 100) == pytest.approx(1 - 2 / 40)


@pytest.mark.parametrize("coordinates", ["gaussian", "signs"])
def test_batches_equal_plain_loops(coordinates):
    rng = np.random.default_rng(1)
    z, fresh = draw(coordinates, (7, 9), rng), draw(coordinates, (2, 7, 9), rng)
    kept, scales = (3, 8), (1.0, 20.0)
    found = batch_losses(z, fresh, kept, scales)
    for encoder, (c, cut), (k, scale), hard in product(ENCODERS, enumerate(kept), enumerate(scales), (0, 1, 2)):
        losses = [one_loss(encoder, z[i], np.delete(z, i, axis=0), fresh[:hard, i], cut, scale) for i in range(len(z))]
        assert getattr(found, encoder)[c, k, hard] == pytest.approx(np.mean(losses), rel=1e-4, abs=1e-6)


def test_rates_are_those_of_the_trainers_loss_which_shows_half_of_them():
    """The trainer averages both directions, and hard negatives stand in one of them only."""
    import torch
    from torch.nn.functional import normalize

    from primacy.lab.loss import infonce as trained

    rng = np.random.default_rng(2)
    z, fresh = draw("gaussian", (2, 8, 12), rng)
    rates, kept = (0.0, 0.25, 1.0), 5
    hard = np.where(np.arange(12) < kept, z, fresh)
    found = rate_losses(z, fresh, kept, (10.0,), rates)
    for losses, pictures, others in zip(found, (z, z[:, :kept]), (hard, hard[:, :kept]), strict=True):
        for r, rate in enumerate(rates):
            own, negatives = (normalize(torch.tensor(x)) for x in (pictures, others[: int(8 * rate)]))
            both_directions = trained(own, own, negatives, torch.tensor(10.0)).item()
            assert (losses[0, r] + losses[0, 0]) / 2 == pytest.approx(both_directions, rel=1e-4)


def test_coordinates_have_mean_0_and_variance_1():
    for coordinates in ("gaussian", "signs"):
        x = draw(coordinates, (200_000,), np.random.default_rng(0)).astype(float)
        assert abs(x.mean()) < 0.01
        assert x.var() == pytest.approx(1, abs=0.01)
    assert set(x) == {-1.0, 1.0}


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(theorem, "DIMS", (16, 32))
    monkeypatch.setattr(theorem, "DROPPED", (8, 51, 256))


def test_measurements_agree_with_what_is_expected(small):
    found = theorem.measure(seed=5, listener=Silent(), negatives=31, batches=24)
    known = [gap for gap in found.gaps if gap.exact is not None and gap.ci_high - gap.ci_low > 1e-4]
    inside = [gap.ci_low <= gap.exact <= gap.ci_high for gap in known]
    assert len(known) > 60
    assert np.mean(inside) > 0.85
    assert {gap.table for gap in found.gaps} == {"dims", "dropped", "hard", "rate"}
    slope = [gap.gap for gap in found.gaps if (gap.table, gap.scale, gap.dropped) == ("rate", 100.0, 256)]
    assert slope == pytest.approx([log(2) * rate for rate in theorem.RATES], abs=1e-4)


def test_the_seed_alone_decides(small):
    first, again, other = (
        theorem.measure(seed=seed, listener=Silent(), negatives=7, batches=2).gaps for seed in (0, 0, 1)
    )
    assert first == again
    assert first != other


def test_the_command_prints_and_writes_what_was_measured(small, monkeypatch, tmp_path):
    monkeypatch.setattr(theorem, "measure", partial(theorem.measure, negatives=7, batches=2))
    printed = CliRunner().invoke(app, ["lab", "theorem", "-o", str(tmp_path / "new")])
    assert printed.exit_code == 0, printed.output
    assert "One hard negative" in printed.stdout
    written = theorem.Theorem.model_validate_json((tmp_path / "new" / "theorem.json").read_bytes())
    shown = [gap for gap in written.gaps if gap.coordinates == "gaussian" and gap.truncated == "both"]
    assert all(f" {gap.gap:.4f} ±" in printed.stdout for gap in shown if gap.table != "dims" or gap.dropped == 8)
    assert ElementTree.parse(tmp_path / "new" / "theorem.svg").getroot().tag.endswith("svg")  # noqa: S314
    as_json = CliRunner().invoke(app, ["lab", "theorem", "--json", "-o", str(tmp_path)])
    assert json.loads(as_json.stdout)["gaps"] == json.loads(written.model_dump_json())["gaps"]


def test_a_forbidden_folder_is_a_deliberate_error(small, monkeypatch, tmp_path):
    from primacy.errors import RunError

    monkeypatch.setattr(theorem, "measure", partial(theorem.measure, negatives=7, batches=2))
    (tmp_path / "file").write_text("")
    result = CliRunner().invoke(app, ["lab", "theorem", "-o", str(tmp_path / "file")])
    assert isinstance(result.exception, RunError)
