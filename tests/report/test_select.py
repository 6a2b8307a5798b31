from __future__ import annotations

import pytest

from primacy.report.build import build_report
from primacy.report.heats import heats
from primacy.report.panels import headline_panels, size_panels
from primacy.report.select import Case, Records
from primacy.report.story import method
from primacy.results.record import Estimate, RunResult


def relabelled(estimates: tuple[Estimate, ...], probe: str, **changes: object) -> tuple[Estimate, ...]:
    return tuple(e.model_copy(update=changes) for e in estimates if e.probe == probe)


@pytest.fixture
def paper_run(build_run) -> RunResult:
    """TOC under both protocols, the published schedule 10 points below the converged head."""
    result = build_run(protocol="paper", orders="combinations", gallery="bare", nulls=())
    tor = relabelled(result.estimates, "tor", protocol="paper")
    converged = relabelled(result.estimates, "toc")
    published = tuple(
        e.model_copy(update={"protocol": "paper", "value": e.value - 0.1 if e.group != "chance" else e.value})
        for e in converged
    )
    return result.model_copy(update={"estimates": tor + published + converged})


def test_both_heads_of_a_paper_run_are_shown_and_only_the_converged_one_has_the_verdict(paper_run) -> None:
    published, converged = headline_panels(Records(paper_run), "toc", "mention_position")
    assert (published.case.protocol, converged.case.protocol) == ("paper", "balanced")
    for low, high in zip(published.encoder.cells, converged.encoder.cells, strict=True):
        assert high.value - low.value == pytest.approx(0.1)
    assert published.encoder.extras == ()
    assert converged.encoder.extras[0].value == 0.004
    html = build_report(paper_run)
    assert "4 objects, published schedule" in html
    assert "4 objects, converged head" in html
    assert html.count("Learning curves by position") == 1
    assert "Paper share (top-n set right) by mention position" in html
    assert "Paper share (top-n set right) by mention position" not in build_report(
        paper_run.model_copy(update={"spec": paper_run.spec.model_copy(update={"protocol": "balanced"})})
    )


def test_size_panels_pair_big_and_small_with_the_contrast_of_the_first_position(build_run) -> None:
    result = build_run(probes=("tor",), nulls=("bag",), design="size-category")
    like = result.estimates[0]

    def size(level: str, value: float, metric: str = "winner_share") -> Estimate:
        group = "size_level" if metric == "size_bias" else "size_level*mention_position"
        return like.model_copy(update={"metric": metric, "group": group, "level": level, "value": value})

    cells = [size(f"{s}*{p + 1}", v) for s, v in (("big", 0.4), ("small", 0.2)) for p in range(4)]
    extra = (*cells, size("big-small", 0.2, "size_bias"))
    nulls = tuple(null.model_copy(update={"estimates": null.estimates + extra}) for null in result.nulls)
    result = result.model_copy(update={"estimates": result.estimates + extra, "nulls": nulls})
    (panel,) = size_panels(Records(result))
    assert [(row.label, row.level) for row in panel.rows[1:]] == [
        (result.spec.encoder, "small"),
        ("bag", "big"),
        ("bag", "small"),
    ]
    assert [[span and span.value for span in row.extras] for row in panel.rows] == [[0.2], [None], [0.2], [None]]
    assert "Big and small things" in build_report(result)
    assert size_panels(Records(build_run())) == []


def test_pooled_estimates_come_before_single_templates(build_run) -> None:
    result = build_run(templates=("comma", "and"))
    records = Records(result)
    (case,) = records.cases("tor")
    assert case == Case("tor", 4, "*")
    assert [single.template for single in records.by_template(case)] == ["comma", "and"]


def test_without_pooled_estimates_the_first_template_is_shown(build_run) -> None:
    result = build_run(templates=("comma", "and"), probes=("tor",))
    result = result.model_copy(update={"estimates": tuple(e for e in result.estimates if e.template != "*")})
    assert [case.template for case in Records(result).cases("tor")] == ["comma"]


def test_heat_summaries_are_the_means_of_their_cells(build_run) -> None:
    own, *nulls = heats(Records(build_run()), Case("tor", 4))
    assert own.on == pytest.approx(sum((0.36, 0.19, 0.18, 0.27)) / 4)
    twin = next(heat for heat in nulls if heat.label == "untrained#0")
    diagonal = [twin.cells[p][p].value for p in range(4)]
    rest = [twin.cells[p][g].value for p in range(4) for g in range(4) if p != g]
    assert twin.on == pytest.approx(sum(diagonal) / 4)
    assert twin.off == pytest.approx(sum(rest) / 12)
    assert twin.leading == 4


def test_the_size_category_design_is_not_described_as_rotations_of_a_set(build_run):
    told = method(Records(build_run(probes=("tor",), nulls=("bag",), design="size-category")))
    assert "big and with a small target at every place" in told and "rotations of its order" not in told
    assert "rotations of its order" in method(Records(build_run(probes=("tor",), nulls=("bag",))))
