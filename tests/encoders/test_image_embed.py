"""From pictures to vectors: right rows, nothing decoded or encoded twice, threads that end, work that is kept."""

from __future__ import annotations

import hashlib
import io
import itertools
import signal
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from primacy.design.picture import Picture
from primacy.encoders import _output
from primacy.encoders._image_tower import ImagePace
from primacy.encoders.embed_images import embed_images
from primacy.encoders.store import EmbeddingStore
from primacy.errors import DatasetError, EncoderError, StoreError, UsageError
from primacy.identity import image_key


def picture(value: int, width: int = 5, height: int = 4) -> Image.Image:
    return Image.fromarray(np.random.default_rng(value).integers(0, 255, (height, width, 3), dtype=np.uint8))


def vector_of(image: Image.Image) -> np.ndarray:
    digest = hashlib.sha256(image.tobytes()).digest()[:6]
    return np.array([byte / 7 for byte in digest], dtype=np.float32)


class Pictures:
    """Pictures of the given contents; remembers what was decoded and by which threads."""

    name, clusters, digest, skipped = "made", "pictures", "0" * 64, ()

    def __init__(self, contents: list[int]) -> None:
        self.contents = contents
        self.pictures = [Picture(f"p{i}", str(i), (), {}) for i in range(len(contents))]
        self.decoded: list[int] = []
        self.changes = {}

    def image(self, index: int) -> Image.Image:
        self.decoded.append(index)
        broken = self.changes.get(index)
        if isinstance(broken, BaseException):
            raise broken
        return picture(self.contents[index]) if broken is None else broken

    def mask(self, index: int) -> None:
        return None


class Plain:
    """An encoder with `encode_image` alone."""

    def __init__(self, fingerprint: str = "plain-1") -> None:
        self.fingerprint, self.calls = fingerprint, []

    def encode_text(self, texts):
        return np.ones((len(texts), 6), np.float32)

    def encode_image(self, images):
        self.calls.append([image.tobytes() for image in images])
        return np.stack([vector_of(image) for image in images])

    @property
    def seen(self):
        return [one for call in self.calls for one in call]


class Prepares(Plain):
    """An encoder whose preparation can run elsewhere, several threads of it side by side."""

    def __init__(self, pace: ImagePace | None = None) -> None:
        super().__init__("prepares-1")
        self.image_pace, self.prepared = pace or ImagePace(4, 2, 3), 0
        self.fails: dict[bytes, Exception] = {}

    def prepare_image(self, image):
        self.prepared += 1
        if image.tobytes() in self.fails:
            raise self.fails[image.tobytes()]
        return image.tobytes(), vector_of(image)

    def encode_prepared(self, prepared):
        self.calls.append([data for data, _ in prepared])
        return np.stack([vector for _, vector in prepared])


def expected(contents, rows):
    return np.stack([vector_of(picture(contents[row])) for row in rows])


@pytest.fixture(autouse=True)
def no_thread_is_left():
    before = threading.active_count()
    yield
    assert threading.active_count() == before


CONTENTS = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5]


@pytest.mark.parametrize("make", [Plain, Prepares])
@pytest.mark.parametrize("kept", [True, False])
def test_each_content_is_encoded_once_and_each_row_is_decoded_once(tmp_path, make, kept):
    rows = [10, 0, 3, 3, 1, 7, 10, 4, 5, 2]
    source, encoder = Pictures(CONTENTS), make()
    store = EmbeddingStore(tmp_path, encoder.fingerprint, "image") if kept else None
    got = embed_images(encoder, source, rows, store=store)
    assert got.dtype == np.float32 and np.array_equal(got, expected(CONTENTS, rows))
    assert sorted(source.decoded) == sorted(set(rows))
    contents = [CONTENTS[row] for row in rows]
    assert encoder.seen == [picture(content).tobytes() for content in dict.fromkeys(contents)]


