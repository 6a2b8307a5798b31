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
     +-- DatasetError          a folder of rendered scenes is missing, incomplete or altered
     +-- StoreError            the embedding store cannot be read or written
     +-- RunError              a run folder is missing, broken or of an unknown version

`str(error)` is one line that says what was wrong and what was expected; `error.hint` says what to do next.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class PrimacyError(Exception):
    """Base of all deliberate errors; the command line prints it without a traceback."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


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


class DatasetError(PrimacyError):
    """A folder of rendered scenes is missing, incomplete or altered."""


class StoreError(PrimacyError):
    """The embedding store cannot be read or written."""


class RunError(PrimacyError):
    """A run folder is missing, broken or of an unknown version."""
