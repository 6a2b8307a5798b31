"""What pictures are compared with: their vocabulary, and the gallery of single objects that a run names."""

from __future__ import annotations

from collections.abc import Sequence

from primacy.design.vocabulary import BUILTIN, Vocabulary, load_vocabulary, parse_vocabulary
from primacy.errors import DatasetError, UnknownNameError
from primacy.listener import Listener
from primacy.results.spec import AuditSpec
from primacy.stimuli.images.base import PictureSource, Skipped
from primacy.stimuli.images.gallery import ImageGallery, composed_gallery, gallery_of
from primacy.stimuli.images.open import is_library, open_pictures
from primacy.stimuli.sources import object_library


def not_in_gallery(source: PictureSource, vocabulary: Vocabulary) -> list[Skipped]:
    """Pictures of several objects that show one which the gallery lacks, and so are left out."""
    known = set(vocabulary.names)
    return [
        Skipped(f"{source.name} {p.picture_id}", "shows a category that has no picture alone")
        for p in source.pictures
        if len(p.objects) > 1 and not known.issuperset(p.categories)
    ]


def library_vocabulary(name: str, only: Sequence[str] = ()) -> Vocabulary:
    """The categories that a library of objects has pictures of, in the order of its vocabulary; of `only`, if any.

    Raises:
        UnknownNameError: the library has none of a name of `only`.
    """
    have = object_library(name).categories
    for wanted in only:
        if wanted not in have:
            raise UnknownNameError(f"category of {name}", wanted, have)
    have = list(only) or have
    if name not in BUILTIN:
        return named(sorted(have))
    whole = load_vocabulary(name)
    return Vocabulary(name, tuple(category for category in whole.categories if category.name in have))


def named(names: list[str]) -> Vocabulary:
    """A vocabulary of `names`; those that are built in keep their plural, synonyms and size."""
    return parse_vocabulary("pictures", "\n".join(names))


def gallery_for(spec: AuditSpec, where: str, names: list[str], listener: Listener) -> ImageGallery:
    """Pictures of single objects: composed, or from a source that has them; of those of `names` that it has."""
    images = spec.images
    if is_library(where):
        known = set(library_vocabulary(where).names)
        asked, names = names, [name for name in names if name in known]
        if not names:
            raise DatasetError(
                f"{where} has none of the categories that the pictures show: {', '.join(asked[:5])}",
                hint="Name pictures of single objects of these with --gallery-scenes.",
            )
        return composed_gallery(
            where, names, size=images.size, kind=images.gallery, area=images.area, seed=spec.seed, listener=listener
        )
    sources = open_pictures(where, listener=listener)
    singles = [s for s in sources if s.pictures and all(len(p.objects) == 1 for p in s.pictures)]
    if not singles:
        raise DatasetError(f"{where} has no pictures of single objects", hint="`primacy render comco --design singles`")
    return gallery_of(singles[0], names)
