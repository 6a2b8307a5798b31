"""Looking at one object without a picture: whether it loads, how dense it is, what had to be mended."""

from __future__ import annotations

from typing import Any

import importers
import objects
import repair
import stage


def mesh(spec: dict[str, Any]) -> dict[str, Any]:
    """Load an object as for a picture; `{"triangles": ..., "warnings": [...]}`.

    Raises:
        ValueError: as `objects.build`.
    """
    stage.fresh()
    importers.warnings.clear()
    made = objects.build(spec)
    return {"triangles": repair.triangles([made]), "warnings": list(importers.warnings)}
