"""The description of a folder, against counts made here from the scenes themselves."""

import json
from collections import Counter

import numpy as np
import pytest

from primacy.stimuli.dataset import open_dataset
from primacy.stimuli.describe import area_error, describe, object_table
from primacy.stimuli.rendering import render_dataset


def test_counts_and_quantiles(job, discs):
    made = job(sets=7)
    render_dataset(made)
    dataset = open_dataset(made.root)
    found = describe(dataset)
    scenes = discs.scenes(7)
    objects = [o for scene in scenes for o in scene.objects]
    assert (found["scenes"], found["images"], found["sets"], found["objects"]) == (14, 14, 7, 28)
    for key, field in (("categories", "category"), ("slots", "slot"), ("roles", "role")):
        assert found[key] == Counter(getattr(o, field) for o in objects)
    assert found["yaws"] == {"0": 14, "45": 14}
    areas = [[int((mask == k).sum()) / 64**2 for mask in dataset.masks()] for k in (1, 2)]
    for level, seen in zip(("large", "small"), areas, strict=True):
        assert found["size_levels"][level]["area"]["q50"] == pytest.approx(np.median(seen))
        assert found["size_levels"][level]["area"]["q95"] == pytest.approx(np.quantile(seen, 0.95))
    assert found["balance"]["n_scenes"] == 14 and found["balance"]["large_objects_exact"] is True
    assert found == dataset.stats() | {"hashes": found["hashes"]}
    assert (
        found["hashes"]["manifest_sha256"]
        == json.loads((made.root / "stats.json").read_text())["hashes"]["manifest_sha256"]
    )


@pytest.mark.parametrize(("shrink", "off"), [(1.0, 0), (0.9, 20), (0.97, 0)])
def test_areas_off_the_request_are_counted(job, discs, shrink, off):
    made = job(renderer=discs.Discs(shrink=shrink))
    render_dataset(made)
    dataset = open_dataset(made.root)
    found = describe(dataset)["area_error"]
    expected = 0
    for row in dataset.manifest.iter_rows(named=True):
        for asked, whole in zip(row["requested_area"], row["whole_area"], strict=True):
            difference = abs(whole - asked) * 64**2
            expected += difference > 0.05 * asked * 64**2 and difference > 1
    assert found["off"] == expected == off
    assert found["relative"]["q50"] == pytest.approx(shrink - 1, abs=0.02)


def test_one_pixel_off_does_not_count(job):
    made = job(sets=1)
    render_dataset(made)
    objects = object_table(open_dataset(made.root).manifest)
    tiny = objects.with_columns(requested_area=5 / objects["size"] ** 2, whole_area=6 / objects["size"] ** 2)
    assert area_error(tiny)["off"] == 0  # 20 % off, but by one pixel
    two = tiny.with_columns(whole_area=7.01 / objects["size"] ** 2)
    assert area_error(two)["off"] == 4


def test_a_folder_in_which_nothing_could_be_drawn(job, discs):
    made = job(sets=1, renderer=discs.Discs(failing=frozenset({0, 1})))
    outcome = render_dataset(made)
    assert len(outcome.failed) == 2 and outcome.finished
    found = describe(open_dataset(made.root))
    assert (found["images"], found["not_drawn"], found["objects"]) == (0, 2, 0)
    assert found["area_error"]["share_off"] is None
