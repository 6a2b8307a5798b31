"""Scenes drawn by a real Blender; skipped where there is none."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from primacy.assets import blender_env
from primacy.assets.catalogue import Asset
from primacy.assets.library import Library
from primacy.design.scene import Camera, Ground, Light, Placed, Scene
from primacy.errors import AssetError
from primacy.render.base import Failed
from primacy.render.blender import BlenderRenderer
from primacy.render.child import JOB
from primacy.render.measure import measure


@pytest.fixture(scope="module")
def command():
    try:
        return blender_env.command()
    except AssetError as error:
        pytest.skip(f"no Blender: {error}")


def own(asset, **fields):
    return Asset(
        asset, asset.split("/")[0], title=asset, author="us", licence="CC0-1.0", source="own", size_m=1.0, **fields
    )


def written(path: Path, vertices, faces, uv=(), material=""):
    lines = [f"mtllib {path.stem}.mtl"] if material else []
    lines += [f"v {x} {z} {-y}" for x, y, z in vertices] + [f"vt {u} {v}" for u, v in uv]
    lines += ["usemtl card"] if material else []
    lines += ["f " + " ".join(f"{k}/{k}" if uv else str(k) for k in face) for face in faces]
    path.write_text("\n".join(lines) + "\n")
    if material:
        path.with_suffix(".mtl").write_text(material)


@pytest.fixture(scope="module")
def meshes(tmp_path_factory: pytest.TempPathFactory):
    """A box; a card of which the texture's alpha leaves the left half; an empty mesh; one that is no mesh."""
    folder = tmp_path_factory.mktemp("meshes")
    corners = [(x, y, z) for x in (0, 1) for y in (0, 0.6) for z in (0, 0.8)]
    faces = [(1, 2, 4, 3), (5, 7, 8, 6), (1, 5, 6, 2), (3, 4, 8, 7), (1, 3, 7, 5), (2, 6, 8, 4)]
    written(folder / "box.obj", corners, faces)
    alpha = np.zeros((32, 32, 4), dtype=np.uint8)
    alpha[..., :3], alpha[:, :16, 3] = (40, 160, 40), 255
    Image.fromarray(alpha).save(folder / "leaf.png")
    card = [(0, 0, 0), (1, 0, 0), (1, 0, 1), (0, 0, 1)]
    look = "newmtl card\nKd 1 1 1\nmap_Kd leaf.png\nmap_d leaf.png\n"
    written(folder / "card.obj", card, [(1, 2, 3, 4)], [(0, 0), (1, 0), (1, 1), (0, 1)], look)
    (folder / "empty.obj").write_text("# nothing\n")
    (folder / "noise.glb").write_bytes(bytes(range(256)) * 4)
    return folder


@pytest.fixture(scope="module")
def renderer(command, meshes):
    assets = [own("light/1", kind="procedural", builder="traffic_light", seed=1)]
    assets += [
        own(f"{p.stem}/1", kind="file", path=p.name) for p in sorted(meshes.glob("*.*")) if p.suffix in (".obj", ".glb")
    ]
    assets += [own(f"{b}/rubber", kind="simco", builder=b, material="rubber") for b in ("cube", "torus", "star")]

    def resolve(asset):
        return (str(meshes / asset.path) if asset.kind == "file" else "", "")

    made = BlenderRenderer(Library(()), assets, command, resolve=resolve, samples=2, workers=2)
    yield made
    made.close()


def placed(asset, x, y, area, yaw=0.0, **fields):
    return Placed(asset.split("/")[0], asset, x, y, area, yaw, **fields)


def scene(*objects, **fields):
    return Scene("t", 0, objects, **{"size": 112, "seed": 5, **fields})


THREE = scene(
    placed("light/1", 0.25, 0.3, 0.03, 30),
    placed("box/1", 0.6, 0.45, 0.05, 20),
    placed("cube/rubber", 0.35, 0.75, 0.04, colour=(0.6, 0.05, 0.05)),
)


