from collections.abc import Callable

import numpy as np
import pytest

from primacy.design.scenes.silhouettes import Shapes, Silhouette


def make_shapes(categories: int = 40, instances: int = 2, seed: int = 0) -> Shapes:
    """Objects of all proportions: boxes 0.3 to 3 times as wide as high, filled by 15 to 80 %, other from each side.

    Those of every third category are compact: 0.5 to 2 times as wide as high, filled by 60 to 80 %.
    """
    rng = np.random.default_rng(seed)
    silhouettes, by_category = {}, {}
    for c in range(categories):
        by_category[f"thing {c}"] = tuple(f"thing {c}/{i}" for i in range(1 + (c + instances - 1) % instances))
        for asset in by_category[f"thing {c}"]:
            aspect, fill = np.exp(rng.uniform(-1.2, 1.2, 8)).clip(0.3, 3), rng.uniform(0.15, 0.8, 8)
            if c % 3 == 0:
                aspect, fill = aspect**0.57, 0.6 + (fill - 0.15) * 0.3
            silhouettes[asset] = tuple(
                Silhouette(min(1.0, a), min(1.0, 1 / a), f) for a, f in zip(aspect.tolist(), fill.tolist(), strict=True)
            )
    return Shapes(silhouettes, by_category, frozenset(list(silhouettes)[::2]))


@pytest.fixture(scope="session")
def scene_shapes() -> Callable[..., Shapes]:
    return make_shapes
