"""Precomputed vectors: what is read, and what is refused with which words."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from primacy.encoders.load import load_encoder
from primacy.errors import UnknownNameError, UsageError, VectorsError
from primacy.testing import check_encoder

REAL = Path(__file__).parents[3] / "shared" / "data" / "clip_vitb32"
TEXTS = ["a dog", "a cat", "a dog and a cat", "naïve café", ""]
VECTORS = np.random.default_rng(0).normal(size=(5, 4)).astype(np.float32)
UNIT = VECTORS / np.linalg.norm(VECTORS, axis=1, keepdims=True)


def write_parquet(path: Path, texts=TEXTS, vectors=VECTORS, fixed: bool = False) -> str:
    kind = pl.Array(pl.Float32, 4) if fixed else pl.List(pl.Float64)
    rows = [None if row is None else list(map(float, row)) for row in vectors]
    pl.DataFrame({"text": texts, "vector": pl.Series(rows, dtype=kind)}).write_parquet(path)
    return f"vectors:{path}"


def write_npz(path: Path, texts=TEXTS, vectors=VECTORS) -> str:
    np.savez(path, texts=np.array(texts), vectors=vectors)
    return f"vectors:{path}"


def write_npy(folder: Path, names=TEXTS[:4], vectors=VECTORS[:4]) -> str:
    np.save(folder / "v.npy", vectors)
    (folder / "names.txt").write_text("\n".join(names) + "\n", encoding="utf-8")
    return f"vectors:{folder / 'v.npy'}?texts=names.txt"


def test_every_format_gives_the_same_unit_vectors(tmp_path):
    names = [
        write_parquet(tmp_path / "list.parquet"),
        write_parquet(tmp_path / "fixed.parquet", fixed=True),
        write_npz(tmp_path / "v.npz"),
    ]
    encoders = [load_encoder(name) for name in names]
    for encoder in encoders:
        order = [3, 0, 0, 4, 1]
        got = encoder.encode_text([TEXTS[i] for i in order])
        assert got.dtype == np.float32
        np.testing.assert_allclose(got, UNIT[order], atol=1e-6)
        assert check_encoder(encoder, texts=TEXTS).unit_norm
    assert len({encoder.fingerprint for encoder in encoders}) == 1


def test_npy_with_names_and_template(tmp_path):
    name = write_npy(tmp_path, ["dog", "hot dog"], VECTORS[:2]) + "&template=a photo of a {}"
    encoder = load_encoder(name)
    assert encoder.texts == ["a photo of a dog", "a photo of a hot dog"]
    np.testing.assert_allclose(encoder.encode_text(["a photo of a hot dog"]), UNIT[1:2], atol=1e-6)
    percent = load_encoder(name.replace(" ", "%20"))
    assert percent.fingerprint == encoder.fingerprint


@pytest.mark.skipif(not REAL.is_dir(), reason="shared/data/clip_vitb32 is absent")
def test_real_clip_vectors():
    encoder = load_encoder(f"vectors:{REAL}/lvis_v1_clip_a+cname.npy?texts=lvis_names.txt&template=a {{}}")
    dog, puppy, chair = encoder.encode_text(["a dog", "a puppy", "a armchair"])
    assert dog.shape == (512,)
    assert dog @ puppy > dog @ chair
    assert check_encoder(encoder, texts=encoder.texts[:20]).unit_norm


def test_content_is_the_identity_not_the_path(tmp_path):
    first = load_encoder(write_npz(tmp_path / "a.npz"))
    same = load_encoder(write_npz(tmp_path / "b.npz"))
    other = load_encoder(write_npz(tmp_path / "c.npz", vectors=VECTORS + np.float32(0.1)))
    renamed = load_encoder(write_npz(tmp_path / "d.npz", texts=["x", *TEXTS[1:]]))
    assert first.fingerprint == same.fingerprint
    assert len({first.fingerprint, other.fingerprint, renamed.fingerprint}) == 3


def test_missing_texts_are_counted_and_named(tmp_path):
    encoder = load_encoder(write_npz(tmp_path / "v.npz"))
    with pytest.raises(VectorsError, match=r"4 of 5 texts have no vector: 'b', 'c', 'd', \.\.\.") as caught:
        encoder.encode_text(["b", "a dog", "c", "b", "d", "e"])
    assert "primacy export" in caught.value.hint


def test_a_text_twice(tmp_path):
    doubled = load_encoder(write_npz(tmp_path / "same.npz", [*TEXTS, "a dog"], np.vstack([VECTORS, VECTORS[:1]])))
    assert doubled.fingerprint == load_encoder(write_npz(tmp_path / "once.npz")).fingerprint
    with pytest.raises(VectorsError, match="1 texts stand there again with another vector: 'a dog'"):
        load_encoder(write_npz(tmp_path / "v.npz", [*TEXTS, "a dog"], np.vstack([VECTORS, VECTORS[1:2]])))


@pytest.mark.parametrize(
    ("value", "words"),
    [(np.nan, "hold NaN or infinity"), (-np.inf, "hold NaN or infinity"), (0.0, "are all zeros")],
)
def test_bad_rows_are_named(tmp_path, value, words):
    vectors = VECTORS.copy()
    vectors[2] = value
    for name in (
        write_npz(tmp_path / "v.npz", vectors=vectors),
        write_parquet(tmp_path / "v.parquet", vectors=vectors),
    ):
        with pytest.raises(VectorsError, match=rf"1 of 5 vectors {words}: row 3 'a dog and a cat'"):
            load_encoder(name)


def test_too_large_for_float32_is_infinite(tmp_path):
    with pytest.raises(VectorsError, match="5 of 5 vectors hold NaN or infinity"):
        load_encoder(write_npz(tmp_path / "v.npz", vectors=VECTORS.astype(np.float64) * 1e300))


def test_ragged_rows(tmp_path):
    rows = [*VECTORS[:4], VECTORS[4][:3]]
    with pytest.raises(VectorsError, match="different dimensions"):
        load_encoder(write_parquet(tmp_path / "v.parquet", vectors=rows))
    ragged = np.empty(2, dtype=object)
    ragged[:] = [[1.0], [1.0, 2.0]]
    np.savez(tmp_path / "v.npz", texts=np.array(["a", "b"]), vectors=ragged)  # pickled: must not be loaded
    with pytest.raises(VectorsError, match="cannot be read"):
        load_encoder(f"vectors:{tmp_path}/v.npz")


def test_wrong_columns_and_types(tmp_path):
    pl.DataFrame({"caption": ["a"], "vector": [[1.0]]}).write_parquet(tmp_path / "a.parquet")
    with pytest.raises(VectorsError, match=r"no column text; it has caption, vector"):
        load_encoder(f"vectors:{tmp_path}/a.parquet")
    pl.DataFrame({"text": [1], "vector": [[1.0]]}).write_parquet(tmp_path / "b.parquet")
    with pytest.raises(VectorsError, match="text is Int64"):
        load_encoder(f"vectors:{tmp_path}/b.parquet")
    pl.DataFrame({"text": ["a"], "vector": [["x"]]}).write_parquet(tmp_path / "c.parquet")
    with pytest.raises(VectorsError, match="expected numbers"):
        load_encoder(f"vectors:{tmp_path}/c.parquet")
    with pytest.raises(VectorsError, match="1 texts and 1 vectors are null"):
        load_encoder(write_parquet(tmp_path / "d.parquet", [None, "b"], [[1.0], None]))
    np.savez(tmp_path / "e.npz", names=np.array(["a"]))
    with pytest.raises(VectorsError, match="holds names, expected texts and vectors"):
        load_encoder(f"vectors:{tmp_path}/e.npz")


def test_unequal_numbers(tmp_path):
    with pytest.raises(VectorsError, match="4 texts for 5 vectors"):
        load_encoder(write_npz(tmp_path / "v.npz", TEXTS[:4]))
    with pytest.raises(VectorsError, match="0 texts for 0 vectors"):
        load_encoder(write_npz(tmp_path / "none.npz", np.array([], dtype=str), VECTORS[:0]))


@pytest.mark.parametrize("suffix", ["parquet", "npz", "npy"])
@pytest.mark.parametrize("content", [b"", b"not this format", b"PK\x03\x04 half a zip", b"PAR1 half a table"])
def test_unreadable_files(tmp_path, suffix, content):
    (tmp_path / f"v.{suffix}").write_bytes(content)
    (tmp_path / "names.txt").write_text("a\n")
    query = "?texts=names.txt" if suffix == "npy" else ""
    with pytest.raises(VectorsError, match=rf"v\.{suffix} cannot be read"):
        load_encoder(f"vectors:{tmp_path}/v.{suffix}{query}")


def test_usage(tmp_path):
    name = write_npy(tmp_path)
    with pytest.raises(UsageError, match="which texts"):
        load_encoder(name.partition("?")[0])
    with pytest.raises(UsageError, match="must hold"):
        load_encoder(f"{name}&template=a photo")
    with pytest.raises(UnknownNameError, match="'tempate'"):
        load_encoder(f"{name}&tempate=a")
    with pytest.raises(UsageError, match="no known kind"):
        load_encoder("vectors:v.csv")
    with pytest.raises(UsageError, match=r"\.npy files only"):
        load_encoder(f"{write_npz(tmp_path / 'v.npz')}?texts=names.txt")
    with pytest.raises(VectorsError, match="does not exist"):
        load_encoder("vectors:none.parquet")
    with pytest.raises(VectorsError, match="cannot be read"):
        load_encoder(name.replace("names.txt", "none.txt"))
