"""A small CLIP in one file: a vision transformer, a text transformer, and the scale of their cosines.

Both towers are pre-norm transformers of the same block (Vaswani et al. 2017; Radford et al. 2021), initialised as CLIP
is, word vectors aside. Patches come from a stem of strided convolutions, which learns from far fewer pictures than one
linear map (Xiao et al. 2021, "Early convolutions help transformers see better"). Each tower's output is of length 1.
"""

from __future__ import annotations

from typing import Literal

import torch
from pydantic import BaseModel, ConfigDict, Field, model_validator
from torch import Tensor, nn
from torch.nn import functional

START, END, UNKNOWN = 0, 1, 2
MAX_SCALE = 100.0

Attention = Literal["causal", "bidirectional"]
Pooling = Literal["end", "mean"]
Loss = Literal["infonce", "sigmoid"]


class TowerConfig(BaseModel):
    """Size of one transformer."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    width: int = Field(default=128, ge=16, le=2048, multiple_of=16, description="channels")
    layers: int = Field(default=3, ge=1, le=48, description="blocks")
    heads: int = Field(default=4, ge=1, le=64, description="of attention in each block")

    @model_validator(mode="after")
    def _divides(self) -> TowerConfig:
        if self.width % self.heads:
            raise ValueError(f"width {self.width} is no multiple of heads {self.heads}")
        return self


class LabConfig(BaseModel):
    """Everything that decides the shape of a lab model, its vocabulary aside."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    image: TowerConfig = TowerConfig()
    text: TowerConfig = TowerConfig(layers=2)
    side: int = Field(default=64, ge=16, le=512, description="side of the picture in pixels")
    patch: Literal[8, 16] = Field(default=8, description="side of a patch in pixels")
    context: int = Field(
        default=77, ge=4, le=512, description="tokens that the text tower reads, start and end included"
    )
    dim: int = Field(default=128, ge=8, le=2048, description="length of the joint embedding")
    attention: Attention = Field(default="causal", description="whether a word sees only what stands before it")
    pooling: Pooling = Field(
        default="end", description="the text's vector: the state at its end token, or the mean state"
    )
    word_std: float = Field(
        default=1.0,
        gt=0,
        description="standard deviation of word vectors before training; with CLIP's 0.02 small towers learn nothing"
        " for hundreds of steps",
    )
    loss: Loss = Field(default="infonce", description="sigmoid has a bias beside its scale")

    @model_validator(mode="after")
    def _tiles(self) -> LabConfig:
        if self.side % self.patch:
            raise ValueError(f"side {self.side} is no multiple of patch {self.patch}")
        return self


