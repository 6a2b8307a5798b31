"""Models of our own: each builder makes a sound mesh, seeds differ, a seed is one mesh. Skipped without Blender."""

from __future__ import annotations

import json
import os
import subprocess
from collections import Counter
from importlib import resources
from pathlib import Path

import pytest

from primacy.assets import blender_env, catalogue
from primacy.errors import AssetError
from primacy.render.child import JOB

OWN = [asset for asset in catalogue.load() if asset.kind in ("procedural", "simco")]


def names(file: str) -> list[str]:
    lines = (resources.files("primacy.design") / "data" / file).read_text("utf-8").splitlines()
    return [line.strip() for line in lines if line.strip()]


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """Measures of all builders; see own_models_probe.py."""
    try:
        command = blender_env.command()
    except AssetError as error:
        pytest.skip(f"no Blender: {error}")
    out = tmp_path_factory.mktemp("probe") / "found.json"
    environment = {**os.environ, "PROBE_OUT": str(out), "PROBE_JOB": str(JOB.parent)}
    probe = Path(__file__).parent / "own_models_probe.py"
    done = subprocess.run([*command, str(probe)], env=environment, capture_output=True, text=True, timeout=500)
    assert out.exists(), done.stderr[-2000:]
    return json.loads(out.read_text())


def test_every_mesh_is_finite_has_surface_and_is_normalised(models):
    for name, made in models.items():
        for one in made:
            assert one["finite"] and one["vertices"] >= 8 and one["area"] > 0.05 and not one["bare"], name
            sides = [high - low for low, high in zip(one["low"], one["high"], strict=True)]
            assert max(sides) == pytest.approx(1.0, abs=1e-4), name
            assert one["low"][2] == pytest.approx(0.0, abs=1e-4), name


def test_meshes_are_closed_but_for_leaves_and_thin_sheets(models):
    assert {name: one["open"] for name, made in models.items() for one in made if one["open"] > 0.3} == {}
    assert {name for name, made in models.items() if name.startswith("simco") and made[0]["open"]} == set()


def test_a_seed_is_one_mesh_and_seeds_differ(models):
    seeded = {
        name: [(one["shape"], one["colours"]) for one in made]
        for name, made in models.items()
        if not name.startswith("simco")
    }
    assert [name for name, (first, _, again) in seeded.items() if first != again] == []
    assert [name for name, (first, second, _) in seeded.items() if first == second] == []


def test_every_entry_of_ours_has_its_builder(models):
    missing = [a.asset for a in OWN if (f"simco {a.builder}" if a.kind == "simco" else a.builder) not in models]
    assert missing == []


def test_simco_has_each_shape_in_both_materials():
    made = sorted((a.category, a.material) for a in OWN if a.kind == "simco")
    assert made == sorted((shape, material) for shape in names("simco.txt") for material in ("rubber", "metal"))


def test_entries_of_ours_are_named_by_known_categories_and_are_unlike():
    known = set(names("comco.txt")) | set(names("coco80.txt"))
    own = [a for a in OWN if a.kind == "procedural"]
    assert {a.category for a in own} <= known
    assert max(Counter(a.asset for a in OWN).values()) == 1
    assert max(Counter((a.builder, a.seed) for a in own).values()) == 1
    assert {(a.licence, a.source, a.author) for a in OWN} == {("Apache-2.0", "own", "The Primacy authors")}
