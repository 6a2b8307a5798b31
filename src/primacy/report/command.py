"""The command line that makes a run again."""

from __future__ import annotations

import shlex
from typing import Any

from primacy.results.spec import IMAGE_PROBES, PROBES, PROTOCOLS, AuditSpec, ImageSpec

_OPTIONS = {"size": "image-size", "sets": "image-sets", "gallery": "image-gallery"}
"""Options of pictures whose names differ from those of the specification."""


def command(spec: AuditSpec) -> str:
    """What differs from the protocol's presets, quoted for a shell. Probes are named unless all were asked for."""
    preset = PROTOCOLS[spec.protocol]
    defaults: dict[str, Any] = {
        name: field.default for name, field in AuditSpec.model_fields.items() if name not in ("encoder", "images")
    }
    defaults |= {"orders": preset.orders, "gallery": preset.gallery}
    words = ["primacy", "audit", spec.encoder]
    for name, default in defaults.items():
        value = getattr(spec, name)
        if value == default or (name == "probes" and set(value) == set(PROBES)):
            continue
        if name == "templates":
            words += [word for template in value for word in ("--template", template)]
        elif value is True:
            words.append(f"--{name.replace('_', '-')}")
        else:
            words += [f"--{name}", _text(value)]
    shows_pictures = not spec.probes or any(probe in IMAGE_PROBES for probe in spec.probes)
    for name, field in ImageSpec.model_fields.items() if shows_pictures else ():
        value = getattr(spec.images, name)
        if value != (preset.image_gallery if name == "gallery" else field.default):
            words += [f"--{_OPTIONS.get(name, name.replace('_', '-'))}", _text(value)]
    return shlex.join(words)


def _text(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
