"""TOC side by side: the published procedure against encode-once and a converged closed-form head.

    python bench/toc.py --sentences 20000

The published procedure (docs/paper.md 3, F5 and F6): frozen vectors, one run per position, each of which encodes
all sentences anew and trains one linear layer with Adam 1e-3 on shuffled batches of 32 from a DataLoader, for
10 epochs. Ours: one encoding, one eigendecomposition, one discriminant per position whose penalty is chosen
on the validation part. Both see the same vectors and the same 75/10/15 split by sentence, in one process.

Head time and encoding time are reported apart. Encoding is timed on a sample and multiplied up. The whole
ratio is given twice: with one and the same encoder on both sides (captions cut to their length), and with the
published side at the full context of 77 tokens.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from threadpoolctl import threadpool_limits
from toc_schedule import encode, sample_objects
from untrained_tower import encode_cut, tokenize, untrained_tower

from primacy.identity import rng_stream
from primacy.probes.schedule import PublishedSchedule
from primacy.probes.toc import Split, run_toc, split_by_sentence


class Timed(NamedTuple):
    """Wall and processor seconds of a call, and what it returned."""

    wall: float
    cpu: float
    value: object


def timed(call: Callable[[], object]) -> Timed:
    wall, cpu = time.perf_counter(), time.process_time()
    value = call()
    return Timed(time.perf_counter() - wall, time.process_time() - cpu, value)


def published_loop(vectors: np.ndarray, objects: np.ndarray, n_categories: int, split: Split, seed: int) -> np.ndarray:
    """Test accuracy by position of the published training loop, (n,)."""
    torch.manual_seed(seed)
    accuracy = []
    for y in objects.T:
        data = torch.utils.data.TensorDataset(torch.from_numpy(vectors[split.train]), torch.from_numpy(y[split.train]))
        loader = torch.utils.data.DataLoader(data, batch_size=32, shuffle=True)
        head = torch.nn.Linear(vectors.shape[1], n_categories)
        adam = torch.optim.Adam(head.parameters(), lr=1e-3)
        for _ in range(10):
            for x, target in loader:
                adam.zero_grad()
                torch.nn.functional.cross_entropy(head(x), target).backward()
                adam.step()
        with torch.inference_mode():
            named = head(torch.from_numpy(vectors[split.test])).argmax(dim=1).numpy()
        accuracy.append((named == y[split.test]).mean())
    return np.array(accuracy)


def encoding_seconds(names: list[str], objects: np.ndarray, seed: int, sample: int) -> dict[str, float]:
    """Seconds for all sentences, cut to length and at full context, multiplied up from `sample` sentences."""
    tower = untrained_tower(seed)
    rows = objects[np.random.default_rng(seed).permutation(len(objects))[:sample]]
    texts = [" and ".join(f"a {names[i]}" for i in row) for row in rows]
    tokens = tokenize(tower, texts)
    with torch.inference_mode():
        cut = timed(lambda: encode_cut(tower, tokens)).cpu
        few = texts[: max(1, sample // 8)]
        full = timed(lambda: [tower.clip.encode_text(tower.tokenizer(few[i : i + 32])) for i in range(0, len(few), 32)])
    return {"cut": cut * len(objects) / len(rows), "full_context": full.cpu * len(objects) / len(few)}


def compare(args: argparse.Namespace, names: list[str]) -> dict:
    """All figures of one comparison."""
    objects = sample_objects(len(names), args.objects, args.sentences, np.random.default_rng(args.seed))
    folder = f"{args.vocabulary}-n{args.objects}-s{args.sentences}-seed{args.seed}"
    vectors = encode(objects, names, args.seed, args.cache / folder)
    if args.unit:
        vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    _, set_ids = np.unique(np.sort(objects, axis=1), axis=0, return_inverse=True)
    split = split_by_sentence(set_ids, rng=rng_stream(args.seed, "bench"))

    def ours(**changes: object) -> object:
        return run_toc(
            vectors, objects, set_ids.ravel(), len(names),
            rng=rng_stream(args.seed, "bench"), splitter=split_by_sentence, curve_points=1, **changes,
        )  # fmt: skip

    fast = min((timed(ours) for _ in range(3)), key=lambda t: t.cpu)
    loop = timed(lambda: published_loop(vectors, objects, len(names), split, args.seed))
    bare = timed(lambda: ours(head=PublishedSchedule(seed=args.seed)))
    seconds = encoding_seconds(names, objects, args.seed, args.encode_sample)
    n = args.objects
    whole = {
        "same_encoder": (n * seconds["cut"] + loop.cpu) / (seconds["cut"] + fast.cpu),
        "published_at_full_context": (n * seconds["full_context"] + loop.cpu) / (seconds["cut"] + fast.cpu),
    }
    return {
        "heads": {
            "published, DataLoader": {"wall_s": loop.wall, "cpu_s": loop.cpu, "accuracy": loop.value.tolist()},
            "published, bare batches": {
                "wall_s": bare.wall,
                "cpu_s": bare.cpu,
                "accuracy": bare.value.accuracy.tolist(),
            },
            "discriminant": {
                "wall_s": fast.wall,
                "cpu_s": fast.cpu,
                "accuracy": fast.value.accuracy.tolist(),
                "converged": fast.value.converged.tolist(),
            },
        },
        "encoding_cpu_s": seconds,
        "head_ratio_cpu": loop.cpu / fast.cpu,
        "head_ratio_wall": loop.wall / fast.wall,
        "head_ratio_cpu_bare_batches": bare.cpu / fast.cpu,
        "whole_ratio_cpu": whole,
    }


def main() -> None:
    """Command line; see the module's docstring."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vocabulary", choices=["simco", "comco"], default="comco")
    parser.add_argument("--sentences", type=int, default=20_000)
    parser.add_argument("--objects", type=int, default=4)
    parser.add_argument("--unit", action="store_true", help="divide every vector by its length first")
    parser.add_argument("--encode-sample", type=int, default=512)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--cache", type=Path, default=Path("toc_schedule_cache"))
    parser.add_argument("--out", type=Path, default=Path("bench_toc.json"))
    args = parser.parse_args()

    from primacy.design.vocabulary import load_vocabulary

    torch.set_num_threads(args.threads)
    with threadpool_limits(args.threads, user_api="blas"):
        result = compare(args, list(load_vocabulary(args.vocabulary).names))
    setting = {name: value for name, value in vars(args).items() if name not in ("cache", "out")}
    args.out.write_text(json.dumps({"setting": setting, **result}, indent=1))
    for name, head in result["heads"].items():
        accuracy = " ".join(f"{100 * a:6.1f}" for a in head["accuracy"])
        print(f"{name:24} {head['wall_s']:8.2f} s wall {head['cpu_s']:8.2f} s processor   accuracy % {accuracy}")
    print(f"head ratio (processor time): {result['head_ratio_cpu']:.1f}x, wall {result['head_ratio_wall']:.1f}x,")
    print(f"  against the same schedule without DataLoader: {result['head_ratio_cpu_bare_batches']:.1f}x")
    for name, ratio in result["whole_ratio_cpu"].items():
        print(f"whole ratio, {name.replace('_', ' ')}: {ratio:.1f}x (encoding multiplied up from a sample)")


if __name__ == "__main__":
    main()