def test_a_second_run_encodes_and_prepares_nothing_and_a_longer_one_only_what_is_new(tmp_path):
    def store():
        return EmbeddingStore(tmp_path, "prepares-1", "image")

    embed_images(Prepares(), Pictures(CONTENTS), range(6), store=store())
    again, source = Prepares(), Pictures(CONTENTS)
    assert np.array_equal(embed_images(again, source, range(6), store=store()), expected(CONTENTS, range(6)))
    assert (again.calls, again.prepared, sorted(source.decoded)) == ([], 0, list(range(6)))
    longer = Prepares()
    got = embed_images(longer, Pictures(CONTENTS), range(11), store=store())
    assert np.array_equal(got, expected(CONTENTS, range(11)))
    assert longer.seen == [picture(content).tobytes() for content in (2, 6)]
    assert len(store()) == 7


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.lists(st.integers(0, 19), max_size=25), min_size=1, max_size=3),
    st.lists(st.integers(0, 6), min_size=20, max_size=20),
    st.builds(ImagePace, st.integers(1, 5), st.integers(0, 2), st.integers(1, 3)),
)
def test_any_rows_any_pace_any_state_of_the_store(tmp_path_factory, runs, contents, pace):
    root = tmp_path_factory.mktemp("store")
    encoder = Prepares(pace)
    for rows in runs:
        got = embed_images(encoder, Pictures(contents), rows, store=EmbeddingStore(root, "prepares-1", "image"))
        assert len(got) == len(rows)
        if rows:
            assert np.array_equal(got, expected(contents, rows))
    wanted = {picture(contents[row]).tobytes() for rows in runs for row in rows}
    assert len(encoder.seen) == len(wanted) and set(encoder.seen) == wanted


def test_batches_do_not_depend_on_timing():
    calls = []
    for preparers in (1, 4):
        encoder = Prepares(ImagePace(4, 0, preparers))
        embed_images(encoder, Pictures(CONTENTS), range(11), store=None)
        calls.append(encoder.calls)
    assert calls[0] == calls[1]


def test_progress_counts_to_the_end(tmp_path):
    seen = []
    store = EmbeddingStore(tmp_path, "prepares-1", "image")
    embed_images(Prepares(), Pictures(CONTENTS), [0, 1, 1, 3, 9], store=store, progress=lambda *p: seen.append(p))
    assert seen[0] == (0, 4) and seen[-1] == (4, 4)
    assert all(a[0] <= b[0] for a, b in itertools.pairwise(seen))
    embed_images(Prepares(), Pictures(CONTENTS), [0, 1], store=store, progress=lambda *p: seen.append(p))
    assert seen[-1] == (2, 2)


def test_no_more_waits_than_a_few_batches():
    """The most pictures between decoder and tower does not grow with their number."""
    most = []
    for n in (60, 400):
        source = Pictures(list(range(n)))
        encoder, waiting = Prepares(ImagePace(4, 1, 2)), list[int]()
        encode = encoder.encode_prepared

        def counting(prepared, source=source, encoder=encoder, waiting=waiting, encode=encode):
            waiting.append(len(source.decoded) - len(encoder.seen))
            return encode(prepared)

        encoder.encode_prepared = counting
        embed_images(encoder, source, range(n), store=None)
        most.append(max(waiting))
    assert max(most) <= 8 * 4


@pytest.mark.parametrize("error", [DatasetError("the file is gone"), KeyboardInterrupt()])
def test_what_was_encoded_is_kept_whatever_ends_it(tmp_path, error):
    source, encoder = Pictures(list(range(40))), Prepares(ImagePace(2, 1, 2))
    source.changes[30] = error
    store = EmbeddingStore(tmp_path, "prepares-1", "image")
    with pytest.raises(type(error)):
        embed_images(encoder, source, range(40), store=store)
    kept = len(store)
    assert kept >= 10
    resumed = Prepares()
    embed_images(resumed, Pictures(list(range(40))), range(40), store=EmbeddingStore(tmp_path, "prepares-1", "image"))
    assert len(resumed.seen) == 40 - kept


