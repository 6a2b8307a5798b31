"""What an analysis is asked."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from primacy.corpus.order import OrderOptions
from primacy.corpus.said import Said
from primacy.errors import UsageError
from primacy.identity import file_digest
from primacy.results.corpus import CorpusSpec

_MAX_DIGESTED = 4_000_000_000  # bytes; hashing what is larger would take longer than reading its captions


@dataclass(frozen=True)
class Sizes:
    """Where sizes come from: `areas` of the images (a file), or `typical` sizes of categories; one of the two.

    `measure`: union, largest or sum; `against`: a second file of areas, to compare with.
    """

    areas: Path | None = None
    typical: str | None = None
    measure: str = "union"
    against: Path | None = None

    def check(self) -> None:
        """Raise a UsageError where they do not fit together."""
        if (self.areas is None) == (self.typical is None):
            raise UsageError(
                "sizes come from --areas (or --instances) or from --typical, one of the two",
                hint="For captions of images that nobody has measured: --typical coco.",
            )
        if self.against is not None and self.areas is None:
            raise UsageError("--against compares areas, and there are none", hint="Give --areas as well.")


def corpus_spec(said: Said, sizes: Sizes, kinds: tuple[str, ...], options: OrderOptions) -> CorpusSpec:
    """What was analysed, and how; `kinds` are those of the areas."""
    measured = [path for path in (sizes.areas, sizes.against) if path is not None]
    return CorpusSpec(
        captions=tuple(path.name for path in said.files),
        areas=tuple(path.name for path in measured) or (f"typical sizes: {sizes.typical}",),
        digests=tuple(_digest(path) for path in (*said.files, *measured)),
        vocabulary=said.vocabulary,
        extractor=said.extractor,
        lexicon=said.fingerprint,
        measure=sizes.measure,
        areas_kind=kinds,
        typical=sizes.typical is not None,
        set_aside=options.set_aside if options.set_aside in said.categories else "",
        level=options.level,
        margin=options.margin,
        groups=options.groups,
        permutations=options.permutations,
        seed=options.seed,
    )


def _digest(path: Path) -> str:
    size = path.stat().st_size
    return file_digest(path) if size <= _MAX_DIGESTED else f"{size} bytes"
