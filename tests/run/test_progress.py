"""Effects along a sequence of encoders: planted ones come out, runs are reused, one that fails loses no other."""

import json
import math
import textwrap

import polars as pl
import pytest

from primacy.encoders.base import EncoderOptions
from primacy.errors import PrimacyError, UnknownNameError, UsageError
from primacy.listener import Silent
from primacy.results.progress import Progress
from primacy.results.spec import AuditSpec
from primacy.run.audit import audit
from primacy.run.checkpoints import Checkpoint, checkpoints
from primacy.run.progress import Numbered, default_probes, follow, keep
from primacy.run.progress_clusters import influence_of
from primacy.run.progress_points import followed
from primacy.stats.picture_model import limits
from primacy.stats.trend import change

TEXT = {"vocabulary": "simco", "objects": (3,), "sets": 40, "probes": ("tor",), "untrained": 2}
IMAGES = {"scenes": "simco", "sets": 5, "ladder_sets": 4, "size": 48}
SEEN = TEXT | {"probes": ("tor", "ior"), "sets": 10, "images": IMAGES}
RISING = ["null:planted?first=0=10", "null:planted?first=0.3=100", "null:planted?first=0.8=1000"]
PICTURES = ["null:planted-image?area=0=1e3", "null:planted-image?area=0.5=1e4"]


@pytest.fixture
def go(tmp_path):
    """Follow named encoders; `go.outcomes` are the runs of the last call."""

    def call(arguments, fields=TEXT, **changes):
        call.outcomes = []

        def run(spec, which):
            outcome = audit(spec, out=tmp_path / "runs", cache=None)
            call.outcomes.append((which, outcome))
            return outcome

        found = [Checkpoint(*a) if isinstance(a, tuple) else a for a in arguments]
        found = checkpoints(found) if isinstance(found[0], str) else found
        return follow(found, AuditSpec(encoder="-", **(fields | changes)), run)

    return call


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    out = tmp_path_factory.mktemp("pictures")
    outcomes = []

    def run(spec, which):
        outcomes.append(audit(spec, out=out, cache=None))
        return outcomes[-1]

    return follow(checkpoints(PICTURES), AuditSpec(encoder="-", **SEEN), run), outcomes


def test_a_planted_rise_comes_out(go):
    progress = go(RISING)
    (series,) = progress.series
    assert (series.probe, series.metric, series.effect, series.unit) == ("tor", "order_bias", "first-last", "share")
    assert [point.x for point in series.points] == [10, 100, 1000]
    assert [point.name for point in series.points] == [name.rpartition("=")[0] for name in RISING]
    for point, planted in zip(series.points, (0, 0.3, 0.8), strict=True):
        assert point.effect.ci_low - 0.02 <= planted <= point.effect.ci_high + 0.02
        first, last = (share.value for share in point.shares)
        assert point.effect.value == pytest.approx(first - last)
        assert point.accuracy.value == pytest.approx(1)  # items are orthogonal: nothing else can win
        assert {null.name for null in point.nulls} == {"constant", "bag", "weighted-bag"}
        assert point.largest_null.value == pytest.approx(0)
    assert series.points[-1].verdict == "bias"
    trend = series.trend
    assert (trend.n_points, trend.tau, trend.p) == (3, pytest.approx(1), None)
    assert trend.change.value == pytest.approx(series.points[-1].effect.value - series.points[0].effect.value)
    assert trend.change.ci_low < 0.8 < trend.change.ci_high
    assert (trend.up, trend.down, trend.unresolved) == (2, 0, 0)
    assert trend.accuracy_tau is None
    assert "no untrained twin" in progress.notes[0]


def test_runs_are_reused_and_the_file_is_the_record(go, tmp_path):
    first = go(RISING)
    assert [which for which, _ in go.outcomes] == ["1/3", "2/3", "3/3"]
    assert not any(outcome.reused for _, outcome in go.outcomes)
    again = go(RISING)
    assert all(outcome.reused for _, outcome in go.outcomes)
    assert again == first
    path = keep(first, tmp_path / "runs")
    assert path.parent.name.startswith(f"progress-{first.progress_id}-null-planted")
    assert Progress.model_validate_json(path.read_bytes()) == first
    assert "NaN" not in path.read_text()
    other = go(RISING[:2])
    assert other.progress_id != first.progress_id


