"""How fast designs of scenes are built, and their scenes made: python bench/scene_design.py [scenes]."""

import sys
import time

import numpy as np

from primacy.design.scenes.balance import balance
from primacy.design.scenes.design import build
from primacy.design.scenes.presets import PRESETS
from primacy.design.scenes.request import SceneRequest
from primacy.design.scenes.silhouettes import Shapes, Silhouette


def shapes(categories: int = 80) -> Shapes:
    """Two instances each of compact objects."""
    rng = np.random.default_rng(0)
    views = {
        f"thing {c}/{i}": tuple(
            Silhouette(w, 1.0, f)
            for w, f in zip(rng.uniform(0.5, 2, 8).tolist(), rng.uniform(0.6, 0.8, 8).tolist(), strict=True)
        )
        for c in range(categories)
        for i in range(2)
    }
    return Shapes(views, {f"thing {c}": (f"thing {c}/0", f"thing {c}/1") for c in range(categories)})


def main(wanted: int) -> None:
    known = shapes()
    for name, preset in PRESETS.items():
        n = 4 if 4 in preset.areas else next(iter(preset.areas))
        per_set = len(preset.arrange(SceneRequest(name), n))
        sets = None if name == "singles" else -(-wanted // per_set)
        start = time.process_time()
        design = build(SceneRequest(name, objects=(n,), sets=sets), known)
        built = time.process_time()
        made = sum(1 for _ in design.scenes(0, wanted))
        done = time.process_time()
        balance(design.scenes(0, min(made, 10_000)))
        counted = time.process_time()
        print(
            f"{name:16} n={n}  built {len(design):>9,} scenes in {built - start:6.2f} s,"
            f" made {made / (done - built):>9,.0f} a second,"
            f" made and counted {min(made, 10_000) / (counted - done):>9,.0f} a second"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
