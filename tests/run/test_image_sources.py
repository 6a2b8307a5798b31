"""Audits of pictures that lie somewhere: rendered, published, with a manifest, in archives; and real photos."""

import csv
import io
import json
import tarfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from primacy.design.scenes.request import SceneRequest
from primacy.errors import DatasetError, EncoderError, PrimacyError, UnknownNameError, UsageError
from primacy.results.spec import AuditSpec, ImageSpec
from primacy.run.audit import audit
from primacy.stimuli.dataset import open_dataset
from primacy.stimuli.published import export_published
from primacy.stimuli.rendering import render_dataset
from primacy.stimuli.sources import RendererChoice, make_job

REAL = Path(__file__).parents[3] / "shared" / "data" / "coco_val2017"
FLAT = "null:flat-bag"
PROBES = ("ior", "i2tor", "ioc", "matching")


@pytest.fixture(scope="module")
def rendered(tmp_path_factory):
    """Folders of `primacy render simco`, one for each design."""
    root, done = tmp_path_factory.mktemp("rendered"), {}

    def go(design, **request):
        name = f"{design}-{'-'.join(map(str, request.values()))}"
        if name not in done:
            job = make_job(root / name, SceneRequest(design, size=64, **request), RendererChoice("collage", "simco"))
            assert not render_dataset(job).failed
            done[name] = root / name
        return done[name]

    return go


@pytest.fixture
def run(tmp_path):
    def go(scenes=None, encoder=FLAT, probes=PROBES, protocol="balanced", **images):
        given = {"foils": 2, "size": 64, **({} if scenes is None else {"scenes": str(scenes)}), **images}
        if protocol == "paper":
            given.setdefault("gallery", "centred")
        spec = AuditSpec(
            encoder=encoder, probes=probes, objects=(3,), vocabulary="simco", untrained=0, protocol=protocol,
            images=ImageSpec(**given),
        )  # fmt: skip
        return audit(spec, out=tmp_path / "runs", cache=None)

    return go


def found(result, probe, metric, group):
    return {e.level: e for e in result.estimates if (e.probe, e.metric, e.group) == (probe, metric, group)}


def left_out(outcome):
    """The check's message, and the rows of skipped.csv."""
    check = next(c for c in outcome.result.checks if c.name == "pictures left out")
    path = outcome.folder.file("skipped.csv")
    rows = list(csv.reader(io.StringIO(path.read_text("utf-8")))) if path.exists() else []
    return check, rows[1:]


