"""What is asked of detection, as it travels to other processes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from primacy.design.vocabulary import Vocabulary
from primacy.encoders.base import PRECISIONS
from primacy.errors import UnknownNameError, UsageError


@dataclass(frozen=True)
class DetectSpec:
    """A detector, what it looks for and how sure it must be.

    `detector`, `masks`: "hf:<repository or folder>[@revision]"; without masks, areas are those of boxes. `threshold`:
    least score, None for the family's usual one. `text_threshold`: least mean probability of a name's tokens, for
    Grounding DINO. `overlap`: boxes of a category that share more than this (intersection over union) with a better one
    are doubles. `device`, `batch`: no part of the result, beyond rounding.
    """

    detector: str
    vocabulary: Vocabulary
    masks: str | None = None
    threshold: float | None = None
    text_threshold: float = 0.25
    overlap: float = 0.5
    device: str = "auto"
    precision: str = "fp32"
    batch: int = 8

    def __post_init__(self) -> None:
        """Refuse what cannot be before any weight is read."""
        for name, value in (("threshold", self.threshold), ("text-threshold", self.text_threshold)):
            if value is not None and not 0 <= value < 1:
                raise UsageError(f"--{name} is {value}, expected a share from 0 to less than 1")
        if not 0 < self.overlap <= 1:
            raise UsageError(f"--overlap is {self.overlap}, expected more than 0 and at most 1")
        if self.batch < 1:
            raise UsageError(f"--batch is {self.batch}, expected 1 or more")
        if self.precision not in PRECISIONS:
            raise UnknownNameError("precision", self.precision, PRECISIONS)

    def anywhere(self) -> DetectSpec:
        """The same for processes that work in other folders."""
        return replace(
            self, detector=_absolute(self.detector), masks=None if self.masks is None else _absolute(self.masks)
        )


def _absolute(name: str) -> str:
    """A model's name, with the whole path of its folder where it is one."""
    folder = Path(name.removeprefix("hf:")).expanduser()
    return f"hf:{folder.absolute()}" if folder.is_dir() else name
