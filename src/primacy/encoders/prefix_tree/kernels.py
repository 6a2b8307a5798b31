"""The matrix products of a layer, made ready for the device."""

from __future__ import annotations

from typing import TYPE_CHECKING

from primacy.encoders.prefix_tree.dense import Dense, dense

if TYPE_CHECKING:
    import torch

    from primacy.encoders.prefix_tree.towers import Layer

CPU_ROWS = 256
"""Rows of the MLP at a time on a CPU, so that its wide hidden state stays in the cache."""


class LayerKernels:
    """A layer without its norms and its attention."""

    def __init__(self, layer: Layer) -> None:
        """Prepare `layer`; on a CPU in float32 this copies its weights."""
        self.qkv = dense(layer.qkv_weight, layer.qkv_bias)
        self._out = dense(layer.out.weight, layer.out.bias)
        self._fc_in = dense(layer.fc_in.weight, layer.fc_in.bias, layer.activation)
        self._fc_out = dense(layer.fc_out.weight, layer.fc_out.bias)
        self._norm, self._scale_1, self._scale_2 = layer.norm_2, layer.scale_1, layer.scale_2
        self._on_cpu = layer.qkv_weight.device.type == "cpu"

    def add_attended(self, x: torch.Tensor, attended: torch.Tensor) -> torch.Tensor:
        """x + scale_1(out(attended)), all (rows, width)."""
        return _added(self._out, self._scale_1, attended, x)

    def add_mlp(self, x: torch.Tensor) -> torch.Tensor:
        """x + scale_2(mlp(norm_2(x))), (rows, width)."""
        import torch

        if not self._on_cpu:
            return self._add_mlp(x)
        return torch.cat([self._add_mlp(rows) for rows in x.split(CPU_ROWS)])

    def _add_mlp(self, x: torch.Tensor) -> torch.Tensor:
        return _added(self._fc_out, self._scale_2, self._fc_in(self._norm(x)), x)


def _added(product: Dense, scale: torch.nn.Module | None, x: torch.Tensor, residual: torch.Tensor) -> torch.Tensor:
    return product.added(x, residual) if scale is None else residual + scale(product(x))