def drawn(renderer, *scenes):
    found = list(renderer.render(scenes))
    for one in found:
        assert not isinstance(one, Failed), one.reason
    return found


def test_areas_places_and_masks_are_what_the_scene_asks(renderer):
    (one,) = drawn(renderer, THREE)
    seen = measure(one.mask, 3)
    np.testing.assert_array_equal(one.whole, seen.pixels)  # nothing is hidden
    for k, wanted in enumerate(THREE.objects):
        assert seen.area[k] == pytest.approx(wanted.area, rel=0.05)
        x, y, width, height = seen.box[k] / THREE.size
        assert (x + width / 2, y + height / 2) == pytest.approx((wanted.x, wanted.y), abs=0.01 + 0.5 / THREE.size)
    assert one.depth.tolist() == [2, 1, 0]
    red = one.image[one.mask == 3].mean(axis=0)
    assert red[0] > 2 * max(red[1], red[2])


def test_every_pixel_of_a_mask_shows_its_object_and_no_pixel_beside_it_does(renderer):
    """The picture is another pass than the mask: objects in pure colours on grey tell which pixel is whose."""
    pure = ((0.6, 0.0, 0.0), (0.0, 0.6, 0.0), (0.0, 0.0, 0.6))
    places = ((0.27, 0.3), (0.7, 0.45), (0.4, 0.76))
    names = ("cube/rubber", "torus/rubber", "star/rubber")
    objects = [placed(a, x, y, 0.04, 30, colour=c) for a, (x, y), c in zip(names, places, pure, strict=True)]
    (one,) = drawn(renderer, scene(*objects, size=224, light=Light(strength=0.8)))
    image = one.image.astype(int)
    near = np.pad(one.mask, 2, mode="edge")
    shifted = np.stack([near[2 + dy : 226 + dy, 2 + dx : 226 + dx] for dy in range(-2, 3) for dx in range(-2, 3)])
    inner, clear = (shifted == one.mask).all(axis=0), (shifted == 0).all(axis=0)
    assert inner.sum() > 2000 and clear.sum() > 20000
    for k in range(3):
        seen = image[inner & (one.mask == k + 1)]
        assert (seen.argmax(axis=1) == k).all() and (seen.max(axis=1) - np.median(seen, axis=1) > 30).all()
    ground = image[clear]
    assert (ground.max(axis=1) - ground.min(axis=1) < 40).all()  # light that objects throw on it tints it a little


def test_pixels_do_not_depend_on_order_or_process(renderer):
    first = [THREE, replace(THREE, seed=6), scene(placed("box/1", 0.5, 0.5, 0.1), ground=Ground("planks"))]
    first.append(scene(placed("card/1", 0.5, 0.5, 0.1), light=Light(30, 60, 0.8), camera=Camera(30, 25)))
    one = drawn(renderer, *first)
    other = drawn(renderer, *reversed(first), first[0])
    for a, b in zip(one, [*reversed(other[:-1])], strict=True):
        np.testing.assert_array_equal(a.image, b.image)
        np.testing.assert_array_equal(a.mask, b.mask)
    np.testing.assert_array_equal(other[-1].image, one[0].image)
    assert (one[0].image != one[1].image).any()  # the seed is heard


def test_holes_of_a_texture_are_no_part_of_the_object(renderer):
    (one,) = drawn(renderer, scene(placed("card/1", 0.5, 0.5, 0.08)))
    x, _, width, height = measure(one.mask, 1).box[0]
    assert one.whole[0] == pytest.approx(0.08 * one.mask.size, rel=0.05)
    assert 0.4 < width / height < 0.6  # the square card is cut to its half
    assert (x + width / 2) / 112 == pytest.approx(0.5, abs=0.015)


