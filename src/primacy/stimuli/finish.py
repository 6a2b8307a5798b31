"""The end of a rendering: what failed is noted, and when nothing is left to draw the manifest is put together."""

from __future__ import annotations

import json
from collections.abc import Set
from dataclasses import asdict
from pathlib import Path

from primacy.files import atomic_path, atomic_write_text
from primacy.stimuli.draw import Trouble
from primacy.stimuli.layout import Header, Layout
from primacy.stimuli.parts import Finished


def read_failed(path: Path) -> list[Trouble]:
    """What `failed.jsonl` says; nothing where there is none. Lines that are not ours are passed over."""
    found = []
    for line in path.read_text("utf-8").splitlines() if path.exists() else ():
        try:
            found.append(Trouble(**json.loads(line)))
        except (ValueError, TypeError):
            continue  # it is rewritten below, and a scene that is missing there is drawn again
    return found


def update_failed(layout: Layout, failed: list[Trouble], done: Set[str]) -> None:
    """Add `failed` to `failed.jsonl` and drop the scenes of `done`; without any, the file goes.

    Raises:
        OSError: as the operating system says.
    """
    known = {t.scene_id: t for t in (*read_failed(layout.failed), *failed) if t.scene_id not in done}
    if known:
        lines = [json.dumps(asdict(t), ensure_ascii=False) + "\n" for t in sorted(known.values())]
        atomic_write_text(layout.failed, "".join(lines))
    else:
        layout.failed.unlink(missing_ok=True)


def finish(layout: Layout, header: Header, finished: Finished) -> bool:
    """Write the manifest and its statistics if every scene is drawn or has failed; False while some are not.

    Raises:
        OSError: as the operating system says.
    """
    from primacy.stimuli.dataset import open_dataset
    from primacy.stimuli.describe import describe

    rows = finished.load()
    if len(rows) + len(read_failed(layout.failed)) < header.n_scenes:
        return False
    with atomic_path(layout.manifest) as temporary:
        rows.write_parquet(temporary)
    found = describe(open_dataset(layout.root))
    atomic_write_text(layout.stats, json.dumps(found, indent=1, ensure_ascii=False) + "\n")
    return True
