"""Prompts against the tokenizer's own reading of the whole text."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("transformers")

from primacy.corpus.areas.detect.prompts import Prompts, prompt_name
from primacy.errors import EncoderError, UsageError

NAMES = ["cat", "Fire Hydrant", "hot dog", "dogs", "st. zo?", "qzx"]


@pytest.fixture(scope="module")
def tokenizer(checkpoint):
    import transformers

    return transformers.AutoTokenizer.from_pretrained(checkpoint("grounding"))


def test_a_prompt_is_what_the_tokenizer_makes_of_names_with_full_stops(tokenizer):
    (prompt,) = Prompts(tokenizer, NAMES, 64).of(range(len(NAMES)))
    text = " ".join(f"{prompt_name(name)}." for name in NAMES)
    assert list(prompt.input_ids) == tokenizer(text)["input_ids"]
    assert text == "cat. fire hydrant. hot dog. dogs. st zo. qzx."
    for place, (start, stop) in enumerate(prompt.spans):
        assert tokenizer.decode(prompt.input_ids[start:stop]) == prompt_name(NAMES[place])


@given(limit=st.integers(8, 40), chosen=st.lists(st.integers(0, len(NAMES) - 1), unique=True))
def test_prompts_hold_each_category_once_in_order_and_none_is_too_long(tokenizer, limit, chosen):
    found = Prompts(tokenizer, NAMES, limit).of(chosen)
    assert [category for prompt in found for category in prompt.categories] == chosen
    assert all(len(prompt.input_ids) <= limit for prompt in found)
    # as few as a greedy division can make them: no prompt would have had room for the next category
    for one, after in pairwise(found):
        start, stop = after.spans[0]
        assert len(one.input_ids) + stop - start + 1 > limit


def test_names_that_no_prompt_can_hold_are_refused(tokenizer):
    with pytest.raises(UsageError, match="'a photo of a dog' has 5 tokens"):
        Prompts(tokenizer, ["cat", "a photo of a dog"], 7)
    with pytest.raises(UsageError, match="has 0 tokens"):
        Prompts(tokenizer, ["?."], 64)


def test_a_tokenizer_with_other_ids_is_refused(checkpoint):
    import transformers

    other = transformers.AutoTokenizer.from_pretrained(checkpoint("owlv2"))
    with pytest.raises(EncoderError, match="separates prompts by"):
        Prompts(other, ["cat"], 64)
