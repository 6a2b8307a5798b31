"""Encoders that give vectors in pieces: any order will do, anything but each text once will not."""

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from primacy.encoders import _output
from primacy.encoders.base import Piece
from primacy.encoders.embed import embed_texts
from primacy.encoders.store import EmbeddingStore
from primacy.errors import EncoderError

DIM = 3


def vectors_of(texts: Sequence[str]) -> np.ndarray:
    rows = [[len(text), *(hash(text) % k for k in (97, 89))] for text in texts]
    return np.array(rows, dtype=np.float32).reshape(-1, DIM)


class Pieces:
    """Gives the rows of a call in an order drawn from `seed`, up to `most` a piece; remembers what it was given."""

    fingerprint = "pieces-1"

    def __init__(self, seed: int = 0, most: int = 4) -> None:
        self.rng, self.most, self.calls, self.closed = np.random.default_rng(seed), most, list[list[str]](), 0

    def encode_text(self, texts: list[str]) -> np.ndarray:
        raise AssertionError("pieces are preferred")

    def encode_pieces(self, texts: Sequence[str]) -> Iterator[Piece]:
        self.calls.append(list(texts))
        left = self.rng.permutation(len(texts))
        try:
            while len(left):
                rows, left = np.split(left, [self.rng.integers(0, self.most + 1)])
                yield Piece(rows, vectors_of([texts[i] for i in rows]))
        finally:
            self.closed += 1


class Lazy(Sequence):
    """Strings that exist only while somebody looks at one."""

    def __init__(self, numbers: np.ndarray) -> None:
        self.numbers = numbers

    def __len__(self) -> int:
        return len(self.numbers)

    def __getitem__(self, index):
        return self.take(index) if isinstance(index, slice) else f"caption {self.numbers[index]}"

    def take(self, rows: np.ndarray) -> "Lazy":
        return Lazy(self.numbers[rows])


@settings(max_examples=60, deadline=None)
@given(
    runs=st.lists(st.lists(st.integers(0, 12), max_size=30), min_size=1, max_size=3),
    seed=st.integers(0, 99),
    shard=st.integers(1, 9),
    lazy=st.booleans(),
    stored=st.booleans(),
)
def test_pieces_in_any_order_fan_out_right(
    runs: list[list[int]], seed: int, shard: int, lazy: bool, stored: bool
) -> None:
    with tempfile.TemporaryDirectory() as root, pytest.MonkeyPatch.context() as patch:
        patch.setattr(_output, "SHARD_ROWS", shard)
        encoder = Pieces(seed)
        for numbers in runs:
            texts = Lazy(np.array(numbers, dtype=int))
            store = EmbeddingStore(Path(root), "pieces-1") if stored else None
            seen: list[tuple[int, int]] = []
            got = embed_texts(
                encoder,
                texts if lazy else list(texts),
                store=store,
                progress=lambda *pair: seen.append(pair),  # noqa: B023
            )
            assert got.shape == (len(texts), DIM) or not len(texts)
            assert got.tobytes() == vectors_of(list(texts)).tobytes()
            assert [done for done, _ in seen] == sorted(done for done, _ in seen)
            total = len(set(numbers)) if stored else len(numbers)
            assert seen[-1] == (total, total)
        assert encoder.closed == len(encoder.calls)
        if stored:
            asked = [text for call in encoder.calls for text in call]
            assert sorted(asked) == sorted({f"caption {i}" for run in runs for i in run})


def test_a_call_gets_all_that_is_missing_at_once(tmp_path: Path) -> None:
    encoder, texts = Pieces(), [str(i) for i in range(5000)]
    embed_texts(encoder, texts[:100], store=EmbeddingStore(tmp_path, "pieces-1"))
    embed_texts(encoder, texts, store=EmbeddingStore(tmp_path, "pieces-1"))
    assert encoder.calls == [texts[:100], texts[100:]]
    assert len(list(tmp_path.rglob("*.keys.npy"))) == 2


