"""One process that embeds numbered texts; run by test_processes.py.

    child.py ROOT OUT CALLS FIRST LAST [--reverse] [--slow SECONDS] [--kill CALL NUMBER WHEN]

Its encoder marks every vector with the digest of the whole chunk, so that the bits of a result tell which
texts were encoded together. Each call of the encoder appends a line to CALLS. `--kill` ends the process by
SIGKILL before or after the NUMBERth call of os.replace or os.fsync.
"""

import argparse
import hashlib
import os
import signal
import time
from pathlib import Path

import numpy as np

from primacy.encoders import _output, _pieces, embed
from primacy.encoders.store import EmbeddingStore

CHUNK = 8


class ChunkMarkingEncoder:
    fingerprint = "chunk-marking-1"

    def __init__(self, calls: Path, seconds: float) -> None:
        self.calls, self.seconds = calls, seconds

    def encode_text(self, texts: list[str]) -> np.ndarray:
        time.sleep(self.seconds)
        rows = [[len(text), *hashlib.sha256(text.encode()).digest()[:4], *self._mark(texts)] for text in texts]
        with self.calls.open("a") as stream:
            stream.write("|".join(texts) + "\n")
        return np.array(rows, dtype=np.float32)

    def _mark(self, texts: list[str]) -> bytes:
        return hashlib.sha256("|".join(texts).encode()).digest()[:4]


def kill_at(call: str, number: int, when: str) -> None:
    original, seen = getattr(os, call), []

    def counted(*args: object) -> object:
        seen.append(call)
        if len(seen) == number and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        result = original(*args)
        if len(seen) == number:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(os, call, counted)


def main() -> None:
    parser = argparse.ArgumentParser()
    for name in ("root", "out", "calls"):
        parser.add_argument(name, type=Path)
    parser.add_argument("first", type=int)
    parser.add_argument("last", type=int)
    parser.add_argument("--reverse", action="store_true")
    parser.add_argument("--slow", type=float, default=0.0)
    parser.add_argument("--kill", nargs=3)
    args = parser.parse_args()
    if args.kill:
        kill_at(args.kill[0], int(args.kill[1]), args.kill[2])
    texts = [f"text {i}" for i in range(args.first, args.last)][:: -1 if args.reverse else 1]
    encoder = ChunkMarkingEncoder(args.calls, args.slow)
    store = EmbeddingStore.for_encoder(args.root, encoder)
    _pieces.CHUNK = _output.SHARD_ROWS = CHUNK
    np.save(args.out, embed.embed_texts(encoder, texts, store=store))


if __name__ == "__main__":
    main()
