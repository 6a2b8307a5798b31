"""The index against a dictionary."""

import numpy as np

from primacy.encoders._key_index import KeyIndex


def _places(index: KeyIndex, keys: np.ndarray) -> list[tuple[int, int] | None]:
    found, shard, row = index.find(keys)
    return [(int(s), int(r)) if f else None for f, s, r in zip(found, shard, row, strict=True)]


def test_same_as_a_dictionary_over_many_additions_with_repeats() -> None:
    rng = np.random.default_rng(5)
    pool = rng.integers(0, 256, size=(3000, 32), dtype=np.uint8)
    pool[:50, 20:] = 0  # keys that end in zero bytes, and differ only before them
    pool[:50, :19] = 7
    pool[0, 19], pool[1, 19] = 0, 1
    expected: dict[bytes, tuple[int, int]] = {}
    index = KeyIndex()
    for shard, size in enumerate([1, 1, 500, 3, 40, 700, 2, 2, 2, 900, 1]):
        keys = pool[rng.integers(0, 2500, size)]
        for row, key in enumerate(keys):
            expected.setdefault(key.tobytes(), (shard, row))
        index.add(keys, np.full(size, shard, dtype=np.int32), np.arange(size, dtype=np.int32))
        assert _places(index, pool) == [expected.get(key.tobytes()) for key in pool]
        assert len(index) == len(expected)


def test_memory_is_forty_bytes_a_key_and_segments_stay_few() -> None:
    rng = np.random.default_rng(6)
    index = KeyIndex()
    for shard in range(200):
        keys = rng.integers(0, 256, size=(50, 32), dtype=np.uint8)
        index.add(keys, np.full(50, shard, dtype=np.int32), np.arange(50, dtype=np.int32))
    arrays = [array for segment in index._segments for array in segment]
    assert sum(array.nbytes for array in arrays) == 40 * 200 * 50
    assert len(index._segments) <= 10


def test_empty() -> None:
    index = KeyIndex()
    assert len(index) == 0
    assert _places(index, np.zeros((2, 32), dtype=np.uint8)) == [None, None]
    assert _places(index, np.zeros((0, 32), dtype=np.uint8)) == []
