"""The planted and null encoders themselves."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from primacy.encoders.lexicon import Lexicon
from primacy.encoders.load import load_encoder
from primacy.encoders.null import BagEncoder
from primacy.errors import UnknownNameError, UsageError
from primacy.testing import check_encoder


@pytest.mark.parametrize(
    "name", ["null:constant", "null:bag", "null:weighted-bag?gamma=0.5", "null:planted?first=0.3&category=1&seed=2"]
)
def test_they_keep_the_encoder_contract(name):
    check_encoder(load_encoder(name))


@given(order=st.permutations(["dog", "hot dog", "car", "carrot", "teddy bear"]))
@settings(max_examples=20, deadline=None)
def test_a_bag_is_blind_to_order_to_the_last_bit(order):
    encoder = load_encoder("null:weighted-bag")
    one = encoder.encode_text([" and ".join(order)])
    other = encoder.encode_text(["dog and hot dog and car and carrot and teddy bear"])
    np.testing.assert_array_equal(one, other)


def test_whole_words_and_longest_match():
    lexicon = Lexicon(["dog", "hot dog", "car", "bear", "teddy bear"])
    found = [lexicon.names[i] for i in lexicon.find("A hot dog, a carrot, a Teddy Bear and a car; located dogs")]
    assert found == ["hot dog", "teddy bear", "car"]


def test_bag_sums_the_vectors_it_was_given():
    items = np.array([[3.0, 0.0], [0.0, 0.5]])
    encoder = BagEncoder(["cat", "dog"], items)
    np.testing.assert_allclose(encoder.encode_text(["dog and cat", "cat", "none"]), [[1, 1], [1, 0], [0, 0]])
    heavy = BagEncoder(["cat", "dog"], items, np.array([2.0, 1.0]))
    np.testing.assert_allclose(heavy.encode_text(["dog and cat"]), [[2, 1]])
    assert heavy.fingerprint != encoder.fingerprint


def test_planted_encoder_is_a_function_of_text_and_seed():
    texts = ["cat and dog", "dog and cat", "bus and cup and oven"]
    same = [load_encoder("null:planted?first=0.2&seed=1").encode_text(texts) for _ in range(2)]
    np.testing.assert_array_equal(*same)
    assert load_encoder("null:planted?seed=1").fingerprint != load_encoder("null:planted?seed=2").fingerprint


@pytest.mark.parametrize(
    ("name", "error", "said"),
    [
        ("null:planted?frist=0.2", UnknownNameError, "frist"),
        ("null:planted?first=much", UsageError, "first='much'"),
        ("null:planted?first=1.5", UsageError, "from 0 to 1"),
        ("null:planted?first=0.7&last=0.7", UsageError, "at most 1"),
        ("null:planted?first=nan", UsageError, "number"),
        ("null:plated", UnknownNameError, "plated"),
        ("null:constant?seed=1", UnknownNameError, "seed"),
        ("constant", UsageError, "source"),
    ],
)
def test_bad_names_are_refused(name, error, said):
    with pytest.raises(error) as raised:
        load_encoder(name)
    assert said in str(raised.value)
