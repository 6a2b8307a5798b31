"""Packs: their catalogues are read, their objects unpacked, credits compared, and a missing pack says how to get it."""

import shutil
import subprocess
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from primacy.assets import catalogue, properties
from primacy.assets.catalogue import Asset
from primacy.assets.install import install
from primacy.assets.packs import PACKS, Packs
from primacy.errors import AssetError, UnknownNameError

CATALOGUE = r"""# comment = no key
id=Test
license=Creative Commons Attribution 3.0 Unported license  \u00a9 Somebody
id#1=dog
name#1=Chien f\
   rais\u00e9
model#1=/models/dog/dog.obj
width#1=35.7
depth#1=83
height#1=75.0
creator#1=José
"""


@pytest.fixture(autouse=True)
def no_system_packs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(
        "primacy.assets.packs.PACKS", {k: replace(p, system=tmp_path / "none") for k, p in PACKS.items()}
    )


@pytest.fixture
def dog() -> Asset:
    return Asset("dog/scopia-1", "dog", "file", "Dog", "José", "CC-BY-3.0", "Scopia", 0.8, path="models/dog/dog.obj")


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    folder = tmp_path / "from" / "deep"
    folder.mkdir(parents=True)
    with zipfile.ZipFile(folder / "Scopia.sh3f", "w") as made:
        made.writestr(properties.FILE, CATALOGUE.encode("latin-1"))
        for name in ("dog.obj", "dog.mtl", "fur.png"):
            made.writestr(f"models/dog/{name}", name)
        made.writestr("models/cat/cat.obj", "cat")
    return folder / "Scopia.sh3f"


def test_a_catalogue_is_read_with_escapes_and_continued_lines() -> None:
    model = properties.models(CATALOGUE.encode("latin-1"))["models/dog/dog.obj"]
    assert (model.name, model.author, model.licence) == ("Chien fraisé", "José", "CC-BY-3.0")
    assert model.size_m == pytest.approx((0.357, 0.83, 0.75))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a=1\nb:2\rc 3\r\n  d = 4", {"a": "1", "b": "2", "c": "3", "d": "4"}),
        ("# a=1\n! b=2\n\n", {}),
        (r"a\=b=c\\", {"a=b": "c\\"}),
        ("a=x\\\\\nb=y", {"a": "x\\", "b": "y"}),
        ("a=x\\\n# y", {"a": "x# y"}),
        (r"a=\u20ac\t.", {"a": "€\t."}),
        ("a", {"a": ""}),
    ],
)
def test_properties_are_those_of_java(text: str, expected: dict[str, str]) -> None:
    assert properties.parse(text) == expected


@given(st.dictionaries(st.text("ab=:#\\é ", min_size=1, max_size=5), st.text("ab=:#\\é€\n", max_size=8), max_size=4))
def test_written_properties_are_read_back(table: dict[str, str]) -> None:
    def escaped(text: str) -> str:
        return "".join(f"\\u{ord(c):04X}" if ord(c) > 126 or c in "=:#\\ \n" else c for c in text)

    assert properties.parse("\n".join(f"{escaped(k)}={escaped(v)}" for k, v in table.items())) == table


@pytest.mark.parametrize("text", [r"a=\u12", r"a=\uzzzz", "a=\\u"])
def test_a_broken_escape_is_named(text: str) -> None:
    with pytest.raises(AssetError, match="broken"):
        properties.parse(text)


@pytest.mark.parametrize(
    ("old", "new", "trouble"),
    [
        ("width#1=35.7", "width#1=wide", "model 1"),
        ("creator#1=José", "", "model 1"),
        ("Attribution 3.0 Unported", "Attribution-NonCommercial 3.0", "licence"),
    ],
)
def test_broken_catalogues_are_refused(old: str, new: str, trouble: str) -> None:
    with pytest.raises(AssetError, match=trouble):
        properties.models(CATALOGUE.replace(old, new).encode("latin-1"))


def test_an_object_is_unpacked_with_all_that_lies_beside_it(tmp_path: Path, pack: Path, dog: Asset) -> None:
    packs = Packs(tmp_path / "cache", pack.parent.parent)
    assert packs.status(dog) == "pack"
    mesh, texture = packs.mesh_paths(dog)
    assert texture == ""
    assert sorted(p.name for p in Path(mesh).parent.iterdir()) == ["dog.mtl", "dog.obj", "fur.png"]
    assert not (tmp_path / "cache" / "packs" / "Scopia" / "models" / "cat").exists()
    pack.unlink()
    assert Packs(tmp_path / "cache").mesh_paths(dog) == (mesh, "")
    assert Packs(tmp_path / "cache").status(dog) == "unpacked"


