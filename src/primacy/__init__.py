"""Primacy: which object wins the embedding when an image-text encoder is shown several.

Public names load on first use, so that importing the package costs nothing and needs no torch.
"""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_PUBLIC = {
    "audit": "primacy.run.audit",
    "AuditSpec": "primacy.results.spec",
    "RunResult": "primacy.results.record",
    "Encoder": "primacy.encoders.base",
    "EncoderOptions": "primacy.encoders.base",
    "load_encoder": "primacy.encoders.load",
    "load_vocabulary": "primacy.design.vocabulary",
    "read_result": "primacy.results.store",
    "PrimacyError": "primacy.errors",
}

__all__ = ["__version__", *_PUBLIC]


def __getattr__(name: str) -> Any:
    if name in _PUBLIC:
        return getattr(import_module(_PUBLIC[name]), name)
    raise AttributeError(f"module 'primacy' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *_PUBLIC])
