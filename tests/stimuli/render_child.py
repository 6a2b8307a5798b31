"""Renders discs in a process of its own: DIR [--kill NUMBER before|after] [--sets N] [--workers N] [--seconds F] ..."""

import argparse
import os
import signal
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))


def kill_at_rename(number: int, when: str) -> None:
    """Before or after the file of that number gets its name, the process dies."""
    original, seen = os.replace, []

    def counted(*args: object) -> None:
        seen.append(args)
        if len(seen) == number and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        original(*args)
        if len(seen) == number:
            os.kill(os.getpid(), signal.SIGKILL)

    os.replace = counted


def main() -> None:
    import discs

    from primacy.stimuli import rendering

    parser = argparse.ArgumentParser()
    parser.add_argument("root", type=Path)
    parser.add_argument("--kill", nargs=2, metavar=("NUMBER", "WHEN"))
    parser.add_argument("--sets", type=int, default=5)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=0.0)
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--log", default="")
    args = parser.parse_args()
    rendering.BATCH = args.batch
    made = discs.scenes(args.sets)
    request = {"design": "pair", "sets": args.sets, "size": 64}
    renderer = discs.Discs(seconds=args.seconds, log=args.log)
    if args.kill:
        kill_at_rename(int(args.kill[0]), args.kill[1])
    job = rendering.Job(args.root, request, lambda: made, renderer, "ab" * 32)
    try:
        rendering.render_dataset(job, workers=args.workers)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
