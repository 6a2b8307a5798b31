"""Scoring and metrics: Primacy's blocks against per-sentence loops, side by side in one process.

`published` re-states the published TOR script's work for each sentence (docs/paper.md): similarities to all names,
the n most similar by argsort, membership of each mentioned name, the winner among the mentioned, precision at k,
average precision and nDCG. `all metrics` is the same kind of loop for every metric that Primacy reports. Both read
vectors that are there already; encoding is not part of it.

    python bench/scoring.py [--sets 5000] [--dim 512]      # 4 captions a set
"""

from __future__ import annotations

import argparse
import json
import time

import numpy as np
from threadpoolctl import threadpool_limits

from primacy.design.orders import orders
from primacy.design.sets import sample_sets
from primacy.design.templates import get_template
from primacy.design.text import TextDesign
from primacy.design.vocabulary import load_vocabulary
from primacy.identity import rng_stream
from primacy.probes.retrieval import TIE, score, unit
from primacy.probes.tor import TorSums

BLOCK = 1024


def with_numpy(gallery):
    """Similarities of one sentence to all names, by numpy."""
    return lambda vector: gallery @ (vector / np.linalg.norm(vector))


def with_torch(gallery):
    """The same by torch tensors and back, as scripts around a torch model do it."""
    import torch

    torch.set_num_threads(1)
    names = torch.from_numpy(gallery)

    def similarities(vector):
        sentence = torch.from_numpy(vector)[None]
        sentence = sentence / sentence.norm(dim=-1, keepdim=True)
        return torch.mm(sentence, names.T).squeeze(0).numpy()

    return similarities


def published_loop(vectors, objects, similarities, names):
    """The published script's work: conditional and unconditional counts, precision at k, average precision, nDCG."""
    n = objects.shape[1]
    hits, among, right = np.zeros(n), np.zeros(n), 0
    precision, average, gain = np.zeros(n), 0.0, 0.0
    for vector, row in zip(vectors, objects, strict=True):
        sentence = " and ".join(names[o] for o in row)
        words = sentence.split(" and ")
        similarity = similarities(vector)
        top = np.argsort(similarity)[-n:]
        top_words = [names[i] for i in top]
        if all(word in words for word in top_words):
            right += 1
            for p, word in enumerate(words):
                hits[p] += top_words[-1] == word
        best = max(words, key=lambda word: similarity[names.index(word)])
        for p, word in enumerate(words):
            among[p] += best == word
        relevant = [1 if word in words else 0 for word in top_words]
        for k in range(1, n + 1):
            precision[k - 1] += sum(relevant[:k]) / k
        found, total = 0, 0.0
        for k, flag in enumerate(relevant, start=1):
            if flag:
                found += 1
                total += found / k
        average += total / n
        ideal = sorted(relevant, reverse=True)
        gains = [sum(f / np.log2(k + 2) for k, f in enumerate(flags)) for flags in (relevant, ideal)]
        gain += gains[0] / gains[1] if gains[1] else 0.0
    return hits, right, among


def metric_loop(vectors, objects, similarities, names):
    """All metrics by the same kind of loop; ties do not occur in these vectors."""
    n = objects.shape[1]
    out = {k: np.zeros(n) for k in ("credit", "paper", "recall", "ranks", "cosines", "margin")}
    top1, right = np.zeros(n + 1), 0
    for vector, row in zip(vectors, objects, strict=True):
        similarity = similarities(vector)
        ranking = np.argsort(-similarity).tolist()
        own = [float(similarity[o]) for o in row]
        winner = own.index(max(own))
        out["credit"][winner] += 1
        first = names[ranking[0]]
        words = [names[o] for o in row]
        top1[words.index(first) if first in words else n] += 1
        if {names[i] for i in ranking[:n]} == set(words):
            right += 1
            out["paper"][winner] += 1
        for p, o in enumerate(row):
            place = ranking.index(o)
            out["recall"][p] += place < n
            out["ranks"][p] += place + 1
            out["cosines"][p] += own[p]
            out["margin"][p] += own[p] - max(own[q] for q in range(n) if q != p)
    return out, top1, right


def ours(design, vectors, gallery):
    """The same sums through the probe."""
    sums = TorSums(design.n_clusters, 1, design.n_objects)
    for start in range(0, len(vectors), BLOCK):
        objects = design.objects(start, start + BLOCK)
        trials = np.arange(start, start + len(objects))
        block = _block(trials, trials // len(design.orders), objects)
        sums.add(block, score(vectors[start : start + BLOCK], objects, gallery))
    return sums


def _block(trials, clusters, objects):
    from primacy.design.text import TrialBlock

    return TrialBlock(trials, clusters, objects, [])


def untie(vectors, items, fallback):
    """Loops break near-ties, Primacy shares them: move captions with two similarities closer than the tolerance."""
    rng = np.random.default_rng(1)
    while True:
        ordered = np.sort(unit(vectors) @ items.T, axis=1)
        close = (np.diff(ordered, axis=1) < 2 * TIE).any(axis=1)
        if not close.any():
            return
        moved = fallback[close] + 0.1 * rng.standard_normal((int(close.sum()), vectors.shape[1]))
        vectors[close] = moved.astype(np.float32)


def timed(call, *arguments, repeats=1):
    """Result and best wall time of `repeats` calls."""
    best = np.inf
    for _ in range(repeats):
        start = time.perf_counter()
        result = call(*arguments)
        best = min(best, time.perf_counter() - start)
    return result, best


def main():
    """Run the comparison."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", type=int, default=5000)
    parser.add_argument("--dim", type=int, default=512)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    vocabulary = load_vocabulary("comco")
    sets = sample_sets(90, 4, arguments.sets, rng=rng_stream(0, "bench"))
    design = TextDesign(vocabulary, sets, orders("rotations", 4), get_template("and", 4))
    objects = design.objects(0, len(design))
    rng = np.random.default_rng(0)
    items = unit(rng.standard_normal((90, arguments.dim)))
    mixed = items[objects].sum(axis=1) + 0.1 * rng.standard_normal((len(objects), arguments.dim))
    vectors = mixed.astype(np.float32).astype(np.float64)
    untie(vectors, items, mixed)
    with threadpool_limits(arguments.threads, user_api="blas"):
        sums, mine = timed(ours, design, vectors.astype(np.float32), items[None], repeats=3)
        work = (vectors, objects, with_numpy(items), vocabulary.names)
        (hits, right, among), published = timed(published_loop, *work)
        (loop, top1, right2), everything = timed(metric_loop, *work)
        _, in_torch = timed(published_loop, vectors, objects, with_torch(items), vocabulary.names)
    differences = {name: float(np.abs(sums[name].sum(axis=(0, 1)) - loop[name]).max() / len(objects)) for name in loop}
    differences["top1"] = float(np.abs(sums["top1"].sum(axis=(0, 1)) - top1).max() / len(objects))
    differences["published"] = float(np.abs(sums["paper"].sum(axis=(0, 1)) - hits).max() / len(objects))
    differences["among"] = float(np.abs(sums["credit"].sum(axis=(0, 1)) - among).max() / len(objects))
    assert right == right2 == sums["paper_n"].sum()
    report = {
        "captions": len(objects),
        "seconds": {"primacy": mine}
        | (
            loops := {
                "published loop, torch": in_torch,
                "published loop, numpy": published,
                "all-metrics loop, numpy": everything,
            }
        ),
        "ratio": {name: seconds / mine for name, seconds in loops.items()},
        "largest difference of a mean": max(differences.values()),
    }
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
