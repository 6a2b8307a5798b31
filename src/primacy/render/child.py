"""A Blender in a process of its own, asked by lines of JSON."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any, cast

from primacy.errors import RenderError

JOB = Path(__file__).parent / "job" / "job.py"
HINT = (
    "Run `primacy assets install blender`, or name an installed Blender (4.2 or newer) with --blender or "
    "$PRIMACY_BLENDER. The collage renderer needs none."
)
TIMEOUT = 600.0
_READY = {"ready": True}
_LOG_LINES = 40
_LOG_WIDTH = 500
_GRACE = 1.0


class ChildDiedError(RenderError):
    """The process ended without an answer; `started` says whether Blender was loaded by then."""

    def __init__(self, message: str, *, started: bool) -> None:
        super().__init__(message, hint="" if started else HINT)
        self.started = started


class ChildHungError(RenderError):
    """No answer came in time; the process was killed."""


class Child:
    """One Blender process, for one thread at a time; it is started when it is first asked, and again after its death.

    `command` starts its Python on a script whose path is appended (see `assets.blender_env`). `timeout` is in seconds,
    for one answer.
    """

    def __init__(self, command: Sequence[str], *, timeout: float = TIMEOUT) -> None:
        self._command = [*command, str(JOB)]
        self._timeout = timeout
        self._process: subprocess.Popen[str] | None = None
        self._answers: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._log: deque[str] = deque(maxlen=_LOG_LINES)
        self._writer: threading.Thread | None = None
        self._asked = 0
        self._ready = False

    def ask(self, do: str, **arguments: Any) -> Any:
        """Send a request and wait for its answer.

        Raises:
            ChildDiedError: the process could not be started, or died.
            ChildHungError: it took too long, and was killed.
            RenderError: the job refused the request; the text is its reason.
        """
        process = self._running()
        self._asked += 1
        request = json.dumps({"id": self._asked, "do": do, **arguments})
        with contextlib.suppress(OSError):  # a dead process: the end of its answers says so, and its log why
            _pipe(process.stdin).write(request + "\n")
            _pipe(process.stdin).flush()
        answer = self._next()
        if answer == _READY:
            self._ready = True
            answer = self._next()
        if answer is None or answer.get("id") != self._asked:
            raise self._died(process)
        if not answer["ok"]:
            raise RenderError(str(answer["error"]))
        return answer["value"]

    def close(self) -> None:
        """End the process; idempotent, from any thread."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            with contextlib.suppress(OSError):
                _pipe(process.stdin).close()

    def _next(self) -> dict[str, Any] | None:
        try:
            line = self._answers.get(timeout=self._timeout)
        except queue.Empty:
            self.close()
            raise ChildHungError(f"Blender gave no answer in {self._timeout:.0f} s and was stopped") from None
        return _parsed(line)

    def _running(self) -> subprocess.Popen[str]:
        if self._process is not None and self._process.poll() is None:
            return self._process
        self.close()  # of one that died since the last request, the end of its pipe that is ours
        try:
            process = subprocess.Popen(  # noqa: S603 - the command is ours or the user's own Blender
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                encoding="utf-8",
                errors="replace",
                env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "0"},
                # Ctrl-C is for the parent, which ends its children; with the parent gone, their input ends.
                start_new_session=True,
            )
        except OSError as error:
            raise ChildDiedError(
                f"Blender cannot be started with {self._command[0]!r}: {error.strerror or error}", started=False
            ) from None
        self._process, self._ready = process, False
        self._answers, self._log = queue.SimpleQueue(), deque(maxlen=_LOG_LINES)
        threading.Thread(target=_listen, args=(_pipe(process.stdout), self._answers), daemon=True).start()
        self._writer = threading.Thread(target=_remember, args=(_pipe(process.stderr), self._log), daemon=True)
        self._writer.start()
        return process

    def _died(self, process: subprocess.Popen[str]) -> ChildDiedError:
        """What the end of the process says; an answer that is none is treated as such an end."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=_GRACE)  # it ends by itself, and how is worth knowing
        self.close()
        process.wait()
        if self._writer is not None:
            self._writer.join(_GRACE)
        said = next((line for line in reversed(self._log) if line.strip()), "")
        how = f"by signal {-process.returncode}" if process.returncode < 0 else f"with code {process.returncode}"
        if not self._ready:
            return ChildDiedError(f"Blender does not start; it ended {how}: {said.strip()}", started=False)
        return ChildDiedError(f"Blender stopped {how} without an answer; its last words: {said.strip()}", started=True)


class Children:
    """Blender processes, each lent to one thread at a time."""

    def __init__(self, command: Sequence[str], count: int, *, timeout: float = TIMEOUT) -> None:
        self._all = [Child(command, timeout=timeout) for _ in range(count)]
        self._free: queue.SimpleQueue[Child] = queue.SimpleQueue()
        for child in self._all:
            self._free.put(child)

    def ask(self, do: str, **arguments: Any) -> Any:
        """Let any free process answer; raises as `Child.ask`."""
        with self.lent() as child:
            return child.ask(do, **arguments)

    @contextlib.contextmanager
    def lent(self) -> Iterator[Child]:
        """A process for as long as the block takes; waits until one is free."""
        child = self._free.get()
        try:
            yield child
        finally:
            self._free.put(child)

    def close(self) -> None:
        """End all processes; idempotent. Those waiting for an answer get a ChildDiedError."""
        for child in self._all:
            child.close()

    def __enter__(self) -> Children:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _pipe(stream: IO[str] | None) -> IO[str]:
    return cast("IO[str]", stream)  # there are three, as Popen was told


def _listen(stream: IO[str], answers: queue.SimpleQueue[str]) -> None:
    with stream:
        for line in stream:
            answers.put(line)
    answers.put("")


def _remember(stream: IO[str], log: deque[str]) -> None:
    # Read in pieces of bounded width: a line of Blender's may never end.
    with stream:
        while piece := stream.readline(_LOG_WIDTH):
            log.append(piece)


def _parsed(line: str) -> dict[str, Any] | None:
    try:
        answer = json.loads(line)
    except ValueError:
        return None
    return answer if isinstance(answer, dict) else None