def test_an_occluder_hides_the_wanted_share(renderer):
    hidden = scene(
        placed("box/1", 0.5, 0.4, 0.04, role="target", visibility=0.6),
        placed("light/1", 0.4, 0.5, 0.08, role="occluder"),
    )
    (one,) = drawn(renderer, hidden)
    assert (one.mask == 1).sum() / one.whole[0] == pytest.approx(0.6, abs=0.03)
    assert one.whole[0] / one.mask.size == pytest.approx(0.04, rel=0.05)
    assert one.depth.tolist() == [1, 0]


def test_objects_that_overlap_keep_their_whole_silhouette(renderer):
    (one,) = drawn(renderer, scene(placed("box/1", 0.5, 0.4, 0.05), placed("light/1", 0.5, 0.55, 0.05)))
    assert one.whole[0] > (one.mask == 1).sum() > 0
    assert one.whole[0] / one.mask.size == pytest.approx(0.05, rel=0.05)


@pytest.mark.parametrize("asset", ["empty/1", "noise/1"])
def test_a_broken_mesh_fails_its_scene_by_name(renderer, asset):
    bad, good = renderer.render([scene(placed(asset, 0.5, 0.5, 0.1)), THREE])
    assert isinstance(bad, Failed) and bad.reason.startswith(f"{asset} cannot be made: ")
    assert not isinstance(good, Failed)


def test_an_object_that_does_not_fit_fails_its_scene(renderer):
    (bad,) = renderer.render([scene(placed("light/1", 0.5, 0.97, 0.1))])
    assert isinstance(bad, Failed) and bad.reason.startswith("light/1 leaves the picture")


def test_models_are_forgotten_and_made_again(command):
    """Inside Blender: with room for next to nothing kept, the same pixels, and nothing left behind."""
    probe = f"""
import sys, json
sys.path.insert(0, {str(JOB.parent)!r})
import bpy, scenes, models
hand = scenes.Stagehand()
scene = json.loads({json.dumps(json.dumps(replace(THREE, objects=THREE.objects[:1]).as_dict()))})
specs = [[{{"asset": "light", "kind": "procedural", "builder": "traffic_light", "seed": k}}] for k in range(3)]
hand.studio()
hand._models = models.Models(max_vertices=1)
counts, images = [], []
for k in (0, 1, 2, 0, 1, 2):
    images.append(hand.render(scene, specs[k], [0.6], 1)["image"])
    kinds = ("meshes", "materials", "objects", "images", "lights", "worlds", "cameras")
    counts.append([len(getattr(bpy.data, kind)) for kind in kinds])
hand.remove_scratch()
print("RESULT" + json.dumps([counts[2], counts[5], images[:3] == images[3:]]), file=sys.stderr)
"""
    script = [*command, "-c", probe] if len(command) == 1 else pytest.skip("needs bpy as a module")
    said = subprocess.run(script, capture_output=True, text=True, timeout=200, check=True).stderr
    first, last, same = json.loads(next(line for line in said.splitlines() if line.startswith("RESULT"))[6:])
    assert first == last
    assert same


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_blender_does_not_outlive_its_parent(command, tmp_path):
    """Killed amid a picture, the parent leaves no process."""
    parent = f"""
import json, subprocess, time
pipe = subprocess.PIPE
command = {[*command, str(JOB)]!r}
child = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=-3, text=True, start_new_session=True)
child.stdout.readline()
scene = {replace(THREE, size=1024, objects=THREE.objects[:1]).as_dict()!r}
spec = {{"asset": "light", "kind": "procedural", "builder": "traffic_light", "seed": 0}}
request = {{"id": 1, "do": "scene", "scene": scene, "specs": [spec], "fills": [0.6], "samples": 4000}}
child.stdin.write(json.dumps(request) + chr(10))
child.stdin.flush()
print(child.pid, flush=True)
time.sleep(600)
"""
    process = subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    pid = int(process.stdout.readline())
    time.sleep(4)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    for _ in range(100):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        if Path(f"/proc/{pid}/stat").exists() and Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z":
            return
        time.sleep(0.1)
    os.kill(pid, signal.SIGKILL)
    raise AssertionError("Blender is still there")
