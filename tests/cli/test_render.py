"""`primacy render` and `primacy stimuli` as a user meets them, with a small sprite library of his own."""

import json
import signal
import subprocess
import sys
import time
from dataclasses import asdict
from importlib import import_module
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from primacy.assets.strips import measure_views, write_strip
from primacy.cli.app import app
from primacy.stimuli.dataset import open_dataset

BOXES = {"box": (4, 4, 60, 60), "plank": (2, 26, 62, 40), "pole": (26, 2, 38, 62), "Käfer": (10, 20, 50, 50)}


def draw(box: tuple[int, int, int, int], turn: int) -> np.ndarray:
    """One view, uint8 (64, 64, 4): a rectangle, a little narrower with each turn."""
    picture = np.zeros((64, 64, 4), np.uint8)
    x0, y0, x1, y1 = box
    picture[y0:y1, x0 : x1 - turn] = (40 * turn % 200, 90, 160, 255)
    return picture


@pytest.fixture
def sprites(tmp_path: Path) -> Path:
    folder = tmp_path / "mine" / "sprites"
    folder.mkdir(parents=True)
    entries = []
    for category, box in BOXES.items():
        views = np.stack([draw(box, turn) for turn in range(8)])
        entries.append(
            {
                "asset": f"{category}/1", "category": category, "title": category, "author": "nobody",
                "licence": "CC0-1.0", "source": "user", "size_m": 1.0, "file": f"{category}.webp",
                "sha256": write_strip(folder / f"{category}.webp", views), "tintable": False,
                "views": [asdict(view) for view in measure_views(views)],
            }
        )  # fmt: skip
    (folder / "library.json").write_text(json.dumps({"version": 1, "objects": entries}), "utf-8")
    return folder


