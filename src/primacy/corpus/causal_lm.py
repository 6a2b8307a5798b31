"""Answers of a causal language model of transformers: greedy, in batches, each with whether it came to its end."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from primacy.encoders._hf_model import locate, unreadable
from primacy.encoders._names import require
from primacy.encoders._quiet import quiet_loading
from primacy.encoders._tokenizers import tokenizer_digest
from primacy.encoders._torch import placement
from primacy.encoders._weights import check_keys, need_safetensors, state_digest
from primacy.encoders.base import EncoderOptions
from primacy.errors import EncoderError

_UNSTABLE = ("transformers_version", "_name_or_path")


class Answer(NamedTuple):
    """What the model wrote; `ended`: it said that this is all, and was not stopped at the token limit."""

    text: str
    ended: bool


class CausalLM:
    """A causal language model that is asked single questions, through its chat template where it has one.

    It computes in the number format of its checkpoint. Questions are put into batches of like length, padded on the
    left: an answer depends on its batch only as far as rounding can tip a draw between two tokens.
    """

    def __init__(self, name: str, *, max_new_tokens: int, batch_size: int, device: str) -> None:
        """Load `name`, a repository (org/name, org/name@revision) or a local folder.

        Raises:
            MissingExtraError: transformers is not installed.
            ModelUnavailableError: neither a local folder nor a reachable repository, or no model that can be loaded.
            EncoderError: it has no weights as safetensors, they do not fit, or it has no token that ends an answer.
            UsageError: the device does not exist.
        """
        transformers = require("transformers", "transformers", "hf")
        folder, self.source = locate(name)
        self._device = placement(EncoderOptions(device=device)).device
        self._tokenizer = _tokenizer(transformers, folder)
        self._model = _model(transformers, folder)
        self._max_new_tokens, self._batch_size = max_new_tokens, batch_size
        self._ends = _end_tokens(self._model, self._tokenizer, folder)
        pad = self._tokenizer.pad_token_id
        # The checkpoint's own settings (sampling, penalties) are put aside: decoding is greedy.
        self._model.generation_config = transformers.GenerationConfig(
            do_sample=False,
            num_beams=1,
            max_new_tokens=max_new_tokens,
            eos_token_id=self._ends,
            pad_token_id=self._ends[0] if pad is None else pad,
        )
        config = self._model.config.get_text_config()
        self._context = getattr(config, "max_position_embeddings", None)
        self.identity = self._identity(transformers.__version__)
        self._model = self._model.to(self._device).eval().requires_grad_(False)

    def ask(self, questions: Sequence[str]) -> list[Answer]:
        """An answer to each question; an empty one that did not end where a question is too long for the model."""
        prompts = [self._tokens(question) for question in questions]
        longest = self._context - self._max_new_tokens if self._context else max(map(len, prompts), default=0)
        fitting = sorted(
            (k for k, prompt in enumerate(prompts) if len(prompt) <= longest), key=lambda k: len(prompts[k])
        )
        answers = [Answer("", ended=False)] * len(prompts)
        for start in range(0, len(fitting), self._batch_size):
            rows = fitting[start : start + self._batch_size]
            for row, answer in zip(rows, self._generate([prompts[k] for k in rows]), strict=True):
                answers[row] = answer
        return answers

    def _generate(self, prompts: list[list[int]]) -> list[Answer]:
        import torch

        width = max(map(len, prompts))
        pad = self._model.generation_config.pad_token_id
        ids = torch.tensor([[pad] * (width - len(prompt)) + prompt for prompt in prompts])
        mask = torch.tensor([[0] * (width - len(prompt)) + [1] * len(prompt) for prompt in prompts])
        with torch.inference_mode():
            out = self._model.generate(input_ids=ids.to(self._device), attention_mask=mask.to(self._device))
        return [self._answer(row) for row in out[:, width:].tolist()]

    def _answer(self, tokens: list[int]) -> Answer:
        ends = [place for place, token in enumerate(tokens) if token in self._ends]
        kept = tokens[: ends[0]] if ends else tokens
        return Answer(self._tokenizer.decode(kept, skip_special_tokens=True), ended=bool(ends))

    def _tokens(self, question: str) -> list[int]:
        chat = bool(self._tokenizer.chat_template)
        if chat:
            # Models that can think aloud would spend their tokens on it; templates that know no such switch ignore it.
            question = self._tokenizer.apply_chat_template(
                [{"role": "user", "content": question}],
                tokenize=False,
                add_generation_prompt=True,
                enable_thinking=False,
            )
        return self._tokenizer(question, add_special_tokens=not chat, verbose=False)["input_ids"]

    def _identity(self, version: str) -> dict[str, Any]:
        config = self._model.config.to_diff_dict()
        return {
            "source": self.source,
            "weights": state_digest(self._model.state_dict().items()),
            "architecture": type(self._model).__name__,
            "config": {key: str(value) for key, value in config.items() if key not in _UNSTABLE},
            "tokenizer": tokenizer_digest(self._tokenizer),
            "chat_template": str(self._tokenizer.chat_template),
            "end_tokens": self._ends,
            "precision": str(self._model.dtype),
            "max_new_tokens": self._max_new_tokens,
            "decoding": "greedy",
            "library": f"transformers {version}",
        }


def _tokenizer(transformers: Any, folder: Path) -> Any:
    try:
        with quiet_loading():
            return transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True)
    except (OSError, ValueError, KeyError, ImportError) as error:
        raise unreadable(folder, error) from error


def _model(transformers: Any, folder: Path) -> Any:
    need_safetensors(folder)
    try:
        with quiet_loading():
            model, info = transformers.AutoModelForCausalLM.from_pretrained(
                folder, local_files_only=True, use_safetensors=True, torch_dtype="auto", output_loading_info=True
            )
    except (OSError, ValueError, KeyError, RuntimeError, ImportError) as error:
        raise unreadable(folder, error) from error
    check_keys(info["missing_keys"], (), str(folder))
    return model


def _end_tokens(model: Any, tokenizer: Any, folder: Path) -> list[int]:
    known = model.generation_config.eos_token_id
    known = tokenizer.eos_token_id if known is None else known
    if known is None:
        raise EncoderError(
            f"{folder} names no end-of-sequence token, so no list of its could be known to be complete",
            hint="Choose an instruction-tuned model, or give its generation_config.json an eos_token_id.",
        )
    return list(known) if isinstance(known, list | tuple) else [known]
