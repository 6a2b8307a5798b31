"""The records of `corpus.json` (docs/corpus.md): what the order of mention in a caption corpus tells about size.

Shares and parts of shares are fractions of 1 (0.05 is 5 points); every `Value` has its interval, which resamples
images; None where not defined.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

from primacy.results.record import Number, Value

SLICES = ("all", "set aside", "not mentioned", "not in image", "one instance")
"""`all`; `set aside`: a category (person) struck from every list of mentions; `not mentioned`: captions that do not
mention it; `not in image`: images without it; `one instance`: every mentioned category has one instance."""


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class CorpusSpec(_Record):
    """What was analysed, and how.

    `captions`, `areas`: names of the files, without their folders, and `digests` sha256 of each. `areas_kind`: kinds
    of area that occur. `measure`: union, largest or sum. `set_aside`: the category of the slices, "" for none.
    `groups`: of images, for the jackknife. `typical`: areas are typical sizes of categories, not those in the image.
    """

    captions: tuple[str, ...]
    areas: tuple[str, ...]
    digests: tuple[str, ...]
    vocabulary: str
    extractor: str
    lexicon: str
    measure: str
    areas_kind: tuple[str, ...]
    typical: bool
    set_aside: str
    level: float
    margin: float
    groups: int
    permutations: int
    seed: int


class FaultRecord(_Record):
    """A kind of fault, how often it was met, and where, at most three times."""

    kind: str
    count: int
    examples: tuple[str, ...]


class Coverage(_Record):
    """How many of the corpus are left at each step.

    `captions` read; `censored`: left out, their lists are cut short; `mentioning`: mention a category of the
    vocabulary; `mentioning_two`: two or more, and are not censored; `mentions` in these; `measured`: those of them
    whose category has an area in the image, or a typical size; `analysed`: captions with at least two measured
    mentions, of `images` images; `tied`: analysed captions of which two objects have equal areas.
    """

    captions: int
    censored: int
    mentioning: int
    mentioning_two: int
    mentions: int
    measured: int
    analysed: int
    images: int
    tied: int


class OrderByCount(_Record):
    """Captions of one slice with `n_objects` measured mentions.

    `largest_first`: share of captions that mention their largest object first, credit shared among ties; `chance` 1/n.
    `category_only`: the share expected if the order of a caption and the sizes of an image depended on which
    categories are mentioned and on nothing else, predicted from other images whose captions mention the same
    categories, for the `n_predicted` captions that have such; `beyond_category`: the observed share of those captions
    minus it; neither is given for fewer than 20, or where what is largest never varies. `largest_at`: share of captions
    whose largest is mentioned in place 1, 2, ... `share_at`: mean share of the mentioned objects' area that the object
    in each place has. `kendall`, `spearman`: mean over captions of the correlation of place and area, with the sign
    turned so that larger first is positive.
    """

    slice: str
    n_objects: int
    n_captions: int
    n_images: int
    chance: float
    largest_first: Value
    category_only: Value
    beyond_category: Value
    n_predicted: int
    largest_at: tuple[Value, ...]
    share_at: tuple[Value, ...]
    kendall: Value
    spearman: Value


class LogitTerm(_Record):
    """A term of the conditional logit: `name` ("area", "centrality", "instances"), odds ratio `per` its unit."""

    name: str
    per: str
    odds_ratio: Value
    p: Number


class LogitModel(_Record):
    """Conditional logit of which of two objects is mentioned first, with category pairs as strata."""

    name: str
    terms: tuple[LogitTerm, ...]
    n_pairs: int
    n_strata: int
    converged: bool


class Permutation(_Record):
    """Test that size does not matter within category pairs: sizes permuted among the images of each pair.

    `z` by the exact mean and variance over all permutations; `p` two-sided, of `n` permutations drawn. Both allow for
    several pairs of one image (a design effect).
    """

    z: Number
    p: Number
    n: int


class Pressure(_Record):
    """What the order of two mentions tells about which is larger, in bits a pair (0 to 1).

    `raw`: not knowing what they are; `within`: knowing the two categories.
    """

    raw: Value
    within: Value


class PairOrder(_Record):
    """All pairs of measured mentions of the captions of one slice (a caption with k has k(k-1)/2).

    `larger_first`: share of pairs of which the larger is mentioned first, credit halved for ties. Its excess over
    one half on the `n_predicted` pairs whose categories are mentioned together in other images is split into
    `category_part` (`category_only` minus one half) and `within_part` (observed minus `category_only`). `odds_ratio`:
    Mantel and Haenszel's, of mentioned first and larger, over category pairs.
    """

    slice: str
    n_pairs: int
    n_captions: int
    n_images: int
    n_strata: int
    larger_first: Value
    n_predicted: int
    predicted_larger_first: Value
    category_only: Value
    category_part: Value
    within_part: Value
    odds_ratio: Value
    models: tuple[LogitModel, ...]
    permutation: Permutation
    pressure: Pressure


class CategoryPair(_Record):
    """One pair of categories, `first` being the one that is mentioned first more often.

    `first_first`: share of pairs in which `first` is mentioned first; `first_larger`: in which it is the larger.
    `effect`: first_first where it is larger minus where it is smaller; None where it is the one or the other in fewer
    than 5 images, or always mentioned first.
    """

    first: str
    second: str
    n_pairs: int
    n_images: int
    first_first: Value
    first_larger: Value
    larger_first: Value
    effect: Value


class Drift(_Record):
    """Pairs of the captions at one level of `by` ("caption length" in words, or "source")."""

    by: str
    level: str
    n_pairs: int
    n_images: int
    larger_first: Value
    within_part: Value
    odds_ratio: Value


class Agreement(_Record):
    """Two measurements of area on the same images and categories, e.g. boxes against masks.

    `log_correlation`: of the logs of the areas, over objects. Of the pairs of mentions that both measure:
    `same_larger`, share in which both call the same one larger; `larger_first` and `odds_ratio` by each.
    """

    other: str
    n_images: int
    n_objects: int
    log_correlation: Value
    n_pairs: int
    same_larger: Value
    larger_first: Value
    other_larger_first: Value
    odds_ratio: Value
    other_odds_ratio: Value


class CorpusVerdict(_Record):
    """An answer to one question ("order" or "size within category pairs"), with the sentence that says why."""

    question: str
    kind: Literal["pressure", "equivalent", "inconclusive"]
    reason: str


class CorpusProvenance(_Record):
    """Where a result comes from."""

    created: str
    primacy: str
    git_commit: str | None
    git_dirty: bool | None
    python: str
    packages: dict[str, str]
    timings_s: dict[str, float]


class CorpusResult(_Record):
    """All that `corpus.json` holds. `mentioned`: the 30 categories mentioned in most captions, with their number."""

    schema_version: Literal[1] = 1
    spec: CorpusSpec
    provenance: CorpusProvenance
    coverage: Coverage
    faults: tuple[FaultRecord, ...]
    mentioned: tuple[tuple[str, int], ...]
    by_count: tuple[OrderByCount, ...]
    pairs: tuple[PairOrder, ...]
    category_pairs: tuple[CategoryPair, ...]
    drift: tuple[Drift, ...]
    agreement: Agreement | None
    verdicts: tuple[CorpusVerdict, ...]
    notes: tuple[str, ...]
