"""What mentions of a large corpus cost: processor time by stage, memory by size, processes, and a projection.

Corpora are drawn with replacement from real captions, one a line of FILE, so that words, lengths and mentions are as in
it; parquet files have the columns of LAION (SAMPLE_ID, URL, TEXT) and 1,000,000 rows each. Each command runs in a new
process; processor time counts its workers, memory is the largest of its processes.

    python bench/corpus_scale.py --captions FILE [--small 200000] [--large 2000000] [--folder DIR]
"""

from __future__ import annotations

import argparse
import gzip
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

LAION_2B = 2_300_000_000
ONE_THREAD = {**os.environ, "OMP_NUM_THREADS": "1", "POLARS_MAX_THREADS": "1"}
PROGRAM = """
import atexit, pathlib, resource, sys

def tell():
    lines = pathlib.Path("/proc/self/status").read_text().splitlines()
    own = int(next(line for line in lines if line.startswith("VmHWM")).split()[1])
    place.write_text(str(max(own, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)))

place = pathlib.Path(sys.argv.pop(1))
atexit.register(tell)
from primacy.cli import main
main()
"""  # the kernel's own figure for a child counts what its parent held when it was started


class Cost(NamedTuple):
    """Of a command: seconds on the clock and of processors, and megabytes of its largest process."""

    wall: float
    cpu: float
    megabytes: float


def captions(path, count, rng):
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as stream:
        lines = np.array([line.rstrip("\n") for line in stream], dtype=object)
    return lines[rng.integers(0, len(lines), count)]


def make(folder, source, count, rng):
    """The corpus as parquet files, as .txt and as .txt.gz; each a list of arguments of the command."""
    texts = captions(source, count, rng)
    for start in range(0, count, 1_000_000):
        some = texts[start : start + 1_000_000]
        numbers = np.arange(start, start + len(some))
        columns = {"SAMPLE_ID": numbers, "URL": [f"https://images.example/{n:x}.jpg" for n in numbers], "TEXT": some}
        pq.write_table(pa.table(columns), folder / f"{count}-{start:09}.parquet", row_group_size=100_000)
    data = ("\n".join(texts) + "\n").encode()
    (folder / f"{count}.txt").write_bytes(data)
    (folder / f"{count}.txt.gz").write_bytes(gzip.compress(data, 6))
    parquet = f"{folder}/{count}-*.parquet"
    return {
        "parquet": [parquet],
        "parquet, ids checked for repeats": [parquet, "--id-column", "SAMPLE_ID"],
        ".txt": [str(folder / f"{count}.txt")],
        ".txt.gz": [str(folder / f"{count}.txt.gz")],
    }


def measured(arguments, out):
    started = time.perf_counter()
    peak = out.with_name("peak")
    command = [sys.executable, "-c", PROGRAM, str(peak), "corpus", "mentions", *arguments, "--quiet", "-o", str(out)]
    process = subprocess.Popen(command, env=ONE_THREAD)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(process.returncode)
    wall = time.perf_counter() - started
    return Cost(wall, used.ru_utime + used.ru_stime, int(peak.read_text()) / 1024)


def stages(path):
    """Processor microseconds a caption of each stage, all in this process."""
    from primacy.corpus.captions import open_captions, read_blocks
    from primacy.corpus.extract import ExtractorSpec, load_extractor, mentions_frame
    from primacy.corpus.faults import Faults
    from primacy.corpus.mentions import Mentions
    from primacy.corpus.parts import ARROW, part_writer

    extractor = load_extractor(ExtractorSpec())
    spent = dict.fromkeys(["reading", "matching", "table", "writing the part", "writing the whole"], 0.0)
    rows, last = 0, time.process_time()

    def spend(stage):
        nonlocal last
        now = time.process_time()
        spent[stage] += now - last
        last = now

    part = path.with_name("part.parquet")
    with part_writer(part) as writer:
        for piece in open_captions([path]):
            for block in read_blocks(piece, Faults()):
                spend("reading")
                found = extractor._matcher.find(block.texts)
                spend("matching")
                table = mentions_frame(block, found, extractor._matcher.lexicon).to_arrow().cast(ARROW)
                rows += len(table)
                spend("table")
                writer.write_table(table)
                spend("writing the part")
    spend("writing the part")
    mentions = Mentions("lexicon", "", (), (part,), (), np.zeros(0, dtype=np.int64))
    mentions.write(path.with_name("whole.parquet"), {})
    spend("writing the whole")
    return {stage: 1e6 * seconds / rows for stage, seconds in spent.items()}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--captions", type=Path, required=True)
    parser.add_argument("--small", type=int, default=200_000)
    parser.add_argument("--large", type=int, default=2_000_000)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as place:
        run(options, Path(place))


def tell(what, count, cost, more=""):
    print(f"{what:<34} {count:>10,} {cost.wall:8.1f} {cost.cpu:8.1f} {cost.megabytes:6.0f}{more}", flush=True)


def run(options, folder):
    corpora = {count: make(folder, options.captions, count, np.random.default_rng(0))
               for count in (options.small, options.large)}  # fmt: skip
    print("stage, one process (parquet)       us a caption")
    spent = stages(folder / f"{options.small}-{0:09}.parquet")
    for stage, cost in spent.items():
        print(f"{stage:<34} {cost:12.2f}")
    print(f"\n{'what':<34} {'captions':>10} {'seconds':>8} {'cpu s':>8} {'MB':>6}  cpu s a million more")
    slope = {}
    for what in corpora[options.small]:
        costs = {count: measured(corpora[count][what], folder / "out.parquet") for count in corpora}
        small, large = costs.values()
        slope[what] = 1e6 * (large.cpu - small.cpu) / (options.large - options.small)
        for count, cost in costs.items():
            tell(what, count, cost, f"  {slope[what]:8.2f}" if count == options.large else "")
    two = measured([*corpora[options.large]["parquet"], "--workers", "2"], folder / "two.parquet")
    tell("parquet, two workers", options.large, two)
    again = measured(corpora[options.large]["parquet"], folder / "one.parquet")
    tell("parquet, one worker, again", options.large, again)
    same = (folder / "two.parquet").read_bytes() == (folder / "one.parquet").read_bytes()
    print(f"the same bytes by one worker and by two: {same}")
    size = (folder / "one.parquet").stat().st_size / options.large
    everything = LAION_2B * slope["parquet"] / 1e6 / 3600
    last = LAION_2B * spent["writing the whole"] / 1e6 / 3600
    print(f"\n{size:.1f} bytes a caption are written; LAION-2B, {LAION_2B:,} captions, {LAION_2B * size / 1e9:.0f} GB:")
    print(f"{everything:.1f} core hours, {last:.1f} of them in one process at the end; by these, without the disks:")
    for cores in (1, 2, 16, 64, 1024):
        print(f"{cores:>6} cores {60 * ((everything - last) / cores + last):8.0f} minutes")


if __name__ == "__main__":
    main()
