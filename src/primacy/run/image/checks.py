"""What a careful reader would ask of the pictures of a run before believing a number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from primacy.results.record import Check
from primacy.run.image.attention import AttentionScores
from primacy.run.image.plan import ImageCell, ImageGroup, ImagePlan
from primacy.run.image.scores import ImageScores
from primacy.stats.effects import AUDITED

_FEW_CLUSTERS = 15
_SHOWN = 4


def image_checks(plan: ImagePlan, scores: ImageScores, notes: Sequence[str]) -> list[Check]:
    """All checks of pictures, the ones that found nothing included; none where no picture was shown.

    `notes` say what could not be estimated.
    """
    if not plan.groups:
        return []
    found = [_left_out(plan), _clusters(plan)]
    for group, by_encoder in zip(plan.groups, scores.groups, strict=True):
        found += [_areas(group), _gallery(group)]
        for cell, own in zip(group.cells, by_encoder[AUDITED].cells, strict=True):
            found += [_ties(cell, (probe, sums.tie_share)) for (probe, _), sums in own.retrieval.items()]
            found += [_ties(cell, ("matching", sums.tie_share)) for sums in own.matching.values()]
            found += [] if own.removal is None else [_ties(cell, ("matching", own.removal.tie_share))]
            found += [_unseen(cell, n, attention) for n, attention in own.attention.items()]
    if scores.no_attention is not None:
        message = f"Attention against area is not available: {scores.no_attention}."
        found.append(Check(name="attention", status="note", message=message))
    found += [Check(name="not estimated", status="note", message=f"{note}.") for note in notes]
    return [check for check in found if check is not None]


def _left_out(plan: ImagePlan) -> Check:
    """Everything that could not be shown, counted by reason."""
    skipped = plan.skipped
    if not skipped:
        return Check(name="pictures left out", status="ok", message="Every picture was read and shown.")
    reasons = Counter(skip.reason for skip in skipped)
    told = "; ".join(f"{count:,}: {reason}" for reason, count in reasons.most_common(_SHOWN))
    more = f"; and {len(reasons) - _SHOWN} more reasons" if len(reasons) > _SHOWN else ""
    names = ", ".join(skip.name for skip in skipped[:_SHOWN])
    message = f"{len(skipped):,} left out ({told}{more}), e.g. {names}. skipped.csv lists them all."
    return Check(name="pictures left out", status="note", message=message)


def _clusters(plan: ImagePlan) -> Check | None:
    counts = [
        (len(np.unique(np.concatenate([table.clusters for table in tables]))), cell)
        for cell in plan.cells
        for tables in cell.together.values()
    ]
    if not counts:
        return None
    fewest, cell = min(counts, key=lambda pair: pair[0])
    what = f"{fewest} {cell.source.clusters} of {cell.source.name}"
    if fewest >= _FEW_CLUSTERS:
        return Check(name="clusters of pictures", status="ok", message=f"Every interval rests on {what} or more.")
    message = f"Some intervals rest on {what} only, and are rough."
    return Check(name="clusters of pictures", status="warning", message=message)


def _unseen(cell: ImageCell, n: int, attention: AttentionScores) -> Check | None:
    sums = attention.own
    without = int(sums.zero.max(initial=0))
    if not (sums.unseen or without or attention.unmasked):
        return None
    what = f"{cell.source.name}, {n} objects" if n else cell.source.name
    message = (
        f"Attention on {what}: {sums.unseen:,} objects lie outside the framed picture and are not scored; {without:,}"
        " get no attention at all in some layer, and count in shares but not in slopes;"
        f" {attention.unmasked:,} pictures have no mask and are not scored."
    )
    return Check(name="attention", status="note", message=message)


def _areas(group: ImageGroup) -> Check | None:
    unmeasured = [c.source.name for c in group.cells if any(np.isnan(t.areas).any() for t in c.tables.values())]
    if not unmeasured:
        return None
    return Check(
        name="measured areas",
        status="note",
        message=f"{', '.join(unmeasured)}: no masks, so areas are not known; sizes are those that the folder says, and"
        " there is no area elasticity.",
    )


def _gallery(group: ImageGroup) -> Check | None:
    if group.gallery is None:
        return None
    versions = len(group.gallery.versions)
    if versions == 1:
        return Check(
            name="gallery of pictures",
            status="warning",
            message="Each category has one picture of it alone: an object of a scene that is as large, and stands where"
            " it stands there, is favoured.",
        )
    return Check(
        name="gallery of pictures",
        status="ok",
        message=f"Each category is shown alone in {versions} versions that differ in scale, place and view.",
    )


def _ties(cell: ImageCell, found: tuple[str, float]) -> Check | None:
    probe, share = found
    if share <= 0.01:
        return None
    return Check(
        name="ties of pictures",
        status="note",
        message=f"{probe.upper()} on {cell.source.name}: {100 * share:.0f} % of trials tie, and share their credit.",
    )
