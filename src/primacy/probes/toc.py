"""TOC, Text-based Object Classification: which object stands at position p, read from the caption's vector.

One linear head per mention position on frozen vectors (docs/paper.md 3), encoded once by the caller. Unlike the
published experiment the parts share no object set (docs/paper.md F6) and the head is run to its optimum.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from primacy.errors import DesignError
from primacy.probes.linear import Discriminant, Features, LinearHead, Trainer, argmax_credit


class Split(NamedTuple):
    """Row indices of the three parts, each ascending int64; no row in two of them."""

    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray


Splitter = Callable[..., Split]


def split_by_set(set_ids: np.ndarray, *, rng: np.random.Generator, test: float = 0.2, validation: float = 0.1) -> Split:
    """Split sentences so that all orders and templates of one object set fall into the same part.

    Args:
        set_ids: int (N,), the object set of each sentence.
        rng: decides which sets go where.
        test: share of the sets held out for the accuracy.
        validation: share of the sets that choose the regularisation.

    Raises:
        DesignError: too few sets for one in each part.
    """
    sets = np.unique(set_ids)
    n_test, n_validation = (max(1, round(share * len(sets))) for share in (test, validation))
    if len(sets) - n_test - n_validation < 1:
        raise DesignError(
            f"{len(sets)} object sets cannot be split into train, validation and test",
            hint="A head needs at least 3 object sets, and enough that each category occurs: --sentences, --ioc-sets.",
        )
    held_out = rng.permutation(sets)[: n_test + n_validation]
    in_test, in_validation = np.isin(set_ids, held_out[:n_test]), np.isin(set_ids, held_out[n_test:])
    return Split(*(np.flatnonzero(part) for part in (~in_test & ~in_validation, in_validation, in_test)))


def split_by_sentence(
    set_ids: np.ndarray, *, rng: np.random.Generator, test: float = 0.15, validation: float = 0.1
) -> Split:
    """The published 75/10/15 split: by sentence, whatever its objects. It leaks (docs/paper.md F6).

    Raises:
        DesignError: too few sentences for one in each part.
    """
    return split_by_set(np.arange(len(set_ids)), rng=rng, test=test, validation=validation)


class CurvePoint(NamedTuple):
    """Accuracy with a nested part of the training sets; arrays are (n,), by position.

    `accuracy` has the same denominator as `TocResult.accuracy`: a class that this smaller part does not hold counts
    as wrong here. `seen` is the share of the scored test sentences whose class the part does hold. `correct` (n_test,
    n) is the credit behind `accuracy`, NaN where `TocResult.correct` is.
    """

    n_sets: int
    n_sentences: int
    accuracy: np.ndarray
    seen: np.ndarray
    converged: np.ndarray
    correct: np.ndarray


@dataclass(frozen=True)
class TocResult:
    """TOC of one encoder. Arrays of shape (n,) go by mention position.

    Attributes:
        correct: float64 (n_test, n), credit of each test sentence (1, 0 or 1/t in a tie of t classes); NaN where its
            class has no training sentence at that position and so was not scored.
        test_rows: int64 (n_test,), rows of the caller's arrays; `test_sets` (n_test,) are their object sets, the
            clusters that any interval must resample.
        accuracy: mean of `correct` over the `n_scored` (n,) sentences that were scored.
        chance: 1 / number of classes in training, which is what vectors without information give exactly.
        majority: share of the scored test sentences that are of the class most frequent in training.
        penalty: regularisation chosen on the validation part; `residual` and `converged` are those of that head.
        curve: accuracy by number of training sentences, smallest first; the last point is the whole.

    An encoder that knows which objects a caption mentions but not their order cannot exceed 1/n on a design that
    shows every set equally often in each order or rotation.
    """

    correct: np.ndarray
    test_rows: np.ndarray
    test_sets: np.ndarray
    accuracy: np.ndarray
    n_scored: np.ndarray
    chance: np.ndarray
    majority: np.ndarray
    penalty: np.ndarray
    residual: np.ndarray
    converged: np.ndarray
    n_train: int
    n_validation: int
    curve: tuple[CurvePoint, ...]


def run_toc(
    vectors: np.ndarray,
    objects: np.ndarray,
    set_ids: np.ndarray,
    n_classes: int,
    *,
    rng: np.random.Generator,
    head: Trainer | None = None,
    splitter: Splitter = split_by_set,
    curve_points: int = 5,
) -> TocResult:
    """Fit one head per position and score it on object sets that it has not met.

    Generators in the same state give the same split, so encoders can be compared sentence by sentence.

    Args:
        vectors: float32 (N, d), one caption each, finite.
        objects: int (N, n), category ids 0..n_classes-1 in mention order.
        set_ids: int (N,), the object set of each caption; the same set must have one id in all its orders.
        n_classes: size V of the vocabulary.
        rng: splits the sets and orders them for the learning curve.
        head: how to fit; `Discriminant()` unless given. It is not refitted on the validation part.
        splitter: `split_by_set`, or `split_by_sentence` for the published protocol.
        curve_points: number of training sizes, each twice the one before; 1 leaves only the whole.

    Raises:
        DesignError: the arrays disagree, one object set has two ids, or a position has no test sentence whose class
            occurs in training.
    """
    _check(vectors, objects, set_ids, n_classes)
    trainer = head or Discriminant()
    split = splitter(set_ids, rng=rng)
    parts = _nested(set_ids[split.train], curve_points, rng)
    fits = [_fit(vectors, objects, split, split.train[part], n_classes, trainer) for part in parts]
    heads, correct, seen = fits[-1]
    scored = seen.sum(axis=0)
    if not scored.all():
        raise DesignError(
            f"no test trial of position {int(np.argmin(scored)) + 1} has a category that occurs there in training",
            hint="Show more object sets (--sentences, --ioc-sets), or use a smaller vocabulary.",
        )
    y_train, y_test = objects[split.train], objects[split.test]
    curve = []
    for part, (part_heads, credit, known) in zip(parts, fits, strict=True):
        curve.append(
            CurvePoint(
                n_sets=len(np.unique(set_ids[split.train[part]])),
                n_sentences=len(part),
                accuracy=(credit * known).sum(axis=0) / scored,
                seen=known.sum(axis=0) / scored,
                converged=np.array([h.convergence.converged for h in part_heads]),
                correct=np.where(seen, credit * known, np.nan),
            )
        )
    return TocResult(
        correct=np.where(seen, correct, np.nan),
        test_rows=split.test,
        test_sets=set_ids[split.test],
        accuracy=curve[-1].accuracy,
        n_scored=scored,
        chance=np.array([1 / len(np.unique(column)) for column in y_train.T]),
        majority=(seen & (y_test == _most_frequent(y_train, n_classes))).sum(axis=0) / scored,
        penalty=np.array([h.penalty for h in heads]),
        residual=np.array([h.convergence.residual for h in heads]),
        converged=curve[-1].converged,
        n_train=len(split.train),
        n_validation=len(split.validation),
        curve=tuple(curve),
    )


class _Fit(NamedTuple):
    heads: list[LinearHead]
    correct: np.ndarray  # (n_test, n)
    seen: np.ndarray  # (n_test, n): is the class of this sentence in training?


def _fit(
    vectors: np.ndarray, objects: np.ndarray, split: Split, rows: np.ndarray, n_classes: int, trainer: Trainer
) -> _Fit:
    """One head per position on `rows`, its penalty chosen on the validation part, scored on the test part."""
    features = Features.of(vectors[rows])
    held, test = (vectors[part].astype(np.float64) for part in (split.validation, split.test))  # scored many times
    heads, correct, seen = [], [], []
    for y in objects.T:
        head = _choose(trainer.path(features, y[rows], n_classes), held, y[split.validation])
        heads.append(head)
        correct.append(argmax_credit(head.scores(test), y[split.test]))
        seen.append(np.isin(y[split.test], y[rows]))
    return _Fit(heads, np.column_stack(correct), np.column_stack(seen))


def _choose(heads: list[LinearHead], vectors: np.ndarray, y: np.ndarray) -> LinearHead:
    """The head of highest validation accuracy; of equals the first, which is the most regularised."""
    if len(heads) == 1:
        return heads[0]
    return heads[int(np.argmax([argmax_credit(head.scores(vectors), y).mean() for head in heads]))]


def _nested(set_ids: np.ndarray, points: int, rng: np.random.Generator) -> list[np.ndarray]:
    """Rows of nested shares 2^-(points-1), ..., 1/2, 1 of the training sets, smallest first, each ascending."""
    sets = rng.permutation(np.unique(set_ids))
    sizes = np.unique([max(1, round(len(sets) * 2.0**-i)) for i in range(points)])
    return [np.flatnonzero(np.isin(set_ids, sets[:size])) for size in sizes]


def _most_frequent(objects: np.ndarray, n_classes: int) -> np.ndarray:
    return np.array([np.bincount(column, minlength=n_classes).argmax() for column in objects.T])


def _check(vectors: np.ndarray, objects: np.ndarray, set_ids: np.ndarray, n_classes: int) -> None:
    n = len(vectors)
    if vectors.ndim != 2 or objects.ndim != 2 or set_ids.ndim != 1 or len(objects) != n or len(set_ids) != n:
        raise DesignError(
            f"a linear probe got vectors {vectors.shape}, objects {objects.shape} and set_ids {set_ids.shape}, "
            "expected (N, d), (N, n) and (N,)"
        )
    if not np.isfinite(vectors).all():
        raise DesignError("a linear probe got vectors with NaN or infinity")
    if objects.min() < 0 or objects.max() >= n_classes:
        raise DesignError(f"a linear probe got category ids outside 0..{n_classes - 1}")
    _, mention = np.unique(np.sort(objects, axis=1), axis=0, return_inverse=True)
    pairs = np.unique(np.column_stack([mention.ravel(), set_ids]), axis=0)
    if len(pairs) != len(np.unique(pairs[:, 0])):
        raise DesignError(
            "the same objects stand under two set ids, so one object set could fall into train and test",
            hint="Give all orders and templates of an object set one id.",
        )
