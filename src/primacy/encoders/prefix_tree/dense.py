"""Matrix products with fixed weights.

On a CPU in float32 the weights are laid out once for oneDNN, which also applies GELU and the residual while a tile is
in the cache (`bench/prefix_tree_parts.py` compares the two). The operators are those that `torch.compile` emits on a
CPU; where a version of torch lacks them, or where they do not agree with the plain product, the plain product is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


class Dense:
    """act(x W' + b), with the weights of a linear layer as they are."""

    def __init__(
        self, weight: torch.Tensor, bias: torch.Tensor | None, activation: torch.nn.Module | None = None
    ) -> None:
        """Take `weight` (out, in), `bias` (out,) and the module that is applied to the product."""
        self._weight, self._bias, self._activation = weight, bias, activation

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """(rows, in) to (rows, out)."""
        from torch.nn import functional

        y = functional.linear(x, self._weight, self._bias)
        return y if self._activation is None else self._activation(y)

    def added(self, x: torch.Tensor, residual: torch.Tensor) -> torch.Tensor:
        """residual + self(x)."""
        return residual + self(x)


class PackedDense(Dense):
    """The same, in oneDNN's own layout: float32 on a CPU."""

    def __init__(
        self, weight: torch.Tensor, bias: torch.Tensor | None, activation: torch.nn.Module | None = None
    ) -> None:
        """Copy `weight` into the packed layout."""
        import torch

        self._gelu = gelu_form(activation)
        super().__init__(weight, bias, activation if self._gelu is None else None)
        with torch.no_grad():
            self._weight = torch.ops.mkldnn._reorder_linear_weight(weight.detach(), None)

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """(rows, in) to (rows, out)."""
        import torch

        name, form = ("none", "") if self._gelu is None else ("gelu", self._gelu)
        y = torch.ops.mkldnn._linear_pointwise(x, self._weight, self._bias, name, [], form)
        return y if self._activation is None else self._activation(y)

    def added(self, x: torch.Tensor, residual: torch.Tensor) -> torch.Tensor:
        """residual + self(x)."""
        import torch

        if self._gelu is not None or self._activation is not None:
            return residual + self(x)
        return torch.ops.mkldnn._linear_pointwise.binary(x, residual, self._weight, self._bias, "add")


def dense(weight: torch.Tensor, bias: torch.Tensor | None, activation: torch.nn.Module | None = None) -> Dense:
    """The faster of the two that serves this weight."""
    if weight.device.type == "cpu" and packing_works(weight.dtype):
        return PackedDense(weight, bias, activation)
    return Dense(weight, bias, activation)


def packing_works(dtype: torch.dtype) -> bool:
    """Whether this torch has the packed products for `dtype` and they agree with the plain ones."""
    import torch

    global _works
    if dtype != torch.float32:
        return False
    if _works is None:
        _works = _try_packing()
    return _works


_works: bool | None = None


def _try_packing() -> bool:
    import torch

    generator = torch.Generator().manual_seed(0)
    x, weight, residual = (torch.randn(shape, generator=generator) for shape in ((5, 32), (48, 32), (5, 48)))
    bias = weight[:, 0].clone()
    try:
        with torch.inference_mode():
            for activation in (None, torch.nn.GELU(), torch.nn.GELU(approximate="tanh"), torch.nn.SiLU()):
                plain, packed = Dense(weight, bias, activation), PackedDense(weight, bias, activation)
                if not torch.allclose(plain(x), packed(x), rtol=1e-5, atol=1e-5):
                    return False
                if not torch.allclose(plain.added(x, residual), packed.added(x, residual), rtol=1e-5, atol=1e-5):
                    return False
    except (AttributeError, RuntimeError, TypeError):  # another version of torch, or one built without oneDNN
        return False
    return True


def gelu_form(activation: torch.nn.Module | None) -> str | None:
    """The operators' name of a GELU: "none" for the exact one, "tanh" for its approximation; None if it is no GELU."""
    import torch

    if type(activation) is torch.nn.GELU:
        return activation.approximate
    # transformers' name for the exact one
    exact = (
        getattr(activation, "act", None) is torch.nn.functional.gelu and type(activation).__name__ == "GELUActivation"
    )
    return "none" if exact else None
