"""The objects modelled in code: what the catalogue names exists; Blender makes sound, different, repeatable meshes."""

from __future__ import annotations

import ast
import json
import math
import subprocess
from collections import Counter, defaultdict

import pytest

from primacy.assets import blender_env, catalogue
from primacy.errors import AssetError
from primacy.render.child import JOB

MOST_VERTICES = 60_000
AGAIN = ("kite", "baseball_glove", "sports_ball", "street_sign")
OWN = [asset for asset in catalogue.load() if asset.kind == "procedural"]

SCRIPT = """
import hashlib, json, sys
sys.path.insert(0, sys.argv[1])
import bpy, numpy as np, objects, stage
answers = []
for asset, builder, seed in json.loads(sys.stdin.read()):
    stage.fresh()
    made = objects.build({"asset": asset, "kind": "procedural", "builder": builder, "seed": seed})
    where = objects.vertices(made)
    look = [m.node_tree.nodes["Principled BSDF"].inputs["Base Color"].default_value[:] for m in made.data.materials]
    paint = made.data.color_attributes.get("paint")
    colours = np.zeros(4 * len(paint.data) if paint else 0, dtype=np.float32)
    if paint:
        paint.data.foreach_get("color", colours)
    digest = hashlib.sha256(where.round(4).tobytes() + repr(look).encode() + colours.tobytes()).hexdigest()
    extent = where.max(axis=0) - where.min(axis=0)
    answers.append([len(where), bool(np.isfinite(where).all()), extent.tolist(), digest])
print("ANSWERS", json.dumps(answers))
"""


def themes():
    """The names that each module of builders lists, read from its text: no Blender is needed."""
    found = {}
    for file in sorted((JOB.parent / "procedural").glob("*.py")):
        for node in ast.parse(file.read_text("utf-8")).body:
            if isinstance(node, ast.Assign) and node.targets[0].id == "BUILDERS" and isinstance(node.value, ast.Dict):
                keys = [key.value for key in node.value.keys if isinstance(key, ast.Constant)]
                if keys:
                    found[file.stem] = keys
    return found


def test_each_builder_of_the_catalogue_is_listed_by_one_theme():
    counted = Counter(name for names in themes().values() for name in names)
    assert {asset.builder for asset in OWN} <= set(counted)
    assert [name for name, n in counted.items() if n > 1] == []


def test_no_theme_is_left_out():
    text = (JOB.parent / "procedural" / "__init__.py").read_text("utf-8")
    loop = next(node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.comprehension))
    assert sorted(theme.id for theme in loop.iter.elts) == sorted(themes())


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory):
    """For each object of the catalogue, and again for a few: vertices, finite, extent, a digest of shape and look."""
    try:
        command = blender_env.command()
    except AssetError as error:
        pytest.skip(f"no Blender: {error}")
    script = tmp_path_factory.mktemp("script") / "build.py"
    script.write_text(SCRIPT)
    wanted = [(a.asset, a.builder, a.seed) for a in OWN]
    wanted += [(a.asset + " again", a.builder, a.seed) for a in OWN if a.builder in AGAIN]
    done = subprocess.run(
        [*command, str(script), str(JOB.parent)], input=json.dumps(wanted), capture_output=True, text=True, check=True
    )
    line = next(text for text in done.stdout.splitlines() if text.startswith("ANSWERS"))
    return dict(zip([name for name, _, _ in wanted], json.loads(line.removeprefix("ANSWERS")), strict=True))


def test_meshes_are_sound(built):
    for name, (vertices, finite, extent, _) in built.items():
        assert 0 < vertices < MOST_VERTICES, name
        assert finite, name
        assert math.isclose(max(extent), 1.0, abs_tol=1e-5), name
        assert sorted(extent)[1] > 0.03, f"{name} is a line"


def test_instances_of_a_category_differ(built):
    digests = defaultdict(list)
    for asset in OWN:
        digests[asset.category].append(built[asset.asset][3])
    for category, found in digests.items():
        assert len(set(found)) == len(found), category


def test_the_same_seed_makes_the_same_object(built):
    again = [name for name in built if name.endswith(" again")]
    assert again
    for name in again:
        assert built[name] == built[name.removesuffix(" again")], name
