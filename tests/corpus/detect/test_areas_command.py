"""`primacy corpus areas`, from images to a file, in this process."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
import typer
from typer.testing import CliRunner

pytest.importorskip("torch")
pytest.importorskip("transformers")

from primacy.cli.corpus_areas import areas
from primacy.corpus.tables import AREAS, MENTIONS
from primacy.errors import CorpusError, PrimacyError, UnknownNameError, UsageError

RUNNER, APP = CliRunner(), typer.Typer()
APP.command()(areas)


@pytest.fixture
def photos(tmp_path: Path, pictures) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    for k, image in enumerate(pictures):
        image.save(folder / f"{k:012}.png")
    (folder / "bad.png").write_bytes(b"no image")
    return folder


@pytest.fixture
def command(photos: Path, tmp_path: Path, checkpoint):
    """Run the command on the photos with more arguments; what it raises comes through."""
    (tmp_path / "words.txt").write_text("cat\nfire hydrant\nperson\ncouch\ntraffic light\n")

    def call(*more: str, detector: str = "owlv2", code: int = 0):
        where = [str(photos), "-o", str(tmp_path / "areas.parquet")]
        what = ["--detector", f"hf:{checkpoint(detector)}", "--vocabulary", str(tmp_path / "words.txt")]
        found = RUNNER.invoke(APP, [*where, *what, "--device", "cpu", *more])
        if isinstance(found.exception, PrimacyError):
            raise found.exception
        assert found.exit_code == code, found.output
        return found

    return call


def test_areas_are_written_and_told(command, tmp_path):
    said = command()
    table = pl.read_parquet(tmp_path / "areas.parquet")
    assert table.schema == AREAS
    assert set(table.get_column("image_id")) == {f"{k:012}" for k in range(5)}
    assert "5 of 6 images show something" in said.output
    assert "images that cannot be read (left out): 1 (such as" in said.stderr
    assert not (tmp_path / "areas.parquet.parts").exists()


def test_json_says_the_same(command, tmp_path):
    told = json.loads(command("--json", "--work", str(tmp_path / "work")).stdout)
    table = pl.read_parquet(tmp_path / "areas.parquet")
    assert told["finished"]
    assert (told["computed"], told["kept"]) == (6, 0)
    assert told["summary"]["found"] == 5
    assert {one["category"]: one["images"] for one in told["summary"]["categories"]} == dict(
        table.group_by("category").len().iter_rows()
    )
    assert told["faults"][0]["count"] == 1
    again = json.loads(command("--json", "--work", str(tmp_path / "work")).stdout)
    assert (again["computed"], again["kept"]) == (0, 6)


def test_mentions_and_ids_choose_what_is_looked_for(command, tmp_path):
    rows = {"caption_id": ["1"], "image_id": ["7"], "source": ["s"], "n_words": [3], "censored": [False],
            "categories": [["person"]], "words": [[1]], "surfaces": [["man"]]}  # fmt: skip
    pl.DataFrame(rows, schema=MENTIONS).write_parquet(tmp_path / "mentions.parquet")
    ids = {"images": [{"id": 7 + k, "file_name": f"{k:012}.png"} for k in range(5)]}
    (tmp_path / "coco.json").write_text(json.dumps(ids))
    more = ["--mentions", str(tmp_path / "mentions.parquet"), "--image-ids", str(tmp_path / "coco.json")]
    said = command(*more, "--threshold", "0")
    table = pl.read_parquet(tmp_path / "areas.parquet")
    assert table.select("image_id", "category").rows() == [("7", "person")]
    assert "4 images were not looked at" in said.output
    assert "images that --image-ids does not list (left out)" in said.stderr


def test_shards_end_in_one_file(command, tmp_path):
    assert "Other shards" not in command("--shard", "1/1").output
    whole = (tmp_path / "areas.parquet").read_bytes()
    (tmp_path / "areas.parquet").unlink()
    command("--shard", "1/2", "--work", str(tmp_path / "work"))
    command("--shard", "2/2", "--work", str(tmp_path / "work"))
    assert (tmp_path / "areas.parquet").read_bytes() == whole


def test_strict_writes_nothing(command, tmp_path):
    with pytest.raises(CorpusError, match="1 x images that cannot be read"):
        command("--strict")
    assert not (tmp_path / "areas.parquet").exists()


def test_wrong_options_are_said(command):
    with pytest.raises(UnknownNameError, match="engine"):
        command("--engine", "spark")
    with pytest.raises(UsageError, match="contradict"):
        command("--engine", "ray", "--shard", "1/2")
    with pytest.raises(UsageError, match="--shard is"):
        command("--shard", "half")
