"""The loop inside Blender: one JSON request a line on standard input, one JSON answer a line.

Blender prints to standard output at will, so answers go to a copy of it that this file makes first, and everything else
is sent to standard error. Request: {"id": 7, "do": "sprites" | "scene" | "mesh" | "version", ...arguments}. Answer:
{"id": 7, "ok": true, "value": ...} or {"id": 7, "ok": false, "error": "..."}. Before all answers: {"ready": true}.
"""

from __future__ import annotations

import json
import os
import queue
import sys
import threading
import traceback
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))


def main() -> None:
    """Answer requests until standard input ends."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    _load()  # now: the parent tells a Blender that does not start from one that dies of a request
    answers.write(json.dumps({"ready": True}) + "\n")
    answers.flush()
    requests: queue.SimpleQueue[str] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(requests,), daemon=True).start()
    while True:
        request = json.loads(requests.get())
        answer = {"id": request["id"], **_answer(request)}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


def _load() -> None:
    """Load Blender while one processor alone is to be seen.

    It makes a thread for each that it sees, whatever number of threads the scene asks for, and those that have nothing
    to do spin: two processors then take twice the processor time for a picture that is no sooner there.
    """
    processors = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()
    if processors:
        os.sched_setaffinity(0, {min(processors)})
    import bpy  # noqa: F401

    if processors:
        os.sched_setaffinity(0, processors)


def _listen(requests: queue.SimpleQueue[str]) -> None:
    """Pass requests on. The end of the input means that the parent is gone: stop at once, even amid a picture."""
    for line in sys.stdin:
        requests.put(line)
    _remove_scratch()
    os._exit(0)


def _remove_scratch() -> None:
    if "scenes" in sys.modules:
        sys.modules["scenes"].remove_scratch()


def _answer(request: dict[str, Any]) -> dict[str, Any]:
    from refused import RefusedError

    try:
        return {"ok": True, "value": _do(request)}
    except RefusedError as error:
        return {"ok": False, "error": str(error)}
    except Exception as error:
        traceback.print_exc()
        return {"ok": False, "error": f"{type(error).__name__}: {error}"}


def _do(request: dict[str, Any]) -> Any:
    arguments = {k: v for k, v in request.items() if k not in ("id", "do")}
    if request["do"] == "version":
        import bpy

        return bpy.app.version_string
    if request["do"] == "sprites":
        import sprites

        return sprites.render(**arguments)
    if request["do"] == "scene":
        import scenes

        return scenes.render(**arguments)
    if request["do"] == "mesh":
        import examine

        return examine.mesh(**arguments)
    raise ValueError(f"unknown request {request['do']!r}")


if __name__ == "__main__":
    main()