def test_an_interrupt_of_the_main_thread_ends_all_threads():
    source, encoder = Pictures(list(range(200))), Prepares(ImagePace(2, 2, 2))
    encode = encoder.encode_prepared

    once = iter([True])

    def interrupted(prepared):
        if len(encoder.calls) >= 5 and next(once, False):
            signal.raise_signal(signal.SIGINT)
        return encode(prepared)

    encoder.encode_prepared = interrupted
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # jobs in the background start with it ignored
    try:
        with pytest.raises(KeyboardInterrupt):
            embed_images(encoder, source, range(200), store=None)
    finally:
        signal.signal(signal.SIGINT, before)
    assert len(source.decoded) < 200


def test_shards_are_written_on_the_way(tmp_path, monkeypatch):
    monkeypatch.setattr(_output, "SHARD_ROWS", 8)
    store = EmbeddingStore(tmp_path, "prepares-1", "image")
    embed_images(Prepares(ImagePace(4, 1, 1)), Pictures(list(range(20))), range(20), store=store)
    assert sorted(len(np.load(path)) for path in store.path.glob("*.keys.npy")) == [4, 8, 8]


def test_seconds_of_work_make_a_shard_though_the_store_is_asked_on_the_way(tmp_path, monkeypatch):
    clock = [0.0]
    encoder = Prepares(ImagePace(2, 0, 1))
    encode = encoder.encode_prepared

    def slow(prepared):
        clock[0] += 4
        return encode(prepared)

    encoder.encode_prepared = slow
    monkeypatch.setattr(_output.time, "monotonic", lambda: clock[0])
    store = EmbeddingStore(tmp_path, "prepares-1", "image")
    embed_images(encoder, Pictures(list(range(14))), range(14), store=store)
    assert sorted(len(np.load(path)) for path in store.path.glob("*.keys.npy")) == [2, 6, 6]


def test_errors_of_a_picture_name_it():
    with pytest.raises(DatasetError, match="gone"):
        source = Pictures(CONTENTS)
        source.changes[4] = DatasetError("gone")
        embed_images(Prepares(), source, range(11), store=None)
    source = Pictures(CONTENTS)
    source.changes[4] = Image.new("L", (3, 3))
    with pytest.raises(DatasetError, match=r"picture 'p4' of 'made' cannot be decoded \(a picture of mode 'L'"):
        embed_images(Prepares(), source, range(11), store=None)
    encoder = Prepares()
    encoder.fails[picture(9).tobytes()] = ZeroDivisionError("no height")
    with pytest.raises(EncoderError, match=r"'p5' of 'made' of 5 x 4 pixels \(ZeroDivisionError: no height\)"):
        embed_images(encoder, Pictures(CONTENTS), range(11), store=None)


def test_a_truncated_file_is_a_dataset_error():
    whole = io.BytesIO()
    picture(0, 64, 64).save(whole, "png")
    source = Pictures([0])
    source.changes[0] = Image.open(io.BytesIO(whole.getvalue()[:6000]))
    with pytest.raises(DatasetError, match="'p0' of 'made' cannot be decoded"):
        embed_images(Plain(), source, [0], store=None)


def test_a_picture_that_changes_between_two_looks_is_not_kept_under_the_first_key(tmp_path):
    store = EmbeddingStore(tmp_path, "prepares-1", "image")
    embed_images(Prepares(), Pictures([1]), [0], store=store)  # a store with something in it is asked first
    source = Pictures([2])
    source.image = lambda index: source.decoded.append(index) or picture(len(source.decoded) + 10)
    with pytest.raises(DatasetError, match="has changed"):
        embed_images(Prepares(), source, [0], store=store)
    assert len(store) == 1


@pytest.mark.parametrize(
    ("vectors", "words"),
    [
        (np.zeros((1, 3), np.float32), "shape"),
        (np.full((4, 3), np.nan, np.float32), "NaN"),
        (np.zeros((4, 3), int), "dtype"),
    ],
)
def test_what_is_no_embedding_is_refused(vectors, words):
    encoder = Prepares(ImagePace(4, 1, 1))
    encoder.encode_prepared = lambda prepared: vectors
    with pytest.raises(EncoderError, match=words):
        embed_images(encoder, Pictures([0, 1, 2, 3]), range(4), store=None)


