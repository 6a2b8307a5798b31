"""Where a result comes from: code, packages, machine, encoder. No host name and no user name enters it."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping

from primacy.encoders.base import Described, Encoder
from primacy.results.record import Provenance
from primacy.versions import stamp


def provenance(encoder: Encoder, stimuli: str, timings: Mapping[str, float]) -> Provenance:
    """Collect the provenance of a run that ends now."""
    return Provenance(
        **stamp(),
        machine={
            "system": platform.system(),
            "architecture": platform.machine(),
            "cores": os.cpu_count(),
        },
        encoder_fingerprint=encoder.fingerprint,
        encoder=dict(encoder.identity) if isinstance(encoder, Described) else {},
        stimuli_hash=stimuli,
        timings_s={name: round(seconds, 3) for name, seconds in timings.items()},
    )