class Block(nn.Module):
    """x + attention(norm(x)), then x + mlp(norm(x))."""

    def __init__(self, config: TowerConfig) -> None:
        super().__init__()
        width, self.heads = config.width, config.heads
        self.norm_1, self.qkv, self.out = nn.LayerNorm(width), nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.norm_2, self.fc_in, self.fc_out = (
            nn.LayerNorm(width),
            nn.Linear(width, 4 * width),
            nn.Linear(4 * width, width),
        )
        self.activation = nn.GELU(approximate="tanh")
        small = (2 * config.layers) ** -0.5
        nn.init.normal_(self.qkv.weight, std=width**-0.5)
        nn.init.normal_(self.out.weight, std=width**-0.5 * small)
        nn.init.normal_(self.fc_in.weight, std=(2 * width) ** -0.5)
        nn.init.normal_(self.fc_out.weight, std=width**-0.5 * small)
        for linear in (self.qkv, self.out, self.fc_in, self.fc_out):
            nn.init.zeros_(linear.bias)

    def forward(self, x: Tensor, seen: Tensor | None = None, *, causal: bool = False) -> Tensor:
        """x (n, tokens, width); `seen` bool (n, 1, 1, tokens): keys that are no padding."""
        n, tokens, width = x.shape
        q, k, v = self.qkv(self.norm_1(x)).view(n, tokens, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        mixed = functional.scaled_dot_product_attention(q, k, v, attn_mask=seen, is_causal=causal)
        x = x + self.out(mixed.transpose(1, 2).reshape(n, tokens, width))
        return x + self.fc_out(self.activation(self.fc_in(self.norm_2(x))))


class ImageTower(nn.Module):
    """Pictures float (n, 3, side, side) in 0..1 -> vectors (n, dim), read off a class token."""

    def __init__(self, config: LabConfig) -> None:
        super().__init__()
        width = config.image.width
        self.stem = _stem(config)
        self.grid = config.side // config.patch
        self.class_token = nn.Parameter(torch.randn(width) * width**-0.5)
        self.positions = nn.Parameter(torch.randn(self.grid**2 + 1, width) * width**-0.5)
        self.blocks = nn.ModuleList(Block(config.image) for _ in range(config.image.layers))
        self.norm = nn.LayerNorm(width)
        self.projection = nn.Parameter(torch.randn(width, config.dim) * width**-0.5)

    def forward(self, pictures: Tensor) -> Tensor:
        """The class token's last state, projected."""
        patches = self.stem(pictures * 4 - 2).flatten(2).transpose(1, 2)
        x = torch.cat([self.class_token.expand(len(patches), 1, -1), patches], dim=1) + self.positions
        for block in self.blocks:
            x = block(x)
        return self.norm(x[:, 0]) @ self.projection


def _stem(config: LabConfig) -> nn.Sequential:
    """Convolutions that halve the picture until a pixel is a patch, and one more before the last of them."""
    halving = {8: [32, 64], 16: [16, 32, 64]}[config.patch]
    layers: list[nn.Module] = []
    for before, after, stride in [*zip([3, *halving], halving, [2] * len(halving), strict=False), (64, 64, 1)]:
        layers += [nn.Conv2d(before, after, 3, stride, padding=1), nn.GroupNorm(1, after), nn.ReLU()]
    return nn.Sequential(
        *layers, nn.Conv2d(64, config.image.width, 3, 2, padding=1), nn.GroupNorm(1, config.image.width)
    )


class TextTower(nn.Module):
    """Token ids (n, up to context) -> vectors (n, dim)."""

    def __init__(self, config: LabConfig, words: int) -> None:
        super().__init__()
        width = config.text.width
        self.causal, self.pooling = config.attention == "causal", config.pooling
        self.embedding = nn.Embedding(words, width)
        nn.init.normal_(self.embedding.weight, std=config.word_std)
        self.positions = nn.Parameter(torch.randn(config.context, width) * 0.01)
        self.blocks = nn.ModuleList(Block(config.text) for _ in range(config.text.layers))
        self.norm = nn.LayerNorm(width)
        self.projection = nn.Parameter(torch.randn(width, config.dim) * width**-0.5)

    def forward(self, ids: Tensor) -> Tensor:
        """Each row of `ids` int64 (n, t) is START, words, END, then anything: what follows END is not read."""
        end = (ids == END).int().argmax(dim=1)
        x = self.embedding(ids) + self.positions[: ids.shape[1]]
        seen = torch.arange(ids.shape[1], device=ids.device) <= end[:, None]
        # Nothing before END can see the padding of a causal tower.
        keys = None if self.causal or bool(seen.all()) else seen[:, None, None]
        for block in self.blocks:
            x = block(x, keys, causal=self.causal)
        if self.pooling == "end":
            pooled = self.norm(x[torch.arange(len(x), device=x.device), end])
        else:
            pooled = (self.norm(x) * seen[..., None]).sum(dim=1) / seen.sum(dim=1, keepdim=True)
        return pooled @ self.projection


class LabClip(nn.Module):
    """Two towers into one space.

    Args:
        config: the shape.
        words: number of token ids.
    """

    def __init__(self, config: LabConfig, words: int) -> None:
        super().__init__()
        self.config = config
        self.image, self.text = ImageTower(config), TextTower(config, words)
        sigmoid = config.loss == "sigmoid"
        self.log_scale = nn.Parameter(torch.tensor(10.0 if sigmoid else 1 / 0.07).log())
        self.bias = nn.Parameter(torch.tensor(-10.0)) if sigmoid else None

    def encode_image(self, pictures: Tensor) -> Tensor:
        """Unit-norm (n, dim) of pictures float (n, 3, side, side) in 0..1."""
        return functional.normalize(self.image(pictures), dim=-1)

    def encode_text(self, ids: Tensor) -> Tensor:
        """Unit-norm (n, dim) of token ids int64 (n, t)."""
        return functional.normalize(self.text(ids), dim=-1)

    @property
    def scale(self) -> Tensor:
        """What cosines are multiplied by, at most 100, where `log_scale` has no gradient (CLIP clips it instead)."""
        return self.log_scale.exp().clamp(max=MAX_SCALE)
