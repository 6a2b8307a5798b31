"""Detection end to end on tiny random checkpoints: faults, going on, shards; nothing depends on how it is divided."""

from __future__ import annotations

import io
import shutil
import tarfile
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from PIL import Image
from polars.testing import assert_frame_equal

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from primacy.corpus.areas.detect import parts as parts_module  # noqa: E402
from primacy.corpus.areas.detect import run as run_module  # noqa: E402
from primacy.corpus.areas.detect.finder import AreaFinder  # noqa: E402
from primacy.corpus.areas.detect.images import list_images  # noqa: E402
from primacy.corpus.areas.detect.loading import load_detector  # noqa: E402
from primacy.corpus.areas.detect.parts import divide, read_part  # noqa: E402
from primacy.corpus.areas.detect.run import DetectJob, ShardDone, collect, detect_shard  # noqa: E402
from primacy.corpus.areas.detect.spec import DetectSpec  # noqa: E402
from primacy.corpus.areas.detect.summary import summarise  # noqa: E402
from primacy.corpus.areas.read import read_areas, write_areas  # noqa: E402
from primacy.corpus.faults import Faults  # noqa: E402
from primacy.corpus.tables import AREAS  # noqa: E402
from primacy.design.vocabulary import parse_vocabulary  # noqa: E402
from primacy.errors import EncoderError, ModelUnavailableError, UnknownNameError, UsageError  # noqa: E402

WORDS = parse_vocabulary("words", "cat\nfire hydrant\nperson\ncouch\ntraffic light\n")


@pytest.fixture(autouse=True)
def small_parts(monkeypatch):
    monkeypatch.setattr(parts_module, "IMAGES", 3)


