"""Attention computed step by step while a tower runs, so that its weights can be seen.

Towers call torch's fused attention, which never forms the weights. Within `ExplicitAttention` each such call of this
thread is computed as softmax(q k' scale + mask) v, and the weights are handed on. The modules of the tower are neither
changed nor hooked, so nothing has to be undone, and other threads may run the same tower meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch.nn import functional
from torch.overrides import TorchFunctionMode

_UNREAD = ("key_padding_mask", "attn_mask", "static_k", "static_v")

OnWeights = Callable[[torch.Tensor], torch.Tensor]
"""Takes weights float32 (n, heads, queries, keys), gives those that the tower goes on with (the same values)."""


class ExplicitAttention(TorchFunctionMode):
    """Within it, attention is computed explicitly and `on_weights` sees the weights of every call, in order.

    Calls of a kind that no image tower makes (causal masks, grouped queries, extra keys) are left to torch and not
    seen.
    """

    def __init__(self, on_weights: OnWeights) -> None:
        super().__init__()
        self._on_weights = on_weights

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Take the two entry points of torch's attention, pass on everything else."""
        kwargs = kwargs or {}
        if func is functional.scaled_dot_product_attention:
            return self._scaled_dot_product(func, *args, **kwargs)
        if func is functional.multi_head_attention_forward:
            return self._multi_head(func, *args, **kwargs)
        return func(*args, **kwargs)

    def _scaled_dot_product(
        self,
        func: Any,
        query: torch.Tensor,
        key: torch.Tensor,
        value: torch.Tensor,
        attn_mask: torch.Tensor | None = None,
        dropout_p: float = 0.0,
        is_causal: bool = False,
        scale: float | None = None,
        enable_gqa: bool = False,
    ) -> torch.Tensor:
        if is_causal or enable_gqa or dropout_p:
            return func(
                query, key, value, attn_mask, dropout_p=dropout_p, is_causal=is_causal, scale=scale,
                enable_gqa=enable_gqa,
            )  # fmt: skip
        scale = query.shape[-1] ** -0.5 if scale is None else scale
        scores = (query * scale) @ key.transpose(-2, -1)
        if attn_mask is not None:
            added = attn_mask.dtype != torch.bool
            scores = scores + attn_mask if added else scores.masked_fill(~attn_mask, float("-inf"))
        weights = self._on_weights(scores.float().softmax(dim=-1))
        return weights.to(value.dtype) @ value

    def _multi_head(
        self,
        func: Any,
        query: torch.Tensor,
        key: torch.Tensor,
        value: torch.Tensor,
        width: int,
        heads: int,
        in_weight: torch.Tensor | None,
        in_bias: torch.Tensor | None,
        bias_k: torch.Tensor | None,
        bias_v: torch.Tensor | None,
        add_zero_attn: bool,
        dropout_p: float,
        out_weight: torch.Tensor,
        out_bias: torch.Tensor | None,
        **options: Any,
    ) -> Any:
        """torch.nn.MultiheadAttention, which comes here with (tokens, n, width), without its own weights.

        Of the other options those in `_UNREAD` change the result; the rest do nothing in evaluation.
        """
        if bias_k is not None or add_zero_attn or any(options.get(name) is not None for name in _UNREAD):
            return func(
                query, key, value, width, heads, in_weight, in_bias, bias_k, bias_v, add_zero_attn, dropout_p,
                out_weight, out_bias, **options,
            )  # fmt: skip
        weights = [options[f"{name}_proj_weight"] for name in "qkv"] if in_weight is None else in_weight.chunk(3)
        biases = (None,) * 3 if in_bias is None else in_bias.chunk(3)
        q, k, v = (
            functional.linear(x, w, b).unflatten(-1, (heads, -1)).permute(1, 2, 0, 3)  # (n, heads, tokens, width)
            for x, w, b in zip((query, key, value), weights, biases, strict=True)
        )
        mixed = self._scaled_dot_product(functional.scaled_dot_product_attention, q, k, v)
        return functional.linear(mixed.permute(2, 0, 1, 3).flatten(2), out_weight, out_bias), None