@pytest.fixture
def call(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PRIMACY_CACHE", str(tmp_path / "cache"))

    def run(*words, code=0):
        done = CliRunner().invoke(app, [str(word) for word in words])
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        assert done.exit_code == code, done.output
        return done

    return run


SMALL = ["--objects", "2", "--sets", "3", "--size", "64"]


def test_render_describe_verify_browse_export(call, sprites, tmp_path):
    done = call("render", sprites, *SMALL, "-o", "out")
    dataset = open_dataset("out")
    assert f"{len(dataset)} of {len(dataset)} scenes drawn" in done.stdout
    assert dataset.header.request["objects_of"] == "sprites"
    assert set(dataset.manifest["n_objects"]) == {2} and dataset.manifest["set_id"].n_unique() == 3
    again = call("render", sprites, *SMALL, "-o", "out", "--json")
    record = json.loads(again.stdout)
    assert (record["drew"], record["kept"], record["finished"]) == (0, len(dataset), True)
    shown = call("stimuli", "describe", "out").stdout
    assert f"{len(dataset)} drawn of {len(dataset)}, in 3 sets" in shown and "Käfer" in shown
    found = json.loads(call("stimuli", "describe", "out", "--json").stdout)
    assert found["images"] == len(dataset) and found["area_error"]["off"] == 0
    assert "are what was rendered" in call("stimuli", "verify", "out").stdout
    assert "browse.html" in call("stimuli", "browse", "out").stdout and Path("out/browse.html").exists()
    call("stimuli", "export", "out", "coco.json", "--to", "coco")
    assert len(json.loads(Path("coco.json").read_text("utf-8"))["images"]) == len(dataset)
    call("stimuli", "export", "out", "published", "--to", "published", "--name", "Own")
    folders = {p.name for p in Path("published").iterdir() if p.is_dir()}
    assert folders == {"Own-TwoObject-LeftBig", "Own-TwoObject-RightBig"}


def test_a_damaged_folder_is_status_1_and_named(call, sprites):
    call("render", sprites, *SMALL, "-o", "out", "--quiet")
    victim = sorted(Path("out/images").iterdir())[0]
    victim.write_bytes(b"nothing")
    assert victim.name in call("stimuli", "verify", "out", code=1).stdout
    findings = json.loads(call("stimuli", "verify", "out", "--json", code=1).stdout)
    assert {finding["what"] for finding in findings} == {f"images/{victim.name}"}
    call("render", sprites, *SMALL, "-o", "out")
    assert call("stimuli", "verify", "out", "--quiet").stdout == ""


def test_options_reach_the_design(call, sprites):
    call(
        "render", sprites, "--design", "equal", "--objects", "2,3", "--sets", "4", "--size", "48", "-o", "out",
        "--area", "0.03", "--yaws", "all", "--ground", "checker,speckle", "--light-jitter", "5", "--seed", "7",
        "--categories", "box,plank,pole", "--format", "webp",
    )  # fmt: skip
    dataset = open_dataset("out")
    scenes = list(dataset.scenes())
    assert {s.size for s in scenes} == {48} and {len(s.objects) for s in scenes} == {2, 3}
    assert {s.ground.texture for s in scenes} == {"checker", "speckle"}
    assert {o.category for s in scenes for o in s.objects} == {"box", "plank", "pole"}
    assert max(o.area for s in scenes for o in s.objects) == pytest.approx(0.03)
    assert len({s.light.azimuth for s in scenes}) > 1
    assert dataset.header.request["seed"] == 7 and len(dataset.header.request["yaws"]) == 8
    assert all(path.suffix == ".webp" for path in Path("out/images").iterdir())


def test_singles_are_a_gallery_of_their_own(call, sprites):
    call("render", sprites, "--singles", "--sets", "2", "--size", "48", "-o", "gallery")
    gallery = open_dataset("gallery")
    assert set(gallery.manifest["n_objects"]) == {1} and set(gallery.manifest["design"]) == {"singles"}
    assert len(gallery) == 2 * 36 * 3


def test_shards_meet_in_one_folder(call, sprites):
    first = call("render", sprites, *SMALL, "-o", "out", "--shard", "2/2").stdout
    assert "Other shards are still to be drawn" in first
    assert "The manifest is written" in call("render", sprites, *SMALL, "-o", "out", "--shard", "1/2").stdout
    call("render", sprites, *SMALL, "-o", "whole")
    assert open_dataset("out").manifest.equals(open_dataset("whole").manifest)


def test_failed_scenes_are_status_1_and_named(call, sprites, monkeypatch):
    from primacy.errors import RenderError
    from primacy.render.collage import CollageRenderer

    original = CollageRenderer._draw

    def refuse(self, scene, *rest):
        if scene.objects[0].category == "box":
            raise RenderError("no boxes today")
        return original(self, scene, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(CollageRenderer, "_draw", refuse)
        done = call("render", sprites, *SMALL, "-o", "out", code=1)
    assert "no boxes today" in done.stderr and "failed.jsonl" in done.stderr
    assert call("render", sprites, *SMALL, "-o", "out").stderr == ""


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["render", "comko", "-o", "x"], "Did you mean comco"),
        (["render", "SPRITES", "-o", "x", "--design", "one-larg"], "Did you mean one-large"),
        (["render", "SPRITES", "-o", "x", "--renderer", "colage"], "Did you mean collage"),
        (["render", "SPRITES", "-o", "x", "--format", "pgn"], "Did you mean png"),
        (["render", "SPRITES", "-o", "x", "--yaws", "fornt"], "Did you mean front"),
        (["render", "SPRITES", "-o", "x", "--ground", "plan"], "Did you mean plain"),
        (["render", "SPRITES", "-o", "x", "--categories", "boxx,pole"], "Did you mean box"),
        (["render", "SPRITES", "-o", "x", "--objects", "two"], "--objects is 'two'"),
        (["render", "SPRITES", "-o", "x", "--objects", "9"], "9 objects"),
        (["render", "SPRITES", "-o", "x", "--sets", "0"], "0 sets"),
        (["render", "SPRITES", "-o", "x", "--size", "8"], "8 pixels"),
        (["render", "SPRITES", "-o", "x", "--samples", "4"], "--samples is for --renderer blender"),
        (["render", "SPRITES", "-o", "x", "--blender", "b"], "--blender is for --renderer blender"),
        (["render", "SPRITES", "-o", "x", "--renderer", "blender", "--samples", "0"], "--samples is 0"),
        (["render", "SPRITES", "-o", "x", "--copies", "diferent"], "Did you mean different"),
        (["render", "SPRITES", "-o", "x", "--large-slot", "left"], "only 'paper'"),
        (["render", "SPRITES", "-o", "x", "--shard", "2"], "expected I/N"),
        (["render", "SPRITES", "-o", "x", *SMALL, "--shard", "3/2"], "shard 3/2 cannot be"),
        (["render", "SPRITES", "-o", "x", *SMALL, "--workers", "0"], "--workers is 0"),
        (["render", "SPRITES", "-o", "x", "--shard", "1/2", "--ray"], "contradict"),
        (["render", "SPRITES", "-o", "x", "--singles", "--design", "equal"], "contradict"),
        (["render", "SPRITES", "-o", "x", "--design", "equal", "--sizes", "reel"], "Did you mean real"),
        (["render", ".", "-o", "x"], "no sprite library"),
        (["stimuli", "describe", "nowhere"], "is no folder of scenes"),
        (["stimuli", "verify", "nowhere"], "is no folder of scenes"),
        (["stimuli", "browse", "nowhere"], "is no folder of scenes"),
        (["stimuli", "export", "nowhere", "x", "--to", "cocoa"], "Did you mean coco"),
    ],
)
def test_mistakes_get_one_line_and_a_way_on(sprites, tmp_path, monkeypatch, capsys, words, said):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["primacy", *(str(sprites) if word == "SPRITES" else word for word in words)])
    with pytest.raises(SystemExit) as left:
        import_module("primacy.cli.app").main()
    assert left.value.code == 2
    shown = capsys.readouterr().err
    assert said in shown
    assert shown.startswith("primacy: ") and len(shown.splitlines()) <= 3
    assert not list(tmp_path.glob("x/images/*"))