class TestScenes:
    def test_a_rendered_folder_with_rendered_single_objects(self, run, rendered):
        scenes, singles = rendered("one-large", objects=(3,), sets=9, seed=3), rendered("singles", yaws=(0.0,))
        result = run(scenes, gallery_scenes=str(singles)).result
        assert {e.probe for e in result.estimates} == set(PROBES)
        assert {e.n for e in found(result, "i2tor", "winner_share", "slot").values()} == {9 * 9}
        assert found(result, "ior", "winner_share", "size_level")["large"].value == pytest.approx(1 / 3, abs=1e-9)

    def test_what_is_rendered_is_what_is_composed(self, run, rendered):
        """The same design gives the same facts whether it is drawn before the audit or while it runs."""
        scenes = rendered("one-large", objects=(3,), sets=2, seed=0)
        before = run(scenes, "null:planted-image?area=1", ("i2tor",), ladder_sets=2).result
        during = run("simco", "null:planted-image?area=1", ("i2tor",), sets=2, ladder_sets=2).result
        (a,) = {e.value for e in before.estimates if (e.metric, e.level) == ("winner_share", "large")}
        (b,) = {
            e.value for e in during.estimates
            if (e.metric, e.level, e.group, e.stimuli) == ("winner_share", "large", "size_level", "one-large")
        }  # fmt: skip
        assert a == pytest.approx(b)

    def test_a_rendered_ladder_has_its_elasticity(self, run, rendered):
        ladder = rendered("pair-ladder", sets=6)
        result = run(ladder, "null:planted-image?area=1", ("i2tor",)).result
        slope = found(result, "i2tor", "area_elasticity", "logit")["log area"]
        assert slope.ci_low < 1 < slope.ci_high + 0.2 and slope.value > 0.5

    def test_published_folders_under_the_published_protocol(self, run, rendered, tmp_path):
        root = tmp_path / "published"
        for k, design in enumerate(("paper", "singles")):
            request = {"objects": (3,), "sets": 8} if design == "paper" else {"yaws": (0.0,)}
            export_published(open_dataset(rendered(design, **request)), tmp_path / f"part{k}")
            for folder in (path for path in (tmp_path / f"part{k}").iterdir() if path.is_dir()):
                root.mkdir(exist_ok=True)
                folder.rename(root / folder.name)
        outcome = run(root, probes=("ior", "i2tor", "matching"), protocol="paper")
        result = outcome.result
        shares = found(result, "ior", "paper_share", "published")
        assert list(shares) == ["large", "small 1", "small 2"] and {e.n for e in shares.values()} == {8.0}
        assert sum(e.value for e in shares.values()) == pytest.approx(1)
        assert set(found(result, "matching", "matching_accuracy", "scenario")) == {"1", "2"}
        assert {null.name for null in result.nulls} >= {"constant", "flat-bag", "low-res"}
        assert not {"area-bag", "centre-bag"} & {
            null.name for null in result.nulls
        }  # they would be told what is not known
        areas = next(c for c in result.checks if c.name == "measured areas")
        assert areas.status == "note" and "no masks" in areas.message
        assert not found(result, "ior", "winner_share", "size_rank")  # areas are not known, so no object has a rank
        assert left_out(outcome)[0].status == "ok"

    def test_an_encoder_that_is_told_areas_needs_them(self, run, rendered, tmp_path):
        export_published(open_dataset(rendered("paper", objects=(3,), sets=8)), tmp_path / "published")
        with pytest.raises(EncoderError, match="has an object that was not measured") as raised:
            run(tmp_path / "published", "null:area-bag", ("i2tor",), protocol="paper")
        assert "masks" in raised.value.hint

    def test_broken_published_pictures_are_counted_and_listed(self, run, rendered, tmp_path):
        export_published(open_dataset(rendered("paper", objects=(3,), sets=8)), tmp_path / "published")
        (folder,) = (path for path in (tmp_path / "published").iterdir() if path.is_dir())
        first, second, *_ = sorted(folder.iterdir())
        first.write_bytes(b"")
        second.write_bytes(second.read_bytes()[:200])
        (folder / "cube_wombat_cone.png").write_bytes(sorted(folder.iterdir())[-1].read_bytes())
        (folder / "notes.txt").write_text("x")
        outcome = run(tmp_path / "published", probes=("i2tor",), protocol="paper")
        check, rows = left_out(outcome)
        assert check.status == "note" and check.message.startswith("4 left out") and "skipped.csv" in check.message
        names = {name for name, _ in rows}
        assert names == {first.name, second.name, "cube_wombat_cone.png", "notes.txt"}
        assert any("wombat" in reason for _, reason in rows)
        assert found(outcome.result, "i2tor", "winner_share", "size_level")["large"].n == 6

    def test_a_folder_with_a_manifest_and_an_archive_say_the_same(self, run, tmp_path):
        folder, tar = tmp_path / "own", tmp_path / "own.tar"
        (folder / "masks").mkdir(parents=True)
        rng = np.random.default_rng(0)
        names = ["cube", "cone", "mug", "heart"]
        rows, members = [], []
        for k in range(12):
            pair = [names[k % 4], names[(k + 1 + k // 4) % 4]]
            pixels, mask = rng.integers(0, 256, (24, 24, 3), dtype=np.uint8), np.zeros((24, 24), np.uint8)
            mask[2 : 6 + k, 2:10], mask[4:8, 14:20] = 1, 2
            Image.fromarray(pixels).save(folder / f"{k}.png")
            Image.fromarray(mask).save(folder / "masks" / f"{k}.png")
            rows.append([f"{k}.png", ";".join(pair), "left;right", f"masks/{k}.png"])
            members += [(f"{k}.png", (folder / f"{k}.png").read_bytes())]
            members += [(f"{k}.json", json.dumps({"objects": pair, "slots": ["left", "right"]}).encode())]
            members += [(f"{k}.mask.png", (folder / "masks" / f"{k}.png").read_bytes())]
        with (folder / "manifest.csv").open("w", newline="") as stream:
            csv.writer(stream).writerows([["file", "objects", "slots", "mask"], *rows])
        with tarfile.open(tar, "w") as archive:
            for name, data in members:
                info = tarfile.TarInfo(name)
                info.size = len(data)
                archive.addfile(info, io.BytesIO(data))
        plain, packed = (run(where, "null:area-bag", ("i2tor", "matching")).result for where in (folder, tar))
        ranks = found(plain, "i2tor", "winner_share", "size_rank")
        assert ranks["1"].value > 0.9 and ranks["1"].n == 12
        for a, b in zip(plain.estimates, packed.estimates, strict=True):
            assert (a.metric, a.level, a.value, a.n) == (b.metric, b.level, b.value, b.n)

    def test_what_pictures_cannot_answer_is_said(self, run, rendered):
        """No picture of a single object, so no TOIR; what is left of the probes is answered."""
        scenes = rendered("one-large", objects=(3,), sets=2, seed=0)
        result = run(scenes, probes=("i2tor", "toir")).result
        assert {e.probe for e in result.estimates} == {"i2tor"}
        told = [check.message for check in result.checks if check.name == "not estimated"]
        assert "TOIR: there are no pictures of single objects (--gallery-scenes)." in told
        with pytest.raises(UsageError, match="cannot answer toir on these pictures") as raised:
            run(scenes, probes=("toir",))
        assert "--gallery-scenes" in raised.value.hint

    def test_a_gallery_of_other_things_is_refused(self, run, rendered):
        with pytest.raises(DatasetError, match="none of the categories that the pictures show"):
            run(rendered("one-large", objects=(3,), sets=2, seed=0), probes=("ior",), gallery_scenes="coco80")

    @pytest.mark.parametrize(
        ("what", "error", "said"),
        [
            ("empty", UsageError, "it holds nothing"),
            ("file.png", UsageError, "no source of pictures"),
            ("simko", UnknownNameError, "unknown source of pictures"),
            ("no singles", UsageError, "no pictures of single objects, which IOR compares with"),
            ("only singles", DatasetError, "no picture of two objects"),
            ("gallery of scenes", DatasetError, "no pictures of single objects"),
            ("all broken", DatasetError, "cube_cone.png|no picture"),
        ],
    )
    def test_what_is_no_source_is_one_clear_error(self, run, rendered, tmp_path, what, error, said):
        scenes = rendered("one-large", objects=(3,), sets=2, seed=0)
        images = {}
        if what == "empty":
            (tmp_path / what).mkdir()
        elif what == "file.png":
            (tmp_path / what).write_bytes(b"x")
        elif what == "all broken":
            (tmp_path / what / "SimCO-TwoObject-LeftBig").mkdir(parents=True)
            (tmp_path / what / "SimCO-TwoObject-LeftBig" / "cube_cone.png").write_bytes(b"x")
        elif what == "gallery of scenes":
            images = {"gallery_scenes": str(scenes)}
        where = {"no singles": scenes, "only singles": rendered("singles", yaws=(0.0,)), "gallery of scenes": "simco"}
        with pytest.raises(error, match=said) as raised:
            run(where.get(what, tmp_path / what), probes=("ior",), **images)
        assert raised.value.hint or what == "all broken"  # which names the first picture, and why it was left out
        if what == "simko":
            assert "simco" in raised.value.hint


CATEGORIES = [{"id": k, "name": name} for k, name in enumerate(("person", "dog", "umbrella", "cup"), start=1)]


@pytest.fixture
def photos(tmp_path):
    """40 photos of two or three things each, and everything that can be wrong with ten more."""
    folder = tmp_path / "photos"
    folder.mkdir()
    rng = np.random.default_rng(0)
    images, annotations = [], []
    for k in range(40):
        image = Image.fromarray(rng.integers(0, 256, (120, 160, 3), dtype=np.uint8))
        image.save(folder / f"{k:04}.jpg")
        add(images, annotations, k, 160, 120, rng.permutation(4)[: 2 + k % 2] + 1, rng)
    return folder, images, annotations


def add(images, annotations, k, width, height, categories, rng):
    images.append({"id": k, "file_name": f"{k:04}.jpg", "width": width, "height": height})
    for category in categories:
        w, h = rng.integers(10, 50, 2).tolist()
        x, y = rng.integers(20, 110).item(), rng.integers(0, 70).item()
        box = [x, y, min(w, width - x), min(h, height - y)]
        annotations.append({"image_id": k, "category_id": int(category), "bbox": box})


def instances(folder, images, annotations):
    path = folder.parent / "instances.json"
    path.write_text(json.dumps({"images": images, "annotations": annotations, "categories": CATEGORIES}))
    return path


class TestPhotos:
    def test_photos_beside_scenes_in_one_run(self, run, photos):
        folder, images, annotations = photos
        path = instances(folder, images, annotations)
        outcome = run(
            "simco", "null:planted-image?area=1.5", ("i2tor", "matching"), photos=str(folder), instances=str(path),
            sets=2, ladder_sets=2,
        )  # fmt: skip
        result = outcome.result
        assert {e.stimuli for e in result.estimates} >= {"one-large", "pair-ladder", "photos"}
        bias = next(
            e for e in result.estimates if (e.stimuli, e.metric, e.group) == ("photos", "size_bias", "size_rank")
        )
        assert bias.value > 0 and bias.n == bias.n_clusters <= 40
        names = [null.name for null in result.nulls]
        assert len(set(names)) == len(names)
        flat = next(null for null in result.nulls if null.name == "flat-bag")
        own = [e for e in flat.estimates if (e.stimuli, e.metric, e.group) == ("photos", "size_bias", "size_rank")]
        assert own and abs(own[0].value) < 0.2
        assert "photos" in outcome.folder.file("report.html").read_text()

    def test_photos_that_cannot_be_used_are_counted_and_listed(self, run, photos):
        folder, images, annotations = photos
        rng = np.random.default_rng(1)
        for k, data in ((50, None), (51, b""), (52, b"broken"), (53, (folder / "0001.jpg").read_bytes()[:300])):
            add(images, annotations, k, 160, 120, (1, 2), rng)
            if data is not None:
                (folder / f"{k:04}.jpg").write_bytes(data)
        add(images, annotations, 54, 20_000, 20_000, (1, 2), rng)
        bomb = Image.new("1", (20_000, 20_000))
        bomb.save(folder / "0054.jpg", "PNG")
        add(images, annotations, 55, 160, 120, (1, 2), rng)
        Image.new("CMYK", (160, 120), (10, 200, 30, 0)).save(folder / "0055.jpg")
        add(images, annotations, 56, 160, 120, (1, 2), rng)
        turned = Image.new("RGB", (120, 160), (200, 10, 10))
        exif = turned.getexif()
        exif[0x0112] = 6
        turned.save(folder / "0056.jpg", exif=exif)
        add(images, annotations, 57, 160, 120, (1,), rng)
        Image.new("RGB", (160, 120)).save(folder / "0057.jpg")
        Image.new("RGB", (160, 120)).save(folder / "unknown.jpg")
        annotations.append({"image_id": 999, "category_id": 1, "bbox": [0, 0, 5, 5]})
        path = instances(folder, images, annotations)
        outcome = run("simco", probes=("i2tor",), photos=str(folder), instances=str(path), sets=2, ladder_sets=2)
        check, rows = left_out(outcome)
        told = {Path(name).name: reason for name, reason in rows}
        for name in ("0050.jpg", "0051.jpg", "0052.jpg", "0053.jpg", "0054.jpg", "0057.jpg", "unknown.jpg"):
            assert name in told, (name, told)
        assert not {"0055.jpg", "0056.jpg"} & set(told)  # other colours and a turned camera are no reason
        assert any("999" in name or "999" in reason for name, reason in rows)
        assert check.status == "note" and f"{len(rows)} left out" in check.message

    def test_photos_and_instances_go_together(self, run, photos, tmp_path):
        folder, images, annotations = photos
        path = instances(folder, images, annotations)
        for half in ({"photos": str(folder)}, {"instances": str(path)}):
            with pytest.raises(ValueError, match="go together"):
                run("simco", probes=("i2tor",), **half)
        with pytest.raises(UsageError, match=r"none\.json"):
            run("simco", probes=("i2tor",), photos=str(folder), instances=str(tmp_path / "none.json"))
        with pytest.raises(UsageError, match="no probe of the run looks at them"):
            run("simco", "null:bag", (), photos=str(folder), instances=str(path))
        with pytest.raises(PrimacyError, match="nowhere"):
            run("simco", probes=("i2tor",), photos=str(tmp_path / "nowhere"), instances=str(path))

    def test_the_real_photos(self, run):
        if not REAL.is_dir():
            pytest.skip("shared/data/coco_val2017 is absent")
        outcome = run(
            "simco", "null:area-bag?vocabulary=coco80", ("i2tor",), sets=2, ladder_sets=2,
            photos=str(REAL / "coco_val2017_cc_photos.zip"), instances=str(REAL / "instances_boxes_val2017.json.gz"),
        )  # fmt: skip
        own = [e for e in outcome.result.estimates if e.stimuli == "photos"]
        bias = next(e for e in own if (e.metric, e.group) == ("size_bias", "size_rank"))
        assert bias.value > 0.5 and 500 < bias.n <= 715
        assert any(e.stimuli == "crops" for e in outcome.result.estimates)