def test_what_the_tables_give_by_cluster_is_what_the_run_says(pictures):
    """Values and, for the slope, the very interval; the bootstrap's of a share within its noise."""
    _, outcomes = pictures
    seen = set()
    for outcome in outcomes:
        for effect, verdict in followed(outcome.result).items():
            found = influence_of(outcome.folder, verdict)
            assert found.value == pytest.approx(verdict.value, abs=1e-9)
            nothing = found._replace(value=0.0, influence=0 * found.influence)
            interval = change(nothing, found, outcome.result.spec.level)
            slack = 1e-6 if effect.effect == "log area" else 0.15 * (verdict.ci_high - verdict.ci_low) + 1e-9
            if verdict.ci_high < 1:  # the run clips a share's interval there
                assert (interval.low, interval.high) == pytest.approx((verdict.ci_low, verdict.ci_high), abs=slack)
            seen.add((effect.probe, effect.effect, effect.stimuli))
    assert seen == {
        ("tor", "first-last", ""), ("ior", "large-small", "one-large"), ("ior", "log area", "pair-ladder")
    }  # fmt: skip


def test_a_change_is_paired_by_cluster(pictures):
    """The interval of the change of the slope, from the influence of each set on both slopes."""
    progress, outcomes = pictures
    (series,) = (s for s in progress.series if s.effect == "log area")
    ends = [outcomes[0], outcomes[-1]]
    a, b = (
        next(influence_of(o.folder, v) for e, v in followed(o.result).items() if e.effect == "log area") for o in ends
    )
    value, low, high = limits([b.value - a.value], (b.influence - a.influence)[:, None], 0.95).at(0)
    assert series.trend.change.value == pytest.approx(value)
    assert (series.trend.change.ci_low, series.trend.change.ci_high) == pytest.approx((low, high))


def test_pictures_follow_size_and_slope(pictures):
    progress, _ = pictures
    order, size, slope = progress.series
    assert (size.metric, size.effect, size.unit, size.n_objects) == ("size_bias", "large-small", "share", 3)
    assert (slope.metric, slope.unit, slope.n_objects) == ("area_elasticity", "logits", 2)
    assert all(len(point.shares) == 2 for point in size.points)
    assert all(point.shares == () for point in slope.points)
    assert size.trend.tau == slope.trend.tau == pytest.approx(1)
    assert abs(slope.points[1].effect.value - 0.5) < 0.35
    assert order.trend.tau is None  # none of them has any
    assert [p.effect.value for p in order.points] == pytest.approx([0, 0])
    assert {null.name for null in size.points[0].nulls} >= {"constant", "flat-bag"}
    assert "area-bag" not in {null.name for null in size.points[0].nulls}  # prefers large things itself


def test_no_interval_where_trials_are_gone_or_disagree(go):
    assert go(RISING).series[0].trend.change is not None
    table = go.outcomes[-1][1].folder.file("trials.parquet")
    rows = pl.read_parquet(table)
    rows.with_columns(winner_credit=pl.col("winner_credit").list.reverse()).write_parquet(table)
    trend = go(RISING).series[0].trend
    assert (trend.change, trend.up, trend.tau) == (None, None, pytest.approx(1))
    table.unlink()
    assert go(RISING).series[0].trend.change is None


def test_another_design_is_not_paired(go, monkeypatch):
    assert go(RISING).notes[1:] == ()
    monkeypatch.setattr("primacy.run.audit.stimuli_hash", lambda spec, plan: spec.encoder)
    progress = go(RISING)
    assert progress.series[0].trend.change is None
    assert "not shown the same" in progress.notes[1]


def test_the_untrained_point_of_a_training_is_its_left_end(go):
    progress = go([("null:planted?first=0.5", 0.0), ("null:planted?first=0.1", 10.0), ("null:planted?first=0.3", 90.0)])
    (series,) = progress.series
    trend = series.trend
    assert trend.n_points == 2
    assert trend.since_untrained.value == pytest.approx(series.points[2].effect.value - series.points[0].effect.value)
    assert trend.change.value == pytest.approx(series.points[2].effect.value - series.points[1].effect.value)
    assert series.untrained == ()
    assert progress.notes == ()


