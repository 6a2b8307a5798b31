"""Rendering into a folder: what is written, going on, refusing, shards, workers, faults."""

import errno
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

from primacy.errors import DatasetError, RenderError, UnknownNameError, UsageError
from primacy.identity import file_digest
from primacy.stimuli import rendering
from primacy.stimuli.dataset import open_dataset
from primacy.stimuli.layout import Layout
from primacy.stimuli.rendering import prepare_folder, render_dataset
from primacy.stimuli.verify import verify

CHILD = Path(__file__).with_name("render_child.py")


@pytest.fixture(autouse=True)
def four_scenes_a_batch(monkeypatch):
    monkeypatch.setattr(rendering, "BATCH", 4)


def files(root: Path) -> dict[str, str]:
    return {p.relative_to(root).as_posix(): file_digest(p) for f in ("images", "masks") for p in (root / f).glob("*")}


def test_everything_is_there_and_true(job, discs):
    made = job(sets=3)
    outcome = render_dataset(made)
    assert (outcome.n_scenes, outcome.drew, outcome.kept, outcome.failed, outcome.finished) == (6, 6, 0, (), True)
    dataset = open_dataset(made.root)
    expected = discs.scenes(3)
    assert list(dataset.scenes()) == expected
    assert dataset.manifest["index"].to_list() == list(range(6))
    renderer = discs.Discs()
    for k, (scene, row) in enumerate(zip(expected, dataset.manifest.iter_rows(named=True), strict=True)):
        (drawn,) = renderer.render([scene])
        np.testing.assert_array_equal(dataset.image(k), drawn.image)
        np.testing.assert_array_equal(dataset.mask(k), drawn.mask)
        assert row["scene_id"] == scene.scene_id and row["caption"] == scene.caption
        assert row["categories"] == [o.category for o in scene.objects]
        assert row["image_sha256"] == file_digest(made.root / row["image"])
        assert row["mask_sha256"] == file_digest(made.root / row["mask"])
        assert json.loads(row["factors"]) == scene.factors == dataset.factors[k]
        for o in range(2):
            ys, xs = np.nonzero(drawn.mask == o + 1)
            assert row["area"][o] == pytest.approx(len(xs) / 64**2)
            assert row["bbox"][o] == [xs.min(), ys.min(), np.ptp(xs) + 1, np.ptp(ys) + 1]
            assert row["centroid_x"][o] == pytest.approx((xs.mean() + 0.5) / 64)
            assert row["centroid_y"][o] == pytest.approx((ys.mean() + 0.5) / 64)
            assert row["visibility"][o] == pytest.approx(len(xs) / drawn.whole[o])
            assert row["whole_area"][o] == pytest.approx(drawn.whole[o] / 64**2)
    assert [len(a) for a in dataset.images([1, 0])] == [64, 64]
    assert verify(dataset) == []


def test_masks_are_indexed_with_a_clear_ground(job):
    made = job(sets=1)
    render_dataset(made)
    for path in (made.root / "masks").iterdir():
        with Image.open(path) as picture:
            assert picture.mode == "P" and picture.info["transparency"] == 0
            colours = picture.convert("RGBA").getcolors()
        assert len({colour for _, colour in colours}) == 3


def test_webp_is_smaller_and_near(job, discs):
    made = job(sets=2, image_format="webp")
    render_dataset(made)
    dataset = open_dataset(made.root)
    assert {p.suffix for p in (made.root / "images").iterdir()} == {".webp"}
    (drawn,) = discs.Discs().render([next(dataset.scenes())])
    assert np.abs(dataset.image(0).astype(int) - drawn.image).mean() < 20
    assert verify(dataset) == []


def test_a_finished_folder_is_not_drawn_again(job, discs):
    render_dataset(job())
    before = files(job().root)
    again = render_dataset(job(renderer=discs.Discs(kill_at=1)))  # to draw anything would kill the test
    assert (again.drew, again.kept, again.finished) == (0, 10, True)
    assert files(job().root) == before


