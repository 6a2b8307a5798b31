"""Multi-object vectors against single-object galleries: who wins, by how much, with ties shared.

Two cosines closer than `TIE` count as equal and share their credit, so that a constant encoder comes out at exactly
1/n and the last bits of a batched matrix product decide nothing.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import binom

from primacy.errors import EncoderError

TIE = 1e-6
_ROWS = 128


class RetrievalScores(NamedTuple):
    """Scores of m trials of n objects against G galleries of V categories, float64.

    `cosines` (m, G, n): similarity of the caption to each mentioned object's prompt. `credit` (m, G, n): share of
    the win among the mentioned (rows sum to 1). `top1` (m, G, n + 1): share of the win over the whole vocabulary;
    the last column is objects not mentioned. `topn_correct` (m, G): probability, under random tie-breaking, that the
    n most similar of the vocabulary are just the mentioned. `recall` (m, G, n): probability that the object is
    among the n most similar. `ranks` (m, G, n): mid-rank among the vocabulary, 1 is best. `margin` (m, G, n): cosine
    minus the best cosine of the other mentioned. `best` (m, G): category id of the most similar of the vocabulary,
    -1 when several tie.
    """

    cosines: np.ndarray
    credit: np.ndarray
    top1: np.ndarray
    topn_correct: np.ndarray
    recall: np.ndarray
    ranks: np.ndarray
    margin: np.ndarray
    best: np.ndarray

    @property
    def paper(self) -> np.ndarray:
        """(m, G, n): credit times `topn_correct`, the numerator of the published share."""
        return self.credit * self.topn_correct[..., None]


def unit(vectors: np.ndarray) -> np.ndarray:
    """Rows scaled to length 1 in float64; a zero row stays zero (its cosines are 0, all tied)."""
    wide = np.asarray(vectors, dtype=np.float64)
    norms = np.linalg.norm(wide, axis=-1, keepdims=True)
    return np.divide(wide, norms, out=np.zeros_like(wide), where=norms > 0)


def check_one_space(*vectors: np.ndarray) -> None:
    """Refuse to compare vectors of different lengths.

    Raises:
        EncoderError: their last axes differ.
    """
    numbers = sorted({array.shape[-1] for array in vectors})
    if len(numbers) > 1:
        raise EncoderError(
            f"the encoder gives vectors of {' and of '.join(map(str, numbers))} numbers, expected one space",
            hint="Pictures and texts are compared: encode_image and encode_text need the same dimension.",
        )


def score(captions: np.ndarray, objects: np.ndarray, gallery: np.ndarray) -> RetrievalScores:
    """Score captions against single-object galleries (TOR, docs/paper.md 2; docs/definitions.md).

    Args:
        captions: (m, d) vectors of the multi-object captions, any length.
        objects: (m, n) ids of the mentioned categories, in mention order, distinct within a row.
        gallery: (G, V, d) **unit** vectors of the single-object prompts.

    Returns:
        RetrievalScores; every field is NaN-free.

    Raises:
        EncoderError: the two are not of one space.
    """
    check_one_space(captions, gallery)
    m, n = objects.shape
    galleries, v, d = gallery.shape
    sims = _similarities(captions, gallery.reshape(galleries * v, d)).reshape(m, galleries, v)
    at = (np.arange(m)[:, None, None], np.arange(galleries)[None, :, None], objects[:, None, :])
    cosines = sims[at]

    top_mentioned = cosines.max(axis=2, keepdims=True)
    winners = cosines >= top_mentioned - TIE
    credit = winners / winners.sum(axis=2, keepdims=True)

    leaders = sims >= sims.max(axis=2, keepdims=True) - TIE
    n_leaders = leaders.sum(axis=2)
    leading = leaders[at] / n_leaders[..., None]
    top1 = np.concatenate([leading, 1 - leading.sum(axis=2, keepdims=True)], axis=2)
    best = np.where(n_leaders == 1, leaders.argmax(axis=2), -1)

    above = np.empty((m, galleries, n))
    tied = np.empty((m, galleries, n))
    for p in range(n):
        own = cosines[:, :, p, None]
        above[:, :, p] = (sims > own + TIE).sum(axis=2)
        tied[:, :, p] = (sims >= own - TIE).sum(axis=2) - above[:, :, p]
    return RetrievalScores(
        cosines=cosines,
        credit=credit,
        top1=np.clip(top1, 0.0, 1.0),
        topn_correct=_topn_correct(sims, cosines),
        recall=np.clip((n - above) / tied, 0.0, 1.0),
        ranks=above + (tied + 1) / 2,
        margin=cosines - _best_other(cosines),
        best=best,
    )


def _similarities(captions: np.ndarray, prompts: np.ndarray) -> np.ndarray:
    """Cosines (m, P) in float64 of captions (m, d) with unit prompts (P, d), in pieces that stay in the processor's
    cache; a zero caption has cosine 0 with everything."""
    out = np.empty((len(captions), len(prompts)))
    for start in range(0, len(captions), _ROWS):
        rows = slice(start, start + _ROWS)
        wide = captions[rows].astype(np.float64)
        norms = np.sqrt(np.einsum("ij,ij->i", wide, wide))
        np.matmul(wide, prompts.T, out=out[rows])
        out[rows] /= np.where(norms > 0, norms, 1.0)[:, None]
    return out


def _topn_correct(sims: np.ndarray, cosines: np.ndarray) -> np.ndarray:
    """P(top-n set is the mentioned set) when ties are broken at random: one of the C(a + b, a) equally likely choices
    among a mentioned and b unmentioned at the boundary, 0 if an unmentioned is strictly above."""
    boundary = cosines.min(axis=2, keepdims=True)
    in_tied = (cosines <= boundary + TIE).sum(axis=2)
    in_above = cosines.shape[2] - in_tied
    all_above = (sims > boundary + TIE).sum(axis=2)
    out_tied = (sims >= boundary - TIE).sum(axis=2) - all_above - in_tied
    return np.where(all_above == in_above, 1 / binom(in_tied + out_tied, in_tied), 0.0)


def _best_other(cosines: np.ndarray) -> np.ndarray:
    """For each mentioned object the best cosine of the others, (m, G, n)."""
    ordered = np.sort(cosines, axis=2)
    first, second = ordered[..., -1:], ordered[..., -2:-1]
    alone_on_top = (cosines == first) & (second < first)
    return np.where(alone_on_top, second, first)
