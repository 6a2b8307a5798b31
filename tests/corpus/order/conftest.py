"""Corpora whose order is known by construction."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from primacy.corpus.cases import Cases


def cases_of(
    captions: Sequence[tuple[int, Sequence[tuple[int, float]]]],
    *,
    n_categories: int = 10,
    n_words: Sequence[int] | None = None,
    source: Sequence[int] | None = None,
    instances: np.ndarray | None = None,
) -> Cases:
    """Cases from (image, [(category, area), ...]) of each caption; category 0 is the one set aside."""
    counts = [len(mentions) for _, mentions in captions]
    flat = [mention for _, mentions in captions for mention in mentions]
    n_images = max((image for image, _ in captions), default=-1) + 1
    category = np.array([c for c, _ in flat], dtype=np.int64)
    image = np.array([i for i, _ in captions], dtype=np.int64)
    sources = np.zeros(len(captions), np.int64) if source is None else np.asarray(source, dtype=np.int64)
    names_it = np.array([any(c == 0 for c, _ in mentions) for _, mentions in captions], dtype=bool)
    present = np.zeros(n_images, dtype=bool)
    present[image[names_it]] = True
    return Cases(
        categories=tuple(f"c{i}" for i in range(n_categories)),
        sources=tuple(f"s{i}" for i in range(int(sources.max(initial=0)) + 1)),
        images=tuple(str(i) for i in range(n_images)),
        present=present,
        image=image,
        source=sources,
        n_words=np.asarray([10] * len(captions) if n_words is None else n_words, dtype=np.int64),
        names_it=names_it,
        starts=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        category=category,
        area=np.array([a for _, a in flat], dtype=np.float64),
        centrality=np.full(len(flat), 0.5),
        instances=np.ones(len(flat), dtype=np.int64) if instances is None else instances,
    )


def planted(
    n_images: int,
    *,
    rng: np.random.Generator,
    n_categories: int = 8,
    captions: int = 2,
    most: int = 2,
    category: float = 0.0,
    size: float = 0.0,
) -> Cases:
    """Captions whose order is a Plackett-Luce draw with utility `category` x typical log2 size + `size` x log2 area.

    The typical sizes of the categories are 2^0, 2^-0.5, ..., areas vary about them with a standard deviation of 1.5
    doublings, so that with `size` 0 nothing but category decides the order. All captions of an image mention the same
    2 to `most` objects.
    """
    typical = -0.5 * np.arange(n_categories)
    rows = []
    for image in range(n_images):
        chosen = rng.choice(n_categories, int(rng.integers(2, most + 1)), replace=False)
        log_area = typical[chosen] + 1.5 * rng.standard_normal(len(chosen)) - 4
        for _ in range(captions):
            utility = category * typical[chosen] + size * log_area + rng.gumbel(size=len(chosen))
            order = np.argsort(-utility)
            rows.append((image, [(int(chosen[i]), float(2 ** log_area[i])) for i in order]))
    return cases_of(rows, n_categories=n_categories)


@pytest.fixture
def make_cases() -> Callable[..., Cases]:
    return cases_of


@pytest.fixture
def make_planted() -> Callable[..., Cases]:
    return planted
