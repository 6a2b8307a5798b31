"""Every error that Primacy raises on purpose.

    PrimacyError
     +-- UsageError            an argument or option is wrong
     |    +-- UnknownNameError     a name is not known; carries the nearest known ones
     +-- VocabularyError       a vocabulary file or name list cannot be used
     +-- DesignError           a design asks for something impossible
     +-- EncoderError          an encoder cannot be loaded or misbehaves
     |    +-- MissingExtraError    an optional dependency is not installed
     |    +-- ModelUnavailableError  weights are neither on disk nor reachable
     |    +-- ActivationMismatchError  architecture and weights disagree on the activation
     |    +-- VectorsError         a file of precomputed vectors is incomplete or malformed
     +-- AssetError            an object (mesh, sprite, pack) is missing, broken or refused
     +-- RenderError           a scene cannot be drawn, or the renderer failed
     +-- CorpusError           a caption corpus cannot be read, or --strict and it has faults
     +-- DatasetError          a folder of rendered scenes is missing, incomplete or altered
     +-- StoreError            the embedding store cannot be read or written
     +-- RunError              a run folder is missing, broken or of an unknown version

`str(error)` is one line that says what was wrong and what was expected; `error.hint` says what to do next.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any


class PrimacyError(Exception):
    """Base of all deliberate errors; the command line prints it without a traceback."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint

    def __reduce__(self) -> tuple[Any, ...]:
        # A subclass whose arguments are not its message would not come out of a worker process.
        return _again, (type(self), str(self)), self.__dict__


def _again(kind: type[PrimacyError], message: str) -> PrimacyError:
    return kind.__new__(kind, message)


def first_line(error: Exception) -> str:
    """What an error of a library says, in one line."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__


class UsageError(PrimacyError):
    """An argument or option is wrong."""


class UnknownNameError(UsageError):
    """A name is not among the known ones; the hint lists the nearest."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        known = sorted(known)
        near = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
        hint = f"Did you mean {' or '.join(near)}? " if near else ""
        shown = ", ".join(known[:20]) + (", ..." if len(known) > 20 else "")
        super().__init__(f"unknown {kind} {name!r}", hint=f"{hint}Known: {shown}.")


class VocabularyError(PrimacyError):
    """A vocabulary cannot be used (blank, duplicate or unusable names)."""


class DesignError(PrimacyError):
    """A design asks for something impossible (more objects than names, unknown order scheme, ...)."""


class EncoderError(PrimacyError):
    """An encoder cannot be loaded, or returns something that is not an embedding."""


class MissingExtraError(EncoderError):
    """An optional dependency is not installed."""

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(
            f"this needs the package {package!r}, which is not installed",
            hint=f"Install it with: pip install 'primacy[{extra}]'",
        )


class ModelUnavailableError(EncoderError):
    """Weights are neither on disk nor reachable over the network."""


class ActivationMismatchError(EncoderError):
    """The architecture's activation is not the one that the weights were trained with."""


class VectorsError(EncoderError):
    """A file of precomputed vectors is incomplete or malformed."""


class AssetError(PrimacyError):
    """An object (mesh, sprite, pack of them) is missing, broken or refused."""


class RenderError(PrimacyError):
    """A scene cannot be drawn, or the renderer failed."""


class CorpusError(PrimacyError):
    """A caption corpus (its captions, its areas) cannot be read, or has faults where the user wants none."""


class DatasetError(PrimacyError):
    """A folder of rendered scenes is missing, incomplete or altered."""


class StoreError(PrimacyError):
    """The embedding store cannot be read or written."""


class RunError(PrimacyError):
    """A run folder is missing, broken or of an unknown version."""
