from dataclasses import replace

import numpy as np
import pytest

from primacy.corpus.order.models import models
from primacy.corpus.order.pairs import pairs_of


def test_the_planted_odds_ratio_per_doubling_is_found(make_planted):
    pairs = pairs_of(make_planted(1200, rng=np.random.default_rng(0), category=1.0, size=0.5))
    (size,) = models(pairs, 0.95)
    assert (size.name, [term.name for term in size.terms], size.terms[0].per) == ("size", ["area"], "doubling")
    assert size.converged
    assert size.terms[0].odds_ratio.ci_low < np.exp(0.5) < size.terms[0].odds_ratio.ci_high
    assert size.terms[0].p < 1e-6


def test_place_and_number_are_told_from_size(make_planted):
    """Order by place alone, which goes with size: size alone seems to matter, beside place it does not."""
    rng = np.random.default_rng(1)
    pairs = pairs_of(make_planted(1500, rng=rng))
    place = 0.1 * pairs.log_area + 0.2 * rng.standard_normal(len(pairs))
    first = (rng.random(len(pairs)) < 1 / (1 + np.exp(-6 * place))).astype(float)
    number = rng.integers(-1, 2, len(pairs)).astype(float)
    place[:40] = np.nan
    alone, full = models(replace(pairs, first=first, centrality=place, log_instances=number), 0.95)
    assert alone.terms[0].odds_ratio.ci_low > 1.2
    assert full.name == "size, place and number"
    area, centrality, instances = full.terms
    assert area.odds_ratio.ci_low < 1 < area.odds_ratio.ci_high
    assert instances.odds_ratio.ci_low < 1 < instances.odds_ratio.ci_high
    assert (centrality.per, instances.per) == ("0.1", "doubling")
    assert centrality.odds_ratio.value == pytest.approx(np.exp(0.6), rel=0.15)
    assert full.n_pairs <= len(pairs) - 40


def test_terms_that_do_not_vary_or_are_not_known_are_left_out(make_planted):
    pairs = pairs_of(make_planted(200, rng=np.random.default_rng(2), size=0.5))
    unknown = np.full(len(pairs), np.nan)
    assert [model.name for model in models(replace(pairs, centrality=unknown), 0.95)] == ["size"]
    number = (np.arange(len(pairs)) % 3).astype(float)
    both = models(replace(pairs, centrality=unknown, log_instances=number), 0.95)
    assert [model.name for model in both] == ["size", "size and number"]
    assert models(replace(pairs, log_area=pairs.stratum.astype(float)), 0.95) == ()