def test_a_lazy_sequence_is_never_made_a_list() -> None:
    class Watchful(Pieces):
        def encode_pieces(self, texts: Sequence[str]) -> Iterator[Piece]:
            assert isinstance(texts, Lazy)
            yield Piece(np.arange(len(texts)), np.ones((len(texts), DIM), dtype=np.float32))

    class Unread(Lazy):
        def __getitem__(self, index):
            raise AssertionError("nobody needs the strings")

    assert embed_texts(Watchful(), Unread(np.arange(9)), store=None).shape == (9, DIM)


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
@pytest.mark.parametrize("where", ["encoder", "progress"])
def test_pieces_that_came_are_kept_whatever_ends_it(tmp_path: Path, error: type[BaseException], where: str) -> None:
    class Stopped(Pieces):
        def encode_pieces(self, texts: Sequence[str]) -> Iterator[Piece]:
            for number, piece in enumerate(super().encode_pieces(texts)):
                if where == "encoder" and number == 3:
                    raise error
                yield piece

    def watch(done: int, total: int) -> None:
        if where == "progress" and done > total / 2:
            raise error

    texts = [str(i) for i in range(30)]
    stopped = Stopped()
    with pytest.raises(error):
        embed_texts(stopped, texts, store=EmbeddingStore(tmp_path, "pieces-1"), progress=watch)
    assert stopped.closed == 1
    kept = len(EmbeddingStore(tmp_path, "pieces-1"))
    assert 0 < kept < 30
    resumed = Pieces(seed=1)
    got = embed_texts(resumed, texts, store=EmbeddingStore(tmp_path, "pieces-1"))
    assert len(resumed.calls[0]) == 30 - kept
    assert got.tobytes() == vectors_of(texts).tobytes()


GOOD = np.ones((2, DIM), dtype=np.float32)
BAD = {
    "no such row": ([Piece(np.array([0, 4]), GOOD)], "piece 0: row 4 is not among the 4 texts"),
    "negative row": ([Piece(np.array([-1, 2]), GOOD)], "row -1 is not among"),
    "twice in a piece": ([Piece(np.array([2, 2]), GOOD)], "row 2 is given twice"),
    "twice": ([Piece(np.array([0, 1]), GOOD), Piece(np.array([3, 1]), GOOD)], "piece 1: row 1 is given twice"),
    "missing": ([Piece(np.array([0, 2]), GOOD)], "end without 2 of 4 texts .first: text 1"),
    "nothing": ([], "end without 4 of 4 texts"),
    "mask": ([Piece(np.array([True, False]), GOOD)], "rows are bool"),
    "table of rows": ([Piece(np.array([[0], [1]]), GOOD)], "expected int64"),
    "no pair": ([GOOD[0]], "piece 0: got ndarray, expected a pair"),
    "too few vectors": ([Piece(np.arange(4), GOOD)], "for 4 texts"),
    "nan": ([Piece(np.arange(2), GOOD * np.nan)], "NaN or infinity"),
    "integers": ([Piece(np.arange(2), GOOD.astype(int))], "dtype int64"),
    "two dimensions": ([Piece(np.arange(2), GOOD), Piece(np.arange(2, 4), GOOD[:, :2])], "dimension 3, then 2"),
}


@pytest.mark.parametrize("stored", [True, False])
@pytest.mark.parametrize("case", BAD)
def test_what_is_not_each_text_once_is_refused(tmp_path: Path, case: str, stored: bool) -> None:
    given, said = BAD[case]

    class Broken(Pieces):
        def encode_pieces(self, texts: Sequence[str]) -> Iterator[Piece]:
            yield from given

    store = EmbeddingStore(tmp_path, "pieces-1") if stored else None
    with pytest.raises(EncoderError, match=said):
        embed_texts(Broken(), list("abcd"), store=store)
    if store is not None:  # what was right is kept, nothing else
        sound = {"twice": 2, "missing": 2, "two dimensions": 2}
        assert len(store) == sound.get(case, 0)
