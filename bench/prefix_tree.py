"""The prefix tree against the usual ways to encode captions, side by side in one process with the same random weights.

For each design, captions a second of
  open_clip, batch 512     `encode_text` at full context, as the published script batches it
  open_clip, best batch    the same at the fastest of several batch sizes
  cut and bucketed         padding cut off, batches of one length, at the fastest batch size
  prefix tree              `primacy.encoders.prefix_tree.encode`, all captions of the design
and the share of the machine's matrix product peak that the tree's distinct nodes come to. All use the same number of
torch threads. The slower ways are timed on captions drawn from the design; the ways take turns, `--rounds` times, and
the best round of each counts.

    python bench/prefix_tree.py [--architecture ViT-B-32] [--device cpu] [--precision fp32] [--captions FILE]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from untrained_tower import ARCHITECTURE, Tower, encode_cut, encode_full, tokenize, untrained_tower

from primacy.design.orders import orders
from primacy.design.sets import all_sets, sample_sets
from primacy.design.templates import get_template
from primacy.design.text import TextDesign
from primacy.design.vocabulary import Vocabulary, load_vocabulary
from primacy.encoders._workers import side_by_side
from primacy.encoders.prefix_tree import CausalTower, count_nodes, encode, open_clip_tower
from primacy.identity import rng_stream

BATCHES = (16, 32, 64, 128, 512)


def designs(count: int, captions: str | None) -> dict[str, list[str]]:
    """Captions by name of the design."""
    comco, and_ = load_vocabulary("comco"), get_template("and", 4)
    whole = TextDesign(comco, all_sets(len(comco), 4), orders("combinations", 4), and_)
    few = Vocabulary("first 20 of comco", comco.categories[:20])
    permuted = TextDesign(few, all_sets(20, 4), orders("all", 4), and_)
    drawn = sample_sets(len(comco), 4, count // 24, rng=rng_stream(0, "bench"), sort=False)
    sampled = TextDesign(comco, drawn, orders("all", 4), and_)
    middle = len(whole) // 2
    found = {
        "combinations of 90 names": list(whole.block(middle, middle + count).texts),
        f"permutations of all sets of 20 names ({len(permuted):,})": list(permuted.block(0, len(permuted)).texts),
        f"permutations of {count // 24:,} random sets of 90 names": list(sampled.block(0, len(sampled)).texts),
    }
    if captions:
        with Path(captions).open(encoding="utf-8") as lines:
            found["captions of the file"] = [line.strip() for line in islice(lines, count)]
    return found


def matmul_peak(threads: int, device: torch.device, dtype: torch.dtype) -> float:
    """GFLOP/s of the fastest of several products of this kind, on all threads."""
    from primacy.encoders.prefix_tree.dense import dense

    best = 0.0
    sizes = ((512, 512, 2048), (1024, 512, 1536), (2048, 2048, 2048), (4096, 4096, 4096))
    for rows, inner, outer in sizes if device.type == "cpu" else ((8192, 8192, 8192), (16384, 16384, 16384)):
        x = torch.randn(rows, inner, device=device, dtype=dtype)
        product = dense(torch.randn(outer, inner, device=device, dtype=dtype), None)
        times = max(3, int(4e10 / (rows * inner * outer)))

        def work(_: int, x=x, product=product, times=times) -> None:
            with torch.inference_mode():
                for _ in range(times):
                    product(x)
            synchronise(device)

        for _ in range(3):
            start = time.perf_counter()
            list(side_by_side(work, range(threads), threads))
            best = max(best, threads * times * 2 * rows * inner * outer / (time.perf_counter() - start) / 1e9)
    return best


def synchronise(device: torch.device) -> None:
    """Wait for the accelerator."""
    if device.type == "cuda":
        torch.cuda.synchronize()


def rate(work: Callable[[], object], captions: int, device: torch.device) -> float:
    """Captions a second of one call."""
    synchronise(device)
    start = time.perf_counter()
    work()
    synchronise(device)
    return captions / (time.perf_counter() - start)


def node_flops(tower: CausalTower, nodes: int, captions: int) -> float:
    """Floating-point operations that the tree's matrix products need: all nodes in all layers, but in the last layer
    only the captions' end nodes behind attention."""
    per_layer = [
        2
        * sum(
            weight.numel() for weight in (layer.qkv_weight, layer.out.weight, layer.fc_in.weight, layer.fc_out.weight)
        )
        for layer in tower.layers
    ]
    last = 2 * tower.layers[-1].qkv_weight.numel()
    return nodes * (sum(per_layer[:-1]) + last) + captions * (per_layer[-1] - last)


