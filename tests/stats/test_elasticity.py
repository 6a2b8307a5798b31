"""Area elasticity: planted slopes come back, nulls are paired, what has no area effect comes out at exactly zero."""

import math

import numpy as np
import pytest

from primacy.errors import UsageError
from primacy.stats.columns import Cell
from primacy.stats.effects import AUDITED, settle
from primacy.stats.elasticity import area_elasticity

CELL = Cell("balanced", "*", 0.95, 0.05, probe="ior", stimuli="pair-ladder")


def by_metric(found, name=AUDITED):
    return {record.metric: record for record in found.records[name]}


@pytest.mark.parametrize(("area", "centre"), [(0.0, 1.0), (0.5, 0.0), (1.0, 1.0)])
def test_planted_slopes_are_inside_their_intervals(ladder, area, centre):
    """Twenty encoders each, slopes differ between sets: 95 % intervals hold them in at least 16 (P(fewer) = 0.3 %)."""
    found = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        bench = ladder(sets=12, rng=rng, blur=0.05)
        utility = bench.utility(area, centre, rng.normal(size=20), spread=0.15)
        found.append(by_metric(area_elasticity({AUDITED: bench.sums(utility)}, bench.names, CELL)))
    for metric, truth in (("area_elasticity", area), ("centre_preference", centre)):
        assert sum(f[metric].ci_low <= truth <= f[metric].ci_high for f in found) >= 16
        assert np.mean([f[metric].value for f in found]) == pytest.approx(truth, abs=0.1)
    if area:
        # outer slots stand 0.3 from the centre in one direction (four of them) or in both
        apart = (4 * 0.3 + 4 * 0.3 * math.sqrt(2)) / 8 / math.sqrt(0.5)
        truth = math.exp(centre * apart / area)
        held = [f["tie_ratio"].ci_low <= truth <= f["tie_ratio"].ci_high for f in found]
        assert sum(held) >= 16
        assert np.median([f["tie_ratio"].value for f in found]) == pytest.approx(truth, rel=0.15)


def test_a_record_names_what_it_is(ladder):
    bench = ladder(sets=6)
    found = area_elasticity({AUDITED: bench.sums(bench.utility(1.0, 1.0))}, bench.names, CELL)
    records = [
        (r.probe, r.stimuli, r.n_objects, r.metric, r.group, r.level, r.n, r.n_clusters) for r in found.records[AUDITED]
    ]
    shown = ("ior", "pair-ladder", 2)
    assert records == [
        (*shown, "area_elasticity", "logit", "log area", 672.0, 6),
        (*shown, "centre_preference", "logit", "centrality", 672.0, 6),
        (*shown, "tie_ratio", "logit", "off-centre:centre", 672.0, 6),
    ]


def test_a_constant_encoder_has_exactly_none(ladder):
    bench = ladder(sets=6, blur=0.05)
    found = area_elasticity({AUDITED: bench.sums(np.zeros(bench.table.objects.shape), noise=False)}, bench.names, CELL)
    slopes = by_metric(found)
    for metric in ("area_elasticity", "centre_preference"):
        assert (slopes[metric].value, slopes[metric].ci_low, slopes[metric].ci_high) == (0, 0, 0)
    assert slopes["tie_ratio"].value is None
    assert found.notes[AUDITED] == ["tie ratio: not defined, since the interval of the area elasticity includes zero"]
    assert [v.kind for v in settle(found.effects, 0.05)] == ["equivalent", "equivalent"]


def test_likings_alone_make_no_elasticity_in_a_balanced_ladder(ladder):
    bench = ladder(sets=8)
    utility = bench.utility(category=np.linspace(-1, 1, 20))
    found = by_metric(area_elasticity({AUDITED: bench.sums(utility, noise=False)}, bench.names, CELL))
    assert found["area_elasticity"].value == pytest.approx(0, abs=1e-8)
    assert found["centre_preference"].value == pytest.approx(0, abs=1e-8)


