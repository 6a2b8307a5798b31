"""Meshes from files: the .pmd reader and the limits alone; loading, mending and refusing inside Blender."""

import json
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from primacy.assets import blender_env
from primacy.errors import AssetError, RenderError
from primacy.render.child import Child
from primacy.render.job import limits, pmd

POSITIONS = np.array([[0, 0, 0], [1, 0, 0], [0, 2, 0], [0, 0, 3]], dtype="<f4")
UV = np.array([[0, 0], [1, 0], [0, 1], [1, 1]], dtype="<f4")
FACES = np.array([[0, 1, 2], [0, 2, 3], [0, 3, 1], [1, 3, 2]], dtype="<u2")


def pmd_bytes(version: int = 4, sets: int = 2, faces: np.ndarray = FACES) -> bytes:
    vertices = b"".join(
        p.tobytes() + bytes(12) + np.concatenate([u] + [u + 7] * (sets - 1)).tobytes() + bytes(20)
        for p, u in zip(POSITIONS, UV, strict=True)
    )
    head = struct.pack("<I", len(POSITIONS)) + (struct.pack("<I", sets) if version == 4 else b"")
    body = head + vertices + struct.pack("<I", len(faces)) + faces.tobytes() + struct.pack("<II", 0, 0)
    return b"PSMD" + struct.pack("<II", version, len(body)) + body


def png(colours: np.ndarray) -> bytes:
    """A PNG of uint8 (H, W, 4)."""
    height, width = colours.shape[:2]
    rows = b"".join(b"\0" + row.tobytes() for row in colours)
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows)),
        (b"IEND", b""),
    )
    made = b"\x89PNG\r\n\x1a\n"
    for kind, data in chunks:
        made += struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    return made