def measure(tower: Tower, texts: list[str], sample: int, rounds: int, device: torch.device) -> dict[str, float]:
    """Best captions a second of each way; the tree's figures too."""
    causal = open_clip_tower(tower.clip)
    ids = tokenize(tower, texts)
    drawn = np.sort(rng_stream(0, "sample").choice(len(texts), min(sample, len(texts)), replace=False))
    few = ids[drawn]
    full = tower.tokenizer([texts[i] for i in drawn]).to(device)
    sequences = causal.sequences(ids)
    warm = causal.sequences(ids[:256])
    encode(causal, warm)
    ways: dict[str, tuple[Callable[[], object], int]] = {"tree": (lambda: encode(causal, sequences), len(texts))}
    for batch in BATCHES:
        part = full[: max(batch, sample // 4)]
        ways[f"full {batch}"] = (lambda part=part, batch=batch: encode_full(tower, part, batch), len(part))
    for batch in BATCHES[:4]:
        ways[f"cut {batch}"] = (lambda batch=batch: encode_cut(tower, few, batch), len(few))
    best = dict.fromkeys(ways, 0.0)
    for _ in range(rounds):
        for name, (work, captions) in ways.items():
            best[name] = max(best[name], rate(work, captions, device))
    nodes = count_nodes(sequences)
    return {
        "open_clip, batch 512": best["full 512"],
        "open_clip, best batch": max(best[f"full {b}"] for b in BATCHES),
        "best batch": max(BATCHES, key=lambda b: best[f"full {b}"]),
        "cut and bucketed": max(best[f"cut {b}"] for b in BATCHES[:4]),
        "prefix tree": best["tree"],
        "nodes a caption": nodes / len(texts),
        "tree GFLOP/s": node_flops(causal, nodes, len(texts)) * best["tree"] / len(texts) / 1e9,
    }


def main() -> None:
    """Print one block a design."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--architecture", default=ARCHITECTURE)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--precision", choices=["fp32", "bf16"], default="fp32")
    parser.add_argument("--count", type=int, default=24_000, help="captions of the designs that could be longer")
    parser.add_argument("--sample", type=int, default=512, help="captions for the slower ways, 512 or more")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--captions", help="a file with one caption a line: a fourth design")
    args = parser.parse_args()
    device = torch.device(args.device)
    dtype = {"fp32": torch.float32, "bf16": torch.bfloat16}[args.precision]
    threads = torch.get_num_threads() if device.type == "cpu" else 1
    tower = untrained_tower(0, args.architecture)
    tower = tower._replace(clip=tower.clip.to(device=device, dtype=dtype))
    peak = matmul_peak(threads, device, dtype)
    print(
        f"{args.architecture} {args.precision} on {device}, {threads} threads; matrix product peak {peak:,.0f} GFLOP/s"
    )
    for name, texts in designs(args.count, args.captions).items():
        found = measure(tower, texts, args.sample, args.rounds, device)
        tree = found["prefix tree"]
        print(f"\n{name}: {len(texts):,} captions, {found['nodes a caption']:.2f} distinct prefixes each")
        for way in ("open_clip, batch 512", "open_clip, best batch", "cut and bucketed"):
            note = f" ({found['best batch']})" if way == "open_clip, best batch" else ""
            print(f"  {way + note:28s} {found[way]:10,.1f} captions/s   tree {tree / found[way]:6.1f} x")
        gflops = found["tree GFLOP/s"]
        print(f"  {'prefix tree':28s} {tree:10,.1f} captions/s   {gflops:,.0f} GFLOP/s, {gflops / peak:.0%} of peak")
    found = matmul_peak(threads, device, dtype)
    print(f"\nmatrix product peak measured again at the end: {found:,.0f} GFLOP/s")


if __name__ == "__main__":
    main()
