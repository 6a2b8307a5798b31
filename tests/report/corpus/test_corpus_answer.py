"""What a curator is told to conclude."""

from __future__ import annotations

from itertools import product

import pytest

from primacy.report.corpus_answer import answer, conclusion
from primacy.results.corpus import CorpusResult, CorpusVerdict

KINDS = ("pressure", "equivalent", "inconclusive")


@pytest.fixture
def judged(made):
    def judged(order: str, within: str, *, share: float = 0.66, part: float = 0.03) -> CorpusResult:
        questions = (("order", order), ("size within category pairs", within))
        pairs = tuple(
            found.model_copy(update={"larger_first": made.value(share), "within_part": made.value(part)})
            for found in made.sample().pairs
        )
        verdicts = tuple(CorpusVerdict(question=q, kind=kind, reason="r") for q, kind in questions)  # type: ignore[arg-type]
        return made.sample(pairs=pairs, verdicts=verdicts)

    return judged


def test_every_two_verdicts_have_an_answer_and_a_conclusion_of_their_own(judged) -> None:
    results = [judged(order, within) for order, within in product(KINDS, KINDS)]
    assert len({answer(result) for result in results}) == len(results)
    for result in results:
        kinds = [verdict.kind for verdict in result.verdicts]
        told = " ".join(conclusion(result))
        assert ("can learn that" in told) == ("primacy corpus rewrite" in told) == ("pressure" in kinds)
        assert ("needs no mending" in told) == (kinds == ["equivalent", "equivalent"])
        assert ("more images" in told) == ("pressure" not in kinds and "inconclusive" in kinds)


@pytest.mark.parametrize(
    ("share", "part", "expected"),
    [
        (0.66, 0.03, ["the larger more often", "categories, too,", "where it is the larger"]),
        (0.34, -0.03, ["the smaller more often", "categories, too,", "where it is the smaller"]),
        (0.66, -0.03, ["the larger more often", "Yet of the same", "where it is the smaller"]),
        (0.34, 0.03, ["the smaller more often", "Yet of the same", "where it is the larger"]),
    ],
)
def test_the_answer_says_which_way_round(judged, share, part, expected) -> None:
    told = answer(judged("pressure", "pressure", share=share, part=part))
    assert [words in told for words in expected] == [True] * len(expected)
    turned = (share > 0.5) != (part > 0)
    result = judged("pressure", "pressure", share=share, part=part)
    assert any("goes the other way" in sentence for sentence in conclusion(result)) == turned
    assert "Yet of the same" in answer(judged("equivalent", "pressure", share=share, part=part))


def test_the_parts_are_those_of_the_tables(made) -> None:
    told = conclusion(made.sample())
    assert told[0] == (
        "All: of the excess over one half, +12.9 points go with which two categories they are, +3.1 with size between"
        " the same two (12,334 pairs)."
    )
    assert told[1].startswith("Person dropped: of the excess over one half, +3.5 points go with")


def test_without_verdicts_or_parts_there_is_less_to_say(made) -> None:
    assert answer(made.nothing()) == "This result holds no verdict."
    assert conclusion(made.nothing()) == []
    assert answer(made.sample(typical=True)).endswith("cannot be told from typical sizes.")
    assert not any("points" in sentence for sentence in conclusion(made.sample(typical=True)))
