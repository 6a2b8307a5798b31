"""One process that embeds a design within a budget and prints its peak; run by test_memory.py.

    memory_child.py BUDGET CACHE    (CACHE: a folder, or "none")

Its encoder costs nothing but takes about as much memory a caption as a real tokenizer does.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from primacy.design.orders import orders
from primacy.design.sets import all_sets
from primacy.design.templates import get_template
from primacy.design.text import TextDesign
from primacy.design.vocabulary import load_vocabulary
from primacy.encoders.base import Piece
from primacy.listener import Silent
from primacy.run.embedding import BLOCK, CAPTION_BYTES, Embedder

DIM = 256


class Cheap:
    """The number of the call and of the row."""

    fingerprint = "cheap"

    def __init__(self) -> None:
        self.calls: list[int] = []

    def encode_text(self, texts: list[str]) -> np.ndarray:
        raise AssertionError("pieces are preferred")

    def encode_pieces(self, texts: Sequence[str]) -> Iterator[Piece]:
        self.calls.append(len(texts))
        tokens = np.ones((len(texts), CAPTION_BYTES * 7 // 8), dtype=np.uint8)
        for start in range(0, len(texts), 500):
            rows = np.arange(start, min(start + 500, len(tokens)))
            yield Piece(rows, np.repeat(rows[:, None], DIM, axis=1).astype(np.float32))


def resident(field: str) -> int:
    """Bytes, from Linux: VmRSS is what is resident now, VmHWM the most that ever was."""
    (line,) = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(field)]
    return int(line.split()[1]) * 1024


def main() -> None:
    budget, cache = float(sys.argv[1]), None if sys.argv[2] == "none" else Path(sys.argv[2])
    vocabulary = load_vocabulary("comco")
    design = TextDesign(vocabulary, all_sets(len(vocabulary), 3), orders("combinations", 3), get_template("and", 3))
    encoder = Cheap()
    embedder = Embedder(encoder, cache, Silent(), budget)
    embedder.texts(vocabulary.names)
    encoder.calls.clear()
    window, before = embedder.window(len(design)), resident("VmRSS")
    seen = [len(vectors) for _, vectors in embedder.trials(design)]
    peak = resident("VmHWM") - before
    assert seen == [BLOCK] * (len(design) // BLOCK) + [len(design) % BLOCK]
    sys.stdout.write(json.dumps({"captions": len(design), "window": window, "peak": peak, "calls": encoder.calls}))


if __name__ == "__main__":
    main()
