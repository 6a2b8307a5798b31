"""Who is scored on the pictures of a run: the audited encoder and its nulls, with what embeds for them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

import numpy as np

from primacy.encoders.base import Encoder
from primacy.encoders.battery import CROSS_MODAL, Null, image_null_battery
from primacy.probes.retrieval import unit
from primacy.run.embedding import Embedder
from primacy.run.image.embedding import PictureEmbedder
from primacy.run.image.plan import ImageGroup
from primacy.run.scoring import Job
from primacy.stats.effects import AUDITED


class Singles(NamedTuple):
    """Unit vectors of single objects: `pictures` (G, V, d), `prompts` (P, V, d); None where not asked for."""

    pictures: np.ndarray | None
    prompts: np.ndarray | None


class Subject:
    """An encoder on a group of pictures: its name among the results, the probes that it can serve, what embeds with it.

    Args:
        job: the run.
        group: the pictures.
        name: "encoder", or the null's.
        encoder: the encoder.
        cached: whether its vectors are kept in the run's cache.
        serves: the probes.
    """

    def __init__(
        self, job: Job, group: ImageGroup, name: str, encoder: Encoder, cached: bool, serves: frozenset[str]
    ) -> None:
        self.name, self.encoder, self.serves = name, encoder, serves
        self.pictures = PictureEmbedder(encoder, job.cache if cached else None, job.listener)
        self._job, self._group, self._cached = job, group, cached
        self._texts: Embedder | None = None

    @property
    def texts(self) -> Embedder:
        """Opened when the first text comes: not every null of pictures knows texts."""
        if self._texts is None:
            self._texts = self._job.embedder(self.encoder, cached=self._cached)
        return self._texts

    @property
    def seconds(self) -> float:
        """Spent on embedding so far."""
        return self.pictures.seconds + (self._texts.seconds if self._texts else 0.0)

    @cached_property
    def singles(self) -> Singles:
        """The single objects of the group, as pictures and as prompts, as far as its probes need them."""
        group, pictures, prompts = self._group, None, None
        if group.gallery is not None and self.serves & {"ior", "toir"}:
            rows = group.gallery.rows
            shown, place = np.unique(rows, return_inverse=True)
            pictures = unit(self.pictures.pictures_of(group.gallery.source, shown))[place.reshape(rows.shape)]
        if self.serves & CROSS_MODAL:
            prompts = unit(np.stack([self.texts.texts(row) for row in group.prompts]))
        return Singles(pictures, prompts)


def subjects(job: Job, group: ImageGroup) -> Iterator[Subject]:
    """The audited encoder, then its nulls on this group, each built when its turn comes."""
    audited = Subject(job, group, AUDITED, job.encoder, True, group.probes)
    yield audited
    for null in _battery(job, group, audited.singles):
        yield Subject(job, group, null.name, null.build(), null.cached, null.serves & group.probes)


def _battery(job: Job, group: ImageGroup, singles: Singles) -> list[Null]:
    """Nulls whose items are the audited encoder's single objects: centroids of their pictures beside their prompts.
    Where neither is asked for, items are orthogonal. Nulls that weigh by what was not measured are left out."""
    parts = [unit(part.mean(axis=0)) for part in singles if part is not None]
    items = np.concatenate(parts, axis=1) if parts else np.eye(len(group.vocabulary))
    nulls = image_null_battery(job.encoder, group.vocabulary, items, untrained=job.spec.untrained)
    return [null for null in nulls if not group.unmeasured.intersection(null.needs)]
