"""What does TOC's published schedule measure? An untrained ViT-B-32 tower, that schedule, and converged heads.

    python bench/toc_schedule.py --vocabulary simco --sentences 20000
    python bench/toc_schedule.py --vocabulary comco --sentences 180000 --cache /some/folder

Sentences are "a A and a B and a C" (`--objects`): every category stands first equally often, the others are
drawn at random (distinct within a sentence, sentences with replacement), as docs/paper.md 3 says. The
random split of the paper (75/10/15) stands beside a split by object set. Vectors are kept in `--cache` in
chunks, so a stopped run goes on.
"""

from __future__ import annotations

import argparse
import json
import logging
import time
from pathlib import Path

import numpy as np

from primacy.probes.linear import Trainer

CHUNK = 16_384


def sample_objects(n_categories: int, n_objects: int, sentences: int, rng: np.random.Generator) -> np.ndarray:
    """Category ids (about `sentences`, n_objects), rows sorted: `sentences // V` with each category first."""
    first = np.repeat(np.arange(n_categories), sentences // n_categories)
    rows = [rng.permutation(np.delete(np.arange(n_categories), a))[: n_objects - 1] for a in first]
    objects = np.column_stack([first, np.array(rows)])
    return objects[np.lexsort(objects.T[::-1])]  # neighbours share their beginnings: cheaper to encode


def encode(objects: np.ndarray, names: list[str], seed: int, cache: Path) -> np.ndarray:
    """Vectors (N, 512) of the distinct captions, chunk files in `cache`, fanned out to the rows of `objects`."""
    from untrained_tower import tokenize, untrained_tower

    from primacy.encoders import prefix_tree

    cache.mkdir(parents=True, exist_ok=True)
    distinct, inverse = np.unique(objects, axis=0, return_inverse=True)
    tower = None
    parts = []
    for number, start in enumerate(range(0, len(distinct), CHUNK)):
        path = cache / f"chunk{number:03d}.npy"
        if not path.exists():
            tower = tower or untrained_tower(seed)
            texts = [" and ".join(f"a {names[i]}" for i in row) for row in distinct[start : start + CHUNK]]
            began = time.perf_counter()
            causal = prefix_tree.open_clip_tower(tower.clip)
            vectors = prefix_tree.encode(causal, causal.sequences(tokenize(tower, texts)))
            logging.info("%s: %.0f captions/s", path.name, len(texts) / (time.perf_counter() - began))
            temporary = path.with_suffix(".tmp.npy")
            np.save(temporary, vectors)
            temporary.rename(path)
        parts.append(np.load(path))
    return np.concatenate(parts)[inverse.ravel()]


HEADS = ("published", "discriminant", "logistic")


def trainer_of(head: str, seed: int, epochs: int) -> Trainer:
    """The trainer of a head's name."""
    from primacy.probes.linear import Discriminant
    from primacy.probes.logistic import Logistic
    from primacy.probes.schedule import PublishedSchedule

    return {
        "published": PublishedSchedule(seed=seed, epochs=epochs),
        "discriminant": Discriminant(),
        "logistic": Logistic(penalties=(1e-3, 1e-5, 1e-7), tolerance=1e-5, max_iterations=500),
    }[head]


def measure(
    vectors: np.ndarray, objects: np.ndarray, n_categories: int, seed: int, trainers: dict[str, Trainer]
) -> list[dict]:
    """Accuracy by position for each split and head, one record each."""
    from primacy.identity import rng_stream
    from primacy.probes.toc import run_toc, split_by_sentence, split_by_set

    _, set_ids = np.unique(np.sort(objects, axis=1), axis=0, return_inverse=True)
    records = []
    for split_name, splitter in (("sentence", split_by_sentence), ("set", split_by_set)):
        for name, trainer in trainers.items():
            began = time.perf_counter()
            result = run_toc(
                vectors, objects, set_ids.ravel(), n_categories,
                rng=rng_stream(seed, "toc_schedule"), head=trainer, splitter=splitter, curve_points=1,
            )  # fmt: skip
            record = {
                "split": split_name,
                "head": name,
                "n_train": result.n_train,
                "n_test": len(result.test_rows),
                "accuracy": result.accuracy.round(4).tolist(),
                "penalty": result.penalty.tolist(),
                "converged": result.converged.tolist(),
                "residual": [float(f"{r:.2g}") for r in result.residual],
                "seconds": round(time.perf_counter() - began, 1),
            }
            logging.info("%s", json.dumps(record))
            records.append(record)
    return records


def table(records: list[dict]) -> str:
    """The records as text, accuracies in percent."""
    lines = [f"{'split':9} {'head':24} {'train':>7}  accuracy by position (%)       converged     seconds"]
    for r in records:
        shares = " ".join(f"{100 * a:6.1f}" for a in r["accuracy"])
        done = " ".join("yes" if c else "no" for c in r["converged"])
        lines.append(f"{r['split']:9} {r['head']:24} {r['n_train']:7d}  {shares:30} {done:13} {r['seconds']:7.1f}")
    return "\n".join(lines)


def main() -> None:
    """Command line; see the module's docstring."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vocabulary", choices=["simco", "comco"], default="simco")
    parser.add_argument("--sentences", type=int, default=20_000)
    parser.add_argument("--objects", type=int, default=3)
    parser.add_argument("--heads", nargs="+", choices=HEADS, default=list(HEADS))
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--unit", action="store_true", help="divide every vector by its length first")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--cache", type=Path, default=Path("toc_schedule_cache"))
    parser.add_argument("--out", type=Path, default=Path("toc_schedule.json"))
    args = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")

    import torch

    from primacy.design.vocabulary import load_vocabulary

    torch.set_num_threads(args.threads)
    names = list(load_vocabulary(args.vocabulary).names)
    objects = sample_objects(len(names), args.objects, args.sentences, np.random.default_rng(args.seed))
    folder = f"{args.vocabulary}-n{args.objects}-s{args.sentences}-seed{args.seed}"
    vectors = encode(objects, names, args.seed, args.cache / folder)
    if args.unit:
        vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    trainers = {head: trainer_of(head, args.seed, args.epochs) for head in args.heads}
    records = measure(vectors, objects, len(names), args.seed, trainers)
    setting = {name: value for name, value in vars(args).items() if name not in ("cache", "out")}
    setting["tower"] = "open_clip ViT-B-32, random weights"
    args.out.write_text(json.dumps({"setting": setting, "n_sentences": len(objects), "results": records}, indent=1))
    print(table(records))


if __name__ == "__main__":
    main()
