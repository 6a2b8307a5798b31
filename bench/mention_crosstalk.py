"""How far large objects of training scenes are also the central ones: Spearman correlation within scenes.

python bench/mention_crosstalk.py [--scenes 20000]      # seconds
"""

from __future__ import annotations

import argparse
import tomllib
from pathlib import Path

from primacy.lab.crosstalk import rank_correlations
from primacy.lab.scenes import SceneStream
from primacy.lab.spec import SceneSpec
from primacy.stimuli.sources import object_library

LAB = Path(__file__).parents[1] / "src" / "primacy" / "lab"
FILES = {"base.toml": LAB / "experiments" / "base.toml", "natural": LAB / "recipes" / "natural.toml"}
CASES = (
    ("base.toml, disparity 2", "base.toml", {"disparity": 2.0}),
    ("base.toml", "base.toml", {}),
    ("base.toml, disparity 32", "base.toml", {"disparity": 32.0}),
    ("natural", "natural", {}),
)


def main() -> None:
    """Print area against centrality, area against category, and category against centrality."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenes", type=int, default=20_000)
    scenes = parser.parse_args().scenes
    for name, file, change in CASES:
        spec = SceneSpec.model_validate({**tomllib.loads(FILES[file].read_text("utf-8"))["scenes"], **change})
        stream = SceneStream(object_library(spec.library), spec, side=64, seed=0)  # layouts know no side
        for n in (2, 3, 4):
            found = rank_correlations(stream.plan(0, scenes, objects=n))
            rest = f"(area, category {found[0, 1]:+.3f}; category, centrality {found[1, 2]:+.3f})"
            print(f"{name:24} {n} objects: area, centrality {found[0, 2]:+.3f}  {rest}", flush=True)


if __name__ == "__main__":
    main()
