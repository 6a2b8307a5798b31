"""What the words of a corpus analysis mean, in a line each."""

from __future__ import annotations

from primacy.report import corpus_words as words
from primacy.report import numbers
from primacy.results.corpus import CorpusSpec

TYPICAL = (
    "Areas are typical sizes of categories, not those in the image, so that of two categories the same one is always"
    " the larger: nothing can be said about size within a category pair."
)
_MEASURES = {
    "union": "the union of all instances of the category",
    "largest": "the largest instance of the category",
    "sum": "the sum of all instances of the category",
}


def glossary(spec: CorpusSpec) -> list[tuple[str, str]]:
    """Terms with their definitions, as they hold for this analysis."""
    margin = numbers.fixed(100 * spec.margin, 1).removesuffix(".0")
    kinds = words.listed(list(spec.areas_kind))
    return [
        ("mention", "The first time that a caption names a category of the vocabulary."),
        (
            "area",
            f"Share of the image that the category takes: {_MEASURES.get(spec.measure, spec.measure)}"
            f"{f'; kind of area: {kinds}' if kinds else ''}.",
        ),
        (
            "largest first",
            "Share of captions that mention their largest object before all others; credit is shared among ties."
            " Chance is one over the number of mentioned objects.",
        ),
        (
            "category only, beyond category",
            "The share expected if the order of a caption and the sizes in an image depended on which categories are"
            " mentioned and on nothing else, predicted from other images whose captions mention the same categories;"
            " and the observed share of the same captions minus it.",
        ),
        (
            "Kendall, Spearman",
            "Correlation of place of mention and area in a caption, averaged over captions; positive where the larger"
            " comes first.",
        ),
        (
            "pair",
            "Two measured mentions of one caption; a caption with k of them has k(k\u22121)/2 pairs.",
        ),
        (
            "excess, category part, within part",
            "The excess is the share of pairs with the larger first, minus one half, over the pairs that could be"
            " predicted. The category part is what is expected from the two categories alone, minus one half; it holds"
            " what goes with their usual sizes too. The within part is the rest. The two add up to the excess. In"
            " points (hundredths).",
        ),
        (
            "Mantel-Haenszel odds ratio",
            "Odds of being mentioned first where an object is the larger over the odds where it is the smaller, pooled"
            " over category pairs; 1 if size makes no difference.",
        ),
        (
            "conditional logit",
            "A model of which of two objects comes first, with category pairs as strata: odds ratio for each unit of a"
            " term, for area for each doubling of the ratio of areas.",
        ),
        (
            "permutation test",
            f"Sizes are permuted among the images of each category pair ({spec.permutations:,} times). z by the exact"
            " mean and variance over all permutations, p two-sided.",
        ),
        (
            "order pressure, bits",
            "What the order of two mentions tells about which is larger, from 0 to 1 bit a pair: raw, not knowing what"
            " they are; within, knowing their categories.",
        ),
        (
            "effect of a category pair",
            "Share mentioned first where it is the larger minus the share where it is the smaller, in points.",
        ),
        (
            "interval",
            f"{words.level(spec)} % jackknife over {spec.groups:,} groups of images: captions of one image are never"
            " taken for independent.",
        ),
        *(
            (kind, f"Verdict: {meaning.replace('margin', f'margin (±{margin} points)')}.")
            for kind, meaning in words.KINDS.items()
        ),
    ]
