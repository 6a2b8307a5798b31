"""What the probes gave, kept per encoder until everything is estimated jointly."""

from __future__ import annotations

from dataclasses import dataclass, field

from primacy.probes.size_category import SizeCategorySums
from primacy.probes.toc import TocResult
from primacy.probes.tor import TorSums


@dataclass
class EncoderScores:
    """Of one encoder: TOR sums a TOR cell; by protocol, a TOC result a TOC cell; size sums by number of objects."""

    tor: list[TorSums] = field(default_factory=list)
    toc: dict[str, list[TocResult]] = field(default_factory=dict)
    by_size: dict[int, SizeCategorySums] = field(default_factory=dict)


@dataclass
class Scores:
    """Of all encoders, the audited one first; `timings` in seconds."""

    encoders: dict[str, EncoderScores] = field(default_factory=dict)
    fingerprints: dict[str, str] = field(default_factory=dict)
    timings: dict[str, float] = field(default_factory=dict)

    def of(self, name: str) -> EncoderScores:
        """Scores of one encoder, empty at first."""
        return self.encoders.setdefault(name, EncoderScores())
