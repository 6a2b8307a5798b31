"""The tokenizer itself is the truth throughout: `same` compares with what it gives, padding and all."""

import logging

import numpy as np
import open_clip
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from open_clip.tokenizer import HFTokenizer, SimpleTokenizer

from primacy.design.captions import TemplatedCaptions
from primacy.design.sets import all_sets
from primacy.design.templates import TEMPLATE_NAMES, get_template
from primacy.design.text import TextDesign
from primacy.design.vocabulary import BUILTIN, load_vocabulary, parse_vocabulary
from primacy.encoders import _tokens, _tokens_template, _tokens_words
from primacy.encoders._tokens import Tokens
from primacy.errors import DesignError
from primacy.testing import HOSTILE_TEXTS

CLIP = open_clip.get_tokenizer("ViT-B-32")
SHORT = SimpleTokenizer(context_length=32)
BOTH = [(tokenizer, Tokens(tokenizer)) for tokenizer in (CLIP, SHORT, SimpleTokenizer(context_length=1))]

SPACES = [" ", "  ", "\t", "\n", "\r\n", "\f", "\v", "\x1c", "\x1f", "\x85", "\xa0", "\u2028", "\u3000", "\u200b"]
CONTROLS = ["\0", "\x07", "\x1b[31m", "\x7f", "\x9f", "\ufeff", "\ufffc", "\ud83d", "\udc36"]
MARKUP = ["&", "&amp;", "&lt;", "&#32;", "&nbsp", "&amp;amp;eacute;", "<", ">", "<b>", "&EACUTE;", ";"]
SPECIAL = ["<|endoftext|>", "<end_of_text>", "<start_of_text>", "<END_OF_TEXT>", "<end_of_", "text>", "</w>", "!</w>"]
WORDS = ["a", "dog", "Hot", "it's", "'s", "'S", "we'll", "'", "12", "3rd", "snow_man", "_", "x-ray", "...", "!", "#"]
FOREIGN = ["é", "e\u0301", "ı", "İ", "ſ", "'ſ", "K", "ß", "日本語", "١", "ﬁ", "Ａ", "“", "’s", "Ã©", "\U0001f436", "½"]
ATOMS = st.sampled_from(SPACES + CONTROLS + MARKUP + SPECIAL + WORDS + FOREIGN) | st.text(max_size=3)
TEXTS = st.lists(ATOMS, max_size=12).map("".join) | st.lists(ATOMS, max_size=60).map(" ".join)
PLAIN = st.lists(st.sampled_from(WORDS + SPECIAL + SPACES[:6]) | st.sampled_from([chr(c) for c in range(32, 127)]))


def same(tokens: Tokens, tokenizer, texts) -> bool:
    """Whether the ids are the tokenizer's own, cut behind the longest row in use."""
    own = tokenizer(list(texts)).numpy()
    used = int(np.flatnonzero(own.any(axis=0))[-1]) + 1
    ids = tokens(texts)
    assert ids.dtype == np.int32
    return np.array_equal(ids, own[:, :used])


def no_words(*_):
    raise AssertionError("went word by word")


@given(st.lists(TEXTS, min_size=1, max_size=6))
@example(list(HOSTILE_TEXTS))
@example(["\0", " \0 a", "a \0 & \0 b", "", "&"])
@example(["a\x1cb", "a\vb", "a\xa0b", "c\x07d", "a &#32; b", "&am p;"])
@settings(deadline=None, max_examples=300)
def test_any_texts(texts):
    for tokenizer, tokens in BOTH:
        assert same(tokens, tokenizer, texts)


@given(st.lists(PLAIN.map("".join), min_size=1, max_size=20))
@settings(deadline=None, max_examples=300)
def test_texts_that_are_mostly_plain(texts):
    for tokenizer, tokens in BOTH:
        assert same(tokens, tokenizer, texts)


def test_every_character_below_256_in_the_middle_and_alone():
    texts = [form.format(chr(code)) for code in range(256) for form in ("A{}b", "dog {} cat", "{}")]
    for tokenizer, tokens in BOTH:
        assert same(tokens, tokenizer, texts)
        assert all(same(tokens, tokenizer, [text]) for text in texts)


def test_lengths_around_the_context():
    for tokenizer, tokens in BOTH:
        texts = ["dog " * n for n in range(tokenizer.context_length + 3)]
        assert same(tokens, tokenizer, texts)
        assert same(tokens, tokenizer, ["naïve " + text for text in texts])


def test_nothing_gives_nothing():
    for _, tokens in BOTH:
        assert tokens([]).shape == (0, 0)


@pytest.mark.parametrize("slab", [1, 2, 5])
def test_slabs_of_unlike_widths(monkeypatch, slab):
    monkeypatch.setattr(_tokens, "_SLAB", slab)
    monkeypatch.setattr(_tokens_template, "_ROWS", slab)
    texts = ["a dog", "", "a " * 90, "café", "a cat and a hot dog"]
    captions = TemplatedCaptions(("", " and ", ""), (tuple(texts[::2]),) * 2, np.array([[0, 2], [1, 1], [2, 0]]))
    for tokenizer, tokens in BOTH:
        assert same(tokens, tokenizer, texts)
        assert same(tokens, tokenizer, captions)


