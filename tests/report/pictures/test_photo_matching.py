"""Matching on photos in the page and in the terminal: by each object, and never as an effect of winner shares."""

from __future__ import annotations

import io
import re
from html import unescape

import pytest
from rich.console import Console

from primacy.report.build import build_report
from primacy.report.terminal import render_run
from primacy.results.record import Estimate


def estimates(tilt, own):
    found = [("matching_accuracy", "size_rank", size, 0.7 + v) for size, v in
             (("largest", tilt), ("between", 0.0), ("smallest", -tilt))]  # fmt: skip
    found += [("matching_accuracy", "area_tercile", level, 0.7) for level in ("large", "middle", "small")]
    found += [("matching_accuracy", "centrality_tercile", level, 0.71) for level in ("centre", "edge", "middle")]
    found += [("matching_accuracy", "instances", level, 0.72) for level in ("1", "2-4", "5+")]
    for part in ("with person", "without person"):
        found += [("matching_accuracy", "slice*size_rank", f"{part}*{size}", 0.73) for size in ("largest", "smallest")]
    if own:
        found += [("matching_accuracy", "category", "person", 0.9)]
        found.append(("matching_effect", "category alone", "largest-smallest", 0.08))
    found.append(("matching_effect", "size_rank", "largest-smallest", 2 * tilt))
    made = [(0, *one) for one in found]
    made += [(2, "matching_accuracy", "size_rank", str(k + 1), 0.7 + (-1) ** k * tilt) for k in range(2)]
    return tuple(
        Estimate(
            probe="matching", protocol="balanced", n_objects=n, template="*", metric=metric, group=group, level=level,
            value=value, ci_low=value - 0.03, ci_high=value + 0.03, n=480.0, n_clusters=30, stimuli="photos",
        )
        for n, metric, group, level, value in made
    )  # fmt: skip


@pytest.fixture(scope="module")
def run(whole_run):
    nulls = tuple(
        null.model_copy(update={"estimates": null.estimates + estimates(0.0, own=False)}) for null in whole_run.nulls
    )
    (verdict, *_) = [v for v in whole_run.verdicts if v.probe == "matching"]
    verdict = verdict.model_copy(update={"effect": "largest-smallest", "n_objects": 0, "stimuli": "photos"})
    return whole_run.model_copy(
        update={
            "estimates": whole_run.estimates + estimates(0.1, own=True),
            "nulls": nulls,
            "verdicts": (*whole_run.verdicts, verdict),
        }
    )


def test_the_page_shows_accuracies_by_every_fact(run):
    html = build_report(run)
    text = unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html[html.index('id="photos"') :])))
    assert "Matching, any number of objects, photos" in text
    assert "largest − smallest, points objects" in text
    assert "80.0 [77.0, 83.0] 70.0 [67.0, 73.0] 60.0 [57.0, 63.0] +20.0 [+17.0, +23.0] 480 30 photos" in text
    for title in (
        "By area, place and number, Matching, any number of objects, photos",
        "By size in photos of a kind, Matching, any number of objects, photos",
        "By category, Matching, any number of objects, photos",
        "Matching accuracy by size rank, Matching, photos, by number of objects",
        "as category alone makes it",
    ):
        assert title in text, title
    assert "Matching: the largest object missing minus the smallest" in unescape(html)


def test_the_terminal_shows_the_size_ranks(run):
    out = io.StringIO()
    render_run(run, Console(file=out, width=100, force_terminal=False, color_system=None))
    text = " ".join(out.getvalue().split())
    assert (
        "Matching, any number of objects, photos: matching accuracy by size rank (1 the largest), % with 95 %"
        " intervals; largest-smallest in points; chance 50.0 %; 480 objects / 30 photos" in text
    )
