"""Folders with a manifest, WebDataset archives, data sets of the hub, and what decides which of them is meant."""

import io
import json
import tarfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from PIL import Image

from primacy.design.picture_table import picture_tables
from primacy.errors import DatasetError, PrimacyError, UnknownNameError, UsageError
from primacy.listener import Silent
from primacy.stimuli.images import hub
from primacy.stimuli.images.hub import HubFolder, fetch, parse
from primacy.stimuli.images.manifest_folder import open_manifest_folder
from primacy.stimuli.images.open import is_library, open_pictures
from primacy.stimuli.images.stated import factor, objects_of
from primacy.stimuli.images.webdataset import open_webdataset


def picture(seed=0, size=(10, 20)) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (*size, 3), dtype=np.uint8)


def png(array: np.ndarray) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(array).save(stream, "PNG")
    return stream.getvalue()


def two_objects() -> np.ndarray:
    """20 x 10 pixels: object 1 on the left quarter, object 2 on 10 pixels at the right."""
    mask = np.zeros((10, 20), np.uint8)
    mask[:, :5], mask[0:2, 15:20] = 1, 2
    return mask


class TestStated:
    def test_all_facts(self):
        (dog, cup) = objects_of(
            {
                "objects": [" dog", "tea  cup"],
                "areas": ["0.25", 0.1],
                "xs": [0, 1],
                "ys": ["0.5", "0.5"],
                "contrasts": [0.1, 0.2],
                "slots": ["left", "right"],
                "size_levels": ["large", "small"],
                "roles": ["target", ""],
                "instances": ["1", 3],
            }
        )
        assert (dog.category, dog.area, dog.x, dog.slot, dog.role) == ("dog", 0.25, 0.0, "left", "target")
        assert (cup.category, cup.contrast, cup.instances, cup.size_level) == ("tea cup", 0.2, 3, "small")

    def test_nothing_is_known_without_a_list(self):
        (dog,) = objects_of({"objects": ["dog"]})
        assert np.isnan([dog.area, dog.x, dog.contrast]).all() and dog.slot == "" and dog.instances == 1

    @pytest.mark.parametrize(
        ("fields", "message"),
        [
            ({}, "names nothing"),
            ({"objects": ["dog", " "]}, "names nothing"),
            ({"objects": [3]}, "names nothing"),
            ({"objects": ["dog", "dog"]}, "'dog' twice"),
            ({"objects": [str(k) for k in range(256)]}, "256 names, expected at most 255"),
            ({"objects": ["dog", "cat"], "areas": ["0.1"]}, "areas holds 1 entries, expected 2"),
            ({"objects": ["dog"], "areas": ["0"]}, "areas holds '0', expected a share of the picture"),
            ({"objects": ["dog"], "areas": ["big"]}, "areas holds 'big', expected a number"),
            ({"objects": ["dog"], "areas": ["nan"]}, "areas holds 'nan', expected a number"),
            ({"objects": ["dog"], "areas": [True]}, "areas holds True, expected a number"),
            ({"objects": ["dog"], "xs": ["1.2"]}, "xs holds '1.2', expected 0 to 1"),
            ({"objects": ["dog"], "instances": ["1.5"]}, "instances holds '1.5', expected a whole number"),
            ({"objects": ["dog"], "slots": [4]}, "slots holds 4, expected text"),
        ],
    )
    def test_refused(self, fields, message):
        with pytest.raises(DatasetError, match=message):
            objects_of(fields)

    def test_factors(self):
        assert [factor(v) for v in ("3", "0.5", " left ", 4, 0.25)] == [3, 0.5, "left", 4, 0.25]
        for bad in ("nan", None, True, [1], float("inf")):
            with pytest.raises(DatasetError, match="a factor is"):
                factor(bad)