@pytest.mark.parametrize("kind", ["images", "masks"])
@pytest.mark.parametrize("how", ["altered", "missing", "part"])
def test_what_is_damaged_is_drawn_again_and_nothing_else(job, kind, how):
    made = job()
    render_dataset(made)
    before = files(made.root)
    victim = sorted((made.root / (kind if how != "part" else "parts")).iterdir())[0]
    n_lost = 4 if how == "part" else 1
    if how == "missing":
        victim.unlink()
    else:
        victim.write_bytes(victim.read_bytes()[:-9] + b"no ending")
    outcome = render_dataset(made)
    assert (outcome.drew, outcome.kept) == (n_lost, 10 - n_lost)
    assert files(made.root) == before
    dataset = open_dataset(made.root)
    assert dataset.manifest["index"].to_list() == list(range(10))
    assert verify(dataset) == []


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("number", [1, 2, 3, 4, 10, 11, 12, 20, 25, 26])
def test_killed_at_any_file_the_rest_is_drawn(job, tmp_path, number, when):
    """kill -9 around a rename: no half file under a final name, and no scene of a finished batch is drawn again.

    In order: scenes, dataset.json, 4 images with masks, a part, 4 more, a part, 2 more, a part, manifest, statistics.
    """
    whole = job(tmp_path / "whole")
    render_dataset(whole)
    made = job()
    command = [sys.executable, CHILD, made.root, "--kill", str(number), when]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    expected = files(whole.root)
    left = files(made.root)
    assert all(Path(name).name.startswith(".tmp-") or digest == expected[name] for name, digest in left.items())
    outcome = render_dataset(made)
    parts_before = sum(number - (when == "before") >= n for n in (11, 20, 25))
    assert outcome.kept == (0, 4, 8, 10)[parts_before]
    assert outcome.kept + outcome.drew == 10
    assert files(made.root) == expected  # and no temporary file is left
    assert open_dataset(made.root).manifest.equals(open_dataset(whole.root).manifest)
    assert verify(open_dataset(made.root)) == []


def test_ctrl_c_keeps_every_scene_that_was_drawn(job, discs, monkeypatch):
    made = job()
    original, seen = discs.Discs._draw, []

    def interrupted(self, scene):
        seen.append(scene)
        if len(seen) == 7:
            raise KeyboardInterrupt
        return original(self, scene)

    monkeypatch.setattr(discs.Discs, "_draw", interrupted)
    with pytest.raises(KeyboardInterrupt):
        render_dataset(made)
    outcome = render_dataset(made)
    assert (outcome.kept, outcome.drew) == (6, 4)


def test_ctrl_c_while_rows_are_written_loses_none(job, monkeypatch):
    from primacy.stimuli import draw

    original, calls = draw.write_part, []

    def interrupted(*args):
        calls.append(args)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return original(*args)

    monkeypatch.setattr(draw, "write_part", interrupted)
    with pytest.raises(KeyboardInterrupt):
        render_dataset(job())
    outcome = render_dataset(job())
    assert (outcome.kept, outcome.drew) == (8, 2)


def test_sigint_to_all_processes_lets_each_worker_finish_its_scene(job, tmp_path):
    """As Ctrl-C in a terminal does. Batches are of 50 scenes: the workers leave theirs, but lose nothing drawn."""
    made, log = job(sets=200), tmp_path / "log"
    log.touch()
    options = ["--sets", "200", "--workers", "2", "--seconds", "0.1", "--batch", "50", "--log", log]
    command = [sys.executable, CHILD, made.root, *map(str, options)]
    child = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and len(log.read_text().splitlines()) < 5:
        time.sleep(0.05)
    os.killpg(child.pid, signal.SIGINT)
    _, said = child.communicate(timeout=60)
    assert child.returncode == 130
    assert said == ""
    images = list((made.root / "images").iterdir())
    rows = pl.concat([pl.read_parquet(p) for p in (made.root / "parts").iterdir()])
    begun = len(log.read_text().splitlines())
    assert begun == len(images) == len(rows)
    assert begun < 80  # two whole batches would be 100