def obj_grid(side: int) -> str:
    """A square of side * side cells, in two groups, the left half "left"."""
    lines = [f"v {x} 0 {y}" for y in range(side + 1) for x in range(side + 1)]
    for name, columns in (("left", range(side // 2)), ("right", range(side // 2, side))):
        lines.append(f"o {name}")
        for y in range(side):
            for x in columns:
                a = y * (side + 1) + x + 1
                lines.append(f"f {a} {a + 1} {a + side + 2} {a + side + 1}")
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize(("version", "sets"), [(3, 1), (4, 1), (4, 3)])
def test_a_pmd_is_read_back(tmp_path: Path, version: int, sets: int) -> None:
    (tmp_path / "a.pmd").write_bytes(pmd_bytes(version, sets))
    positions, faces, uv = pmd.read(tmp_path / "a.pmd")
    np.testing.assert_array_equal(positions, POSITIONS)
    np.testing.assert_array_equal(faces, FACES)
    np.testing.assert_array_equal(uv, UV)


def test_a_cut_pmd_is_refused_wherever_it_is_cut(tmp_path: Path) -> None:
    whole = pmd_bytes(sets=1)
    for length in range(len(whole) - 8):
        (tmp_path / "a.pmd").write_bytes(whole[:length])
        with pytest.raises(ValueError, match=r"a\.pmd"):
            pmd.read(tmp_path / "a.pmd")


@pytest.mark.parametrize(
    "data", [b"JUNK" + pmd_bytes()[4:], pmd_bytes(2, 1), pmd_bytes(4, 200), pmd_bytes(faces=FACES + 1)]
)
def test_other_files_are_no_pmd(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.pmd").write_bytes(data)
    with pytest.raises(ValueError, match=r"a\.pmd"):
        pmd.read(tmp_path / "a.pmd")


def test_large_files_and_many_faces_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.obj"
    path.write_text(obj_grid(4))
    limits.check(path)
    monkeypatch.setattr(limits, "MAX_FACES", 15)
    with pytest.raises(ValueError, match="16 faces"):
        limits.check(path)
    monkeypatch.setattr(limits, "MAX_BYTES", 10)
    with pytest.raises(ValueError, match="bytes"):
        limits.check(path)


@pytest.mark.parametrize(
    ("data", "trouble"),
    [
        ({"accessors": [{"count": 2**31}]}, "entries"),
        (
            {
                "accessors": [{"count": 6_000_000}],
                "meshes": [{"primitives": [{"indices": 0}]}],
                "nodes": [{"mesh": 0}, {"mesh": 0}, {"mesh": 0}],
            },
            "6,000,000 faces",
        ),
        ({"buffers": [{"uri": "../secret.bin"}]}, "outside"),
        ({"images": [{"uri": "/etc/passwd"}]}, "outside"),
        ({"images": [{"uri": "%2e%2e/a.png"}]}, "outside"),
        ({"images": [{"uri": "http://x/a.png"}]}, "outside"),
        ([], "no JSON object"),
        ({"accessors": 3}, "damaged"),
        ({"accessors": [{"count": "x"}]}, "damaged"),
        ({"nodes": [3]}, "damaged"),
    ],
)
def test_gltf_that_promises_too_much_or_points_outside(tmp_path: Path, data: object, trouble: str) -> None:
    text = json.dumps(data).encode()
    (tmp_path / "a.gltf").write_bytes(text)
    (tmp_path / "a.glb").write_bytes(struct.pack("<4sIIII", b"glTF", 2, 0, len(text), 0x4E4F534A) + text)
    for name in ("a.gltf", "a.glb"):
        with pytest.raises(ValueError, match=trouble):
            limits.check(tmp_path / name)


def test_a_gltf_with_files_beside_it_passes(tmp_path: Path) -> None:
    (tmp_path / "a.gltf").write_text(json.dumps({"buffers": [{"uri": "a/b.bin"}], "images": [{"uri": "data:x"}]}))
    limits.check(tmp_path / "a.gltf")
    (tmp_path / "a.glb").write_bytes(b"no")
    with pytest.raises(ValueError, match="no GLB"):
        limits.check(tmp_path / "a.glb")


def test_pixels_are_read_from_heads() -> None:
    assert limits.pixels(png(np.zeros((3, 5, 4), np.uint8))) == 15
    jpeg = b"\xff\xd8\xff\xe0\x00\x04xx\xff\xc0\x00\x11\x08" + struct.pack(">HH", 30, 40) + bytes(12)
    assert limits.pixels(jpeg) == 1200
    assert limits.pixels(b"BM....") is None
    assert limits.pixels(b"") is None


@pytest.fixture(scope="module")
def blender() -> Iterator[Child]:
    try:
        command = blender_env.command()
    except AssetError as error:
        pytest.skip(f"{error}")
    child = Child(command)
    yield child
    child.close()


def load(blender: Child, path: Path, **fields: str) -> dict:
    return blender.ask(
        "mesh", spec={"asset": "a/b", "kind": "file", "path": str(path), "texture": "", "keep": "", **fields}
    )


def test_groups_are_kept_by_pattern(blender: Child, tmp_path: Path) -> None:
    (tmp_path / "a.obj").write_text(obj_grid(4))
    assert load(blender, tmp_path / "a.obj")["triangles"] == 32
    assert load(blender, tmp_path / "a.obj", keep="^left")["triangles"] == 16
    with pytest.raises(RenderError, match="left, right"):
        load(blender, tmp_path / "a.obj", keep="middle")
    with pytest.raises(RenderError, match="pattern"):
        load(blender, tmp_path / "a.obj", keep="(")


def test_dense_meshes_are_thinned(blender: Child, tmp_path: Path) -> None:
    (tmp_path / "a.obj").write_text(obj_grid(160))
    assert 20_000 < load(blender, tmp_path / "a.obj")["triangles"] <= 31_000


def test_loose_and_flat_geometry_goes(blender: Child, tmp_path: Path) -> None:
    text = "v 0 0 0\nv 1 0 0\nv 0 1 0\nv 0 0 1\nv 9 9 9\nf 1 2 3\nf 1 3 4\nf 1 2 2\nl 1 5\n"
    (tmp_path / "a.obj").write_text(text)
    assert load(blender, tmp_path / "a.obj")["triangles"] == 2


@pytest.mark.parametrize("bad", ["nan", "inf"])
def test_positions_that_are_not_finite_are_refused(blender: Child, tmp_path: Path, bad: str) -> None:
    positions = POSITIONS.copy()
    positions[1, 1] = float(bad)
    data = pmd_bytes(sets=1).replace(POSITIONS[1].tobytes(), positions[1].tobytes(), 1)
    (tmp_path / "a.pmd").write_bytes(data)
    with pytest.raises(RenderError, match="finite"):
        load(blender, tmp_path / "a.pmd")


@pytest.mark.parametrize("name", ["a.obj", "a.glb", "a.stl", "none.obj"])
def test_files_that_hold_nothing(blender: Child, tmp_path: Path, name: str) -> None:
    for made in ("a.obj", "a.glb", "a.stl"):
        (tmp_path / made).write_bytes(b"# nothing\n")
    with pytest.raises(RenderError, match=name.split(".")[0]):
        load(blender, tmp_path / name)


def test_missing_textures_are_named_and_others_found_again(blender: Child, tmp_path: Path) -> None:
    (tmp_path / "a.obj").write_text(
        "mtllib a.mtl\nv 0 0 0\nv 1 0 0\nv 0 1 0\nv 0 0 1\nvt 0 0\nvt 1 0\nvt 0 1\n"
        "usemtl lost\nf 1/1 2/2 3/3\nusemtl found\nf 1/1 3/2 4/3\n"
    )
    (tmp_path / "a.mtl").write_text(
        "newmtl lost\nmap_Kd /home/somebody/lost.png\nnewmtl found\nmap_Kd C:\\pictures\\Found.PNG\n"
    )
    (tmp_path / "found.png").write_bytes(png(np.full((4, 4, 4), 255, np.uint8)))
    answer = load(blender, tmp_path / "a.obj")
    assert answer["triangles"] == 2
    assert [w for w in answer["warnings"] if "'lost.png' is missing" in w] == answer["warnings"]
    assert len(answer["warnings"]) == 1


def test_holes_in_a_texture_are_holes_in_the_object(blender: Child, tmp_path: Path) -> None:
    """A square leaf whose texture is opaque in its left third only is seen as a third of the square."""
    from PIL import Image

    (tmp_path / "a.obj").write_text(
        "mtllib a.mtl\nv 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0\n"
        "vt 0 0\nvt 1 0\nvt 1 1\nvt 0 1\nusemtl leaf\nf 1/1 2/2 3/3 4/4\n"
    )
    (tmp_path / "a.mtl").write_text("newmtl leaf\nmap_Kd leaf.png\n")
    shares = {}
    for name, opaque in (("whole", 30), ("part", 10)):
        colours = np.zeros((30, 30, 4), np.uint8)
        colours[:, :opaque] = (0, 200, 0, 255)
        (tmp_path / "leaf.png").write_bytes(png(colours))
        spec = {"asset": "a/b", "kind": "file", "path": str(tmp_path / "a.obj")}
        paths = blender.ask("sprites", spec=spec, folder=str(tmp_path), views=1, size=64, elevation=25.0, samples=4)
        with Image.open(paths[0]) as picture:
            shares[name] = float((np.asarray(picture)[..., 3] >= 128).mean())
    assert shares["part"] / shares["whole"] == pytest.approx(1 / 3, abs=0.06)