def test_an_untrained_end_and_one_trained_point(go):
    trend = go([("null:planted?first=0", 0.0), ("null:planted?first=0.4", 10.0)]).series[0].trend
    assert (trend.n_points, trend.tau, trend.change, trend.up) == (1, None, None, None)
    assert trend.since_untrained.ci_low > 0


@pytest.fixture
def with_twins(tmp_path, monkeypatch):
    """`python:twinned:early` and `late`, planted encoders whose untrained twins have order biases of their own."""
    (tmp_path / "twinned.py").write_text(
        textwrap.dedent("""
        from primacy.encoders.load import load_encoder

        class Twinned:
            def __init__(self, first):
                self.inner = load_encoder(f"null:planted?first={first}")
                self.encode_text = self.inner.encode_text
                self.fingerprint = self.inner.fingerprint

            def untrained_twin(self, seed):
                return Twinned(0.2 + 0.2 * seed)

        early, late = Twinned(0.5), Twinned(0.9)
        """)
    )
    monkeypatch.syspath_prepend(str(tmp_path))


def test_twins_of_the_first_encoder_stand_apart(go, with_twins):
    progress = go(["python:twinned:early=5", "python:twinned:late=50"])
    (series,) = progress.series
    assert [(twin.name, twin.x) for twin in series.untrained] == [("untrained#0", 0), ("untrained#1", 0)]
    assert [twin.effect.value for twin in series.untrained] == pytest.approx([0.2, 0.4], abs=0.15)
    by_name = {null.name: null.value for null in series.points[0].nulls}
    for twin in series.untrained:
        assert twin.effect.value == by_name[twin.name]
        assert twin.effect.ci_low < twin.effect.value < twin.effect.ci_high
        assert len(twin.shares) == 2
        assert twin.accuracy.value == pytest.approx(1)
    assert series.points[0].largest_null.name == "untrained#1"
    assert progress.notes == ()


def test_one_that_fails_loses_no_other(go):
    progress = go([RISING[0], "null:planted?frist=0.3=50", RISING[1]])
    assert [point.x for point in progress.series[0].points] == [10, 100]
    (failure,) = progress.failures
    assert (failure.name, failure.x) == ("null:planted?frist=0.3", 50)
    assert "'frist'" in failure.error
    assert "Did you mean first" in failure.hint


def test_an_error_that_is_nobodys_own_is_raised(go):
    with pytest.raises(UnknownNameError, match="unknown vocabulary"):
        go(RISING, vocabulary="simko")
    assert go.outcomes == []


def test_none_that_can_be_had(go):
    with pytest.raises(PrimacyError, match="none of the 2 encoders") as found:
        go(["null:nothing=1", "hff:x=2"])
    assert "null:nothing: unknown null" in found.value.hint
    assert "hff:x: unknown encoder source" in found.value.hint


@pytest.mark.parametrize("probe", ["toc", "ioc", "matching", "attention"])
def test_probes_without_an_effect_to_follow(go, probe):
    with pytest.raises(UsageError, match=f"--probes {probe}"):
        go(RISING, probes=("tor", probe))


@pytest.mark.parametrize(
    ("names", "probes"),
    [
        (["null:planted"], ("tor",)),
        (["null:planted-image"], ("tor", "ior")),
        (["null:nonsense", "null:planted-image"], ("tor", "ior")),
        (["null:nonsense"], ("tor",)),
    ],
)
def test_probes_follow_what_the_encoders_take(names, probes):
    assert default_probes([Checkpoint(name, 1) for name in names], EncoderOptions("cpu")) == probes


def test_stages_say_which_encoder_is_at_work():
    said = []

    class Heard(Silent):
        def stage(self, name, total):
            said.append((name, total))

    Numbered(Heard(), "2/5").stage("captions", 7)
    assert said == [("2/5 captions", 7)]


def test_a_value_that_is_not_defined_is_null(go):
    progress = go(RISING, sets=2)
    text = json.loads(progress.model_dump_json())
    assert all(
        x is None or math.isfinite(x)
        for point in text["series"][0]["points"]
        for x in (*point["effect"].values(), *point["accuracy"].values())
    )
