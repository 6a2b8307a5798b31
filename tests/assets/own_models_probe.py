"""Run by test_own_models inside Blender's Python: measures of every model of our own, as JSON to $PROBE_OUT."""

import hashlib
import json
import os
import sys
from pathlib import Path

sys.path.insert(0, os.environ["PROBE_JOB"])

import bpy
import numpy as np
import objects
import procedural
import simco


def colours(data):
    """Base colours of the materials, those that noise mixes, and those painted on the vertices."""
    found = []
    for material in data.materials:
        for node in material.node_tree.nodes:
            if node.type == "BSDF_PRINCIPLED":
                found += node.inputs["Base Color"].default_value[:]
            if node.type == "VALTORGB":
                found += [value for element in node.color_ramp.elements for value in element.color[:]]
    if "paint" in data.attributes:
        paint = np.empty(4 * len(data.vertices), dtype=np.float32)
        data.attributes["paint"].data.foreach_get("color", paint)
        found += paint.tolist()
    return np.asarray(found).round(4)


def measures(spec):
    bpy.ops.wm.read_factory_settings(use_empty=True)
    made = objects.build({"asset": "probe", **spec})
    data, where = made.data, objects.vertices(made)
    edges = np.empty(len(data.loops), dtype=np.int32)
    data.loops.foreach_get("edge_index", edges)
    areas = np.empty(len(data.polygons), dtype=np.float32)
    data.polygons.foreach_get("area", areas)
    low, high = where.min(axis=0), where.max(axis=0)
    return {
        "vertices": len(where),
        "finite": bool(np.isfinite(where).all()),
        "low": low.tolist(),
        "high": high.tolist(),
        "area": float(areas.sum()),
        "open": float((np.bincount(edges, minlength=len(data.edges)) == 1).mean()),
        "bare": sum(m is None for m in data.materials),
        "shape": hashlib.sha256(where.round(5).tobytes()).hexdigest(),
        "colours": hashlib.sha256(colours(data).tobytes()).hexdigest(),
    }


found = {}
for name in procedural.BUILDERS:
    spec = {"kind": "procedural", "builder": name}
    found[name] = [measures({**spec, "seed": seed}) for seed in (1, 2, 1)]
for name in simco.SHAPES:
    found[f"simco {name}"] = [measures({"kind": "simco", "builder": name, "material": m}) for m in ("rubber", "metal")]
Path(os.environ["PROBE_OUT"]).write_text(json.dumps(found))
