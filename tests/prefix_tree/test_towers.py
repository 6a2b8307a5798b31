"""Prefix trees against the models' own encode_text and get_text_features at full context."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from primacy.encoders.prefix_tree import TokenSequences, agrees, clip_text_tower, encode, open_clip_tower, stream
from primacy.encoders.prefix_tree import dense as dense_module

open_clip = pytest.importorskip("open_clip")
transformers = pytest.importorskip("transformers")

WIDTH, CONTEXT, VOCABULARY, END = 32, 24, 50, 49
TEXT = {"context_length": CONTEXT, "vocab_size": VOCABULARY, "width": WIDTH, "heads": 4, "layers": 3}
VISION = {"layers": 1, "width": 32, "head_width": 16, "patch_size": 16, "image_size": 32}
OPEN_CLIP = {
    "plain": {},
    "quick gelu": {"quick_gelu": True},
    "custom": {"custom_text": True},
    "layer scale": {"ls_init_value": 0.3},
    "eos": {"pool_type": "eos", "eos_id": END},
    "last": {"pool_type": "last"},
    "first": {"pool_type": "first"},
    "projection with bias": {"custom_text": True, "proj_bias": True},
    "no projection": {"custom_text": True, "proj_type": "none", "width": 24, "heads": 3},
    "tanh gelu": {"custom_text": True, "act_kwargs": {"approximate": "tanh"}},
}
NOT_CAUSAL = {
    "looks both ways": {"custom_text": True, "no_causal_mask": True},
    "class token": {"custom_text": True, "embed_cls": True},
    "another kind of block": {"custom_text": True, "block_type": "custom"},
}


def open_clip_model(*, custom_text: bool = False, quick_gelu: bool = False, **text):
    kind = open_clip.CustomTextCLIP if custom_text else open_clip.CLIP
    torch.manual_seed(0)
    model = kind(embed_dim=24, vision_cfg=dict(VISION), text_cfg={**TEXT, **text}, quick_gelu=quick_gelu)
    return shaken(model)


def shaken(model):
    with torch.no_grad():  # initial weights are so small that positions hardly mix
        for parameter in model.parameters():
            parameter.add_(0.15 * torch.randn_like(parameter))
    return model.eval().requires_grad_(False)


def captions(n: int = 150, seed: int = 0) -> torch.Tensor:
    """Token rows: start, 0 to 22 of a few tokens, end, zeros; many begin alike, some repeat, some are full."""
    rng = np.random.default_rng(seed)
    rows = np.zeros((n, CONTEXT), dtype=np.int64)
    rows[:, 0] = 48
    for row in rows:
        length = int(rng.integers(0, CONTEXT - 1))
        row[1 : 1 + length] = rng.integers(1, 4, length)
        row[1 + length] = END
    rows[1] = rows[0]
    rows[2, : CONTEXT - 1], rows[2, -1] = rows[3, 1], END
    rows[4, 2] = END  # an end token within the caption: the first one counts
    return torch.from_numpy(rows)


def own(model, tokens) -> np.ndarray:
    with torch.inference_mode():
        return model.encode_text(tokens).numpy()


def same(found: np.ndarray, expected: np.ndarray) -> None:
    error = np.linalg.norm(found - expected, axis=1) / np.linalg.norm(expected, axis=1)
    assert error.max() < 1e-5


@pytest.mark.parametrize("packed", [True, False], ids=["packed", "plain products"])
@pytest.mark.parametrize("name", OPEN_CLIP)
def test_open_clip(name, packed, monkeypatch):
    if not packed:
        monkeypatch.setattr(dense_module, "_works", False)
    model, tokens = open_clip_model(**OPEN_CLIP[name]), captions()
    tower = open_clip_tower(model)
    sequences = tower.sequences(tokens.numpy())
    same(encode(tower, sequences), own(model, tokens))
    assert agrees(tower, sequences, own(model, tokens), "fp32")


@pytest.mark.parametrize("name", NOT_CAUSAL)
def test_open_clip_towers_that_are_left_alone(name):
    assert open_clip_tower(open_clip_model(**NOT_CAUSAL[name])) is None


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_low_precision(dtype):
    model, tokens = open_clip_model(), captions()
    exact = own(model, tokens)
    found = encode(open_clip_tower(model.to(dtype)), open_clip_tower(model).sequences(tokens.numpy()))
    error = np.linalg.norm(found - exact, axis=1) / np.linalg.norm(exact, axis=1)
    assert 0 < error.max() < 3e-2


SMALL = {"hidden_size": WIDTH, "num_hidden_layers": 3, "num_attention_heads": 4, "intermediate_size": 48}
CLIP_TEXT = {**SMALL, "vocab_size": VOCABULARY, "max_position_embeddings": CONTEXT, "projection_dim": 16}
CLIP_VISION = {**SMALL, "image_size": 32, "patch_size": 16}


def clip_config(**text):
    return transformers.CLIPConfig(text_config={**CLIP_TEXT, **text}, vision_config=CLIP_VISION, projection_dim=16)


def metaclip(**text):
    config = transformers.MetaClip2Config(
        text_config={**CLIP_TEXT, **text}, vision_config=CLIP_VISION, projection_dim=16
    )
    return transformers.MetaClip2Model(config)


def clipseg(**text):
    config = transformers.CLIPSegConfig(text_config={**CLIP_TEXT, **text}, vision_config=CLIP_VISION, projection_dim=16)
    return transformers.CLIPSegModel(config)


TRANSFORMERS = {
    "CLIPModel": lambda: transformers.CLIPModel(clip_config(eos_token_id=END)),
    "older configuration": lambda: transformers.CLIPModel(clip_config(eos_token_id=2)),
    "gelu": lambda: transformers.CLIPModel(clip_config(eos_token_id=END, hidden_act="gelu")),
    "text tower alone": lambda: transformers.CLIPTextModelWithProjection(clip_config(eos_token_id=END).text_config),
    "MetaCLIP 2": lambda: metaclip(eos_token_id=END),
    "CLIPSeg": lambda: clipseg(eos_token_id=END),
}


def own_features(model, tokens) -> np.ndarray:
    call = getattr(model, "get_text_features", model)
    with torch.inference_mode():
        found = call(input_ids=tokens, attention_mask=torch.ones_like(tokens))
    if isinstance(found, torch.Tensor):
        return found.numpy()
    return (found.pooler_output if getattr(found, "text_embeds", None) is None else found.text_embeds).numpy()


@pytest.mark.parametrize("name", TRANSFORMERS)
def test_transformers(name):
    torch.manual_seed(1)
    model, tokens = shaken(TRANSFORMERS[name]()), captions()
    tower = clip_text_tower(model)
    same(encode(tower, tower.sequences(tokens.numpy())), own_features(model, tokens))


def test_transformers_towers_that_are_left_alone():
    bert = transformers.BertModel(transformers.BertConfig(**SMALL, vocab_size=VOCABULARY))
    assert clip_text_tower(bert) is None


def test_a_tower_that_is_not_causal_is_found_out():
    config = transformers.SiglipTextConfig(**SMALL, vocab_size=VOCABULARY, max_position_embeddings=CONTEXT)
    model, tokens = shaken(transformers.SiglipTextModel(config)), captions(20)
    tower = clip_text_tower(model)  # has all the parts of CLIP's, and yet every position sees all others
    if tower is not None:
        expected = own_features(model, tokens)
        assert not agrees(tower, tower.sequences(tokens.numpy()), expected, "fp32")


@pytest.fixture(scope="module")
def plain():
    model, tokens = open_clip_model(), captions(400, seed=3)
    return open_clip_tower(model), tokens.numpy(), own(model, tokens)


@pytest.mark.parametrize("nodes", [1, 30, 33, 200, 10_000])
@pytest.mark.parametrize("workers", [1, 3])
def test_layout_does_not_matter(plain, nodes, workers):
    tower, tokens, expected = plain
    same(encode(tower, tower.sequences(tokens), nodes=nodes, workers=workers), expected)


def test_neighbours_do_not_matter(plain):
    tower, tokens, expected = plain
    rng = np.random.default_rng(0)
    for size in (1, 2, 50):
        rows = rng.choice(len(tokens), size)  # duplicates are welcome
        same(encode(tower, tower.sequences(tokens[rows])), expected[rows])


def test_pieces_hold_each_sequence_once(plain):
    tower, tokens, _ = plain
    rows = np.concatenate([piece.rows for piece in stream(tower, tower.sequences(tokens), nodes=100)])
    assert sorted(rows.tolist()) == list(range(len(tokens)))


def test_a_stream_may_be_left_early_and_leaves_torch_as_it_was(plain):
    tower, tokens, _ = plain
    before = torch.get_num_threads()
    pieces = stream(tower, tower.sequences(tokens), nodes=60, workers=2)
    assert len(next(pieces).rows)
    pieces.close()
    assert torch.get_num_threads() == before


def test_an_error_within_a_thread_arrives(plain):
    tower, tokens, _ = plain
    sequences = tower.sequences(tokens)
    with pytest.raises(IndexError):
        encode(tower, TokenSequences(np.where(sequences.ids == 1, VOCABULARY + 5, sequences.ids), sequences.lengths))
    assert encode(tower, sequences).shape == (len(tokens), 24)


def test_no_sequence_gives_no_piece(plain):
    tower, tokens, _ = plain
    assert list(stream(tower, tower.sequences(tokens[:0]))) == []