def test_without_ray_the_extra_is_named(sprites, tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "ray", None)  # an import of it fails
    monkeypatch.setattr(sys, "argv", ["primacy", "render", str(sprites), *SMALL, "-o", str(tmp_path / "x"), "--ray"])
    with pytest.raises(SystemExit):
        import_module("primacy.cli.app").main()
    assert "primacy[ray]" in capsys.readouterr().err


def test_ray_draws_the_same(sprites, tmp_path):
    pytest.importorskip("ray")
    command = [sys.executable, "-m", "primacy", "render", str(sprites), *SMALL, "-o"]
    subprocess.run([*command, "one"], cwd=tmp_path, check=True, capture_output=True)
    subprocess.run([*command, "ray", "--ray", "--workers", "2"], cwd=tmp_path, check=True, capture_output=True)
    assert open_dataset(tmp_path / "ray").manifest.equals(open_dataset(tmp_path / "one").manifest)


def test_ctrl_c_is_one_line_130_and_loses_nothing(sprites, tmp_path):
    words = ["render", str(sprites), "--objects", "2", "--sets", "4000", "--size", "64", "-o", "out"]
    command = [sys.executable, "-m", "primacy", *words]
    child = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not list((tmp_path / "out/parts").glob("*.parquet")):
        time.sleep(0.05)
    child.send_signal(signal.SIGINT)
    out, said = child.communicate(timeout=60)
    assert child.returncode == 130 and out == ""
    assert said.splitlines()[1:] == ["Stopped. What was drawn is kept; the same command goes on from there."]
    rows = pl.concat([pl.read_parquet(path) for path in (tmp_path / "out/parts").iterdir()])
    drawn = [path for path in (tmp_path / "out/masks").iterdir() if not path.name.startswith(".")]
    assert len(rows) <= len(drawn) <= len(rows) + 1  # the last one may lack its row: it is drawn again
