"""What is wrong with a corpus: each kind of fault counted, with a few examples, and fatal where the user wants it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from primacy.errors import CorpusError
from primacy.results.corpus import FaultRecord

_EXAMPLES = 3
_LETTERS = 200


class Fault(NamedTuple):
    """A kind of fault, how often it was met, and where, at most three times."""

    kind: str
    times: int
    examples: tuple[str, ...]


@dataclass
class Faults:
    """Faults by kind, in the order in which kinds were first met; adding up is associative."""

    _found: dict[str, Fault] = field(default_factory=dict)

    def add(self, kind: str, examples: Iterable[str] = (), *, count: int | None = None) -> None:
        """Count `kind` once for each of `examples`, or `count` times of which these are some; 0 times is nothing."""
        # Names of files may hold bytes that are not UTF-8, which no report could print.
        shown = [_shortened(example).encode("utf-8", "backslashreplace").decode() for example in examples]
        number = len(shown) if count is None else count
        if number:
            known = self._found.get(kind, Fault(kind, 0, ()))
            self._found[kind] = Fault(kind, known.times + number, (*known.examples, *shown)[:_EXAMPLES])

    def merge(self, other: Faults) -> None:
        """Add those of another part of the corpus, which comes after this one."""
        for fault in other:
            self.add(fault.kind, fault.examples, count=fault.times)

    def __iter__(self) -> Iterator[Fault]:
        return iter(self._found.values())

    def __len__(self) -> int:
        return len(self._found)

    def count(self, kind: str) -> int:
        """How often `kind` was met."""
        return self._found[kind].times if kind in self._found else 0

    def records(self) -> tuple[FaultRecord, ...]:
        """As they stand in results."""
        return tuple(FaultRecord(kind=f.kind, count=f.times, examples=f.examples) for f in self)

    def refuse(self) -> None:
        """What `--strict` does.

        Raises:
            CorpusError: there are any; the first kind and its first example are named.
        """
        for fault in self:
            where = f" (first: {fault.examples[0]})" if fault.examples else ""
            others = len(self) - 1
            more = f", and {others} more kind{'s'[: others > 1]} of fault" if others else ""
            raise CorpusError(
                f"{fault.times:,} x {fault.kind}{where}{more}",
                hint="Mend the corpus, or leave --strict out: faults are then counted and left aside.",
            )


def _shortened(example: str) -> str:
    """Both ends of a long one: ids differ at the beginning, paths at the end."""
    if len(example) <= _LETTERS:
        return example
    return f"{example[: _LETTERS // 2 - 3]} ... {example[2 - _LETTERS // 2 :]}"
