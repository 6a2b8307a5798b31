"""Names of the published data: what a folder and a file are called says which objects stand where."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from primacy.design.scenes.slots import SLOTS
from primacy.design.vocabulary import load_vocabulary
from primacy.errors import DatasetError
from primacy.stimuli.images.stated import clean_name
from primacy.stimuli.published import NUMBERS, place_name, safe

_FOLDER = re.compile(
    rf"(?P<data>.*?)[-_ ]*(?P<number>{'|'.join(NUMBERS[1:])})[-_ ]?Objects?(?:[-_ ]+(?P<rest>.*))?", re.IGNORECASE
)
_BIG = re.compile(r"(?P<place>.*?)[-_ ]*Big", re.IGNORECASE)
_COPY = re.compile(r"(?P<stem>.+)-\d+")
_OTHER_WORDS = {
    "m": "Middle", "mid": "Middle", "center": "Middle", "centre": "Middle", "l": "Left", "r": "Right",
    "ll": "BL", "lr": "BR", "u": "Upper", "top": "Upper", "lower": "Bottom",
}  # fmt: skip
_FOUR_WITH_MIDDLE = ("upper-left", "centre", "lower-left", "lower-right")
"""The slots of published scenes of four objects with one in the middle."""
_VOCABULARIES = {"coco": ("comco", "coco80"), "comco": ("comco",), "simco": ("simco",)}


class Configuration(NamedTuple):
    """What a folder's name says: n objects in `slots`, by name; `large` is the place of the large one among them, None
    where there is none; `data` is the first word."""

    data: str
    slots: tuple[str, ...]
    large: int | None


def configuration(folder: str) -> Configuration | None:
    """What the folder's name says, None if it is no name of that kind ("CoCo-ThreeObject-ULBig").

    Raises:
        DatasetError: it is, but the place of the large object is not one that so many objects have.
    """
    found = _FOLDER.fullmatch(folder)
    if found is None:
        return None
    n = [word.casefold() for word in NUMBERS].index(found["number"].casefold())
    slots = tuple(slot.name for slot in SLOTS[n])
    big = _BIG.fullmatch(found["rest"] or "")
    if big is None or n == 1:
        return Configuration(found["data"], slots, None)
    word = big["place"].casefold()
    word = _OTHER_WORDS.get(word, word).casefold()
    if n == 4 and word == "middle":
        slots = _FOUR_WITH_MIDDLE
    places = [place_name(slot) for slot in slots]
    if word not in (folded := [place.casefold() for place in places]):
        raise DatasetError(
            f"{folder}: {big['place']!r} is no place of {n} objects", hint=f"Expected one of {', '.join(places)}."
        )
    return Configuration(found["data"], slots, folded.index(word))


def is_one_object(folder: str) -> bool:
    """Whether a folder of that name holds pictures of single objects."""
    found = _FOLDER.fullmatch(folder)
    return found is not None and found["number"].casefold() == "one"


def vocabulary_names(data: str) -> list[str]:
    """The categories of the data set that a folder's first word names; none for a word that is not known."""
    return [name for vocabulary in _VOCABULARIES.get(data.casefold(), ()) for name in load_vocabulary(vocabulary).names]


class Names:
    """Reads object names out of file names.

    Args:
        known: categories; case, Unicode form and characters that no file name may have make no difference.
    """

    def __init__(self, known: Iterable[str]) -> None:
        self._known: dict[str, str] = {}
        for name in known:
            for form in (name, safe(name)):
                self._known.setdefault(clean_name(form).casefold(), name)

    def read(self, stem: str, n: int, taken: frozenset[str]) -> tuple[str, ...]:
        """The n categories that a file's name holds, in slot order.

        They are joined by "_". A number at the end ("cube_cone-2") is left out where it only tells files of the same
        objects apart. A name with "_" in it ("traffic_light") is found if there is but one way to read it. The only
        object of a picture may have any name.

        Args:
            stem: of the file.
            n: number of objects.
            taken: stems of all files of the folder, in lower case.

        Raises:
            DatasetError: another number of objects, or a name that is not known.
        """
        stem = clean_name(stem)
        copy = _COPY.fullmatch(stem)
        if copy and (copy["stem"].casefold() in taken or self._knows_last(copy["stem"], stem)):
            stem = copy["stem"]
        parts = [clean_name(part) for part in stem.split("_")]
        if len(parts) == n:
            if n > 1:
                for part in parts:
                    if part.casefold() not in self._known:
                        raise DatasetError(f"{part!r} is no category of the vocabulary nor of the one-object pictures")
            return tuple(self._known.get(part.casefold(), part) for part in parts)
        ways = list(self._ways(parts, n))
        if len(ways) == 1:
            return ways[0]
        if n == 1 and not all(part.casefold() in self._known for part in parts):
            return (" ".join(parts),)
        how = f"in {len(ways)} ways " if ways else ""
        raise DatasetError(f"the file's name is read {how}as {len(parts)} objects, expected {n}")

    def _knows_last(self, short: str, long: str) -> bool:
        last, numbered = (clean_name(stem.rpartition("_")[2]).casefold() for stem in (short, long))
        return last in self._known and numbered not in self._known

    def _ways(self, parts: Sequence[str], n: int) -> Iterator[tuple[str, ...]]:
        """All ways to join neighbouring parts into n known names."""
        if n == 0 or len(parts) < n:
            if n == 0 and not parts:
                yield ()
            return
        for end in range(1, len(parts) - n + 2):
            name = self._known.get(" ".join(parts[:end]).casefold())
            if name is not None:
                for rest in self._ways(parts[end:], n - 1):
                    yield (name, *rest)