def test_one_dimension_all_the_way():
    encoder = Prepares(ImagePace(2, 1, 1))
    sizes = iter((6, 7))
    encoder.encode_prepared = lambda prepared: np.ones((2, next(sizes)), np.float32)
    with pytest.raises(EncoderError, match="dimension 6, then 7"):
        embed_images(encoder, Pictures([0, 1, 2, 3]), range(4), store=None)


def test_wrong_rows_encoders_and_stores(tmp_path):
    source = Pictures(CONTENTS)
    for rows in ([11], [-1], [0.5], [[0]]):
        with pytest.raises(UsageError, match="row"):
            embed_images(Prepares(), source, rows, store=None)

    class Blind:
        fingerprint = "blind"

        def encode_text(self, texts):
            return np.ones((len(texts), 2), np.float32)

    with pytest.raises(EncoderError, match="takes no pictures"):
        embed_images(Blind(), source, [0], store=None)
    with pytest.raises(StoreError, match="modality 'text'"):
        embed_images(Prepares(), source, [0], store=EmbeddingStore(tmp_path, "prepares-1"))
    with pytest.raises(StoreError, match="other"):
        embed_images(Prepares(), source, [0], store=EmbeddingStore(tmp_path, "other", "image"))
    assert source.decoded == []


def test_no_rows(tmp_path):
    store = EmbeddingStore(tmp_path, "prepares-1", "image")
    assert embed_images(Prepares(), Pictures(CONTENTS), [], store=None).shape == (0, 0)
    assert embed_images(Prepares(), Pictures(CONTENTS), np.empty(0, int), store=store).shape == (0, 0)
    embed_images(Prepares(), Pictures(CONTENTS), [1], store=store)
    assert embed_images(Prepares(), Pictures(CONTENTS), [], store=store).shape == (0, 6)


def test_who_is_told_facts_sees_no_pixels():
    class Told(Prepares):
        def encode_pictures(self, pictures):
            return np.array([[float(one.picture_id[1:]), 1] for one in pictures], dtype=np.float32)

    source = Pictures(CONTENTS)
    got = embed_images(Told(), source, [4, 2, 4], store=None)
    assert got.tolist() == [[4, 1], [2, 1], [4, 1]]
    assert source.decoded == []


def test_a_full_cache_that_cannot_be_written_serves(tmp_path, monkeypatch):
    store = EmbeddingStore(tmp_path, "prepares-1", "image")
    embed_images(Prepares(), Pictures(CONTENTS), range(11), store=store)

    def refuse(self):
        raise StoreError("read-only")

    monkeypatch.setattr(EmbeddingStore, "prepare", refuse)
    got = embed_images(Prepares(), Pictures(CONTENTS), range(11), store=store)
    assert np.array_equal(got, expected(CONTENTS, range(11)))
    encoder = Prepares()
    with pytest.raises(StoreError, match="read-only"):  # before anything is encoded for nothing
        embed_images(encoder, Pictures([77]), [0], store=store)
    assert encoder.calls == []


def test_the_key_is_of_size_and_pixels_alone(tmp_path: Path):
    image = picture(1, 8, 6)
    image.save(tmp_path / "a.png")
    image.save(tmp_path / "b.bmp")
    keys = {image_key(Image.open(tmp_path / name).convert("RGB")) for name in ("a.png", "b.bmp")}
    assert keys == {image_key(image)} and len(image_key(image)) == 32
    turned = Image.frombytes("RGB", (6, 8), image.tobytes())  # the same bytes in another shape
    other = image.copy()
    other.putpixel((0, 0), (1, 2, 3))
    assert len({image_key(image), image_key(turned), image_key(other)}) == 3
    with pytest.raises(ValueError, match="expected 'RGB'"):
        image_key(image.convert("RGBA"))
