"""Archives that would leave their folder, follow links or fill the disk are refused; others come out byte for byte."""

import stat
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from primacy.assets import archive
from primacy.assets.archive import Archive, contained
from primacy.errors import AssetError


def make(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in members.items():
            made.writestr(name, data)
    return path


@pytest.mark.parametrize(
    "name", ["../evil", "a/../../evil", "/etc/evil", "C:/evil", "..\\evil", "a\\..\\..\\evil", "\\evil"]
)
def test_a_member_that_leaves_the_folder_refuses_the_archive(tmp_path: Path, name: str) -> None:
    path = make(tmp_path / "x.zip", {"good": b"1", name: b"2"})
    with pytest.raises(AssetError, match="leaves the folder"):
        Archive(path)


def test_names_with_dots_that_stay_inside_are_read(tmp_path: Path) -> None:
    path = make(tmp_path / "x.zip", {"a..b/c...d": b"1"})
    assert Archive(path).read("a..b/c...d") == b"1"


def test_a_link_is_refused(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as made:
        made.writestr(link, "/etc/passwd")
    with pytest.raises(AssetError, match="link"):
        Archive(tmp_path / "x.zip")


def test_a_bomb_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = make(tmp_path / "x.zip", {"bomb": bytes(20_000_000)})
    with pytest.raises(AssetError, match="grows"):
        Archive(path).read("bomb")
    with pytest.raises(AssetError, match="grows"):
        Archive(path).unpack(["bomb"], tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_totals_and_counts_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = make(tmp_path / "x.zip", {"a": b"12345", "b": b"12345"})
    monkeypatch.setattr(archive, "MAX_TOTAL_BYTES", 9)
    with pytest.raises(AssetError, match="unpack to 10 bytes"):
        Archive(path).unpack(["a", "b"], tmp_path / "out")
    Archive(path).unpack(["a"], tmp_path / "out")
    monkeypatch.setattr(archive, "MAX_MEMBER_BYTES", 4)
    with pytest.raises(AssetError, match="too many"):
        Archive(path).read("a")
    monkeypatch.setattr(archive, "MAX_MEMBERS", 1)
    with pytest.raises(AssetError, match="2 members"):
        Archive(path)


def test_a_damaged_member_is_an_asset_error(tmp_path: Path) -> None:
    path = make(tmp_path / "x.zip", {"a": bytes(range(256)) * 40})
    data = bytearray(path.read_bytes())
    data[60:80] = bytes(20)
    path.write_bytes(bytes(data))
    with pytest.raises(AssetError, match="damaged"):
        Archive(path).read("a")


@pytest.mark.parametrize("packing", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_damage_to_packed_data_is_an_asset_error(tmp_path: Path, packing: int) -> None:
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w", packing) as archive:
        archive.writestr("a", np.random.default_rng(0).integers(97, 105, 5000).astype(np.uint8).tobytes())
    data = bytearray(path.read_bytes())
    for at in range(60, 140):
        data[at] ^= 0xFF
    path.write_bytes(bytes(data))
    with pytest.raises(AssetError, match="damaged"):
        Archive(path).read("a")


def test_what_is_no_zip_or_not_there(tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(b"no zip")
    with pytest.raises(AssetError, match="zip file"):
        Archive(tmp_path / "x.zip")
    with pytest.raises(AssetError, match="missing"):
        Archive(tmp_path / "y.zip")
    with pytest.raises(AssetError, match="holds no 'b'"):
        Archive(make(tmp_path / "z.zip", {"a": b""})).read("b")


def test_beside_is_the_folder_with_the_file_last(tmp_path: Path) -> None:
    path = make(
        tmp_path / "x.zip", dict.fromkeys(("m/dog/dog.obj", "m/dog/t/a.png", "m/dog/dog.mtl", "m/dogs/x", "top"), b"")
    )
    found = Archive(path).beside("m/dog/dog.obj")
    assert found[-1] == "m/dog/dog.obj"
    assert sorted(found) == ["m/dog/dog.mtl", "m/dog/dog.obj", "m/dog/t/a.png"]
    assert Archive(path).beside("top") == ["top"]


@settings(max_examples=20, deadline=None)
@given(
    st.dictionaries(st.from_regex(r"[a-z]{1,4}(/[a-z]{1,4})?\.x", fullmatch=True), st.binary(max_size=50), max_size=6)
)
def test_unpacked_files_are_what_was_packed(
    tmp_path_factory: pytest.TempPathFactory, members: dict[str, bytes]
) -> None:
    folder = tmp_path_factory.mktemp("zip")
    opened = Archive(make(folder / "x.zip", members))
    opened.unpack(list(members), folder / "out")
    opened.close()
    assert {n: (folder / "out" / n).read_bytes() for n in members} == members


def test_contained_follows_no_link_out(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "secret").write_text("x")
    (tmp_path / "in" / "a").write_text("x")
    (tmp_path / "in" / "link").symlink_to(tmp_path / "secret")
    assert contained(tmp_path / "in", "a") == (tmp_path / "in" / "a").resolve()
    for name in ("link", "../secret", str(tmp_path / "secret")):
        with pytest.raises(AssetError, match="outside"):
            contained(tmp_path / "in", name)
    with pytest.raises(AssetError, match="no file"):
        contained(tmp_path / "in", "b")
