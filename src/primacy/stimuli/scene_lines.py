"""`scenes.jsonl`: every scene of a design, one a line, with its id."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from primacy.design.scene import Scene
from primacy.errors import DatasetError, DesignError
from primacy.files import atomic_path
from primacy.identity import canonical_json

_MAX_LINE = 1_000_000


def write_scenes(path: Path, scenes: Iterable[Scene]) -> tuple[int, str]:
    """Write all `scenes`; gives their number and the sha256 of the file.

    Raises:
        DatasetError: two scenes are the same, so that they would share one image.
        OSError: as the operating system says.
    """
    digest, ids = hashlib.sha256(), set[str]()
    with atomic_path(path) as temporary, temporary.open("wb") as stream:
        for scene in scenes:
            scene_id = scene.scene_id
            if scene_id in ids:
                raise DatasetError(
                    f"the design gives the same scene twice ({scene_id}: {scene.caption})",
                    hint="Each scene needs a set_id, seed or object that tells it from the others.",
                )
            ids.add(scene_id)
            line = (canonical_json({"scene_id": scene_id, "scene": scene.as_dict()}) + "\n").encode()
            digest.update(line)
            stream.write(line)
    return len(ids), digest.hexdigest()


def read_lines(path: Path) -> Iterator[tuple[str, dict]]:
    """Id and scene (as a dict, not checked) of each line.

    Raises:
        DatasetError: the file is missing, or a line is not one of ours.
    """
    number = 0
    try:
        with path.open("rb") as stream:
            while line := stream.readline(_MAX_LINE + 1):
                number += 1
                if len(line) > _MAX_LINE:
                    raise ValueError(f"it is longer than {_MAX_LINE:,} bytes")
                data = json.loads(line)
                scene_id, scene = data["scene_id"], data["scene"]
                if not isinstance(scene_id, str) or not isinstance(scene, dict):
                    raise ValueError("it holds no scene")
                yield scene_id, scene
    except OSError as error:
        raise DatasetError(f"cannot read {path}: {error.strerror or error}", hint=_HINT) from None
    except (KeyError, TypeError, ValueError) as error:
        raise DatasetError(f"line {number} of {path} is damaged: {error}", hint=_HINT) from None


def checked_scene(scene_id: str, data: dict) -> Scene:
    """The scene of a line.

    Raises:
        DatasetError: it is no scene, or not the one that the id stands for.
    """
    try:
        scene = Scene.from_dict(data)
    except DesignError as error:
        raise DatasetError(f"scene {scene_id} of scenes.jsonl is damaged: {error}", hint=_HINT) from None
    if scene.scene_id != scene_id:
        raise DatasetError(f"scene {scene_id} of scenes.jsonl was altered: its content is {scene.scene_id}", hint=_HINT)
    return scene


_HINT = "The folder cannot go on without its scenes: render into another one."