class TestManifest:
    @pytest.fixture
    def write(self, tmp_path):
        def write(text: str, encoding: str = "utf-8"):
            folder = tmp_path / "mine"
            (folder / "sub").mkdir(parents=True, exist_ok=True)
            for k, name in enumerate(("a.png", "b.png", "sub/c.png")):
                (folder / name).write_bytes(png(picture(k)))
            (folder / "a_mask.png").write_bytes(png(two_objects()))
            (folder / "manifest.csv").write_bytes(text.encode(encoding))
            return folder

        return write

    def test_facts_clusters_and_factors(self, write):
        source = open_manifest_folder(
            write(
                "file,objects,cluster,areas,xs,ys,slots,size_levels,factor.ratio,factor.place\r\n"
                'a.png,dog;tea cup,one,0.2;0.1,0.1;0.9,0.5;0.5,left;right,large;small,2,"in, out"\r\n'
                "sub/c.png,tea cup;dog,,0.1;0.2,,,,,,\r\n"
                "b.png,dog;tea cup,,,,,,,,\r\n"
            )
        )
        assert source.name == "mine" and source.clusters == "clusters" and not source.skipped
        a, c, b = source.pictures
        assert [o.area for o in a.objects] == [0.2, 0.1] and a.objects[1].slot == "right"
        assert a.factors == {"ratio": 2, "place": "in, out"} and b.factors == {}
        assert c.cluster == b.cluster != a.cluster
        assert np.isnan(c.objects[0].x) and np.isnan(b.objects[0].area)
        assert np.array_equal(np.asarray(source.image(1)), picture(2)) and source.mask(0) is None
        assert picture_tables(source.pictures, ["dog", "tea cup"])[2].objects.tolist() == [[0, 1], [1, 0], [0, 1]]

    def test_masks_count_for_more_than_what_is_said(self, write):
        source = open_manifest_folder(write("file,objects,mask,areas\na.png,dog;cup,a_mask.png,0.9;0.9\n"))
        dog, cup = source.pictures[0].objects
        assert (dog.area, cup.area) == (0.25, 0.05) and (dog.x, cup.y) == (0.12, 0.1)
        assert 0 < dog.contrast < 1 and source.clusters == "object sets"
        assert np.array_equal(source.mask(0), two_objects())

    @pytest.mark.parametrize(
        ("row", "reason"),
        [
            ("missing.png,dog;cup,", "missing"),
            ("../mine/a.png,dog;cup,", "leads out of the folder"),
            ("/etc/passwd,dog;cup,", "leads out of the folder"),
            ("..\\a.png,dog;cup,", "leads out of the folder"),
            (",dog;cup,", "names no file"),
            ("a.png,,", "names nothing"),
            ("a.png,dog;cup,,,more,and more", "more cells"),
            ("b.png,dog;cup,", "named twice"),
            ("manifest.csv,dog;cup,", "no readable picture"),
            ("a.png,dog;cup,no_mask.png", "missing"),
            ("a.png,dog,a_mask.png", "value 2, expected at most 1"),
            ("a.png,dog;cup;car,a_mask.png", "no pixel of 'car'"),
            ("a.png,dog;cup,b.png", "mode RGB"),
        ],
    )
    def test_rows_that_cannot_be_used_are_listed(self, write, row, reason):
        source = open_manifest_folder(write(f"file,objects,mask\nb.png,dog;cup,\n{row}\n"))
        assert [p.picture_id for p in source.pictures] == ["b.png"]
        assert len(source.skipped) == 1 and reason in source.skipped[0].reason

    def test_a_mask_of_another_size(self, write):
        folder = write("file,objects,mask\na.png,dog;cup,small.png\nb.png,dog;cup,\n")
        (folder / "small.png").write_bytes(png(two_objects()[:5]))
        (skipped,) = open_manifest_folder(folder).skipped
        assert skipped == ("a.png", "the picture, whose mask is 20 x 5, is 20 x 10, expected 20 x 5")

    def test_a_mask_says_whether_a_photo_is_turned(self, write):
        folder = write("file,objects,mask\na.jpg,dog;cup,a_mask.png\nb.jpg,dog;cup,b_mask.png\n")
        exif = Image.Exif()
        exif[0x0112] = 6
        for name, mask in (("a", two_objects()), ("b", np.rot90(two_objects(), -1))):
            Image.fromarray(picture()).save(folder / f"{name}.jpg", exif=exif)
            (folder / f"{name}_mask.png").write_bytes(png(mask))
        source = open_manifest_folder(folder)
        assert [source.image(k).size for k in (0, 1)] == [(20, 10), (10, 20)]
        assert source.pictures[0].objects[0].area == source.pictures[1].objects[0].area == 0.25
        assert len(source.notes) == 2

    def test_columns_that_mean_nothing_are_listed(self, write):
        source = open_manifest_folder(write("file,objects,area\nb.png,dog;cup,0.1\n"))
        assert source.skipped[0].name == "column 'area'" and "areas" in source.skipped[0].reason

    def test_with_the_mark_that_excel_writes(self, write):
        assert len(open_manifest_folder(write("\ufefffile,objects\nb.png,Käfer\n")).pictures) == 1

    @pytest.mark.parametrize(
        ("text", "encoding", "message"),
        [
            ("", "utf-8", "has columns none"),
            ("name,objects\n", "utf-8", "expected one called 'file'"),
            ("file;objects\na.png;dog\n", "utf-8", "expected one called 'file'"),
            ("file,objects,file\n", "utf-8", "expected one called 'file'"),
            ("file,objects\na.png,Käfer\n", "latin-1", "no UTF-8 text"),
            ("file,objects\n", "utf-8", "no picture that can be used"),
            ("file,objects\nno.png,dog\n", "utf-8", r"1 are skipped: no\.png"),
            ('file,objects\nb.png,"' + "x" * 200_000 + '"\n', "utf-8", "field larger"),
        ],
    )
    def test_refused(self, write, text, encoding, message):
        with pytest.raises(DatasetError, match=message):
            open_manifest_folder(write(text, encoding))


