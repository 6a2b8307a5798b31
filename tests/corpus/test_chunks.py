import pyarrow as pa
import pytest

spacy = pytest.importorskip("spacy")

from spacy.training import Example  # noqa: E402

from primacy.corpus.captions import CaptionBlock  # noqa: E402
from primacy.corpus.chunks import SpacyExtractor  # noqa: E402
from primacy.corpus.extract import LexiconExtractor  # noqa: E402
from primacy.corpus.lexicon import Form, Lexicon  # noqa: E402
from primacy.corpus.tables import MENTIONS  # noqa: E402
from primacy.errors import EncoderError, MissingExtraError, ModelUnavailableError  # noqa: E402

# Words with their head's place in the sentence, relation and part of speech.
TREES = [
    "A/1/det/DET man/2/nsubj/NOUN holds/2/ROOT/VERB an/5/det/DET apple/5/compound/NOUN pie/2/dobj/NOUN",
    "A/1/det/DET dog/2/nsubj/NOUN eats/2/ROOT/VERB a/4/det/DET carrot/2/dobj/NOUN near/4/prep/ADP"
    " a/8/det/DET bus/8/compound/NOUN stop/5/pobj/NOUN",
    "Two/1/nummod/NUM dogs/2/nsubj/NOUN watch/2/ROOT/VERB a/5/det/DET cat/5/compound/NOUN toy/2/dobj/NOUN",
    "A/2/det/DET big/2/amod/ADJ café/2/ROOT/NOUN with/2/prep/ADP a/6/det/DET dining/6/compound/NOUN table/3/pobj/NOUN",
]


def annotated(nlp, tree):
    words, heads, deps, pos = zip(*(part.rsplit("/", 3) for part in tree.split()), strict=True)
    doc = spacy.tokens.Doc(nlp.vocab, words=list(words))
    gold = {"words": list(words), "heads": [int(h) for h in heads], "deps": list(deps), "pos": list(pos)}
    return Example.from_dict(doc, gold)


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory):
    """A tagger and a parser trained by heart on TREES, on disk."""
    spacy.util.fix_random_seed(0)
    nlp = spacy.blank("en")
    nlp.add_pipe("morphologizer")
    nlp.add_pipe("parser", config={"min_action_freq": 1})
    examples = [annotated(nlp, tree) for tree in TREES]
    optimizer = nlp.initialize(lambda: examples)
    for _ in range(40):
        losses = {}
        nlp.update(examples, sgd=optimizer, losses=losses)
    folder = tmp_path_factory.mktemp("spacy") / "tiny"
    nlp.to_disk(folder)
    return folder


NAMES = ("person", "apple", "dog", "carrot", "bus", "cat", "dining table")


@pytest.fixture(scope="module")
def lexicon():
    """Names and nothing else: no compound is blocked."""
    forms = [("man", 0), ("dogs", 2), *((name, k) for k, name in enumerate(NAMES) if k)]
    return Lexicon("names", NAMES, tuple(Form(*form) for form in forms))


def block(texts):
    ids = pa.array([f"c{k}" for k in range(len(texts))])
    return CaptionBlock(ids, ids, pa.array(texts, pa.string()), pa.array(["s"] * len(texts)))


TEXTS = [" ".join(part.rsplit("/", 3)[0] for part in tree.split()) for tree in TREES]


def test_a_mention_is_the_root_of_a_noun_chunk(pipeline, lexicon):
    found = SpacyExtractor(str(pipeline), lexicon).extract(block(TEXTS))
    assert found.schema == MENTIONS
    assert found["categories"].to_list() == [["person"], ["dog", "carrot"], ["dog"], ["dining table"]]
    assert found["words"].to_list() == [[2], [2, 5], [2], [6]]
    assert found["surfaces"].to_list() == [["man"], ["dog", "carrot"], ["dogs"], ["dining table"]]
    assert not found["censored"].any()
    alone = LexiconExtractor(lexicon).extract(block(TEXTS))
    lost = [["person", "apple"], ["dog", "carrot", "bus"], ["dog", "cat"], ["dining table"]]
    assert alone["categories"].to_list() == lost
    assert alone["n_words"].to_list() == found["n_words"].to_list()


def test_blocks_do_not_matter(pipeline, lexicon):
    extractor = SpacyExtractor(str(pipeline), lexicon)
    whole = extractor.extract(block(TEXTS))
    for k, text in enumerate(TEXTS):
        assert extractor.extract(block([text])).drop("caption_id", "image_id").row(0) == (
            whole.drop("caption_id", "image_id").row(k)
        )
    assert len(extractor.extract(block([]))) == 0


def test_a_caption_that_the_pipeline_does_not_take_is_censored(pipeline, lexicon, monkeypatch):
    extractor = SpacyExtractor(str(pipeline), lexicon)
    monkeypatch.setattr(extractor._pipeline, "max_length", 30)
    found = extractor.extract(block(["A man holds an apple pie, " + "and more " * 5, TEXTS[0]]))
    assert found["censored"].to_list() == [True, False]
    assert found["categories"].to_list() == [[], ["person"]]
    assert found["n_words"].to_list() == [16, 6]


def test_the_fingerprint_knows_pipeline_and_lexicon(pipeline, lexicon, tmp_path):
    one, same = SpacyExtractor(str(pipeline), lexicon), SpacyExtractor(str(pipeline), lexicon)
    assert one.fingerprint == same.fingerprint
    assert one.name == f"spacy:{pipeline}"
    assert one.categories == lexicon.categories
    other_words = SpacyExtractor(str(pipeline), Lexicon("fewer", NAMES, lexicon.forms[1:]))
    nlp = spacy.load(pipeline)
    node = next(node for node in nlp.get_pipe("morphologizer").model.walk() if node.has_param("W"))
    node.set_param("W", node.get_param("W") + 1)
    nlp.to_disk(tmp_path)
    other_weights = SpacyExtractor(str(tmp_path), lexicon)
    assert len({one.fingerprint, other_words.fingerprint, other_weights.fingerprint}) == 3


def test_unusable_pipelines(lexicon, tmp_path, monkeypatch):
    with pytest.raises(ModelUnavailableError, match="no_such_pipeline") as caught:
        SpacyExtractor("no_such_pipeline", lexicon)
    assert "python -m spacy download" in caught.value.hint
    blank = spacy.blank("en")
    blank.to_disk(tmp_path / "blank")
    with pytest.raises(EncoderError, match="no noun chunks"):
        SpacyExtractor(str(tmp_path / "blank"), lexicon)
    (tmp_path / "blank" / "meta.json").write_text("{")
    with pytest.raises(ModelUnavailableError, match="cannot load"):
        SpacyExtractor(str(tmp_path / "blank"), lexicon)
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelUnavailableError, match="cannot load"):
        SpacyExtractor(str(tmp_path / "empty"), lexicon)
    foreign = spacy.blank("xx")
    foreign.to_disk(tmp_path / "xx")
    with pytest.raises(EncoderError, match="no noun chunks"):
        SpacyExtractor(str(tmp_path / "xx"), lexicon)
    monkeypatch.setitem(__import__("sys").modules, "spacy", None)
    with pytest.raises(MissingExtraError, match="spacy"):
        SpacyExtractor("en_core_web_sm", lexicon)
