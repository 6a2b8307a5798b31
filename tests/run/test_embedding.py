"""Progress as a user sees it: smooth within a window, and complete at the end of every stage."""

from collections.abc import Iterator, Sequence

import numpy as np
import pytest

from primacy.encoders.base import Piece
from primacy.run.audit import audit
from primacy.run.embedding import Embedder


class Recording:
    """Every stage with its total and the steps that were reported."""

    def __init__(self) -> None:
        self.stages: list[tuple[str, int, list[int]]] = []
        self.notes: list[str] = []

    def stage(self, name: str, total: int) -> None:
        self.stages.append((name, total, []))

    def advance(self, captions: int) -> None:
        assert captions >= 0
        self.stages[-1][2].append(captions)

    def note(self, message: str) -> None:
        self.notes.append(message)


@pytest.mark.parametrize("stored", [True, False])
def test_every_stage_ends_at_its_total_duplicates_and_cached_captions_included(small, tmp_path, stored):
    # 600 captions of the published sample, drawn from 306 pairs
    spec = small("null:planted?first=0.5", protocol="paper", orders="combinations", objects=(2,), sentences=600)
    cache = tmp_path / "cache" if stored else None
    for out in ("cold", "warm"):
        listener = Recording()
        audit(spec, out=tmp_path / out, cache=cache, listener=listener)
        assert [name for name, _, _ in listener.stages][:2] == ["item vectors", spec.encoder]
        for name, total, steps in listener.stages:
            assert sum(steps) == total, name
        assert {total for _, total, _ in listener.stages[1:-1]} == {40 + 2 * 18 + 600}
        assert listener.notes == []


class Pieces:
    fingerprint = "pieces"

    def encode_text(self, texts: list[str]) -> np.ndarray:
        raise AssertionError("pieces are preferred")

    def encode_pieces(self, texts: Sequence[str]) -> Iterator[Piece]:
        for rows in np.array_split(np.arange(len(texts)), 4):
            yield Piece(rows, np.ones((len(rows), 2), dtype=np.float32))


def test_pieces_are_reported_as_they_come(tmp_path):
    listener = Recording()
    listener.stage("captions", 12)
    embedder = Embedder(Pieces(), tmp_path, listener, 1e9)
    embedder.texts(["a", "b", "a", "a"])
    embedder.texts([*"abcdefgh", "c"])
    assert listener.stages[0][2] == [2, 1, 1, 0, 0, 3, 2, 2, 1, 1]  # what costs nothing first, then each piece
    assert (embedder.captions, embedder.kept) == (13, 8)
