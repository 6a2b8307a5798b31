"""Images in folders and archives: their ids, and what is wrong with them."""

from __future__ import annotations

import io
import json
import tarfile
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from primacy.corpus.areas.detect.asked import read_asked
from primacy.corpus.areas.detect.images import list_images, read_image_ids
from primacy.corpus.areas.detect.parts import IMAGES, divide
from primacy.corpus.faults import Faults
from primacy.corpus.tables import MENTIONS
from primacy.errors import CorpusError, DatasetError, UsageError


def jpeg(colour: int) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (8, 6), (colour, 0, 0)).save(stream, "PNG")
    return stream.getvalue()


def write_tar(path: Path, members: dict[str, bytes]) -> None:
    with tarfile.open(path, "w") as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Two images in a folder, two in each of two shards, one in a zip; reds 0, 40, 80, ... in this order."""
    (tmp_path / "photos" / "more").mkdir(parents=True)
    (tmp_path / "photos" / "000000000139.png").write_bytes(jpeg(0))
    (tmp_path / "photos" / "more" / "b.c.png").write_bytes(jpeg(40))
    (tmp_path / "photos" / "notes.txt").write_text("no image")
    for k in range(2):
        write_tar(
            tmp_path / f"shard-{k:03}.tar",
            {
                f"{k}0001.seg.png": jpeg(80 + 80 * k), f"{k}0001.json": b"{}", f"{k}0001.txt": b"a dog",
                f"in/{k}0002.png": jpeg(120 + 80 * k),
            },
        )  # fmt: skip
    with zipfile.ZipFile(tmp_path / "z.zip", "w") as archive:
        archive.writestr("deep/z1.png", jpeg(250))
    return tmp_path


def names(corpus: Path) -> list[str]:
    return [str(corpus / "photos"), str(corpus / "shard-{000..001}.tar"), str(corpus / "*.zip")]


def test_ids_are_names_without_their_endings_and_pixels_are_found(corpus):
    faults = Faults()
    found = list_images(names(corpus), faults)
    assert [image.image_id for image in found] == ["000000000139", "b.c", "00001", "00002", "10001", "10002", "z1"]
    assert [image.read().image.getpixel((0, 0))[0] for image in found] == [0, 40, 80, 120, 160, 200, 250]
    assert not faults
    assert found[2].label == "shard-000.tar/00001.seg.png"


def test_ids_of_a_coco_file_go_by_file_name(corpus):
    path = corpus / "captions.json"
    entries = [{"id": 139, "file_name": "val/000000000139.png"}, {"id": 7, "file_name": "z1.png"}]
    path.write_text(json.dumps({"images": entries}))
    faults = Faults()
    found = list_images(names(corpus), faults, read_image_ids(path))
    assert [image.image_id for image in found] == ["139", "7"]
    assert faults.count("images that --image-ids does not list (left out)") == 5
    path.write_text(json.dumps({"images": [*entries, {"id": 8, "file_name": "other/z1.png"}]}))
    with pytest.raises(UsageError, match="the ids 7 and 8"):
        read_image_ids(path)
    path.write_text(json.dumps({"images": [{"id": True, "file_name": "x"}]}))
    with pytest.raises(UsageError, match="without 'file_name' or 'id'"):
        read_image_ids(path)


def test_the_first_image_of_an_id_counts(corpus):
    (corpus / "photos" / "more" / "z1.png").write_bytes(jpeg(99))
    faults = Faults()
    found = list_images(names(corpus), faults)
    assert [image.path.name for image in found if image.image_id == "z1"] == ["z1.png"]
    assert faults.count("images whose id an earlier one has (left out)") == 1


def test_broken_archives_are_counted_and_the_rest_is_read(corpus):
    whole = (corpus / "shard-001.tar").read_bytes()
    (corpus / "shard-000.tar").write_bytes(whole[: 512 + 20])  # ends within its first image
    (corpus / "shard-001.tar").write_bytes(whole[:1024] + b"\x01" * 600)  # noise after the first member
    (corpus / "z.zip").write_bytes(b"no zip")
    faults = Faults()
    found = list_images(names(corpus), faults)
    assert [image.image_id for image in found] == ["000000000139", "b.c", "10001"]
    assert faults.count("images that cannot be read (left out)") == 1
    assert faults.count("archives that are broken within (used up to there)") == 1
    assert faults.count("archives that cannot be read (left out)") == 1


def test_a_name_that_is_not_utf8_is_counted(tmp_path):
    write_tar(tmp_path / "a.tar", {"\udcff.jpg": jpeg(0), "7.jpg": jpeg(40)})
    faults = Faults()
    assert [image.image_id for image in list_images([str(tmp_path / "a.tar")], faults)] == ["7"]
    assert faults.count("images whose name is not UTF-8 (left out)") == 1


def test_an_image_cut_off_since_it_was_listed_is_an_error_of_its_own(corpus):
    found = list_images(names(corpus), Faults())
    (corpus / "shard-001.tar").write_bytes(b"")
    with pytest.raises(DatasetError, match="cut off"):
        found[4].read()


def test_nothing_to_read_is_said(tmp_path):
    with pytest.raises(UsageError):
        list_images([str(tmp_path / "missing")], Faults())
    write_tar(tmp_path / "a.tar", {"x.txt": b"text"})
    with pytest.raises(CorpusError, match="no image that can be used"):
        list_images([str(tmp_path / "a.tar")], Faults())


def test_parts_have_the_same_name_as_long_as_files_and_questions_are_the_same(corpus):
    found = list_images(names(corpus), Faults())
    (part,) = divide(found, 3, None)
    assert part.asked == ((0, 1, 2),) * len(found)
    (chosen,) = divide(found, 3, {"z1": (2,)})
    assert chosen.asked[-1] == (2,)
    assert set(chosen.asked[:-1]) == {()}
    moved = [image._replace(path=Path("/elsewhere") / image.path.name) for image in found]
    assert divide(moved, 3, None)[0].name == part.name
    changed = [found[0]._replace(changed=1), *found[1:]]
    assert len({part.name, chosen.name, divide(changed, 3, None)[0].name}) == 3
    with pytest.raises(CorpusError, match="mention nothing in any of 7 images"):
        divide(found, 3, {"139": (1,)})
    many = divide([found[0]] * (2 * IMAGES + 1), 3, None)
    assert [len(one.images) for one in many] == [IMAGES, IMAGES, 1]


def test_images_are_asked_for_what_their_captions_mention(tmp_path):
    import polars as pl

    rows = {
        "caption_id": ["1", "2", "3", "4"], "image_id": ["7", "7", "8", "9"], "source": ["s"] * 4, "n_words": [5] * 4,
        "censored": [False] * 4, "categories": [["dog", "cat"], ["cup", "dog"], [], ["moon", "cat"]],
        "words": [[1, 2], [1, 2], [], [1, 3]], "surfaces": [["dog", "cat"], ["cup", "dog"], [], ["moon", "cat"]],
    }  # fmt: skip
    path, faults = tmp_path / "mentions.parquet", Faults()
    pl.DataFrame(rows, schema=MENTIONS).write_parquet(path)
    assert read_asked(path, ["cat", "cup", "dog"], faults) == {"7": (0, 1, 2), "9": (0,)}
    assert [(fault.kind, fault.examples) for fault in faults] == [
        ("mentioned categories that the vocabulary does not know (left out)", ("moon",))
    ]
    path.write_bytes(b"no parquet")
    with pytest.raises(UsageError, match=r"mentions\.parquet cannot be read") as error:
        read_asked(path, ["cat"], Faults())
    assert "primacy corpus mentions" in error.value.hint
    pl.DataFrame({"image_id": ["7"]}).write_parquet(path)
    with pytest.raises(CorpusError, match="no column categories"):
        read_asked(path, ["cat"], Faults())
