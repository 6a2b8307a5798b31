"""What the probes of pictures gave, kept per encoder until everything is estimated jointly."""

from __future__ import annotations

from dataclasses import dataclass, field

from primacy import identity
from primacy.probes.crops import CropScores
from primacy.probes.ioc import IocResult
from primacy.probes.ior import PictureSums
from primacy.probes.matching import MatchingSums
from primacy.probes.removal import RemovalScores
from primacy.probes.tor import TorSums
from primacy.run.image.attention import AttentionScores


@dataclass
class CellScores:
    """Of one encoder on one cell.

    `retrieval`: sums of IOR and I2TOR by probe and number of objects, 0 for photos, where these stand together.
    `crops`: scores on ladders of crops, by probe. `matching`, `attention`: by number of objects. `removal`: matching by
    each object of photos. `ioc`: by protocol and number of objects. `unanswered`: what could not be scored, and why.
    """

    retrieval: dict[tuple[str, int], PictureSums] = field(default_factory=dict)
    crops: dict[str, CropScores] = field(default_factory=dict)
    matching: dict[int, MatchingSums] = field(default_factory=dict)
    removal: RemovalScores | None = None
    attention: dict[int, AttentionScores] = field(default_factory=dict)
    ioc: dict[tuple[str, int], IocResult] = field(default_factory=dict)
    unanswered: list[str] = field(default_factory=list)


@dataclass
class GroupScores:
    """Of one encoder on one group: its cells in order, and TOIR by number of objects."""

    cells: list[CellScores]
    toir: dict[int, TorSums] = field(default_factory=dict)


@dataclass
class ImageScores:
    """Of all encoders, the audited one first, by group of the plan.

    `no_attention` says why an encoder has no attention maps; `timings` in seconds; `pictures` counts those embedded.
    """

    groups: list[dict[str, GroupScores]] = field(default_factory=list)
    fingerprints: dict[str, str] = field(default_factory=dict)
    no_attention: str | None = None
    timings: dict[str, float] = field(default_factory=dict)

    def add_fingerprint(self, name: str, fingerprint: str) -> None:
        """Note whose scores stand under a name: bags of two groups have items of their own, so both count."""
        known = self.fingerprints.get(name, fingerprint)
        self.fingerprints[name] = known if known == fingerprint else identity.fingerprint([known, fingerprint])
