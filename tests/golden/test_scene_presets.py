"""Each preset, drawn from the shipped sprites, counts and measures what it did when its stats were committed.

After an intended change: python tests/golden/test_scene_presets.py writes them anew.
"""

import json
import sys
import tempfile
from pathlib import Path

import pytest

from primacy.design.scenes.presets import PRESETS
from primacy.design.scenes.request import SceneRequest
from primacy.stimuli.rendering import render_dataset
from primacy.stimuli.sources import RendererChoice, make_job

FILE = Path(__file__).parent / "scene_presets.json"
SETS = {"singles": 3}


def stats_of(preset: str, folder: Path) -> dict:
    request = SceneRequest(preset, sets=SETS.get(preset, 4), size=160, seed=1)
    outcome = render_dataset(make_job(folder, request, RendererChoice("collage", "simco")))
    stats = json.loads((folder / "stats.json").read_text("utf-8"))
    wanted = ("scenes", "images", "sets", "objects", "slots", "roles", "yaws", "size_levels", "categories", "balance")
    return {"failed": len(outcome.failed)} | {key: stats[key] for key in wanted}


@pytest.mark.parametrize("preset", PRESETS)
def test_stats_are_as_committed(preset, tmp_path):
    expected = json.loads(FILE.read_text("utf-8"))
    assert json.loads(json.dumps(stats_of(preset, tmp_path))) == expected[preset]


def test_no_preset_is_left_out():
    assert set(json.loads(FILE.read_text("utf-8"))) == set(PRESETS)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as root:
        made = {preset: stats_of(preset, Path(root) / preset) for preset in PRESETS}
    FILE.write_text(json.dumps(made, indent=1) + "\n", "utf-8")
    sys.stdout.write(f"wrote {FILE.name}\n")