def archive(path, members, kind="w"):
    with tarfile.open(path, kind) as tar:
        for name, data in members:
            if isinstance(data, tarfile.TarInfo):
                tar.addfile(data)
                continue
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return path


def facts(*objects, **fields) -> bytes:
    return json.dumps({"objects": objects, **fields}).encode()


class TestAllKindsAtOnce:
    """One folder of everything that people have on disk: used and noted, or listed with the reason."""

    GOOD = ("rgb", "cmyk", "deep", "palette", "moving", "turned", "grey", "clear")
    BAD = ("empty", "cut", "noise", "bomb", "float")

    @pytest.fixture
    def folder(self, tmp_path):
        rgb = Image.fromarray(picture())
        exif = Image.Exif()
        exif[0x0112] = 8
        rgb.save(tmp_path / "rgb.png")
        rgb.convert("CMYK").save(tmp_path / "cmyk.jpg")
        Image.fromarray(np.full((10, 20), 40_000, np.uint16)).save(tmp_path / "deep.png")
        rgb.quantize(16).save(tmp_path / "palette.png", transparency=0)
        rgb.save(tmp_path / "moving.gif", save_all=True, append_images=[Image.new("RGB", (20, 10))])
        rgb.save(tmp_path / "turned.jpg", exif=exif)
        rgb.convert("L").save(tmp_path / "grey.bmp")
        rgb.convert("RGBA").save(tmp_path / "clear.png")
        (tmp_path / "empty.png").write_bytes(b"")
        (tmp_path / "cut.png").write_bytes(png(picture())[:-200])
        (tmp_path / "noise.jpg").write_bytes(bytes(range(256)) * 4)
        Image.new("1", (9000, 9000)).save(tmp_path / "bomb.png")
        Image.fromarray(np.zeros((10, 20), np.float32)).save(tmp_path / "float.tiff")
        rows = [f"{path.name},dog;cup" for path in sorted(tmp_path.iterdir())]
        (tmp_path / "manifest.csv").write_text("\n".join(["file,objects", *rows, ""]))
        return tmp_path

    def test_used_or_listed(self, folder):
        class Listening(Silent):
            heard: ClassVar[list[str]] = []

            def note(self, message):
                self.heard.append(message)

        listener = Listening()
        (source,) = open_pictures(str(folder), listener=listener)
        assert [p.picture_id.partition(".")[0] for p in source.pictures] == sorted(self.GOOD)
        assert [s.name.partition(".")[0] for s in source.skipped] == sorted(self.BAD)
        assert source.notes == {
            "16 bits a channel scaled to 8": 1,
            "CMYK turned into RGB": 1,
            "P turned into RGB": 2,
            "RGBA turned into RGB": 1,
            "first picture of several": 1,
            "transparency dropped": 1,
            "turned upright (EXIF orientation 8)": 1,
        }
        assert len(listener.heard) == len(source.notes)
        for k, shown in enumerate(source.pictures):
            image = source.image(k)
            assert image.mode == "RGB" and image.size == ((10, 20) if "turned" in shown.picture_id else (20, 10))


