"""An untrained open_clip text tower for the benches (random weights, no download), and the usual ways to run it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch

ARCHITECTURE = "ViT-B-32"


class Tower(NamedTuple):
    """The text side of a CLIP (`open_clip.model.CLIP` attributes) and its tokenizer."""

    clip: torch.nn.Module
    tokenizer: object


def untrained_tower(seed: int, architecture: str = ARCHITECTURE) -> Tower:
    """Build the architecture in float32 with the random weights that `seed` gives; inference mode."""
    import open_clip

    torch.manual_seed(seed)
    clip = open_clip.create_model(architecture, pretrained=None)
    return Tower(clip.eval().requires_grad_(False), open_clip.get_tokenizer(architecture))


def tokenize(tower: Tower, texts: list[str]) -> np.ndarray:
    """Token ids (len(texts), longest) with the padding cut off; pad = 0 and comes after the end-of-text token."""
    tokens = np.concatenate([tower.tokenizer(texts[i : i + 4096]).numpy() for i in range(0, len(texts), 4096)])
    return tokens[:, : int(tokens.argmax(axis=1).max()) + 1]


@torch.inference_mode()
def encode_full(tower: Tower, tokens: torch.Tensor, batch: int) -> torch.Tensor:
    """open_clip's own `encode_text` of full-context tokens (n, context), `batch` captions at a time."""
    return torch.cat([tower.clip.encode_text(part) for part in tokens.split(batch)])


@torch.inference_mode()
def encode_cut(tower: Tower, tokens: np.ndarray, batch: int = 64) -> np.ndarray:
    """Text features (n, dim) float32, not normalised: every caption cut to its length, in batches of one length."""
    ends = tokens.argmax(axis=1)
    order = np.argsort(ends, kind="stable")
    out = np.empty((len(tokens), tower.clip.text_projection.shape[1]), np.float32)
    for group in np.split(order, np.flatnonzero(np.diff(ends[order])) + 1):
        for rows in np.split(group, range(batch, len(group), batch)):
            length = int(ends[rows[0]]) + 1
            text = torch.from_numpy(tokens[rows, :length])
            text = text.to(tower.clip.text_projection.device)
            x = tower.clip.token_embedding(text).to(tower.clip.text_projection.dtype)
            x = x + tower.clip.positional_embedding[:length].to(x.dtype)
            x = tower.clip.transformer(x, attn_mask=tower.clip.attn_mask[:length, :length])
            out[rows] = (tower.clip.ln_final(x)[:, -1] @ tower.clip.text_projection).float().cpu().numpy()
    return out