def test_a_word_is_encoded_once(monkeypatch):
    tokenizer, seen = SimpleTokenizer(), []
    encode = tokenizer.encode
    monkeypatch.setattr(tokenizer, "encode", lambda text: seen.append(text) or encode(text))
    tokens = Tokens(tokenizer)
    seen.clear()
    texts = [f"two {one} or two {other}" for one in ("mice", "cat", "hot mice") for other in ("cup", "sofa")]
    first = tokens(texts)
    assert sorted(seen) == ["cat", "cup", "hot", "mice", "or", "sofa", "two"]
    assert np.array_equal(tokens(texts * 100), np.tile(first, (100, 1)))
    assert len(seen) == 7


def test_the_memory_for_words_is_bounded(monkeypatch):
    monkeypatch.setattr(_tokens_words, "_WORDS", 10)
    monkeypatch.setattr(_tokens, "_SLAB", 4)
    tokens = Tokens(CLIP)
    texts = [f"word{i} and {'x' * 200}{i}" for i in range(100)]
    assert same(tokens, CLIP, texts)
    assert len(tokens._words._memo) < 10 + 4 * 2 + 2
    assert max(map(len, tokens._words._memo)) <= _tokens_words._LONGEST


@pytest.mark.parametrize("name", TEMPLATE_NAMES)
@pytest.mark.parametrize("source", BUILTIN)
def test_built_in_templates_and_vocabularies(monkeypatch, name, source):
    vocabulary = load_vocabulary(source)
    rng = np.random.default_rng(0)
    monkeypatch.setattr(_tokens_words.Words, "rows", no_words)
    for n in range(2, 9):
        try:
            template = get_template(name, n)
        except DesignError:  # prose has forms for 2 to 5 objects
            assert n > 5
            continue
        design = TextDesign(vocabulary, all_sets(len(vocabulary), n), np.arange(n)[None], template)
        captions = design.captions(rng.integers(0, len(vocabulary), (20, n)))  # repeated objects too
        for tokenizer, tokens in BOTH[:2]:
            assert same(tokens, tokenizer, captions)


def test_blocks_after_the_first_make_no_string(monkeypatch):
    comco = load_vocabulary("comco")
    design = TextDesign(comco, all_sets(90, 4), np.arange(4)[None], get_template("and", 4))
    blocks = [design.block(at, at + 50).texts for at in (0, 1_000_000)]
    want = CLIP(list(blocks[1])).numpy()
    tokens = Tokens(CLIP)
    tokens(blocks[0])
    monkeypatch.setattr(TemplatedCaptions, "__iter__", no_words)
    monkeypatch.setattr(_tokens_words.Words, "ids", no_words)
    monkeypatch.setattr(SimpleTokenizer, "__call__", no_words)
    ids = tokens(blocks[1])
    assert np.array_equal(ids, want[:, : ids.shape[1]]) and not want[:, ids.shape[1] :].any()


@st.composite
def odd_captions(draw) -> TemplatedCaptions:
    n, v = draw(st.integers(1, 3)), draw(st.integers(1, 4))
    texts = st.sampled_from([" and ", ", ", "", "-", " ", "\t", "s and\na "]) | st.lists(ATOMS, max_size=3).map("".join)
    literals = tuple(draw(texts) for _ in range(n + 1))
    surfaces = tuple(tuple(draw(texts | st.sampled_from(WORDS)) for _ in range(v)) for _ in range(n))
    objects = draw(st.lists(st.lists(st.integers(0, v - 1), min_size=n, max_size=n), min_size=1, max_size=6))
    return TemplatedCaptions(literals, surfaces, np.array(objects, dtype=np.int64))


@given(odd_captions())
@settings(deadline=None, max_examples=300)
def test_any_wording(captions):
    for tokenizer, tokens in BOTH:
        assert same(tokens, tokenizer, captions)
        assert tokens._words is not None  # the check found nothing to distrust


@pytest.mark.parametrize(
    ("pattern", "names", "cut"),
    [
        ("{1}\t{2}\n{3}", "dog\nhot dog\nit's\n42\n<end_of_text>", True),
        ("({1}) vs. '{2}' -- {3}?!", "dog\nhot dog\nDon't Stop\n3rd\nsnow_man", True),
        ("{1}{2} and {3}", "dog\nhot dog\nice", False),
        ("{1}-{2} and {3}", "dog\nhot dog\nice", False),
        ("{1}\xa0{2} and {3}", "dog\nhot dog\nice", False),
        ("{1}\v{2} and {3}", "dog\nhot dog\nice", False),  # deleted: no white space to the tokenizer
        ("{1}\x1c{2} and {3}", "dog\nhot dog\nice", False),
        ("{1} and {2} and {3}", "dog\nhot dog\ncafé", False),
        ("{1} and {2} and {3}", "dog\nR&amp;D lab\nice", False),
        ("{1} &amp; {2} and {3}", "dog\nhot dog\nice", False),
    ],
)
def test_only_wordings_that_can_be_cut_go_by_segments(monkeypatch, pattern, names, cut):
    vocabulary = parse_vocabulary("mine", names)
    design = TextDesign(vocabulary, all_sets(len(vocabulary), 3), np.arange(3)[None], get_template(pattern, 3))
    grid = np.stack(np.meshgrid(*[np.arange(len(vocabulary))] * 3), axis=-1).reshape(-1, 3)
    captions = design.captions(grid)
    tokens = Tokens(CLIP)
    assert same(tokens, CLIP, captions)
    monkeypatch.setattr(_tokens_words.Words, "rows", no_words)
    if cut:
        tokens(captions)
    else:
        with pytest.raises(AssertionError, match="word by word"):
            tokens(captions)


