"""From what the probes of pictures gave to records, attribution and effects, beside those of texts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from primacy import identity
from primacy.probes.attention import EVEN
from primacy.results.spec import AuditSpec
from primacy.run.estimate import Findings
from primacy.run.image.plan import ImageCell, ImageGroup, ImagePlan
from primacy.run.image.scores import CellScores, GroupScores, ImageScores
from primacy.stats.attention_estimates import attention_estimates
from primacy.stats.columns import Cell, Estimates
from primacy.stats.crop_estimates import crop_estimates
from primacy.stats.effects import AUDITED, PendingEffect
from primacy.stats.elasticity import area_elasticity
from primacy.stats.image_choice import attribute_pictures
from primacy.stats.image_estimates import image_estimates
from primacy.stats.ioc_estimates import ioc_estimates
from primacy.stats.matching_estimates import matching_estimates
from primacy.stats.photo_estimates import photo_estimates, removal_estimates
from primacy.stats.picture_model import AREA
from primacy.stats.tor_estimates import tor_estimates


def estimate_images(spec: AuditSpec, plan: ImagePlan, scores: ImageScores, found: Findings) -> None:
    """Estimate all cells of pictures, jointly for the encoder and its nulls, and add what comes out to `found`."""
    found.notes += plan.unanswered(spec.probes)
    for group, by_encoder in zip(plan.groups, scores.groups, strict=True):
        for i, cell in enumerate(group.cells):
            own = {name: scored.cells[i] for name, scored in by_encoder.items()}
            _Cell(spec, group, cell, own, found).estimate()
        _toir(spec, group, by_encoder, found)


def _toir(spec: AuditSpec, group: ImageGroup, by_encoder: dict[str, GroupScores], found: Findings) -> None:
    if group.captions and len(spec.templates) > 1:
        found.notes.append(f"TOIR in other templates than the first, {spec.templates[0]!r}")
    for captions in group.captions:
        n = captions.n_objects
        sums = {name: scored.toir[n] for name, scored in by_encoder.items() if n in scored.toir}
        if AUDITED in sums:
            stimuli = group.gallery.source.name if group.gallery else ""
            cell = Cell(spec.protocol, "*", spec.level, spec.margin, "toir", stimuli)
            rng = identity.rng_stream(spec.seed, "resampling", "toir", f"n={n}")
            _add(found, tor_estimates(sums, cell, rng=rng))


@dataclass(frozen=True)
class _Cell:
    """One cell of pictures under estimation: the scores of all encoders on it, the audited one first."""

    spec: AuditSpec
    group: ImageGroup
    cell: ImageCell
    scores: dict[str, CellScores]
    found: Findings

    def estimate(self) -> None:
        """Everything that its probes allow."""
        own = self.scores[AUDITED]
        self.found.notes += own.unanswered
        for probe, n in own.retrieval:
            self._retrieval(probe, n)
        for probe in own.crops:
            trials = {name: s.crops[probe].trials() for name, s in self.scores.items() if probe in s.crops}
            _add(self.found, crop_estimates(trials, self._labels(probe), rng=self._rng(probe)))
        for protocol, n in own.ioc:
            results = {name: s.ioc[protocol, n] for name, s in self.scores.items() if (protocol, n) in s.ioc}
            ioc = ioc_estimates(results, self._labels("ioc", protocol), rng=self._rng("ioc", protocol, n))
            self.found.add(ioc.records)
            self.found.pending += ioc.effects if protocol == "balanced" else []
        for n in own.matching:
            sums = {name: s.matching[n] for name, s in self.scores.items() if n in s.matching}
            _add(self.found, matching_estimates(sums, self._labels("matching"), rng=self._rng("matching", n)))
        if own.removal is not None:
            kept = {name: s.removal.trials() for name, s in self.scores.items() if s.removal is not None}
            names, labels = self.group.vocabulary.names, self._labels("matching")
            _add(self.found, removal_estimates(kept, names, labels, rng=self._rng("matching")))
        for n in own.attention:
            maps = {name: s.attention[n].own for name, s in self.scores.items() if n in s.attention}
            maps[EVEN] = own.attention[n].even
            attention = attention_estimates(maps, self._labels("attention"), n_objects=n, rng=self._rng("attention", n))
            _add(self.found, attention)

    def _retrieval(self, probe: str, n: int) -> None:
        sums = {name: s.retrieval[probe, n] for name, s in self.scores.items() if (probe, n) in s.retrieval}
        labels, names, photos = self._labels(probe), self.group.vocabulary.names, self.cell.kind == "photos"
        trials = sums[AUDITED].choice_data()
        if photos:
            kept = {name: own.choice_data() for name, own in sums.items()}
            _add(self.found, photo_estimates(kept, names, labels, rng=self._rng(probe)))
        else:
            _add(self.found, image_estimates(sums, labels, rng=self._rng(probe, n)))
        where = f"{probe.upper()} on {labels.stimuli}"
        if self.cell.kind != "scenes":
            slopes = area_elasticity(sums, names, labels, n_objects=n)
            self.found.add(slopes.records)
            self.found.pending += slopes.effects
            self.found.notes += [f"{where}: {note}" for note in slopes.notes.get(AUDITED, ())]
        choice = attribute_pictures(trials, names, level=self.spec.level)
        self.found.attribution.append(choice.record(labels, n))
        if AREA in choice.left_out:  # other terms are left out where the design holds them constant
            self.found.notes.append(f"{where}: {AREA} left out of the attribution: {choice.left_out[AREA]}")

    def _labels(self, probe: str, protocol: str | None = None) -> Cell:
        source, spec = self.cell.source, self.spec
        return Cell(protocol or spec.protocol, "*", spec.level, spec.margin, probe, source.name, source.clusters)

    def _rng(self, *what: str | int) -> np.random.Generator:
        return identity.rng_stream(self.spec.seed, "resampling", self.cell.source.name, *map(str, what))


def _add(found: Findings, estimates: Estimates) -> None:
    found.add(estimates.records)
    effects: list[PendingEffect] = estimates.effects
    found.pending += effects
