"""How to start Blender's Python: a Blender that is installed, or `bpy` in an environment of its own.

`bpy` fixes the version of Python and of NumPy, so it never goes into the environment that Primacy runs in.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from primacy.errors import AssetError
from primacy.files import atomic_write_text, os_errors_as

BPY = "5.0.1"
PYTHON = "3.11"
LEAST = (4, 2)
VARIABLE = "PRIMACY_BLENDER"
_MARK = "ready.txt"
_HINT = (
    "Run `primacy assets install blender`, or name an installed Blender (4.2 or newer) with --blender or"
    f" ${VARIABLE}. The collage renderer needs none."
)


def command(blender: Path | None = None, cache: Path | None = None) -> list[str]:
    """The command that starts Blender's Python on a script, whose path is to be appended.

    `blender`, else $PRIMACY_BLENDER: a Blender, or a Python that has `bpy`. Else the private environment below `cache`
    (default: the user's cache folder), else the `blender` on the search path.

    Raises:
        AssetError: there is none, or it is too old.
    """
    named = str(blender) if blender is not None else os.environ.get(VARIABLE, "")
    if named:
        return _checked(named)
    python = environment(cache)
    if python is not None:
        return [str(python)]
    found = shutil.which("blender")
    if found is None:
        raise AssetError("no Blender is installed", hint=_HINT)
    return _checked(found)


def environment(cache: Path | None = None) -> Path | None:
    """The Python of the private environment, None where it is not installed."""
    folder = _folder(cache)
    return _python(folder) if (folder / _MARK).is_file() and _python(folder).is_file() else None


def install(cache: Path | None = None) -> Path:
    """Make the private environment with `bpy`, if it is not there; return its Python.

    Raises:
        AssetError: no Python of the version that `bpy` needs, or pip failed.
    """
    ready = environment(cache)
    if ready is not None:
        return ready
    base = _base_python()
    folder = _folder(cache)
    with os_errors_as(AssetError, f"cannot make the environment {folder}"):
        shutil.rmtree(folder, ignore_errors=True)  # what a killed installation left
        folder.parent.mkdir(parents=True, exist_ok=True)
    _run([base, "-m", "venv", str(folder)], "cannot make an environment")
    python = _python(folder)
    # As pip is told by the user (mirrors, certificates), but never into the user's own folders.
    _run([str(python), "-m", "pip", "install", "--quiet", f"bpy=={BPY}", "numpy<2"], f"pip cannot install bpy {BPY}")
    version = _bpy_version(str(python))
    with os_errors_as(AssetError, f"cannot make the environment {folder}"):
        atomic_write_text(folder / _MARK, f"bpy {version}\n")
    return python


def version(start: list[str]) -> str:
    """The version of the Blender that `command` starts.

    Raises:
        AssetError: it does not start.
    """
    if len(start) == 1:
        return _bpy_version(start[0])
    return _words(start[0]).removeprefix("Blender ").split("\n")[0].strip()


def _folder(cache: Path | None) -> Path:
    from primacy.cli.options import cache_folder

    return cache_folder(cache) / "blender"


def _python(folder: Path) -> Path:
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def _checked(program: str) -> list[str]:
    words = _words(program)
    if words.startswith("Python "):
        _bpy_version(program)
        return [program]
    match = re.match(r"Blender (\d+)\.(\d+)", words)
    if match is None:
        raise AssetError(f"{program} is no Blender: it says {words[:60]!r}", hint=_HINT)
    if (int(match[1]), int(match[2])) < LEAST:
        raise AssetError(f"{program} is Blender {match[1]}.{match[2]}, expected 4.2 or newer", hint=_HINT)
    return [program, "--background", "--factory-startup", "--threads", "1", "--python-exit-code", "1", "--python"]


def _words(program: str) -> str:
    """What `program` says of its version."""
    try:
        done = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=60)  # noqa: S603 - the user's
    except (OSError, subprocess.TimeoutExpired) as error:
        raise AssetError(f"{program} cannot be started: {error}", hint=_HINT) from None
    return done.stdout.strip()


def _bpy_version(python: str) -> str:
    code = "import bpy, sys; sys.stdout.write('bpy=' + bpy.app.version_string)"
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, timeout=300)  # noqa: S603 - the user's
    match = re.search(r"bpy=(\d+)\.(\d+)(\S*)", done.stdout)
    if done.returncode or match is None:
        last = (done.stderr.strip() or "no message").splitlines()[-1]
        raise AssetError(f"{python} cannot use bpy: {last}", hint=_HINT)
    if (int(match[1]), int(match[2])) < LEAST:
        raise AssetError(f"{python} has bpy {match[1]}.{match[2]}, expected 4.2 or newer", hint=_HINT)
    return f"{match[1]}.{match[2]}{match[3]}"


def _base_python() -> str:
    if "{}.{}".format(*sys.version_info[:2]) == PYTHON:
        return sys.executable
    found = shutil.which(f"python{PYTHON}")
    if found is None:
        raise AssetError(
            f"bpy {BPY} needs Python {PYTHON}, which is not installed",
            hint=f"Install Python {PYTHON}, or Blender 4.2 or newer and name it with --blender or ${VARIABLE}.",
        )
    return found


def _run(parts: list[str], trouble: str) -> None:
    environment = {
        k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "PYTHONHOME", "PIP_TARGET", "PIP_USER")
    }
    done = subprocess.run(parts, capture_output=True, text=True, env=environment)  # noqa: S603 - fixed words and our folder
    if done.returncode:
        last = (done.stderr.strip() or done.stdout.strip() or "no message").splitlines()[-1]
        raise AssetError(f"{trouble}: {last}", hint="It needs the network, and 1.5 GB of disk space.")
