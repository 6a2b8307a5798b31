"""The whole of the published TOR for four objects, 2,555,190 captions, through `primacy audit`: wall time and peak
memory, beside the published way to encode (open_clip's `encode_text`, batch 512) measured before and after.

    python bench/full_tor.py [--sets all] [--memory 1] [--folder DIR]     # DIR keeps the vectors, 5 GB; default: none
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch
from untrained_tower import encode_full, untrained_tower

from primacy.design.vocabulary import load_vocabulary
from primacy.results.spec import PROTOCOLS, AuditSpec
from primacy.run.audit import audit

ENCODER = "open_clip:ViT-B-32/untrained"


def published_rate(batches: int = 2) -> float:
    """Captions a second of `encode_text` at batch 512."""
    tower = untrained_tower(0)
    names = load_vocabulary("comco").names
    texts = [" and ".join(names[(i + k) % 90] for k in (0, 7, 19, 41)) for i in range(512)]
    tokens = tower.tokenizer(texts)
    encode_full(tower, tokens[:32], 32)
    start = time.perf_counter()
    for _ in range(batches):
        encode_full(tower, tokens, 512)
    return 512 * batches / (time.perf_counter() - start)


def published_rate_elsewhere() -> float:
    """The same in a process of its own, whose memory (2.4 GB) is not the audit's."""
    command = [sys.executable, __file__, "--published"]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def gigabytes() -> float:
    """Peak resident memory of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


class Printed:
    """Says every minute how far it is."""

    def __init__(self) -> None:
        self._done, self._total, self._start, self._said = 0, 0, 0.0, 0.0

    def stage(self, name: str, total: int) -> None:
        """A stage begins."""
        self._done, self._total, self._start, self._said = 0, total, time.perf_counter(), time.perf_counter()
        print(f"{name}: {total:,} captions", flush=True)

    def note(self, message: str) -> None:
        """Something that the user should know."""
        print(message, flush=True)

    def advance(self, captions: int) -> None:
        """So many more are done."""
        self._done += captions
        now = time.perf_counter()
        if now - self._said > 60:
            self._said = now
            rate = self._done / (now - self._start)
            print(f"  {self._done:,} of {self._total:,}, {rate:,.0f} captions/s, peak {gigabytes():.2f} GB", flush=True)


def main() -> None:
    """Print both."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", default="all")
    parser.add_argument("--memory", type=float, default=1, help="budget in GB")
    parser.add_argument("--folder", type=Path, help="keep the vectors here")
    parser.add_argument("--published", action="store_true", help="only measure encode_text")
    args = parser.parse_args()
    if args.published:
        print(published_rate())
        return
    print(f"{torch.get_num_threads()} threads", flush=True)
    published = [published_rate_elsewhere()]
    print(f"encode_text at batch 512: {published[0]:.1f} captions/s", flush=True)
    before = gigabytes()
    preset = PROTOCOLS["paper"]
    spec = AuditSpec(
        encoder=ENCODER,
        protocol="paper",
        probes=("tor",),
        orders=preset.orders,
        gallery=preset.gallery,
        sets=args.sets if args.sets == "all" else int(args.sets),
        untrained=0,
    )
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        outcome = audit(spec, out=Path(folder), cache=args.folder, memory=int(args.memory * 1e9), listener=Printed())
        seconds = time.perf_counter() - start
        size = outcome.folder.file("trials.parquet").stat().st_size
        timings = outcome.result.provenance.timings_s
    published.append(published_rate_elsewhere())
    captions = outcome.result.design[0]["captions"]
    print(
        f"audit: {captions:,} captions in {seconds / 60:.1f} min, peak {gigabytes():.2f} GB ({before:.2f} GB before it)"
    )
    print(f"trials.parquet: {size / 1e6:,.0f} MB")
    print(json.dumps({name: round(value, 1) for name, value in timings.items()}))
    rate = sum(published) / 2
    hours = captions / rate / 3600
    print(f"encode_text at batch 512: {published[0]:.1f} and {published[1]:.1f} captions/s: {hours:.1f} h for as many")
    print(f"whole audit against that encoding alone: {hours * 3600 / seconds:.1f} x")


if __name__ == "__main__":
    main()
