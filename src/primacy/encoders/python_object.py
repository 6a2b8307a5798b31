"""`python:module:object` encoders: anything of the user's own with `encode_text` and `fingerprint`.

`object` is an encoder, its class, or a function without arguments that returns one. The module is looked up
on the import path and, last, in the current directory. What it returns is checked (shape, dtype, finite), not
changed.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from primacy.encoders.base import Encoder, EncoderOptions, checked_vectors
from primacy.errors import EncoderError, UnknownNameError, UsageError
from primacy.identity import fingerprint

_CHECKED = ("encode_image", "encode_prepared", "encode_pictures")
_AS_THEY_ARE = ("prepare_image", "image_framing", "image_attention")


def load(rest: str, options: EncoderOptions) -> PythonEncoder:
    """Load `python:<rest>`; `options` are not used, the object places itself.

    Raises:
        UsageError: the name is not of the form module:object.
        UnknownNameError: the module has no such object; the hint lists the nearest.
        EncoderError: the module cannot be imported, or the object is no encoder.
    """
    module_name, colon, object_name = rest.partition(":")
    if not colon or not module_name or not object_name:
        raise UsageError(
            f"python:{rest} does not name an object",
            hint="Write python:MODULE:OBJECT, e.g. python:my_module:encoder",
        )
    module = _import(module_name)
    if not hasattr(module, object_name):
        public = [name for name in vars(module) if not name.startswith("_")]
        raise UnknownNameError(f"object in module {module_name}", object_name, public)
    found = getattr(module, object_name)
    if isinstance(found, type) or (callable(found) and not hasattr(found, "encode_text")):
        found = _call(found, rest)
    return PythonEncoder(found, f"python:{rest}")


def _import(name: str) -> Any:
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.append(here)  # kept: the user's module may import its neighbours later
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        wanted = error.name or name
        what = (
            f"module {name!r} was not found"
            if name.startswith(wanted)
            else f"module {name!r} needs {wanted!r}, which was not found"
        )
        raise EncoderError(what, hint=f"Looked on the import path and in {here}.") from error
    except Exception as error:
        raise EncoderError(f"module {name!r} fails on import ({type(error).__name__}: {error})") from error


def _call(factory: Any, rest: str) -> Any:
    try:
        return factory()
    except Exception as error:
        raise EncoderError(
            f"python:{rest}: calling it without arguments failed ({type(error).__name__}: {error})",
            hint="Name an encoder, its class, or a function that takes no argument.",
        ) from error


class PythonEncoder:
    """The user's object, its outputs checked; what it can do beyond `encode_text` stays available."""

    def __init__(self, inner: Any, source: str) -> None:
        """Check that `inner` is an encoder.

        Raises:
            EncoderError: it has no `encode_text`, or its fingerprint is not a non-empty string.
        """
        if not callable(getattr(inner, "encode_text", None)):
            raise EncoderError(
                f"{source} is a {type(inner).__name__} without a method encode_text",
                hint="An encoder has encode_text(list[str]) -> float32 (n, dim) and a string fingerprint.",
            )
        own = getattr(inner, "fingerprint", None)
        if not isinstance(own, str) or not own:
            raise EncoderError(
                f"{source}: its fingerprint is {own!r}, expected a non-empty string",
                hint="Give it a string that changes whenever the vectors would, e.g. a hash of the weights.",
            )
        self.inner, self._source = inner, source
        self.identity: dict[str, Any] = {"source": source, "fingerprint": own}
        self.fingerprint = fingerprint(self.identity)
        context = getattr(inner, "context_length", None)
        if isinstance(context, int):  # lets a run warn of captions that are cut
            self.identity["context_length"] = context
        if hasattr(inner, "count_tokens"):
            self.count_tokens = inner.count_tokens
        if hasattr(inner, "encode_pieces"):
            self.encode_pieces = inner.encode_pieces
        if hasattr(inner, "untrained_twin"):
            self.untrained_twin = self._twin
        for name in _CHECKED:
            if hasattr(inner, name):
                setattr(self, name, partial(self._checked, getattr(inner, name)))
        for name in _AS_THEY_ARE:
            if hasattr(inner, name):
                setattr(self, name, getattr(inner, name))

    def encode_text(self, texts: list[str]) -> np.ndarray:
        """What the object returns, as float32 (len(texts), dim).

        Raises:
            EncoderError: wrong shape or dtype, or not finite.
        """
        return self._checked(self.inner.encode_text, texts)

    def _checked(self, encode: Callable[[list[Any]], Any], given: Sequence[Any]) -> np.ndarray:
        return checked_vectors(encode(list(given)), len(given), self._source)

    def _twin(self, seed: int) -> Encoder:
        return PythonEncoder(self.inner.untrained_twin(seed), f"{self._source}, untrained, seed {seed}")
