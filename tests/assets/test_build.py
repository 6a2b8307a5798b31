"""Building a sprite library, with a stand-in for Blender that draws squares."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from primacy.assets import build
from primacy.assets.build import build_library, halved, shipped
from primacy.assets.catalogue import Asset
from primacy.assets.library import read
from primacy.errors import AssetError

CUBE = Asset("cube/one", "cube", "simco", "A cube", "Ann", "Apache-2.0", "own", 1.0, builder="cube", material="rubber")
LIGHT = replace(CUBE, asset="traffic light/own-1", kind="procedural", builder="traffic_light", category="traffic light")
BROKEN = replace(LIGHT, asset="dog/broken", category="dog", builder="broken")

STAND_IN = """
import json, sys
from pathlib import Path
from PIL import Image
log = Path({log!r})
for line in sys.stdin:
    r = json.loads(line)
    if r["do"] == "version":
        answer = {{"ok": True, "value": "9.9"}}
    elif r["spec"]["builder"] == "broken":
        answer = {{"ok": False, "error": "ValueError: no mesh in it"}}
    else:
        with log.open("a") as stream:
            stream.write(r["spec"]["asset"] + "\\n")
        paths = []
        for k in range(r["views"]):
            picture = Image.new("RGBA", (r["size"], r["size"]))
            picture.paste((200, 40, 40, 255), (20, 20, 100 + 4 * k, 220))
            paths.append(str(Path(r["folder"]) / f"{{k}}.png"))
            picture.save(paths[-1])
        answer = {{"ok": True, "value": paths}}
    print(json.dumps({{"id": r["id"], **answer}}), flush=True)
