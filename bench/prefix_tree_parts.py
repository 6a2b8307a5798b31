"""What the parts of the prefix tree bring: carried ancestors, packed products, threads.

python bench/prefix_tree_parts.py        # the matrix products on one thread, captions on one and on all
"""

from __future__ import annotations

import time
from collections.abc import Callable

import torch
from untrained_tower import tokenize, untrained_tower

from primacy.design.orders import orders
from primacy.design.sets import all_sets
from primacy.design.templates import get_template
from primacy.design.text import TextDesign
from primacy.design.vocabulary import load_vocabulary
from primacy.encoders._workers import side_by_side
from primacy.encoders.prefix_tree import build_tree, count_nodes, cut, encode, open_clip_tower, sort_sequences
from primacy.encoders.prefix_tree.dense import Dense, PackedDense

CAPTIONS = 6000


def best(work: Callable[[], object], times: int) -> float:
    """Seconds of the fastest of several calls."""
    found = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        found.append(time.perf_counter() - start)
    return min(found)


def mlp_rates() -> dict[str, float]:
    """GFLOP/s of an MLP of width 512 over 1024 rows, on one thread."""
    fc_in, fc_out, gelu = torch.nn.Linear(512, 2048), torch.nn.Linear(2048, 512), torch.nn.GELU()
    x = torch.randn(1024, 512)
    found = {}
    for kind in (Dense, PackedDense):
        first, second = kind(fc_in.weight, fc_in.bias, gelu), kind(fc_out.weight, fc_out.bias)
        for rows in (1024, 256):

            def work(_: object, rows: int = rows, first: Dense = first, second: Dense = second) -> float:
                with torch.inference_mode():
                    return best(lambda: [second.added(first(part), part) for part in x.split(rows)], 20)

            (seconds,) = side_by_side(work, [None], 1)
            found[f"{kind.__name__}, {rows} rows at a time"] = 4 * 1024 * 512 * 2048 / seconds / 1e9
    return found


def main() -> None:
    """Print the three."""
    tower = untrained_tower(0)
    design = TextDesign(load_vocabulary("comco"), all_sets(90, 4), orders("combinations", 4), get_template("and", 4))
    texts = list(design.block(1_000_000, 1_000_000 + CAPTIONS).texts)
    causal = open_clip_tower(tower.clip)
    sequences = causal.sequences(tokenize(tower, texts))
    ordered = sort_sequences(sequences)
    ideal = count_nodes(sequences) / CAPTIONS
    print(f"{CAPTIONS:,} combinations of 4 of 90 names: {ideal:.2f} distinct prefixes a caption")
    for nodes in (64, 128, 192, 256, 1024):
        computed = sum(build_tree(ordered, run).n_nodes for run in cut(ordered, nodes))
        print(f"  runs of {nodes:5,} nodes that begin with a whole caption: {computed / CAPTIONS:.2f} nodes a caption")
    for name, rate in mlp_rates().items():
        print(f"MLP, {name:34s} {rate:6.0f} GFLOP/s")
    for workers in sorted({1, torch.get_num_threads()}):
        rate = CAPTIONS / best(lambda workers=workers: encode(causal, sequences, workers=workers), 3)
        print(f"prefix tree on {workers} threads: {rate:,.0f} captions/s")


if __name__ == "__main__":
    main()
