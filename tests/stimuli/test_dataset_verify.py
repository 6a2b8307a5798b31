"""Every kind of damage to a finished folder is found, and named."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

from primacy.identity import file_digest
from primacy.stimuli.dataset import open_dataset
from primacy.stimuli.rendering import render_dataset
from primacy.stimuli.verify import verify


@pytest.fixture
def root(job) -> Path:
    made = job(sets=3)
    render_dataset(made)
    return made.root


def found(root: Path) -> list[tuple[str, str]]:
    return [(finding.kind, finding.what) for finding in verify(open_dataset(root))]


def with_manifest(root: Path, *columns: pl.Expr) -> None:
    """Alter the manifest and its hash in stats.json: what a careful forger would do."""
    path = root / "manifest.parquet"
    pl.read_parquet(path).with_columns(*columns).write_parquet(path)
    stats = json.loads((root / "stats.json").read_text())
    stats["hashes"]["manifest_sha256"] = file_digest(path)
    (root / "stats.json").write_text(json.dumps(stats))


def test_a_sound_folder(root):
    assert found(root) == []
    (root / "browse.html").write_text("<p>beside the data")
    (root / "images" / ".tmp-1-aa-x.png").write_bytes(b"of a writer")
    assert found(root) == []


@pytest.mark.parametrize("kind", ["image", "mask"])
def test_pictures_missing_altered_and_extra(root, kind):
    dataset = open_dataset(root)
    first, second, third = (dataset.manifest[kind][k] for k in range(3))
    (root / first).unlink()
    data = bytearray((root / second).read_bytes())
    data[-20] ^= 1
    (root / second).write_bytes(data)
    (root / third).with_name("mine.png").write_bytes(b"x")
    kinds = found(root)
    assert kinds[0] == ("extra", f"{kind}s/mine.png")
    assert ("missing", first) in kinds
    assert {what for which, what in kinds if which == "altered"} == {second}
    assert len({what for _, what in kinds}) == 3


def test_a_mask_that_shows_something_else_even_if_its_hash_agrees(root):
    name = open_dataset(root).manifest["mask"][0]
    with Image.open(root / name) as picture:
        mask, palette = np.asarray(picture).copy(), picture.getpalette()
    mask[:8, :8] = 1
    altered = Image.fromarray(mask, "L")
    altered.putpalette(palette)
    altered.save(root / name)
    digest = file_digest(root / name)
    with_manifest(
        root, pl.when(pl.col("index") == 0).then(pl.lit(digest)).otherwise("mask_sha256").alias("mask_sha256")
    )
    assert found(root) == [("altered", name)] * 5  # area, visibility, box, both centroids


def test_masks_with_too_many_objects(root):
    name = open_dataset(root).manifest["mask"][1]
    with Image.open(root / name) as picture:
        mask, palette = np.asarray(picture).copy(), picture.getpalette()
    altered = Image.fromarray(mask + 1, "L")
    altered.putpalette(palette)
    altered.save(root / name)
    details = [finding.detail for finding in verify(open_dataset(root)) if finding.what == name]
    assert any("shows an object 3" in detail for detail in details)


def test_measures_that_the_manifest_has_wrong(root):
    with_manifest(root, pl.col("area").list.eval(pl.element() * 1.001))
    assert [what for _, what in found(root)] == open_dataset(root).manifest["mask"].to_list()


def test_an_altered_manifest_or_none_of_its_hash(root):
    path = root / "manifest.parquet"
    pl.read_parquet(path).with_columns(pl.lit("a dog").alias("caption")).write_parquet(path)
    assert found(root) == [("altered", "manifest.parquet")]
    (root / "stats.json").unlink()
    assert found(root) == [("altered", "stats.json")]


def test_rows_that_are_gone_or_too_many(root):
    path = root / "manifest.parquet"
    rows = pl.read_parquet(path)
    rows.filter(pl.col("index") != 2).write_parquet(path)
    scene_id = rows["scene_id"][2]
    assert ("missing", f"scene {scene_id}") in found(root)
    assert ("extra", f"images/{scene_id}.png") in found(root)
    rows.with_columns(pl.col("index") + 1).write_parquet(path)
    assert ("extra", f"scene {rows['scene_id'][5]}") in found(root)


def test_scenes_whose_content_is_not_their_id(root):
    path = root / "scenes.jsonl"
    lines = path.read_text().splitlines()
    lines[4] = lines[4].replace('"x":0.3', '"x":0.31')
    path.write_text("\n".join(lines) + "\n")
    findings = verify(open_dataset(root))
    assert {(f.kind, f.what) for f in findings} == {("altered", "scenes.jsonl")}
    scene_id = open_dataset(root).manifest["scene_id"][4]
    assert any(scene_id in finding.detail for finding in findings)


@pytest.mark.parametrize("content", [None, "nonsense\n", '{"scene_id": "x", "scene": {}}\n'])
def test_scenes_that_are_missing_or_nonsense(root, content):
    path = root / "scenes.jsonl"
    path.unlink()
    if content is not None:
        path.write_text(content)
    assert "scenes.jsonl" in {what for _, what in found(root)}