"""


@pytest.fixture
def command(tmp_path: Path) -> list[str]:
    script = tmp_path / "stand_in.py"
    script.write_text(STAND_IN.format(log=str(tmp_path / "log")))
    return [sys.executable, str(script)]


@pytest.fixture
def rendered(tmp_path: Path):
    """Asset ids rendered since the last call."""
    log = tmp_path / "log"

    def since() -> list[str]:
        lines = log.read_text().split("\n")[:-1] if log.exists() else []
        log.unlink(missing_ok=True)
        return sorted(lines)

    return since


def test_a_library_is_made_and_reads_back(tmp_path, command):
    folder = tmp_path / "made"
    built = build_library([LIGHT, CUBE], folder, command)
    assert (built.made, built.kept, built.failed) == (("traffic light/own-1", "cube/one"), (), {})
    library = read([folder])
    assert [s.asset for s in library.sprites] == ["traffic light/own-1", "cube/one"]
    light, cube = library.sprites
    assert cube.tintable and not light.tintable
    assert light.file == "traffic-light--own-1.webp"
    for k, view in enumerate(cube.views):
        # 200 pixels high at 256, 80 + 4 k wide: all in units of the height, the longest side of all
        assert view.height == 1 and view.width == pytest.approx((80 + 4 * k) / 200, abs=0.01)
        assert view.fill == 1
    assert abs(cube.pictures()[0, 64, 30, :3].astype(int) - (200, 40, 40)).max() < 12


def test_what_is_unchanged_is_kept_and_what_changed_is_made_anew(tmp_path, command, rendered):
    folder = tmp_path / "made"
    build_library([CUBE, LIGHT], folder, command)
    assert rendered() == ["cube/one", "traffic light/own-1"]
    before = (folder / "library.json").read_bytes()
    assert build_library([CUBE, LIGHT], folder, command).kept == ("cube/one", "traffic light/own-1")
    assert (folder / "library.json").read_bytes() == before
    build_library([replace(CUBE, yaw=10.0), LIGHT], folder, command)
    assert rendered() == ["cube/one"]
    retitled = build_library([replace(CUBE, yaw=10.0, title="Another"), LIGHT], folder, command)
    assert rendered() == [] and retitled.made == () and read([folder]).sprite("cube/one").title == "Another"
    (folder / "cube--one.webp").write_bytes(b"altered")
    build_library([replace(CUBE, yaw=10.0), LIGHT], folder, command)
    assert rendered() == ["cube/one"]
    build_library([replace(CUBE, yaw=10.0), LIGHT], folder, command, samples=5)
    assert len(rendered()) == 2


def test_mesh_bytes_count(tmp_path, command, rendered):
    mesh = tmp_path / "a.obj"
    mesh.write_text("v 0 0 0")
    dog = replace(CUBE, asset="dog/1", category="dog", kind="file", source="pack", path="a.obj")

    def build_dog():
        return build_library([dog], tmp_path / "made", command, resolve=lambda asset: (str(mesh), ""))

    build_dog()
    build_dog()
    assert rendered() == ["dog/1"]
    mesh.write_text("v 0 0 1")
    build_dog()
    assert rendered() == ["dog/1"]


def test_a_break_loses_only_what_was_not_finished(tmp_path, command, rendered):
    class StopError(Exception):
        pass

    class Stopping(build.Silent):
        def advance(self, done):
            raise StopError

    with pytest.raises(StopError):
        build_library([CUBE, LIGHT], tmp_path / "made", command, workers=1, listener=Stopping())
    finished = rendered()
    build_library([CUBE, LIGHT], tmp_path / "made", command, workers=1)
    kept = {"cube/one", "traffic light/own-1"} - set(rendered())
    assert "cube/one" in finished and "cube/one" in kept


def test_one_that_fails_is_named_and_left_out(tmp_path, command):
    notes = []

    class Listening(build.Silent):
        def note(self, message):
            notes.append(message)

    built = build_library([BROKEN, CUBE], tmp_path / "made", command, listener=Listening())
    assert built.made == ("cube/one",) and list(built.failed) == ["dog/broken"]
    assert "no mesh in it" in built.failed["dog/broken"] and notes == ["dog/broken: ValueError: no mesh in it"]
    assert [s.asset for s in read([tmp_path / "made"]).sprites] == ["cube/one"]


def test_an_object_from_a_file_needs_its_pack(tmp_path, command):
    dog = replace(CUBE, asset="dog/1", kind="file", source="Scopia", path="dog.obj")
    assert "not unpacked" in build_library([dog], tmp_path / "made", command).failed["dog/1"]


def test_a_mesh_that_is_missing_fails_alone(tmp_path, command):
    dog = replace(CUBE, asset="dog/1", kind="file", source="Scopia", path="dog.obj")
    built = build_library([dog, CUBE], tmp_path / "made", command, resolve=lambda a: (str(tmp_path / "no"), ""))
    assert built.failed.keys() == {"dog/1", "cube/one"} and "cannot read the mesh" in built.failed["dog/1"]


def test_objects_no_longer_wanted_leave_the_folder(tmp_path, command):
    folder = tmp_path / "made"
    build_library([CUBE, LIGHT], folder, command)
    build_library([LIGHT], folder, command)
    assert [s.asset for s in read([folder]).sprites] == [LIGHT.asset]
    assert [p.name for p in folder.glob("*.webp")] == ["traffic-light--own-1.webp"]
    assert list(json.loads((folder / "build.json").read_text())["objects"]) == [LIGHT.asset]


def test_ids_that_share_a_file_name_are_refused(tmp_path, command):
    with pytest.raises(AssetError, match=r"cube--one\.webp"):
        build_library([CUBE, replace(CUBE, asset="cube/ONE")], tmp_path / "made", command)
    assert not (tmp_path / "made").exists()


def test_a_folder_that_cannot_be_written_is_refused_in_a_line(tmp_path, command):
    (tmp_path / "file").write_text("")
    with pytest.raises(AssetError, match="cannot write the sprite library"):
        build_library([CUBE], tmp_path / "file" / "made", command)


def test_shipped_libraries_keep_share_alike_apart():
    sheep = replace(CUBE, asset="sheep/1", kind="file", licence="CC-BY-SA-3.0")
    dog = replace(CUBE, asset="dog/1", kind="file", licence="CC-BY-3.0")
    assert shipped([sheep, CUBE, dog, LIGHT]) == {"comco": [dog, LIGHT], "comco-sa": [sheep], "simco": [CUBE]}


@given(arrays(np.uint8, (6, 6, 4)))
def test_halved_is_the_alpha_weighted_mean(picture):
    small = halved(picture)
    for y in range(3):
        for x in range(3):
            four = picture[2 * y : 2 * y + 2, 2 * x : 2 * x + 2].reshape(4, 4).astype(float)
            assert small[y, x, 3] == pytest.approx(four[:, 3].mean(), abs=0.5)
            if four[:, 3].sum():
                mean = (four[:, :3] * four[:, 3:]).sum(axis=0) / four[:, 3].sum()
                assert np.abs(small[y, x, :3] - mean).max() <= 0.5 + 1e-9


@given(st.integers(0, 255), st.integers(0, 255))
def test_halved_keeps_an_even_picture(colour, alpha):
    even = np.full((4, 4, 4), colour, dtype=np.uint8)
    even[..., 3] = alpha
    assert (halved(even)[..., 3] == alpha).all() and (not alpha or (halved(even)[..., :3] == colour).all())
