"""How the cost of the prefix tree grows: captions a second and distinct prefixes a caption, against the number of
captions, of objects, of names, and the memory budget. Random ViT-B-32, fp32.

    python bench/prefix_tree_growth.py [--seconds 8]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence

import numpy as np
from untrained_tower import untrained_tower

from primacy.design.orders import orders
from primacy.design.sets import all_sets, sample_sets
from primacy.design.templates import get_template
from primacy.design.text import TextDesign
from primacy.design.vocabulary import Category, Vocabulary, load_vocabulary
from primacy.encoders._tokens import Tokens
from primacy.encoders.prefix_tree import CausalTower, TokenSequences, count_nodes, encode, open_clip_tower
from primacy.identity import rng_stream
from primacy.run.embedding import window_captions

GIGABYTE = 10**9


def measure(tower: CausalTower, sequences: TokenSequences, seconds: float) -> str:
    """Rate over neighbouring captions for about `seconds`, prefixes over all."""
    start, rate, size = time.perf_counter(), 0.0, 512
    order = np.lexsort(sequences.ids.T[::-1])
    n = len(order)
    while True:  # the middle of the sorted captions, ever more of them until the time is up
        rows = order[max(0, n // 2 - size // 2) : n // 2 + size // 2]
        began = time.perf_counter()
        encode(tower, TokenSequences(sequences.ids[rows], sequences.lengths[rows]))
        rate = len(rows) / (time.perf_counter() - began)
        if size >= n or time.perf_counter() - start > seconds:
            return f"{n:9,} captions  {rate:8,.0f} captions/s  {count_nodes(sequences) / n:6.2f} prefixes a caption"
        size *= 2


def middle(design: TextDesign, count: int) -> Sequence[str]:
    """`count` neighbouring captions from the middle of a design, or all."""
    start = max(0, (len(design) - count) // 2)
    return design.block(start, start + count).texts


def words(tokenizer: object, count: int) -> Vocabulary:
    """`count` words of one token each."""
    whole = (piece[: -len("</w>")] for piece in tokenizer.encoder if piece.endswith("</w>"))
    found = [word for word in whole if word.isascii() and word.isalpha() and len(word) > 3]
    chosen = rng_stream(0, "words").choice(len(found), count, replace=False)
    return Vocabulary(f"{count} words", tuple(Category(found[i]) for i in chosen))


def main() -> None:
    """Print four tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=8)
    args = parser.parse_args()
    built = untrained_tower(0)
    tower, tokens = open_clip_tower(built.clip), Tokens(built.tokenizer)

    def row(label: str, texts: Sequence[str]) -> None:
        print(f"  {label:14s} {measure(tower, tower.sequences(tokens(texts)), args.seconds)}", flush=True)

    comco = load_vocabulary("comco")

    def combinations(vocabulary: Vocabulary, n: int) -> TextDesign:
        return TextDesign(vocabulary, all_sets(len(vocabulary), n), orders("combinations", n), get_template("and", n))

    print("captions: combinations of 4 of 90 names")
    for count in (1_000, 10_000, 100_000, 1_000_000):
        row(f"{count:,}", middle(combinations(comco, 4), count))
    print("objects: combinations of 90 names")
    for n in range(2, 9):
        row(f"{n}", middle(combinations(comco, n), 20_000))
    print("names: combinations of 4 of so many words")
    for count in (20, 50, 90, 250, 1_000):
        row(f"{count:,}", middle(combinations(words(built.tokenizer, count), 4), 20_000))
    print("memory: all permutations of random sets of 4 of 90 names, one window")
    for gigabytes in (0.25, 0.5, 1, 2, 4):
        count = window_captions(gigabytes * GIGABYTE, tower.projection.shape[1])
        sets = sample_sets(len(comco), 4, count // 24, rng=rng_stream(0, "memory"), sort=False)
        row(
            f"{gigabytes:g} GB", TextDesign(comco, sets, orders("all", 4), get_template("and", 4)).block(0, count).texts
        )


if __name__ == "__main__":
    main()