@pytest.mark.parametrize("n", [2, 3])
def test_shards_together_are_the_whole(job, tmp_path, n):
    whole = job(tmp_path / "whole")
    render_dataset(whole)
    made = job()
    outcomes = [render_dataset(made, shard=(k, n)) for k in range(n, 0, -1)]
    assert [outcome.finished for outcome in outcomes] == [False] * (n - 1) + [True]
    assert sum(outcome.n_scenes for outcome in outcomes) == 10
    assert files(made.root) == files(whole.root)
    assert open_dataset(made.root).manifest.equals(open_dataset(whole.root).manifest)
    assert (made.root / "stats.json").read_text() == (whole.root / "stats.json").read_text()


def test_a_shard_holds_whole_sets(job):
    made = job()
    render_dataset(made, shard=(2, 3))
    rows = pl.concat([pl.read_parquet(p) for p in (made.root / "parts").iterdir()])
    assert sorted(rows["set_id"]) == [1, 1, 4, 4]
    with pytest.raises(DatasetError, match="not finished: 4 of 10"):
        open_dataset(made.root)


def test_no_result_depends_on_the_number_of_workers(job, discs, tmp_path):
    one, three = job(tmp_path / "one", sets=8), job(tmp_path / "three", sets=8)
    told = []
    render_dataset(one)
    listener = type("L", (), {"stage": lambda s, n, t: None, "advance": lambda s, d: told.append(d), "note": print})()
    outcome = render_dataset(three, workers=3, listener=listener)
    assert outcome.drew == sum(told) == 16
    assert files(one.root) == files(three.root)
    assert open_dataset(one.root).manifest.equals(open_dataset(three.root).manifest)


def test_a_worker_that_dies_is_a_clear_error_and_costs_nothing_finished(job, discs):
    made = job(sets=6, renderer=discs.Discs(kill_at=6))
    with pytest.raises(RenderError, match="worker process died"):
        render_dataset(made, workers=2)
    outcome = render_dataset(job(sets=6))
    assert outcome.drew + outcome.kept == 12 and outcome.kept >= 4


def test_failed_scenes_are_named_listed_and_tried_again(job, discs):
    made = job(renderer=discs.Discs(failing=frozenset({11, 30})))
    outcome = render_dataset(made)
    assert [t.index for t in outcome.failed] == [3, 6]
    assert outcome.finished and outcome.drew == 8
    listed = [json.loads(line) for line in (made.root / "failed.jsonl").read_text().splitlines()]
    assert [entry["reason"] for entry in listed] == ["no such disc"] * 2
    dataset = open_dataset(made.root)
    assert len(dataset) == 8 and dataset.stats()["not_drawn"] == 2
    assert [s.seed for s in dataset.scenes()] == [s.seed for s in discs.scenes() if s.seed not in (11, 30)]
    assert sorted((f.kind, f.detail) for f in verify(dataset)) == [("missing", "no such disc")] * 2
    again = render_dataset(job())
    assert (again.drew, again.kept, again.failed) == (2, 8, ())
    assert not (made.root / "failed.jsonl").exists()
    assert verify(open_dataset(made.root)) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"request": {"design": "pair", "sets": 5, "size": 128}}, "request.size 64, now 128"),
        ({"request": {"design": "pair", "sets": 5, "size": 64, "ratio": 4}}, "request.ratio null, now 4"),
        ({"image_format": "webp"}, "image format 'png', now 'webp'"),
        ({"library": "cd" * 32}, "object library"),
        ({"version": 2}, "renderer fingerprint"),
    ],
)
def test_another_request_in_the_same_folder_is_refused(job, discs, change, said):
    made = job()
    render_dataset(made)
    before = files(made.root)
    if "library" in change:
        other = replace(made, library_digest=change["library"])
    elif "version" in change:
        other = job(renderer=discs.Discs(version=2))
    else:
        other = job(**change)
    with pytest.raises(DatasetError, match=said) as caught:
        render_dataset(other)
    assert "another folder" in caught.value.hint
    assert files(made.root) == before


