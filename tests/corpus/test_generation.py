import json

import numpy as np
import pyarrow as pa
import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
tokenizers = pytest.importorskip("tokenizers")

from primacy.corpus.captions import CaptionBlock  # noqa: E402
from primacy.corpus.causal_lm import Answer, CausalLM  # noqa: E402
from primacy.corpus.generation import INSTRUCTION, GenerationExtractor  # noqa: E402
from primacy.corpus.lexicon import load_lexicon  # noqa: E402
from primacy.corpus.tables import MENTIONS  # noqa: E402
from primacy.design.vocabulary import load_vocabulary  # noqa: E402
from primacy.errors import EncoderError, ModelUnavailableError, UsageError  # noqa: E402

END, UNKNOWN = "</s>", "<unk>"
WORDS = ["a", "man", "dog", "horse", "and", "the", "with", "two", "cat", "on"]
# What follows each word, for a model that looks at the last word only; the caption's last word begins the list.
CHAINS = {"one": ["horse,", "man", END], "two": ["dog;", "dog,", "dog;"], "three": ["unicorn,", "a", "bear", END]}
LIMIT = 6
ONLY_CAPTION = "{{ messages[0]['content'].split('Caption: ')[1].split('\n')[0] }}"


def write_tokenizer(folder, words, template=None):
    vocabulary = {word: k for k, word in enumerate(words)}
    raw = tokenizers.Tokenizer(tokenizers.models.WordLevel(vocabulary, unk_token=UNKNOWN))
    raw.pre_tokenizer = tokenizers.pre_tokenizers.WhitespaceSplit()
    tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_object=raw, unk_token=UNKNOWN, eos_token=END)
    tokenizer.chat_template = template
    tokenizer.save_pretrained(folder)


@pytest.fixture(scope="module")
def chained(tmp_path_factory):
    """A GPT-2 on disk whose every next word is a function of the last one, as CHAINS has it."""
    folder = tmp_path_factory.mktemp("chained")
    words = [UNKNOWN, END, *dict.fromkeys(word for first, then in CHAINS.items() for word in (first, *then))]
    write_tokenizer(folder, words, ONLY_CAPTION)
    n = len(words)
    config = transformers.GPT2Config(
        vocab_size=n, n_embd=n, n_layer=1, n_head=1, n_positions=32, tie_word_embeddings=False, eos_token_id=1
    )
    model = transformers.GPT2LMHeadModel(config)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()
        model.transformer.ln_f.weight.fill_(1)
        model.transformer.wte.weight.copy_(torch.eye(n))
        for first, then in CHAINS.items():
            for word, following in zip((first, *then[:-1]), then, strict=True):
                model.lm_head.weight[words.index(following), words.index(word)] = 1
    model.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def random_lm(tmp_path_factory):
    """A random Llama on disk, without a chat template."""
    folder = tmp_path_factory.mktemp("random")
    words = [UNKNOWN, END, *INSTRUCTION.format(caption="").split(), *WORDS]
    words = list(dict.fromkeys(words))
    write_tokenizer(folder, words)
    torch.manual_seed(1)
    config = transformers.LlamaConfig(
        vocab_size=len(words), hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, max_position_embeddings=128, eos_token_id=1, bos_token_id=None, initializer_range=0.5,
    )  # fmt: skip
    model = transformers.LlamaForCausalLM(config)
    model.generation_config.update(do_sample=True, temperature=3.0, repetition_penalty=9.0)
    model.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def lexicon():
    return load_lexicon(load_vocabulary("coco80"))


def block(texts):
    ids = pa.array([f"c{k}" for k in range(len(texts))])
    return CaptionBlock(ids, ids, pa.array(texts, pa.string()), pa.array(["s"] * len(texts)))


def asked(folder, **more):
    options = {"max_new_tokens": LIMIT, "batch_size": 2, "device": "cpu"} | more
    return CausalLM(str(folder), **options)


def test_answers_end_or_are_stopped(chained):
    questions = [f"Caption: big {word}\nList:" for word in ("two", "one", "three")]
    two, one, three = asked(chained).ask(questions)
    assert one == Answer("horse, man", ended=True)
    assert three == Answer("unicorn, a bear", ended=True)
    assert two == Answer("dog; dog, dog; dog, dog; dog,", ended=False)


def test_an_end_at_the_very_limit_is_an_end(chained):
    assert asked(chained, max_new_tokens=3).ask(["Caption: one\n"]) == [Answer("horse, man", ended=True)]
    assert asked(chained, max_new_tokens=2).ask(["Caption: one\n"]) == [Answer("horse, man", ended=False)]


def test_a_question_that_does_not_fit_is_not_asked(chained):
    words = " ".join(["big"] * 25)
    fits, long = asked(chained).ask([f"Caption: {words} one\n", f"Caption: {words} big one\n"])
    assert fits.ended
    assert long == Answer("", ended=False)


