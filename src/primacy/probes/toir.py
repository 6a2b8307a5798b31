"""TOIR: which of the objects that a caption mentions has the picture nearest to the caption's vector?

The cross-modal twin of TOR (paper section 2.2.1): the captions are those of TOR, the gallery are pictures of single
objects. Scores are those of `retrieval.score`, sums and estimates those of TOR (docs/ior.md).
"""

from __future__ import annotations

from collections.abc import Sequence

from primacy.probes.tor import Galleries, TorSums
from primacy.stimuli.images.gallery import Version


def toir_sums(n_clusters: int, versions: Sequence[Version], n_objects: int) -> TorSums:
    """Empty sums for captions of `n_objects` against a gallery of pictures, shares kept by the scale of its objects.

    Args:
        n_clusters: clusters of the captions.
        versions: G, those of the gallery.
        n_objects: objects a caption.
    """
    scales = tuple(version.scale for version in versions)
    return TorSums(n_clusters, len(versions), n_objects, Galleries("gallery_scale", scales))
