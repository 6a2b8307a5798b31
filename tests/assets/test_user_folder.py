"""Manifests of one's own objects: what is read, and what each kind of mistake says."""

from pathlib import Path

import pytest

from primacy.assets import user_folder
from primacy.errors import AssetError

GOOD = {
    "file": "duck.glb",
    "category": "bird",
    "title": "Duck",
    "author": "A. Person",
    "licence": "CC-BY-4.0",
    "size_m": 0.4,
    "yaw": 90,
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "mine"
    made.mkdir()
    for name in ("duck.glb", "Old Duck!.obj", "duck.stl"):
        (made / name).write_bytes(b"x")
    (tmp_path / "outside.glb").write_bytes(b"x")
    return made


def toml(folder: Path, *rows: dict) -> None:
    lines = ["[[object]]\n" + "\n".join(f"{k} = {v!r}" for k, v in row.items()) for row in rows]
    (folder / "objects.toml").write_text("\n".join(lines), "utf-8")


def test_a_toml_manifest(folder: Path) -> None:
    toml(folder, GOOD, {**GOOD, "file": "Old Duck!.obj", "tilt": 20, "keep": "^body"})
    first, second = user_folder.read(folder)
    assert (first.asset, first.kind, first.source, first.yaw, first.size_m) == ("bird/duck", "file", "user", 90.0, 0.4)
    assert Path(first.path) == (folder / "duck.glb").resolve()
    assert (second.asset, second.tilt, second.keep) == ("bird/old-duck", 20.0, "^body")


def test_a_csv_manifest_says_the_same(folder: Path) -> None:
    toml(folder, GOOD)
    expected = user_folder.read(folder)
    (folder / "objects.toml").unlink()
    text = ",".join([*GOOD, "tilt"]) + "\n" + ",".join([*map(str, GOOD.values()), ""]) + "\n"
    (folder / "objects.csv").write_text(text, "utf-8-sig")
    assert user_folder.read(folder) == expected


@pytest.mark.parametrize("field", ["file", "category", "title", "author", "licence", "size_m"])
def test_a_missing_field_is_named(folder: Path, field: str) -> None:
    toml(folder, {k: v for k, v in GOOD.items() if k != field})
    with pytest.raises(AssetError, match=f"object 1 has no '{field}'"):
        user_folder.read(folder)


@pytest.mark.parametrize(
    ("change", "trouble"),
    [
        ({"colour": "red"}, "unknown field 'colour'"),
        ({"size_m": "large"}, "size_m"),
        ({"size_m": 0}, "size_m"),
        ({"size_m": -1}, "size_m"),
        ({"yaw": "nan"}, "yaw"),
        ({"title": ""}, "title"),
        ({"author": 3}, "author"),
        ({"category": "a/b"}, "slash"),
        ({"title": "x" * 1000}, "title"),
        ({"file": "nothing.glb"}, "no file"),
        ({"file": "duck.stl"}, "unknown kind"),
        ({"file": "../outside.glb"}, "outside"),
        ({"texture": "../outside.glb"}, "outside"),
    ],
)
def test_a_wrong_field_is_named(folder: Path, change: dict, trouble: str) -> None:
    toml(folder, {**GOOD, **change})
    with pytest.raises(AssetError, match=trouble):
        user_folder.read(folder)


def test_two_objects_of_one_name_are_refused(folder: Path) -> None:
    toml(folder, GOOD, GOOD)
    with pytest.raises(AssetError, match="'bird/duck'"):
        user_folder.read(folder)


def test_manifests_that_are_none(folder: Path) -> None:
    with pytest.raises(AssetError, match="neither"):
        user_folder.read(folder)
    (folder / "objects.toml").write_text("[[object]\n")
    with pytest.raises(AssetError, match="no TOML"):
        user_folder.read(folder)
    (folder / "objects.toml").write_text("object = 3\n")
    with pytest.raises(AssetError, match="tables"):
        user_folder.read(folder)
    (folder / "objects.csv").write_text("file\n")
    with pytest.raises(AssetError, match="both"):
        user_folder.read(folder)
    (folder / "objects.toml").unlink()
    with pytest.raises(AssetError, match="0 objects"):
        user_folder.read(folder)
    (folder / "objects.csv").write_text("file,category\na\n")
    with pytest.raises(AssetError, match="fields than its heading"):
        user_folder.read(folder)
    (folder / "objects.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(AssetError, match="no CSV"):
        user_folder.read(folder)
    with pytest.raises(AssetError, match="no folder"):
        user_folder.read(folder / "nowhere")
