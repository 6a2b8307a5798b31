"""Where lab models are trained, from the options of the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from primacy.errors import UnknownNameError

if TYPE_CHECKING:
    from primacy.encoders._torch import Placement

_PRECISIONS = ("fp32", "bf16")


def training_place(device: str, precision: str) -> Placement:
    """Device and precision of training.

    Raises:
        UnknownNameError: no precision to train in.
        MissingExtraError: torch or safetensors is not installed.
        UsageError: the device does not exist on this machine.
    """
    if precision not in _PRECISIONS:
        raise UnknownNameError("precision of training", precision, _PRECISIONS)
    from primacy.encoders._names import require
    from primacy.encoders._torch import placement
    from primacy.encoders.base import EncoderOptions

    for module in ("torch", "safetensors"):
        require(module, module, "lab")
    return placement(EncoderOptions(device=device, precision=precision))