def test_a_folder_of_other_things_is_refused(job):
    made = job()
    made.root.mkdir()
    (made.root / "thesis.tex").write_text("years of work")
    with pytest.raises(DatasetError, match=r"holds thesis\.tex"):
        render_dataset(made)
    assert [p.name for p in made.root.iterdir() if not p.name.startswith(".")] == ["thesis.tex"]


def test_no_scene_and_the_same_scene_twice_are_refused(job, discs):
    with pytest.raises(DatasetError, match="no scene"):
        render_dataset(job(sets=0))
    twice = [*discs.scenes(1), discs.scenes(1)[0]]
    with pytest.raises(DatasetError, match="same scene twice"):
        render_dataset(replace(job(), scenes=lambda: twice))
    assert render_dataset(job()).finished  # neither left anything in the way


@pytest.mark.parametrize("shard", [(0, 2), (3, 2), (1, 0)])
def test_shards_that_cannot_be(job, shard):
    with pytest.raises(UsageError, match="cannot be"):
        render_dataset(job(), shard=shard)


def test_unknown_format_and_number_of_workers(job):
    with pytest.raises(UnknownNameError, match="image format 'pgn'") as caught:
        render_dataset(job(image_format="pgn"))
    assert "Did you mean png" in caught.value.hint
    with pytest.raises(UsageError, match="--workers is 0"):
        render_dataset(job(), workers=0)


def test_two_processes_at_one_shard_are_told_apart(job):
    made = job()
    prepare_folder(made)
    with (
        rendering._alone(Layout(made.root), (1, 2)),
        pytest.raises(DatasetError, match="another process is rendering"),
    ):
        render_dataset(made, shard=(1, 2))


@pytest.mark.parametrize("calls", [0, 1, 5, 17])
def test_full_disk_keeps_what_is_whole(job, monkeypatch, calls):
    made = job()
    prepare_folder(made)
    original, written = Path.write_bytes, []

    def write(self, data):
        if self.parent.name in ("images", "masks"):
            written.append(self)
            if len(written) > calls:
                original(self, data[: len(data) // 2])
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return original(self, data)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", write)
        with pytest.raises(DatasetError, match="No space left") as caught:
            render_dataset(made)
    assert "disk space" in caught.value.hint
    for path in [*(made.root / "images").glob("*"), *(made.root / "masks").glob("*")]:
        with Image.open(path) as picture:
            picture.load()  # whole, or not there
    outcome = render_dataset(made)
    assert (outcome.kept, outcome.drew) == (calls // 2, 10 - calls // 2)
    assert verify(open_dataset(made.root)) == []


class TestRenderersThatBreakTheirPromise:
    @pytest.fixture
    def render_as(self, job, discs, monkeypatch):
        def call(change):
            original = discs.Discs._draw
            monkeypatch.setattr(discs.Discs, "_draw", lambda self, scene: change(original(self, scene)))
            return render_dataset(job())

        return call

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            (lambda d: replace(d, image=d.image.astype(np.float32)), "image of float32"),
            (lambda d: replace(d, image=d.image[:32]), "expected uint8"),
            (lambda d: replace(d, mask=d.mask + 1), "mask with value 3"),
            (lambda d: replace(d, whole=d.whole[:1]), "sizes or depths of 1"),
            (lambda d: replace(d, scene=replace(d.scene, seed=9)), "gave no answer"),
        ],
    )
    def test_is_an_error(self, render_as, change, said):
        with pytest.raises(RenderError, match=said):
            render_as(change)

    def test_fewer_answers_than_scenes(self, job, discs, monkeypatch):
        original = discs.Discs.render
        monkeypatch.setattr(discs.Discs, "render", lambda self, scenes: original(self, scenes[:2]))
        with pytest.raises(RenderError, match="gave no answer"):
            render_dataset(job())


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("dataset.json", "{}", "is damaged"),
        ("dataset.json", "nonsense", "is damaged"),
        ("dataset.json", '{"version": 99}', "version 99"),
        ("scenes.jsonl", "{}\n", "line 1"),
        ("scenes.jsonl", "", "has 0 scenes, dataset.json says 10"),
    ],
)
def test_damaged_descriptions_are_refused(job, file, text, said):
    made = job()
    render_dataset(made)
    (made.root / file).write_text(text)
    with pytest.raises(DatasetError, match=said):
        render_dataset(made)