def test_mentions_of_a_list(chained, lexicon):
    extractor = GenerationExtractor(str(chained), lexicon, max_new_tokens=LIMIT, device="cpu")
    captions = ["A man on a horse one", "dogs and a dog two", "a bear in a box three", "a box one"]
    found = extractor.extract(block(captions))
    assert found.schema == MENTIONS
    assert found["censored"].to_list() == [False, True, False, False]
    assert found["categories"].to_list() == [["person", "horse"], ["dog"], ["bear"], []]
    assert found["words"].to_list() == [[2, 5], [4], [2], []]
    assert found["surfaces"].to_list() == [["man", "horse"], ["dog"], ["bear"], []]
    assert found["n_words"].to_list() == [6, 5, 6, 3]
    assert extractor.invented == 3  # the unicorn; the horse and the man of the last
    assert extractor.name == f"hf:{chained}"
    assert extractor.categories == lexicon.categories


def test_no_captions(chained, lexicon):
    assert len(GenerationExtractor(str(chained), lexicon, device="cpu").extract(block([]))) == 0


def greedy(folder, text):
    """One token at a time, without padding, cache or the library's loop."""
    model = transformers.AutoModelForCausalLM.from_pretrained(folder)
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    ids, made = tokenizer(text)["input_ids"], []
    for _ in range(LIMIT):
        with torch.inference_mode():
            made.append(int(model(torch.tensor([ids + made])).logits[0, -1].argmax()))
        if made[-1] == tokenizer.eos_token_id:
            return Answer(tokenizer.decode(made[:-1]), ended=True)
    return Answer(tokenizer.decode(made), ended=False)


def test_a_real_decoder_is_greedy_whatever_its_settings_and_the_batch(random_lm):
    rng = np.random.default_rng(0)
    questions = [INSTRUCTION.format(caption=" ".join(rng.choice(WORDS, rng.integers(1, 15)))) for _ in range(12)]
    expected = [greedy(random_lm, question) for question in questions]
    for size in (1, 5, 12):
        assert asked(random_lm, batch_size=size).ask(questions) == expected
    assert len(set(expected)) > 3


def test_a_random_model_is_censored(random_lm, lexicon):
    found = GenerationExtractor(str(random_lm), lexicon, max_new_tokens=4, device="cpu").extract(
        block(["a man", "a dog"])
    )
    assert found["censored"].to_list() == [True, True]


def test_the_fingerprint_knows_model_settings_and_lexicon(chained, random_lm, lexicon, tmp_path):
    def mark(folder, words=lexicon, **more):
        return GenerationExtractor(str(folder), words, device="cpu", **more).fingerprint

    base = mark(chained)
    assert base == mark(chained, batch_size=3)
    others = [mark(random_lm), mark(chained, max_new_tokens=9), mark(chained, load_lexicon(load_vocabulary("comco")))]
    model = transformers.AutoModelForCausalLM.from_pretrained(chained)
    tokenizer = transformers.AutoTokenizer.from_pretrained(chained)
    tokenizer.chat_template += " "
    for part in (model, tokenizer):
        part.save_pretrained(tmp_path)
    others.append(mark(tmp_path))
    assert len({base, *others}) == 5


def test_unusable_models(chained, random_lm, lexicon, tmp_path):
    with pytest.raises(ModelUnavailableError, match="does not exist"):
        GenerationExtractor(str(tmp_path / "absent"), lexicon)
    with pytest.raises(UsageError, match="at least 1"):
        GenerationExtractor(str(chained), lexicon, batch_size=0)
    with pytest.raises(UsageError, match="device"):
        GenerationExtractor(str(chained), lexicon, device="abacus")
    tokenizer = transformers.AutoTokenizer.from_pretrained(chained)
    tokenizer.save_pretrained(tmp_path)
    with pytest.raises(EncoderError, match=r"has no \.safetensors file"):
        GenerationExtractor(str(tmp_path), lexicon)
    model = transformers.AutoModelForCausalLM.from_pretrained(chained)
    model.save_pretrained(tmp_path)
    for name in ("config.json", "generation_config.json", "tokenizer_config.json"):
        content = json.loads((tmp_path / name).read_text())
        content.pop("eos_token_id", None)
        content.pop("eos_token", None)
        (tmp_path / name).write_text(json.dumps(content | ({"eos_token_id": None} if name == "config.json" else {})))
    with pytest.raises(EncoderError, match="end-of-sequence"):
        GenerationExtractor(str(tmp_path), lexicon)
    (tmp_path / "config.json").write_text('{"model_type": "clip"}')
    with pytest.raises(ModelUnavailableError, match="no model that transformers can load"):
        GenerationExtractor(str(tmp_path), lexicon)