@pytest.fixture
def photos(tmp_path: Path, pictures) -> Path:
    """Six images in a folder and two in a .tar; of each, one cannot be read."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for k, image in enumerate(pictures):
        image.save(folder / f"{k}.png")
    (folder / "bad.png").write_bytes((folder / "0.png").read_bytes()[:500])
    with tarfile.open(folder / "shard.tar", "w") as archive:
        for name, data in (("t.png", (folder / "1.png").read_bytes()), ("u.png", b"no image")):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return folder


def job(photos: Path, detector: Path, work: Path, **changes) -> DetectJob:
    spec = DetectSpec(f"hf:{detector}", WORDS, device="cpu", **{"threshold": 0.1, **changes})
    return DetectJob(spec, tuple(divide(list_images([str(photos)], Faults()), len(WORDS), None)), work)


def run(one: DetectJob) -> tuple[pl.DataFrame, Faults, ShardDone]:
    faults, done = Faults(), detect_shard(one)
    table = collect(one, done.fingerprint, faults)
    assert table is not None
    return table, faults, done


@pytest.mark.parametrize("kind", ["grounding", "owlv2", "detr"])
def test_areas_of_a_folder_do_not_depend_on_batches_or_shards(checkpoint, photos, tmp_path, kind):
    one = job(photos, checkpoint(kind), tmp_path / "work")
    table, faults, done = run(one)
    assert (done.computed, done.kept) == (8, 0)
    assert table.schema == AREAS
    assert table.get_column("image_id").unique(maintain_order=True).to_list() == ["0", "1", "2", "3", "4", "t"]
    rank = {name: k for k, name in enumerate(WORDS.names)}
    for _, own in table.group_by("image_id", maintain_order=True):
        order = [rank[name] for name in own.get_column("category")]
        assert order == sorted(set(order))
    assert set(table.get_column("kind")) == {"detected box"}
    assert table.filter((pl.col("largest") > pl.col("union")) | (pl.col("union") > 1)).is_empty()
    twin = table.filter(pl.col("image_id") == "1").drop("image_id")  # the same picture from the .tar
    assert_frame_equal(twin, table.filter(pl.col("image_id") == "t").drop("image_id"), abs_tol=1e-4)
    (fault,) = faults
    assert (fault.kind, fault.times) == ("images that cannot be read (left out)", 2)
    assert "bad.png" in fault.examples[0]
    single, _, _ = run(replace(one, spec=replace(one.spec, batch=1), folder=tmp_path / "single"))
    assert_frame_equal(single, table, abs_tol=1e-4)
    apart = replace(one, folder=tmp_path / "apart")
    assert collect(apart, detect_shard(apart, (2, 2)).fingerprint, Faults()) is None
    detect_shard(apart, (1, 2))
    again, same, rest = run(apart)
    assert (rest.computed, rest.kept) == (0, 8)
    assert list(same) == list(faults)
    assert_frame_equal(again, table, check_exact=True)


def test_masks_and_their_summary(checkpoint, photos, tmp_path):
    boxes, _, _ = run(job(photos, checkpoint("detr"), tmp_path / "work"))
    one = job(photos, checkpoint("detr"), tmp_path / "work", masks=f"hf:{checkpoint('sam2')}")
    table, faults, done = run(one)
    assert done.computed == 8  # the masks are part of what parts are known by
    assert set(table.get_column("kind")) == {"detected mask"}
    keys = ["image_id", "category", "instances"]
    assert_frame_equal(table.select(keys), boxes.select(keys))
    found = summarise(one.parts, table)
    assert (found.images, found.asked, found.found) == (8, 8, table.get_column("image_id").n_unique())
    assert sum(category.instances for category in found.categories) == table.get_column("instances").sum()
    assert sum(category.images for category in found.categories) == len(table)
    assert faults.count("images that cannot be read (left out)") == 2


def test_what_shapes_areas_shapes_the_fingerprint_and_nothing_else_does(checkpoint, tmp_path):
    spec = DetectSpec(f"hf:{checkpoint('grounding')}", WORDS, device="cpu")
    base = AreaFinder(spec).fingerprint
    copy = tmp_path / "elsewhere"
    shutil.copytree(checkpoint("grounding"), copy)
    for same in (replace(spec, batch=3), replace(spec, detector=f"hf:{copy}"), replace(spec, threshold=0.3)):
        assert AreaFinder(same).fingerprint == base
    from safetensors.torch import load_file, save_file

    weights = load_file(copy / "model.safetensors")
    name = sorted(weights)[0]
    save_file({**weights, name: weights[name] + 1e-3}, copy / "model.safetensors", {"format": "pt"})
    others = [
        replace(spec, detector=f"hf:{copy}"), replace(spec, threshold=0.4), replace(spec, text_threshold=0.3),
        replace(spec, overlap=0.6), replace(spec, precision="bf16"), replace(spec, masks=f"hf:{checkpoint('sam')}"),
        replace(spec, vocabulary=parse_vocabulary("words", "cat\nfire hydrant\nperson\ncouch\n")),
    ]  # fmt: skip
    prints = [AreaFinder(other).fingerprint for other in others]
    assert len({base, *prints}) == len(prints) + 1


def test_half_precision_gives_boxes_too(checkpoint, photos, tmp_path):
    table, _, _ = run(job(photos, checkpoint("owlv2"), tmp_path / "work", precision="bf16"))
    assert len(table)


def test_images_are_looked_at_only_for_what_they_are_asked(checkpoint, photos, tmp_path):
    one = job(photos, checkpoint("owlv2"), tmp_path / "work", threshold=0.0)
    images = [image for part in one.parts for image in part.images]
    asked = {"0": (1, 2), "3": (4,)}
    chosen = replace(one, parts=tuple(divide(images, len(WORDS), asked)), chosen=True)
    table, faults, _ = run(chosen)
    found = {key[0]: set(own.get_column("category")) for key, own in table.group_by("image_id")}
    assert found["3"] == {"traffic light"}
    assert found["0"] <= {"fire hydrant", "person"}
    assert set(found) == {"0", "3"}
    assert not faults  # those that are not asked for anything are not read
    with pytest.raises(UsageError, match="looks for its own labels"):
        detect_shard(replace(chosen, spec=replace(chosen.spec, detector=f"hf:{checkpoint('detr')}")))


def test_an_image_where_nothing_is_found_is_listed(checkpoint, photos, tmp_path):
    table, _, _ = run(job(photos, checkpoint("owlv2"), tmp_path / "work", threshold=0.9999999))
    path = tmp_path / "areas.parquet"
    write_areas(table, path)
    nothing = table.filter(pl.col("category").is_null())
    assert len(nothing)
    assert nothing.drop("image_id").null_count().row(0) == (len(nothing),) * (len(AREAS) - 1)
    faults = Faults()
    listed = read_areas(path, tuple(WORDS.names), faults)
    assert listed.images.to_list() == ["0", "1", "2", "3", "4", "t"]
    assert_frame_equal(listed.table, table.filter(pl.col("category").is_not_null()))
    assert not faults


@pytest.mark.parametrize(("kind", "size"), [("detr", (300, 1)), ("owlv2", (9000, 3))])
def test_images_of_shapes_that_no_model_takes_are_counted(checkpoint, tmp_path, kind, size):
    folder = tmp_path / "photos"
    folder.mkdir()
    Image.new("RGB", size).save(folder / "line.png")
    Image.new("RGB", (30, 20)).save(folder / "usual.png")
    table, faults, _ = run(job(folder, checkpoint(kind), tmp_path / "work"))
    assert set(table.get_column("image_id")) == {"usual"}
    assert [fault.times for fault in faults] == [1]
    assert next(iter(faults)).kind == "images that cannot be read (left out)"


def test_a_damaged_part_is_found_again(checkpoint, photos, tmp_path):
    one = job(photos, checkpoint("detr"), tmp_path / "work")
    table, _, done = run(one)
    paths = [one.place(done.fingerprint, part) for part in one.parts]
    paths[0].write_bytes(paths[0].read_bytes()[:-30])
    paths[1].write_bytes(b"")
    pl.DataFrame({"image_id": ["x"]}).write_parquet(paths[2])
    assert [read_part(path) for path in paths] == [None, None, None]
    again, _, rest = run(one)
    assert rest.computed == 8
    assert_frame_equal(again, table, check_exact=True)


def test_a_run_that_is_stopped_goes_on_with_what_it_has(checkpoint, photos, tmp_path, monkeypatch):
    one = job(photos, checkpoint("detr"), tmp_path / "work")
    table, _, _ = run(replace(one, folder=tmp_path / "whole"))

    def stopped(path, found):
        if list(path.parent.glob("*.parquet")):
            (path.parent / f".tmp-1-00-{path.name}").write_bytes(b"half")  # as kill -9 would leave it
            raise KeyboardInterrupt
        parts_module.write_part(path, found)

    with monkeypatch.context() as patched:
        patched.setattr(run_module, "write_part", stopped)
        with pytest.raises(KeyboardInterrupt):
            detect_shard(one)
    again, _, done = run(one)
    assert (done.computed, done.kept) == (5, 3)
    assert_frame_equal(again, table, check_exact=True)


def refused(folder: Path | str, kind: type[Exception], match: str) -> None:
    with pytest.raises(kind, match=match):
        load_detector(DetectSpec(f"hf:{folder}", WORDS, device="cpu"))


def test_models_that_cannot_be_used_are_refused_in_words(checkpoint, tmp_path, monkeypatch):
    import huggingface_hub

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    refused("/no/such/folder", ModelUnavailableError, "does not exist")
    refused("nobody/nothing@abc", ModelUnavailableError, "nobody/nothing@abc")
    refused(checkpoint("sam"), UnknownNameError, "kind of detector 'sam'")
    with pytest.raises(UsageError, match="expected hf:"):
        load_detector(DetectSpec("grounding-dino", WORDS))
    copy = tmp_path / "copy"
    shutil.copytree(checkpoint("detr"), copy)
    torch.save({"weight": torch.ones(1)}, copy / "pytorch_model.bin")
    (copy / "model.safetensors").rename(tmp_path / "kept")
    refused(copy, EncoderError, "no .safetensors file")
    (copy / "model.safetensors").write_bytes((tmp_path / "kept").read_bytes()[:100])
    refused(copy, ModelUnavailableError, "no model that transformers can load")
    from safetensors.torch import load_file, save_file

    weights = load_file(tmp_path / "kept")
    weights.pop("class_labels_classifier.weight")
    save_file(weights, copy / "model.safetensors", {"format": "pt"})
    refused(copy, EncoderError, "1 missing")
    shutil.copy(tmp_path / "kept", copy / "model.safetensors")
    (copy / "preprocessor_config.json").unlink()
    refused(copy, ModelUnavailableError, "preprocessor_config.json")
    (copy / "config.json").write_text("{}")
    refused(copy, ModelUnavailableError, "no model that transformers can load")


@pytest.mark.parametrize(
    "wrong", [{"threshold": 1.0}, {"text_threshold": -0.1}, {"overlap": 0.0}, {"batch": 0}, {"precision": "int8"}]
)
def test_settings_that_cannot_be_are_refused(wrong):
    with pytest.raises(UsageError):
        DetectSpec("hf:x", WORDS, **wrong)


def test_shards_that_cannot_be_are_refused(checkpoint, photos, tmp_path):
    with pytest.raises(UsageError, match="shard 3/2"):
        detect_shard(job(photos, checkpoint("detr"), tmp_path / "work"), (3, 2))
