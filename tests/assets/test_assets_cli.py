"""`primacy assets` from the command line, with a cache of its own and no Blender."""

import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from primacy.assets import blender_env, catalogue, library
from primacy.cli.app import app
from primacy.errors import AssetError, UnknownNameError, UsageError


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("PRIMACY_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv(blender_env.VARIABLE, raising=False)
    monkeypatch.setattr("shutil.which", lambda name: None)
    yield


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["assets", *map(str, arguments)])


def test_list_counts_every_object_once() -> None:
    rows = json.loads(run("list", "--json").stdout)
    assert sum(row["instances"] for row in rows) == len(catalogue.load())
    assert [row["category"] for row in rows] == sorted({a.category for a in catalogue.load()})
    text = run("list").stdout.splitlines()
    assert len(text) == len(rows) + 1
    assert text[0].split() == list(rows[0])


def test_list_of_a_category_names_its_objects() -> None:
    rows = json.loads(run("list", "dog", "--json").stdout)
    assert [row["asset"] for row in rows] == [a.asset for a in catalogue.load() if a.category == "dog"]
    assert {"author", "licence", "mesh"} < set(rows[0])
    assert isinstance(run("list", "dogg").exception, UnknownNameError)


def test_install_from_a_folder_is_seen_by_list(tmp_path: Path) -> None:
    asset = next(a for a in catalogue.load() if a.source == "0ad")
    with zipfile.ZipFile(tmp_path / "public.zip", "w") as made:
        for a in catalogue.load():
            if a.source == "0ad":
                for name in (a.path, a.texture):
                    if name not in made.namelist():
                        made.writestr(name, "x")
    done = run("install", "0ad", "--from", tmp_path)
    assert done.exit_code == 0, done.output
    rows = json.loads(run("list", asset.category, "--json").stdout)
    assert {row["mesh"] for row in rows if row["asset"] == asset.asset} == {"unpacked"}


def test_what_cannot_be_installed(tmp_path: Path) -> None:
    assert isinstance(run("install", "sweethome").exception, AssetError)
    assert isinstance(run("install", "blender", "--from", tmp_path).exception, UsageError)
    assert isinstance(run("install", "0ad", "--out", tmp_path).exception, UsageError)
    (tmp_path / "a.glb").write_bytes(b"x")
    (tmp_path / "objects.csv").write_text("file,category,title,author,licence,size_m\na.glb,a,A,B,C,1\n")
    caught = run("install", tmp_path).exception
    assert isinstance(caught, AssetError) and "Blender" in str(caught)


def test_check_names_what_is_missing_and_fails_on_what_is_broken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(library, "BUILTIN", ())
    done = run("check", "--json")
    found = {row["what"]: row["status"] for row in json.loads(done.stdout)}
    assert done.exit_code == 0
    assert found["Blender"] == "missing"
    monkeypatch.setattr(library, "BUILTIN", ("simco",))
    monkeypatch.setattr(library, "builtin", lambda name, share_alike: library.read([tmp_path / name]))
    done = run("check")
    assert done.exit_code == 1
    assert "problem  sprites simco" in done.stdout


def test_contact_sheet_is_a_picture_of_the_library(tmp_path: Path, tiny_library: Path) -> None:
    from PIL import Image

    done = run("contact-sheet", tiny_library, "-o", tmp_path / "sheet.png", "--views", "0,1")
    assert done.exit_code == 0, done.output
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.format == "PNG"
        assert sheet.width > 2 * 64
    assert isinstance(run("contact-sheet", tmp_path, "-o", tmp_path / "x.png").exception, AssetError)
    bad = run("contact-sheet", tiny_library, "-o", tmp_path / "x.png", "--category", "nothing")
    assert isinstance(bad.exception, UnknownNameError)
    assert not (tmp_path / "x.png").exists()


def test_help_imports_nothing_heavy() -> None:
    code = "import sys, primacy.cli.assets; sys.exit(any(m in sys.modules for m in ('numpy', 'PIL', 'polars')))"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


@pytest.fixture
def tiny_library(tmp_path: Path) -> Path:
    """A library of one object, a red square seen from eight sides."""
    from dataclasses import asdict

    import numpy as np

    from primacy.assets.strips import measure_views, write_strip

    folder = tmp_path / "library"
    folder.mkdir()
    views = np.zeros((8, 128, 128, 4), np.uint8)
    views[:, 20:100, 20:100] = (200, 0, 0, 255)
    entry = {
        "asset": "box/1",
        "category": "box",
        "title": "Box",
        "author": "B",
        "licence": "CC0-1.0",
        "source": "user",
        "size_m": 1.0,
        "file": "box.webp",
        "sha256": write_strip(folder / "box.webp", views),
        "tintable": False,
        "views": [asdict(v) for v in measure_views(views)],
    }
    (folder / "library.json").write_text(json.dumps({"version": 1, "objects": [entry]}))
    return folder
