"""What the pictures of an audit are: cells of pictures, the gallery and the prompts that they are compared with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from primacy import identity
from primacy.design.matching import MatchingDesign
from primacy.design.picture_table import PictureTable
from primacy.design.removal import RemovalDesign
from primacy.design.text import TextDesign
from primacy.design.vocabulary import Vocabulary
from primacy.stimuli.images.base import PictureSource, Skipped
from primacy.stimuli.images.gallery import ImageGallery

_LACKING = {
    "ior": "pictures of single objects (--gallery-scenes)",
    "toir": "pictures of single objects (--gallery-scenes)",
    "ioc": "slots that are the same in all pictures",
    "matching": "pictures with one object known to be the largest, or no absent categories",
    "attention": "masks",
}
"""What pictures have to have for a probe."""

Kind = Literal["scenes", "ladder", "photos", "crops"]


@dataclass(frozen=True, eq=False)
class ImageCell:
    """Pictures of one source and what is asked of them.

    `kind`: "scenes"; "ladder" where areas vary in steps, so that their elasticity is asked for; "photos"; "crops".
    `tables`: by number of objects, at least 2. `probes`: those of the run that these pictures can answer. `matching`:
    the matching trials of each table that has any; `removal`: those of photos, by each object.
    """

    kind: Kind
    source: PictureSource
    tables: dict[int, PictureTable]
    probes: tuple[str, ...]
    matching: dict[int, MatchingDesign]
    removal: dict[int, RemovalDesign]

    @property
    def together(self) -> dict[int, list[PictureTable]]:
        """Tables that are estimated together, by number of objects: photos and crops, whatever theirs, under 0."""
        if self.kind in ("photos", "crops"):
            return {0: list(self.tables.values())} if self.tables else {}
        return {n: [table] for n, table in self.tables.items()}


@dataclass(frozen=True, eq=False)
class ImageGroup:
    """Cells that share a vocabulary and so a gallery.

    `gallery`: pictures of single objects, None where there are none. `prompts`: P lists of V texts that name single
    objects. `captions`: TOIR's captions, by number of objects. `left_out`: what could not be used, and why.
    """

    vocabulary: Vocabulary
    gallery: ImageGallery | None
    prompts: tuple[tuple[str, ...], ...]
    cells: tuple[ImageCell, ...]
    captions: tuple[TextDesign, ...]
    left_out: tuple[Skipped, ...]

    @property
    def probes(self) -> frozenset[str]:
        """The probes that its cells and captions answer."""
        return frozenset(probe for cell in self.cells for probe in cell.probes) | ({"toir"} if self.captions else set())

    @property
    def unmeasured(self) -> frozenset[str]:
        """Which of "area" and "centrality" is not known of every object of the cells."""
        tables = [table for cell in self.cells for table in cell.tables.values()]
        facts = {"area": [t.areas for t in tables], "centrality": [t.centrality for t in tables]}
        return frozenset(name for name, values in facts.items() if not all(np.isfinite(v).all() for v in values))


@dataclass(frozen=True, eq=False)
class ImagePlan:
    """The pictures of an audit; no group where no probe of pictures is asked for."""

    groups: tuple[ImageGroup, ...]

    def unanswered(self, probes: Sequence[str]) -> list[str]:
        """A line for each of `probes` that no pictures can answer: what they lack; none where there are no pictures."""
        answered = frozenset[str]().union(*(group.probes for group in self.groups))
        return [
            f"{probe.upper()}: there are no {lacking}"
            for probe, lacking in _LACKING.items()
            if self.groups and probe in probes and probe not in answered
        ]

    @property
    def cells(self) -> list[ImageCell]:
        """All cells of all groups."""
        return [cell for group in self.groups for cell in group.cells]

    @property
    def skipped(self) -> list[Skipped]:
        """Everything that could not be shown, and why, each source once; of crops nothing, since objects without a
        ladder are shown in their photos."""
        sources = {id(cell.source): cell.source for cell in self.cells if cell.kind != "crops"}
        sources |= {id(g.gallery.source): g.gallery.source for g in self.groups if g.gallery is not None}
        found = [skip for source in sources.values() for skip in source.skipped]
        return found + [skip for group in self.groups for skip in group.left_out]


def image_hash(plan: ImagePlan) -> str:
    """sha256 over everything that is shown: pictures, facts, prompts, captions and matching trials."""
    return identity.fingerprint([_group_identity(group) for group in plan.groups])


def _group_identity(group: ImageGroup) -> list[Any]:
    gallery = None if group.gallery is None else [group.gallery.source.digest, group.gallery.rows.tolist()]
    cells = [
        [cell.source.name, cell.source.digest, list(cell.probes)]
        + [[design.digest for design in designs.values()] for designs in (cell.matching, cell.removal)]
        for cell in group.cells
    ]
    captions = [[c.template.literals, c.orders.tolist(), c.sets.block(0, len(c.sets)).tolist()] for c in group.captions]
    return [group.vocabulary.names, group.prompts, gallery, cells, captions]


def describe_image_plan(plan: ImagePlan) -> list[dict[str, Any]]:
    """What `result.json` says of the pictures: counts and what was left out, by cell."""
    rows: list[dict[str, Any]] = []
    for group in plan.groups:
        for cell in group.cells:
            for n, table in cell.tables.items():
                rows.append(
                    {
                        "probe": " ".join(cell.probes),
                        "n_objects": n,
                        "stimuli": cell.source.name,
                        "pictures": len(table),
                        "clusters": len(np.unique(table.clusters)),
                        "vocabulary": len(group.vocabulary),
                        "skipped": len(cell.source.skipped),
                    }
                )
        if group.gallery is not None:
            versions, names = group.gallery.rows.shape
            rows.append(
                {"probe": "gallery", "stimuli": group.gallery.source.name, "versions": versions, "names": names}
            )
        for design in group.captions:
            rows.append(
                {"probe": "toir", "n_objects": design.n_objects, "captions": len(design), "clusters": design.n_clusters}
            )
    return rows