def test_vocabularies_too_large_to_check_go_by_words(monkeypatch):
    monkeypatch.setattr(_tokens, "_MOST_CATEGORIES", 2)
    monkeypatch.setattr(_tokens_template.Segments, "rows", no_words)
    captions = TemplatedCaptions(("", " ", ""), (("a", "b", "c"),) * 2, np.array([[0, 2], [1, 1]]))
    assert same(Tokens(CLIP), CLIP, captions)


def test_wordings_in_turn():
    """The segments of one wording are never used for another."""
    tokens, objects = Tokens(CLIP), np.array([[0, 1], [1, 1]])
    for literals, surfaces in [
        (("", " and ", ""), (("dog", "cat"),) * 2),
        (("", " or ", ""), (("dog", "cat"),) * 2),
        (("", " and ", ""), (("cup", "sofa"),) * 2),
        (("", " and ", ""), (("dog", "cat"),) * 2),
    ]:
        assert same(tokens, CLIP, TemplatedCaptions(literals, surfaces, objects))


def test_a_tokenizer_that_reads_whole_texts_is_found_out(monkeypatch, caplog):
    tokenizer = SimpleTokenizer()
    encode = tokenizer.encode
    monkeypatch.setattr(tokenizer, "encode", lambda text: encode(text)[::-1])
    with caplog.at_level(logging.WARNING):
        tokens = Tokens(tokenizer)
    assert "not those of its words" in caplog.text
    texts = ["a dog and a cat", "a cat"]
    assert np.array_equal(tokens(texts), tokenizer(texts).numpy())


def test_a_name_that_is_read_as_one_is_found_out(monkeypatch, caplog):
    """Only captions that show it can tell: "hot dog" in the last slot has an id of its own."""
    tokenizer = SimpleTokenizer()
    encode = tokenizer.encode
    monkeypatch.setattr(tokenizer, "encode", lambda text: encode(text)[: -2 if text.endswith("hot dog") else None])
    design = TemplatedCaptions(("", " and ", ""), (("cat", "hot dog", "cup"),) * 2, np.array([[0, 2], [1, 1]]))
    tokens = Tokens(tokenizer)
    assert not caplog.text
    with caplog.at_level(logging.WARNING):
        ids = tokens(design)
    assert "not those of its words" in caplog.text
    assert np.array_equal(ids, tokenizer(list(design)).numpy())


@pytest.mark.parametrize(
    "settings",
    [
        {"clean": "whitespace"},
        {"clean": "canonicalize"},
        {"additional_special_tokens": ["hot dog"]},
        {"reduction_mask": "simple"},
    ],
    ids=str,
)
def test_other_settings_are_left_to_the_tokenizer(settings, caplog):
    tokenizer = SimpleTokenizer(**settings)
    texts = ["A Hot dog, a cat", "", "a hot dog and a cup"]
    captions = TemplatedCaptions(("A ", " and ", "!"), (("Cat", "hot dog"),) * 2, np.array([[0, 1], [1, 1]]))
    tokens = Tokens(tokenizer)
    assert np.array_equal(tokens(texts), tokenizer(texts).numpy())
    assert np.array_equal(tokens(captions), tokenizer(list(captions)).numpy())
    assert not caplog.text  # known beforehand, not found out


def test_a_hub_tokenizer_is_left_to_itself(monkeypatch, tmp_path, write_tokenizer):
    write_tokenizer(tmp_path, before="a", after="b", limit=12)
    tokenizer = HFTokenizer(str(tmp_path), context_length=12)
    texts = [*HOSTILE_TEXTS, "a dog and a cat"]
    own = tokenizer(texts).numpy()
    monkeypatch.setattr(_tokens, "_SLAB", 4)
    ids = Tokens(tokenizer)(texts)
    assert ids.dtype == np.int32 and ids.shape == (len(texts), 12)
    assert np.array_equal(ids, own)


def test_a_tokenizer_that_pads_to_the_longest_of_a_call(monkeypatch):
    def tokenizer(texts: list[str]) -> torch.Tensor:
        longest = max(len(text.split()) for text in texts)
        rows = [[len(word) for word in text.split()] for text in texts]
        return torch.tensor([row + [99] * (longest - len(row)) for row in rows])

    monkeypatch.setattr(_tokens, "_SLAB", 2)
    texts = ["a dog", "a", "a dog and a cat", "dog"]
    assert np.array_equal(Tokens(tokenizer)(texts), tokenizer(texts).numpy())
