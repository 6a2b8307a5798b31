"""An untrained open_clip text tower for the benches: random weights, no download, exact and reasonably fast.

A causal tower gives a token the same state whatever follows it. So captions that begin alike share the work of
their common beginning, and nothing after the end-of-text token (where the tower pools) needs computing.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch.nn import functional

ARCHITECTURE = "ViT-B-32"


class Tower(NamedTuple):
    """The text side of a CLIP (`open_clip.model.CLIP` attributes) and its tokenizer."""

    clip: torch.nn.Module
    tokenizer: object


def untrained_tower(seed: int) -> Tower:
    """Build ViT-B-32 (fp32, GELU) with the random weights that `seed` gives; inference mode."""
    import open_clip

    torch.manual_seed(seed)
    clip = open_clip.create_model(ARCHITECTURE, pretrained=None)
    return Tower(clip.eval(), open_clip.get_tokenizer(ARCHITECTURE))


def tokenize(tower: Tower, texts: list[str]) -> np.ndarray:
    """Token ids (len(texts), longest) with the padding cut off; pad = 0 and comes after the end-of-text token."""
    tokens = np.concatenate([tower.tokenizer(texts[i : i + 4096]).numpy() for i in range(0, len(texts), 4096)])
    return tokens[:, : int(tokens.argmax(axis=1).max()) + 1]


@torch.inference_mode()
def encode_cut(tower: Tower, tokens: np.ndarray, batch: int = 64) -> np.ndarray:
    """Text features (n, 512) float32, not normalised: the whole tower over every caption, cut to its length."""
    out = []
    for start in range(0, len(tokens), batch):
        text = torch.from_numpy(tokens[start : start + batch])
        ends = text.argmax(dim=1)
        text = text[:, : int(ends.max()) + 1]
        length = text.shape[1]
        x = tower.clip.token_embedding(text) + tower.clip.positional_embedding[:length]
        x = tower.clip.transformer(x, attn_mask=tower.clip.attn_mask[:length, :length])
        x = tower.clip.ln_final(x)[torch.arange(len(x)), ends]
        out.append((x @ tower.clip.text_projection).numpy())
    return np.concatenate(out)


@torch.inference_mode()
def encode_shared(tower: Tower, tokens: np.ndarray, block: int = 2048) -> np.ndarray:
    """The same features as `encode_cut` (to rounding), each distinct beginning computed once per block."""
    order = np.lexsort(tokens.T[::-1])
    out = np.empty((len(tokens), tower.clip.text_projection.shape[1]), np.float32)
    for start in range(0, len(tokens), block):
        rows = order[start : start + block]
        out[rows] = _encode_block(tower.clip, tokens[rows])
    return out


def _encode_block(clip: torch.nn.Module, tokens: np.ndarray) -> np.ndarray:
    """Walk the prefix tree of sorted `tokens` (n, length) level by level, keeping keys and values of each level."""
    ends = tokens.argmax(axis=1)
    blocks = clip.transformer.resblocks
    node_of = np.zeros((len(tokens), 0), np.int64)  # node of each caption at each level so far
    keys: list[list[torch.Tensor]] = [[] for _ in blocks]  # [layer][level]: (nodes at level, width)
    values: list[list[torch.Tensor]] = [[] for _ in blocks]
    pooled = torch.empty(len(tokens), clip.text_projection.shape[0])
    for level in range(int(ends.max()) + 1):
        alive = np.flatnonzero(ends >= level)
        _, first, node = np.unique(tokens[alive, : level + 1], axis=0, return_index=True, return_inverse=True)
        column = np.zeros((len(tokens), 1), np.int64)
        column[alive, 0] = node.ravel()
        parents = torch.from_numpy(node_of[alive[first]])
        node_of = np.hstack([node_of, column])
        x = clip.token_embedding(torch.from_numpy(tokens[alive[first], level])) + clip.positional_embedding[level]
        for layer, residual in enumerate(blocks):
            x = _layer(residual, x, parents, keys[layer], values[layer])
        done = np.flatnonzero(ends == level)
        pooled[torch.from_numpy(done)] = clip.ln_final(x[torch.from_numpy(column[done, 0])])
    return (pooled @ clip.text_projection).numpy()


def _layer(
    residual: torch.nn.Module,
    x: torch.Tensor,
    parents: torch.Tensor,
    keys: list[torch.Tensor],
    values: list[torch.Tensor],
) -> torch.Tensor:
    """One residual attention block for new nodes `x` (m, width) whose ancestors' keys and values are at hand."""
    attention = residual.attn
    q, k, v = functional.linear(residual.ln_1(x), attention.in_proj_weight, attention.in_proj_bias).chunk(3, dim=1)
    keys.append(k.contiguous())
    values.append(v.contiguous())
    past_k = torch.stack([old[parents[:, i]] for i, old in enumerate(keys[:-1])] + [keys[-1]], dim=1)
    past_v = torch.stack([old[parents[:, i]] for i, old in enumerate(values[:-1])] + [values[-1]], dim=1)
    m, seen, width = past_k.shape
    heads = attention.num_heads
    split = (m, seen, heads, width // heads)
    out = functional.scaled_dot_product_attention(
        q.view(m, 1, heads, -1).transpose(1, 2),
        past_k.view(split).transpose(1, 2),
        past_v.view(split).transpose(1, 2),
    )
    x = x + attention.out_proj(out.transpose(1, 2).reshape(m, width))
    return x + residual.mlp(residual.ln_2(x))
