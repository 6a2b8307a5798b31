"""Tiny random models, written to disk by the tests and loaded through the real path."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

HOSTILE = [
    "a dog and a cat",
    "a cat and a dog",
    "",
    "\U0001f436 and \U0001f431",
    "a dog and a cup and a horse " * 30,
    "<|endoftext|> a dog <end_of_text> a cat <start_of_text>",
    "café!!! !",
    "A DOG AND A CAT",
]
WORDS = ["a", "dog", "cat", "and", "cup", "horse", "photo", "of", "the", "bus", "car", "word", "b"]
PAD, UNKNOWN = "<pad>", "<unk>"


@pytest.fixture(scope="session")
def hostile() -> list[str]:
    return list(HOSTILE)


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """No network at all and an empty hub cache, whose folder is returned."""
    import huggingface_hub

    cache = tmp_path / "hub-cache"
    cache.mkdir()
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(cache))
    return cache


@pytest.fixture(scope="session")
def write_tokenizer() -> Callable[..., None]:
    """Write a word-level tokenizer; `specials` are (before, after) the text."""

    def write(folder: Path, *, before: str, after: str, limit: int, case: bool = False) -> None:
        from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
        from transformers import PreTrainedTokenizerFast

        special = list(dict.fromkeys([PAD, UNKNOWN, *filter(None, (before, after))]))
        vocab = {token: i for i, token in enumerate([*special, *WORDS, *(w.upper() for w in WORDS)])}
        rules = Tokenizer(models.WordLevel(vocab, unk_token=UNKNOWN))
        rules.pre_tokenizer = pre_tokenizers.Whitespace()
        if not case:
            rules.normalizer = normalizers.Lowercase()
        rules.post_processor = processors.TemplateProcessing(
            single=f"{before} $A {after}".strip(),
            special_tokens=[(token, vocab[token]) for token in special if token in (before, after)],
        )
        PreTrainedTokenizerFast(
            tokenizer_object=rules,
            pad_token=PAD,
            unk_token=UNKNOWN,
            model_max_length=limit,
            padding_side="right",
        ).save_pretrained(folder)

    return write


@pytest.fixture(scope="session")
def tiny_architecture(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., str]:
    """Register a tiny open_clip architecture under a name; extra settings go into its text tower."""
    import open_clip

    folder = tmp_path_factory.mktemp("configs")

    def register(name: str, *, custom: bool = False, quick_gelu: bool = False, **text: object) -> str:
        config = {
            "embed_dim": 24,
            "custom_text": custom,
            "quick_gelu": quick_gelu,
            "vision_cfg": {"layers": 1, "width": 32, "head_width": 16, "patch_size": 16, "image_size": 32},
            "text_cfg": {
                "context_length": 77,
                "vocab_size": 49408,
                "width": 32,
                "heads": 2,
                "layers": 2,
                **text,
            },
        }
        path = folder / f"{name}.json"
        path.write_text(json.dumps(config))
        open_clip.add_model_config(path)
        return name

    return register