class TestWebdataset:
    def test_pictures_facts_and_masks(self, tmp_path):
        members = []
        for k in range(5):
            members += [(f"train/{k:04d}.png", png(picture(k)))]
            members += [(f"train/{k:04d}.json", facts("dog", "cup", areas=[0.2, 0.1], cluster=k // 2))]
        members += [("train/0002.mask.png", png(two_objects()))]
        source = open_webdataset(archive(tmp_path / "shard.tar", members))
        assert source.name == "shard" and source.clusters == "clusters" and not source.skipped
        assert [p.picture_id for p in source.pictures] == [f"train/{k:04d}" for k in range(5)]
        assert [p.cluster for p in source.pictures] == [0, 0, 1, 1, 2]
        assert [p.objects[0].area for p in source.pictures] == [0.2, 0.2, 0.25, 0.2, 0.2]
        assert source.mask(0) is None and np.array_equal(source.mask(2), two_objects())
        with ThreadPoolExecutor(4) as pool:
            found = list(pool.map(lambda k: np.asarray(source.image(k % 5)), range(40)))
        assert all(np.array_equal(array, picture(k % 5)) for k, array in enumerate(found))

    def test_several_archives_are_one_source(self, tmp_path):
        for k in range(2):
            archive(tmp_path / f"{k}.tar", [("a.png", png(picture(k))), ("a.json", facts("dog", "cup"))])
        (source,) = open_pictures(str(tmp_path))
        assert [p.picture_id for p in source.pictures] == ["0.tar/a", "1.tar/a"]
        assert np.array_equal(np.asarray(source.image(1)), picture(1))
        assert len({p.cluster for p in source.pictures}) == 1 and source.clusters == "object sets"

    def test_what_cannot_be_used_is_listed(self, tmp_path):
        link, folder = tarfile.TarInfo("link.png"), tarfile.TarInfo("folder")
        link.type, link.linkname, folder.type = tarfile.SYMTYPE, "/etc/passwd", tarfile.DIRTYPE
        path = archive(
            tmp_path / "a.tar",
            [
                ("folder", folder),
                ("good.jpg", png(picture())),  # the bytes decide what it is
                ("good.json", facts("dog", "cup", caption="a dog", factors={"ratio": 2})),
                ("link.png", link),
                ("notes.txt", b"x"),
                ("alone.png", png(picture())),
                ("lost.json", facts("dog")),
                ("twice.png", png(picture())),
                ("twice.jpg", png(picture())),
                ("twice.json", facts("dog")),
                ("empty.png", b""),
                ("empty.json", facts("dog")),
                ("../../../tmp/evil.png", png(picture())[:80]),
                ("../../../tmp/evil.json", facts("dog")),
                ("text.png", png(picture())),
                ("text.json", b"not json"),
                ("list.png", png(picture())),
                ("list.json", b"[1]"),
                ("string.png", png(picture())),
                ("string.json", b'{"objects": "dog"}'),
                ("deep.png", png(picture())),
                ("deep.json", b"[" * 100_000),
                ("factors.png", png(picture())),
                ("factors.json", facts("dog", factors=[1])),
                ("cluster.png", png(picture())),
                ("cluster.json", facts("dog", cluster=[1])),
                ("long.png", png(picture())),
                ("long.json", facts("dog", caption="x" * 1_000_001)),
            ],
        )
        source = open_webdataset(path)
        assert [p.picture_id for p in source.pictures] == ["good"] and source.pictures[0].factors == {"ratio": 2}
        found = {s.name: s.reason for s in source.skipped}
        expected = {
            "link.png": "no plain file",
            "notes.txt": "neither a picture",
            "alone": "it has no .json",
            "lost": "it has no picture",
            "twice": "twice.jpg is a second file",
            "empty": "is empty",
            "../../../tmp/evil": "no readable picture",
            "text": ".json is not readable",
            "list": "holds no object",
            "string": "objects is 'dog', expected a list",
            "deep": ".json is not readable",
            "factors": "expected an object",
            "cluster": "expected text or a whole number",
            "long": "larger than 1,000,000 bytes",
            "field 'caption'": "not one of objects",
        }
        assert sorted(found) == sorted(expected)
        for name, reason in expected.items():
            assert reason in found[name], name

    def test_cut_off(self, tmp_path):
        members = [
            (f"{k}.{ending}", data)
            for k in range(4)
            for ending, data in (("json", facts("dog")), ("png", png(picture(k))))
        ]
        whole = archive(tmp_path / "whole.tar", members).read_bytes()
        path = tmp_path / "cut.tar"
        ends = [k for k in range(len(whole)) if whole[k : k + 5] == b"3.png"]
        path.write_bytes(whole[: ends[0] + 512 + 100])
        source = open_webdataset(path)
        assert [p.picture_id for p in source.pictures] == ["0", "1", "2"]
        assert {s.name for s in source.skipped} >= {"3.png", "3"}

    @pytest.mark.parametrize("data", [b"", b"hello" * 300, png(picture())])
    def test_no_archive(self, tmp_path, data):
        (tmp_path / "a.tar").write_bytes(data)
        with pytest.raises(DatasetError):
            open_webdataset(tmp_path / "a.tar")

    def test_compressed(self, tmp_path):
        path = archive(tmp_path / "a.tar", [("a.png", png(picture())), ("a.json", facts("dog"))], "w:gz")
        with pytest.raises(DatasetError, match="uncompressed") as caught:
            open_webdataset(path)
        assert "Unpack" in caught.value.hint


class TestHub:
    @pytest.mark.parametrize(
        ("where", "expected"),
        [
            ("hub:clip-oscope/simco-comco", HubFolder("clip-oscope/simco-comco", "", None)),
            ("hub:clip-oscope/simco-comco/ComCo/", HubFolder("clip-oscope/simco-comco", "ComCo", None)),
            ("hub:a/b/c/d e@v1.0", HubFolder("a/b", "c/d e", "v1.0")),
            ("hub:a/b@main", HubFolder("a/b", "", "main")),
        ],
    )
    def test_names(self, where, expected):
        assert parse(where) == expected

    @pytest.mark.parametrize("where", ["hub:", "hub:a", "hub:a/b/../c", "hub:a b/c", "hub:a/b/*", "hub:/a/b"])
    def test_names_that_are_none(self, where):
        with pytest.raises(UsageError, match="names no data set"):
            parse(where)

    def test_a_folder_is_opened_as_a_local_one(self, tmp_path):
        folder = tmp_path / "ComCo" / "CoCo-TwoObject-LeftBig"
        folder.mkdir(parents=True)
        (folder / "dog_cat.png").write_bytes(png(picture()))
        asked = []

        def snapshot(repo, revision, patterns):
            asked.append((repo, revision, patterns))
            return tmp_path

        (source,) = open_pictures("hub:clip-oscope/simco-comco/ComCo@abc", snapshot=snapshot)
        assert asked == [("clip-oscope/simco-comco", "abc", ["ComCo/**"])]
        assert source.name == "CoCo-TwoObject-LeftBig" and source.pictures[0].categories == ("dog", "cat")
        with pytest.raises(DatasetError, match="has no folder 'comco'") as caught:
            fetch("hub:clip-oscope/simco-comco/comco", snapshot)
        assert "ComCo" in caught.value.hint

    def test_offline_says_what_to_do(self, monkeypatch, tmp_path):
        constants = pytest.importorskip("huggingface_hub.constants")
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
        with pytest.raises(DatasetError, match="HF_HUB_OFFLINE is set") as caught:
            fetch("hub:no-such/data-set-here")
        assert "local copy" in caught.value.hint

    def test_a_refusal_of_the_hub_is_told(self, monkeypatch, tmp_path):
        library, constants = map(pytest.importorskip, ("huggingface_hub", "huggingface_hub.constants"))
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))

        def refuse(*args, **options):
            raise RuntimeError("401 Unauthorized\nmore")

        monkeypatch.setattr(library.HfApi, "dataset_info", refuse)
        with pytest.raises(DatasetError, match=r"could not be fetched \(401 Unauthorized\)"):
            hub.fetch("hub:no-such/data-set-here")


class TestOpen:
    def test_kinds(self, tmp_path):
        (tmp_path / "m").mkdir()
        (tmp_path / "m" / "a.png").write_bytes(png(picture()))
        (tmp_path / "m" / "manifest.csv").write_text("file,objects\na.png,dog\n")
        assert [s.name for s in open_pictures(str(tmp_path / "m"))] == ["m"]
        path = archive(tmp_path / "w.tar", [("a.png", png(picture())), ("a.json", facts("dog"))])
        assert [s.name for s in open_pictures(str(path))] == ["w"]

    def test_names_of_objects_are_no_pictures(self, tmp_path):
        (tmp_path / "library.json").write_text("{}")
        for where in ("comco", str(tmp_path)):
            assert is_library(where)
            with pytest.raises(UsageError, match="objects to compose scenes of, not pictures"):
                open_pictures(where)
        assert not is_library(str(tmp_path / "no"))

    def test_what_it_is_not(self, tmp_path):
        (tmp_path / "photos").mkdir()
        with pytest.raises(UnknownNameError, match="no such file or folder") as caught:
            open_pictures(str(tmp_path / "photo"))
        assert "photos" in caught.value.hint
        with pytest.raises(UnknownNameError) as caught:
            open_pictures("comc")
        assert "Did you mean comco" in caught.value.hint
        with pytest.raises(UsageError, match="holds nothing"):
            open_pictures(str(tmp_path / "photos"))
        (tmp_path / "photos" / "a.jpg").write_bytes(png(picture()))
        with pytest.raises(UsageError, match=r"holds a\.jpg") as caught:
            open_pictures(str(tmp_path / "photos"))
        assert "manifest.csv" in caught.value.hint
        (tmp_path / "a.zip").write_bytes(b"PK")
        with pytest.raises(UsageError, match="no source of pictures"):
            open_pictures(str(tmp_path / "a.zip"))

    @pytest.mark.parametrize("where", ["", "\0", "x" * 5000, "hub:", ".", "/"])
    def test_nonsense_is_a_message(self, where, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        with pytest.raises(PrimacyError):
            open_pictures(where)


def test_the_examples_of_the_docs(tmp_path):
    page = (Path(__file__).parents[3] / "docs" / "picture-sources.md").read_text("utf-8")
    table = "\n".join(line.strip() for line in page.splitlines() if line.startswith(("    file,", "    day/")))
    for name in ("day", "masks"):
        (tmp_path / name).mkdir()
    Image.fromarray(picture()).save(tmp_path / "day" / "001.jpg")
    Image.fromarray(picture()).save(tmp_path / "day" / "002.png")
    (tmp_path / "masks" / "002.png").write_bytes(png(two_objects()))
    (tmp_path / "manifest.csv").write_text(table)
    (source,) = open_pictures(str(tmp_path))
    assert not source.skipped and [p.factors["light"] for p in source.pictures] == ["day", "night"]
    assert [p.objects[0].area for p in source.pictures] == [0.21, 0.25] and source.clusters == "clusters"
    (record,) = (line for line in page.splitlines() if line.startswith('    {"objects"'))
    members = [("0001.png", png(picture())), ("0001.json", record.encode())]
    (source,) = open_pictures(str(archive(tmp_path / "a.tar", members)))
    assert not source.skipped and source.pictures[0].objects[1].area == 0.02
