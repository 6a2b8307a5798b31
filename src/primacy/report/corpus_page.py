"""The page of a corpus analysis: one HTML file that needs nothing but itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from markupsafe import Markup

from primacy.report import corpus_pair_tables as pair_tables
from primacy.report import corpus_tables as tables
from primacy.report import corpus_words as words
from primacy.report import words as report_words
from primacy.report.corpus_answer import answer, conclusion
from primacy.report.corpus_cells import Table
from primacy.report.corpus_coverage import coverage_steps
from primacy.report.corpus_drawing import inline_plots
from primacy.report.corpus_figures import CorpusFigure, corpus_figures
from primacy.report.corpus_glossary import TYPICAL, glossary
from primacy.report.environment import report_environment
from primacy.results.corpus import CorpusResult


class Drawn(NamedTuple):
    """A figure with its plots as SVG."""

    figure: CorpusFigure
    svgs: list[Markup]


class Part(NamedTuple):
    """A section: anchor, title, template, a paragraph, figures, tables, and tables behind a summary."""

    id: str
    title: str
    template: str
    text: str = ""
    drawn: Sequence[Drawn] = ()
    tables: Sequence[Table] = ()
    details: Sequence[Table] = ()
    note: str = ""


def corpus_page(result: CorpusResult, command: str) -> str:
    """The whole page as the text of one HTML file; equal results give equal text.

    Args:
        result: the analysis.
        command: the command line that makes it again.
    """
    return (
        report_environment()
        .get_template("corpus.html.j2")
        .render(
            result=result,
            spec=result.spec,
            words=report_words,
            corpus=words,
            parts=_parts(result),
            steps=coverage_steps(result.coverage, typical=result.spec.typical),
            answer=answer(result),
            conclusion=conclusion(result),
            glossary=glossary(result.spec),
            command=command,
            level=words.level(result.spec),
        )
    )


def _parts(result: CorpusResult) -> list[Part]:
    """The sections in their order; those without numbers are left out."""
    drawn = {name: Drawn(figure, inline_plots(figure)) for name, figure in corpus_figures(result).items()}

    def figures(*names: str) -> list[Drawn]:
        return [drawn[name] for name in names if name in drawn]

    found = [Part("verdicts", "Verdicts", "corpus_verdicts"), Part("coverage", "What was read", "corpus_coverage")]
    if result.by_count:
        text = (
            "Of the objects that a caption mentions, is the largest the first? Chance is one over their number. What"
            " the categories alone lead one to expect is predicted for each caption from other images whose captions"
            " mention the same categories; what is beyond that goes with size in the image itself."
        )
        counts, more = [tables.count_table(result)], [tables.rank_table(result), tables.place_table(result)]
        found.append(Part("largest-first", "The largest object first", "corpus_part", text,
                          figures("largest-first", "places"), counts, more))  # fmt: skip
    if result.pairs:
        text = (
            "All pairs of mentions of a caption. Some categories are mentioned before others in any image, because they"
            " are usually larger or for another reason: that is the category part of the excess over one half. The"
            " within part goes with size in the image, between objects of the same two categories."
        )
        shown = [pair_tables.split_table(result), pair_tables.odds_table(result), pair_tables.permutation_table(result)]
        note = TYPICAL if result.spec.typical else ""
        found.append(Part("pairs", "Pairs: what they are, and how large", "corpus_part", text, figures("split"), shown,
                          [table for table in [pair_tables.logit_table(result)] if table.rows], note))  # fmt: skip
    if result.category_pairs:
        text = (
            "The same two categories in many images: how much more often is one of them mentioned first where it is the"
            " larger than where it is the smaller?"
        )
        found.append(Part("category-pairs", "The commonest category pairs", "corpus_part", text, figures("pairs"),
                          details=[pair_tables.pair_table(result)]))  # fmt: skip
    if result.drift:
        text = "The same by length of the caption and by where it comes from."
        shown = [tables.drift_table(result)]
        found.append(Part("drift", "Drift", "corpus_part", text, figures("drift"), shown))
    agreement = tables.agreement_table(result)
    if agreement is not None:
        text = "Two measurements of area on the same images: do they tell the same?"
        found.append(Part("agreement", "Agreement of two measurements", "corpus_part", text, tables=[agreement]))
    return [
        *found,
        Part("glossary", "What the words mean", "corpus_glossary"),
        Part("provenance", "Provenance", "corpus_provenance"),
        Part("cite", "How to cite", "cite"),
        Part("reproduce", "How to reproduce", "corpus_reproduce"),
    ]
