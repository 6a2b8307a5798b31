"""Packed products against torch's own layers."""

from __future__ import annotations

import pytest
import torch

from primacy.encoders.prefix_tree import dense as module
from primacy.encoders.prefix_tree.dense import Dense, PackedDense, dense, gelu_form, packing_works

ACTIVATIONS = [None, torch.nn.GELU(), torch.nn.GELU(approximate="tanh"), torch.nn.ReLU()]


@pytest.fixture(params=[Dense, PackedDense])
def kind(request):
    if request.param is PackedDense and not packing_works(torch.float32):
        pytest.skip("this torch has no packed products")
    return request.param


@pytest.mark.parametrize("rows", [1, 7, 300])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("activation", ACTIVATIONS, ids=str)
def test_equals_a_linear_layer(kind, rows, bias, activation):
    torch.manual_seed(rows)
    linear = torch.nn.Linear(40, 24, bias=bias)
    x, residual = torch.randn(rows, 40), torch.randn(rows, 24)
    with torch.inference_mode():
        expected = linear(x) if activation is None else activation(linear(x))
        product = kind(linear.weight, linear.bias, activation)
        torch.testing.assert_close(product(x), expected, atol=1e-6, rtol=1e-5)
        torch.testing.assert_close(product.added(x, residual), residual + expected, atol=1e-6, rtol=1e-5)


def test_which_products_are_packed(monkeypatch):
    weight = torch.randn(8, 8)
    assert isinstance(dense(weight, None), PackedDense) == packing_works(torch.float32)
    assert type(dense(weight.bfloat16(), None)) is Dense
    assert not packing_works(torch.bfloat16)


class _Refusing:
    """A torch whose operators are gone or take other arguments."""

    def _reorder_linear_weight(self, *args):
        raise TypeError("another signature")


class _Wrong:
    """A torch whose operators give something else."""

    def _reorder_linear_weight(self, weight, _):
        return weight

    class _Pointwise:
        def __call__(self, x, weight, bias, *_):
            return torch.nn.functional.linear(x, weight, bias) + 1

        def binary(self, x, residual, weight, bias, _):
            return self(x, weight, bias) + residual

    _linear_pointwise = _Pointwise()


@pytest.mark.parametrize("operators", [_Refusing(), _Wrong(), object()], ids=["refusing", "wrong", "absent"])
def test_operators_that_fail_or_disagree_are_not_used(monkeypatch, operators):
    monkeypatch.setattr(module, "_works", None)
    monkeypatch.setattr(torch.ops, "mkldnn", operators)
    assert not packing_works(torch.float32)
    assert type(dense(torch.randn(8, 8), None)) is Dense


def test_forms_of_gelu():
    transformers = pytest.importorskip("transformers")
    assert gelu_form(torch.nn.GELU()) == "none"
    assert gelu_form(torch.nn.GELU(approximate="tanh")) == "tanh"
    assert gelu_form(transformers.activations.ACT2FN["gelu"]) == "none"
    assert gelu_form(transformers.activations.ACT2FN["quick_gelu"]) is None
    assert gelu_form(transformers.activations.ACT2FN["gelu_new"]) is None
    assert gelu_form(None) is None
