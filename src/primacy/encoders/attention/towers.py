"""Image towers whose embedding is made by one query that attends to patches, and how to run them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from primacy.encoders.hf_image import image_features

if TYPE_CHECKING:
    import torch

    from primacy.encoders.lab.model import LabClip


@dataclass(frozen=True, eq=False)
class Tower:
    """An image tower: `blocks` layers of self-attention, then perhaps a pooling query.

    Attributes:
        encode: pixels (n, 3, h, w) -> embeddings (n, dim), of any length.
        weight: one of its weights, for device and dtype.
        size: (h, w) of the pixels it takes.
        grid: patches (gh, gw), in rows.
        prefix: tokens before the patches (class token first, registers).
        blocks: calls of self-attention.
        pooled: whether a query of its own then pools the tokens (the first, where there are several); else the class
            token makes the embedding.
        unpooled: how many of the first tokens the pooling query does not see.
    """

    encode: Callable[[torch.Tensor], torch.Tensor]
    weight: torch.Tensor
    size: tuple[int, int]
    grid: tuple[int, int]
    prefix: int
    blocks: int
    pooled: bool = False
    unpooled: int = 0

    @property
    def calls(self) -> int:
        """Calls of attention in one pass."""
        return self.blocks + self.pooled

    @property
    def tokens(self) -> int:
        """Tokens in the trunk."""
        return self.prefix + self.grid[0] * self.grid[1]


def open_clip_tower(model: Any) -> Tower | str:
    """The image tower of an open_clip model, or why its attention cannot be read."""
    visual = getattr(model, "visual", None)
    if visual is None:
        return "the model has no image tower"
    kind = type(visual).__name__
    if kind == "VisionTransformer":
        return _open_clip_vit(model, visual)
    if kind == "TimmModel":
        return _timm_tower(model, visual)
    return f"its image tower is a {kind}, which has no class token or pooling query over patches that we know"


def _open_clip_vit(model: Any, visual: Any) -> Tower | str:
    if getattr(visual, "attn_pool_type", ""):
        return f"its image tower pools twice ({visual.attn_pool_type}), and open_clip gives no single vector then"
    if visual.pool_type != "tok":
        return f"its image tower pools by {visual.pool_type!r}: no single query makes the embedding"
    return Tower(
        encode=model.encode_image,
        weight=visual.conv1.weight,
        size=_pair(visual.image_size),
        grid=_pair(visual.grid_size),
        prefix=1,
        blocks=len(visual.transformer.resblocks),
        pooled=visual.attn_pool is not None,
    )


def _timm_tower(model: Any, visual: Any) -> Tower | str:
    trunk = visual.trunk
    kind = f"timm {type(trunk).__name__}"
    needed = ("blocks", "patch_embed", "num_prefix_tokens", "global_pool")
    if not all(hasattr(trunk, name) for name in needed) or not hasattr(trunk.patch_embed, "grid_size"):
        return f"its image tower is a {kind}, which is no plain vision transformer"
    pooled = getattr(trunk, "attn_pool", None)
    prefix = int(trunk.num_prefix_tokens)
    if pooled is not None and (type(pooled).__name__ != "AttentionPoolLatent" or pooled.latent_len != 1):
        return f"its image tower ({kind}) pools by a {type(pooled).__name__}, which is not one query over patches"
    if pooled is None and trunk.global_pool != "token":
        return f"its image tower ({kind}) pools by {trunk.global_pool!r}: no single query makes the embedding"
    return Tower(
        encode=model.encode_image,
        weight=next(trunk.parameters()),
        size=_pair(visual.image_size),
        grid=_pair(trunk.patch_embed.grid_size),
        prefix=prefix,
        blocks=len(trunk.blocks),
        pooled=pooled is not None,
        unpooled=0 if getattr(trunk, "pool_include_prefix", False) else prefix,
    )


def transformers_tower(model: Any) -> Tower | str:
    """The image tower of a transformers model, or why its attention cannot be read."""
    config = model.config.vision_config
    kind = config.model_type
    if kind not in ("clip_vision_model", "siglip_vision_model"):
        if kind == "siglip2_vision_model":
            return "its grid of patches differs from picture to picture (SigLIP 2 with NaFlex)"
        return f"its image tower is a {kind}, which has no class token or pooling query over patches that we know"
    pooled = kind == "siglip_vision_model"
    if pooled and not getattr(config, "vision_use_head", True):
        return "its image tower has no pooling query"
    side = config.image_size // config.patch_size
    return Tower(
        encode=partial(image_features, model),
        weight=next(model.parameters()),
        size=(config.image_size, config.image_size),
        grid=(side, side),
        prefix=0 if pooled else 1,
        blocks=config.num_hidden_layers,
        pooled=pooled,
    )


def lab_tower(model: LabClip) -> Tower:
    """The image tower of a lab model."""
    config = model.config
    return Tower(
        encode=model.image,
        weight=model.image.projection,
        size=_pair(config.side),
        grid=_pair(config.side // config.patch),
        prefix=1,
        blocks=config.image.layers,
    )


def _pair(size: Any) -> tuple[int, int]:
    height, width = (size, size) if isinstance(size, int) else size
    return int(height), int(width)