def test_the_margin_is_what_doubling_the_area_of_an_even_pair_may_change(ladder):
    bench = ladder(sets=6)
    found = area_elasticity({AUDITED: bench.sums(bench.utility(1.0, 0.5))}, bench.names, CELL)
    area, centre = settle(found.effects, 0.05)
    share = lambda logits: 1 / (1 + math.exp(-logits))  # noqa: E731
    assert share(area.margin * math.log(2)) - 0.5 == pytest.approx(0.05)
    assert share(centre.margin) - 0.5 == pytest.approx(0.05)
    assert (area.effect, area.unit, area.metric) == ("log area", "logits", "area_elasticity")
    assert area.reason.startswith(f"The effect of +{area.value:.2f} logits per unit of log area [")
    assert "points" not in area.reason + centre.reason


def test_verdicts_with_nulls(ladder):
    bench = ladder(sets=18, rng=np.random.default_rng(2))
    encoder = bench.sums(bench.utility(0.7, 0.0))
    twin, large = bench.sums(bench.utility(0.7, 0.0)), bench.sums(bench.utility(5.0))
    clean, even = bench.sums(bench.utility()), bench.sums(bench.utility(), noise=False)

    def verdict(**nulls):
        found = area_elasticity({AUDITED: encoder, **nulls}, bench.names, CELL)
        return settle(found.effects, 0.05)[0]

    assert verdict(constant=even).kind == "bias"
    assert verdict(constant=even, **{"untrained#0": clean}).kind == "bias"
    shown = verdict(**{"untrained#0": twin, "constant": even})
    assert shown.kind == "artefact" and "untrained#0 shows +0." in shown.reason
    # a null that prefers large things is none for an effect of area
    assert verdict(constant=even, **{"area-bag": large}).kind == "bias"
    assert [n.name for n in verdict(constant=even, **{"area-bag": large}).nulls] == ["constant"]


def test_differences_to_nulls_are_paired(ladder):
    """Two encoders with the same ups and downs between sets differ by less than either's own uncertainty."""
    bench = ladder(sets=18, rng=np.random.default_rng(3))
    utility = bench.utility(0.5, spread=0.6)
    found = area_elasticity({AUDITED: bench.sums(utility), "untrained#0": bench.sums(utility)}, bench.names, CELL)
    null = found.effects[0].nulls[0]
    width = lambda i: i.high - i.low  # noqa: E731
    assert null.difference.value == pytest.approx(found.effects[0].interval.value - null.interval.value)
    assert width(null.difference) < 0.6 * width(null.interval)
    same = area_elasticity({AUDITED: (own := bench.sums(utility)), "untrained#0": own}, bench.names, CELL)
    assert same.effects[0].nulls[0].difference == (0, 0, 0)


def test_nulls_of_other_pictures_are_refused(ladder):
    one, two = ladder(sets=4), ladder(sets=5)
    sums = {AUDITED: one.sums(one.utility()), "constant": two.sums(two.utility())}
    with pytest.raises(UsageError, match="constant was scored on other pictures"):
        area_elasticity(sums, one.names, CELL)


def test_pictures_without_areas_say_so(ladder):
    bench = ladder(sets=4)
    bench.table.areas[:] = np.nan
    found = area_elasticity({AUDITED: bench.sums(np.zeros(bench.table.objects.shape))}, bench.names, CELL)
    assert (found.records, found.effects) == ({}, [])
    assert found.notes[AUDITED] == ["area elasticity: measured in 0 of 448 pictures"]


def test_without_slots_centrality_stands_in(ladder):
    bench = ladder(sets=10, rng=np.random.default_rng(5), blur=0.05)
    bench.table.slots[:] = ""
    found = by_metric(area_elasticity({AUDITED: bench.sums(bench.utility(0.8, 1.5))}, bench.names, CELL))
    assert set(found) == {"area_elasticity", "centre_preference"}
    assert found["area_elasticity"].ci_low < 0.8 < found["area_elasticity"].ci_high
    assert found["centre_preference"].ci_low < 1.5 < found["centre_preference"].ci_high


def test_a_chooser_by_area_alone_stays_finite(ladder):
    bench = ladder(sets=6)
    found = area_elasticity({AUDITED: bench.sums(bench.utility(1.0), noise=False)}, bench.names, CELL)
    slope = by_metric(found)["area_elasticity"]
    assert 5 < slope.value < 100 and np.isfinite([slope.ci_low, slope.ci_high]).all()
