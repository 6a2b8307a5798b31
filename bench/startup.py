"""Wall time of `primacy --help` beside that of an empty Python, best and median of 20 runs each.

python bench/startup.py
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time


def seconds(*arguments: str) -> list[float]:
    """Wall times of 20 runs."""
    out = []
    for _ in range(20):
        start = time.perf_counter()
        subprocess.run([sys.executable, *arguments], capture_output=True, check=True)
        out.append(time.perf_counter() - start)
    return out


if __name__ == "__main__":
    times = {"primacy --help": seconds("-m", "primacy", "--help"), "python -c pass": seconds("-c", "pass")}
    print(json.dumps({k: {"best": min(v), "median": statistics.median(v)} for k, v in times.items()}, indent=1))