def test_a_mesh_that_names_no_files_comes_with_its_texture_alone(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "public.zip", "w") as made:
        for name in ("art/a.pmd", "art/b.pmd", "skins/a.dds", "skins/b.dds"):
            made.writestr(name, name)
    zebra = Asset(
        "zebra/1", "zebra", "file", "Z", "W", "CC-BY-SA-3.0", "0ad", 2.4, path="art/a.pmd", texture="skins/a.dds"
    )
    mesh, texture = Packs(tmp_path / "cache", tmp_path / "public.zip").mesh_paths(zebra)
    assert (Path(mesh).read_text(), Path(texture).read_text()) == ("art/a.pmd", "skins/a.dds")
    assert not list((tmp_path / "cache").rglob("b.*"))


@pytest.mark.parametrize("change", [{"author": "Nobody"}, {"licence": "CC0-1.0"}, {"path": "models/cat/cat.obj"}])
def test_a_model_of_another_author_or_licence_is_not_used(tmp_path: Path, pack: Path, dog: Asset, change: dict) -> None:
    with pytest.raises(AssetError):
        Packs(tmp_path / "cache", pack).mesh_paths(replace(dog, **change))


def test_a_missing_pack_says_what_to_run(tmp_path: Path, dog: Asset) -> None:
    packs = Packs(tmp_path)
    assert packs.status(dog) == "missing"
    with pytest.raises(AssetError, match="Scopia") as caught:
        packs.mesh_paths(dog)
    assert "primacy assets install sweethome3d" in caught.value.hint


def test_objects_from_code_and_from_users_need_no_pack(tmp_path: Path, dog: Asset) -> None:
    assert Packs(tmp_path).mesh_paths(replace(dog, kind="procedural", path="")) == ("", "")
    assert Packs(tmp_path).mesh_paths(replace(dog, source="user", path="/a/b.glb")) == ("/a/b.glb", "")


def test_installing_unpacks_the_objects_of_the_packs_that_are_there(tmp_path: Path, pack: Path, dog: Asset) -> None:
    other = replace(dog, asset="dog/k", source="KatorLegaz")
    assert install("sweethome3d", [dog, other], tmp_path / "cache", origin=pack) == 1
    assert Packs(tmp_path / "cache").status(dog) == "unpacked"


def test_installing_from_nothing_is_an_error(tmp_path: Path, dog: Asset) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(AssetError, match=r"Scopia\.sh3f"):
        install("sweethome3d", [dog], tmp_path, origin=tmp_path / "empty")
    with pytest.raises(AssetError, match="missing"):
        install("sweethome3d", [dog], tmp_path, origin=tmp_path / "nowhere")
    with pytest.raises(UnknownNameError):
        install("sweethome", [dog], tmp_path)


@pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="no dpkg-deb here")
def test_packs_are_found_in_a_debian_package(tmp_path: Path, pack: Path, dog: Asset) -> None:
    root = tmp_path / "root"
    (root / "DEBIAN").mkdir(parents=True)
    (root / "DEBIAN" / "control").write_text(
        "Package: x\nVersion: 1\nArchitecture: all\nMaintainer: x <x@x.x>\nDescription: x\n"
    )
    (root / "usr" / "share").mkdir(parents=True)
    pack.rename(root / "usr" / "share" / "Scopia.sh3f")
    (root / "usr" / "share" / "other").write_text("x")
    subprocess.run(["dpkg-deb", "--build", root, tmp_path / "x.deb"], check=True, capture_output=True)
    assert install("sweethome3d", [dog], tmp_path / "cache", origin=tmp_path / "x.deb") == 1
    assert [p.name for p in (tmp_path / "cache").iterdir()] == ["packs"]
    (tmp_path / "bad.deb").write_bytes(b"no package")
    with pytest.raises(AssetError, match=r"bad\.deb"):
        install("sweethome3d", [dog], tmp_path / "cache", origin=tmp_path / "bad.deb")


def test_without_apt_the_hint_names_another_way(tmp_path: Path, dog: Asset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None)
    with pytest.raises(AssetError, match="apt") as caught:
        install("sweethome3d", [dog], tmp_path)
    assert "--from" in caught.value.hint


def test_the_catalogue_is_sound() -> None:
    assets = [a for a in catalogue.load() if a.kind == "file"]
    assert len({a.asset for a in assets}) == len(assets) > 150
    for a in assets:
        assert a.source in PACKS
        assert a.asset.startswith(f"{a.category}/")
        assert a.title and a.author and 0.01 < a.size_m < 30
        assert (a.licence == "CC-BY-SA-3.0") == (a.source == "0ad")
        assert bool(a.texture) == a.path.endswith(".pmd")
    several = [c for c in {a.category for a in assets} if sum(a.category == c for a in assets) > 1]
    assert len(several) >= 45