def test_an_altered_scene_is_never_drawn(job):
    made = job()
    prepare_folder(made)
    path = made.root / "scenes.jsonl"
    path.write_text(path.read_text().replace('"x":0.3', '"x":0.4', 1))
    with pytest.raises(DatasetError, match="was altered"):
        render_dataset(made)


class TestOpening:
    def test_no_folder_of_ours(self, tmp_path):
        with pytest.raises(DatasetError, match=r"dataset\.json is missing"):
            open_dataset(tmp_path)

    def test_ids_that_leave_the_folder(self, job):
        made = job()
        render_dataset(made)
        path = made.root / "manifest.parquet"
        pl.read_parquet(path).with_columns(pl.lit("../../etc/passwd").alias("scene_id")).write_parquet(path)
        with pytest.raises(DatasetError, match="cannot be"):
            open_dataset(made.root)

    def test_a_picture_of_another_size_is_not_decoded(self, job, monkeypatch):
        made = job(sets=1)
        render_dataset(made)
        dataset = open_dataset(made.root)
        victim = made.root / dataset.manifest["image"][0]
        Image.new("RGB", (5000, 5000)).save(victim)
        monkeypatch.setattr(Image.Image, "load", lambda self: pytest.fail("decoded"))
        with pytest.raises(DatasetError, match="5000 x 5000"):
            dataset.image(0)

    @pytest.mark.parametrize("content", [b"", b"nonsense", b"\x89PNG\r\n\x1a\n"])
    def test_no_picture(self, job, content):
        made = job(sets=1)
        render_dataset(made)
        dataset = open_dataset(made.root)
        (made.root / dataset.manifest["mask"][0]).write_bytes(content)
        with pytest.raises(DatasetError, match="no readable picture"):
            dataset.mask(0)


def test_another_renderer_on_one_of_the_machines_is_refused(job, discs):
    """Blender or the objects may differ from machine to machine: their pixels must not mix in one folder."""

    with pytest.raises(RenderError, match="other pixels"):
        render_dataset(job(renderer=discs.OpensAnother()), workers=2)


def test_folders_of_shards_can_be_joined(job, discs, tmp_path):
    """As docs/scale.md tells: copy images, masks and parts into one folder and give the command once more."""
    roots = [tmp_path / f"machine {k}" for k in (1, 2, 3)]
    for k, root in enumerate(roots, 1):
        render_dataset(job(root), shard=(k, 3))
    for folder in ("images", "masks", "parts"):
        for other in roots[1:]:
            for path in (other / folder).iterdir():
                path.rename(roots[0] / folder / path.name)
    outcome = render_dataset(job(roots[0], renderer=discs.Discs(kill_at=1)))
    assert (outcome.kept, outcome.drew, outcome.finished) == (10, 0, True)
    whole = job(tmp_path / "whole")
    render_dataset(whole)
    assert files(roots[0]) == files(whole.root)
    assert verify(open_dataset(roots[0])) == []


def test_two_parts_that_disagree(job):
    """Two machines drew the same scene differently: the row whose files are there is the one that counts."""
    made = job(sets=2)
    render_dataset(made)
    part = next((made.root / "parts").iterdir())
    stale = pl.read_parquet(part).with_columns(pl.lit("0" * 64).alias("image_sha256"))
    for name in ("00000000-a.parquet", "99999999-z.parquet"):  # read before and after the good one
        stale.write_parquet(made.root / "parts" / name)
    outcome = render_dataset(made)
    assert (outcome.kept, outcome.drew) == (4, 0)
    assert verify(open_dataset(made.root)) == []
