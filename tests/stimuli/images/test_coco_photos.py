import json
import zipfile

import numpy as np
import pytest
from PIL import Image

from primacy.errors import DatasetError, UsageError
from primacy.stimuli.images.coco_photos import open_photos

TWO = [(1, (30, 10, 40, 60), {}), (18, (60, 50, 20, 20), {})]


def test_facts_are_unions_measured_in_the_frame(sample):
    twice = [(1, (0, 0, 60, 40), {}), (1, (30, 20, 60, 40), {}), (18, (100, 60, 20, 20), {})]
    sample.add(twice)
    whole = sample.open(frame="whole")
    person, dog = whole.pictures[0].objects
    assert (person.category, dog.category) == ("person", "dog")
    assert person.area == pytest.approx((2 * 60 * 40 - 30 * 20) / (120 * 80))  # the overlap counts once
    assert (person.instances, dog.instances) == (2, 1)
    assert (person.x, person.y) == pytest.approx((45 / 120, 30 / 80))
    assert (dog.x, dog.y, dog.area) == pytest.approx((110 / 120, 70 / 80, 400 / 9600))
    assert whole.pictures[0].cluster == 1 and whole.clusters == whole.name == "photos"
    assert whole.image(0).size == (120, 80) and whole.facts_from == "boxes"
    with pytest.raises(UsageError, match="none of the 1 images"):  # the dog stands outside of the centre square
        sample.open(frame="square")


def test_the_centre_square_is_shown_and_measured(sample, pixels):
    cut = (28, (0, 0, 22, 80), {})  # 2 of its 22 columns lie in the square
    sample.add([*TWO, cut])
    sample.add([*TWO, cut, (28, (90, 0, 10, 10), {})])
    sample.add([*TWO, (28, (0, 0, 29, 80), {})])  # 9 of 29 columns: more than a tenth of the square
    source = sample.open()
    shown = {o.category: o for o in source.pictures[0].objects}
    assert list(shown) == ["person", "dog"]
    assert shown["person"].area == pytest.approx(40 * 60 / 6400)
    assert (shown["person"].x, shown["person"].y) == pytest.approx(((50 - 20) / 80, 40 / 80))
    umbrella = source.pictures[1].objects[2]
    assert umbrella.instances == 1 and umbrella.area == pytest.approx((2 * 80 + 100) / 6400)
    umbrella = source.pictures[2].objects[2]
    assert umbrella.instances == 1 and umbrella.area == pytest.approx(9 * 80 / 6400)
    image = source.image(0)
    assert image.size == (80, 80) and image.mode == "RGB"
    assert image.getpixel((0, 0)) == pixels(120, 80, 1).getpixel((20, 0))


def test_a_photo_of_another_size_gives_the_same_facts(sample):
    for size in ((120, 80), (240, 160), (1200, 800)):
        sample.add(TWO, size=size)
    source = sample.open()
    one, two, ten = source.pictures
    for a, b, c in zip(one.objects, two.objects, ten.objects, strict=True):
        assert (a.area, a.x, a.y) == pytest.approx((b.area, b.x, b.y))
        assert (a.area, a.x, a.y) == pytest.approx((c.area, c.x, c.y), abs=0.005)
    width, height = source.image(2).size  # facts come from a smaller grid, so a side may be a pixel short
    assert source.mask(2).shape == (height, width) and abs(width - 800) <= 1 and height == 800
    assert np.bincount(source.mask(2).ravel())[2] == 200 * 200


def test_masks_follow_the_order_of_objects_and_small_ones_lie_on_top(sample):
    sample.add([(18, (60, 50, 20, 20), {}), (1, (30, 10, 40, 60), {})])
    source = sample.open()
    mask = source.mask(0)
    assert source.pictures[0].categories == ("person", "dog")
    assert mask.dtype == np.uint8 and mask.shape == (80, 80)
    expected = np.zeros((80, 120), dtype=int)
    expected[10:70, 30:70] = 1
    expected[50:70, 60:80] = 2
    assert np.array_equal(mask, expected[:, 20:100])


def test_where_facts_come_from_is_said(sample):
    outline = {"segmentation": [[30, 10, 70, 10, 70, 70, 30, 70]]}
    sample.add([(1, (30, 10, 40, 60), outline), (18, (60, 50, 20, 20), {"segmentation": [[60, 50, 80, 50, 80, 70]]})])
    source = sample.open()
    assert source.facts_from == "masks"
    assert source.pictures[0].objects[1].area == pytest.approx(200 / 6400, rel=0.06)
    sample.add(TWO)
    assert sample.open().facts_from == "masks and boxes"


def test_crowds_are_no_objects_but_counted(sample):
    sample.add([*TWO, (28, (30, 0, 60, 60), {"iscrowd": 1})])
    source = sample.open()
    assert source.pictures[0].categories == ("person", "dog") and source.crowds == 1


def broken(data, cut):
    return data[: int(len(data) * cut)]


def test_every_photo_that_cannot_be_used_is_listed_with_the_reason(sample, pixels, encoded):
    good = encoded(pixels(120, 80))
    sample.add(TWO)
    sample.add(TWO, data=b"", name="missing.jpg")
    sample.add(TWO, data=broken(good, 0.6), name="cut.png")
    sample.add(TWO, data=b"no picture", name="text.jpg")
    sample.add(TWO, size=(80, 120), name="turned.png")
    sample.add(TWO, size=(100, 100), name="squashed.png")
    sample.add(TWO[:1], name="alone.png")
    (sample.photos / "empty.png").touch()
    sample.images.append({"id": 99, "file_name": "empty.png", "width": 120, "height": 80})
    for folder in ("a", "b"):
        (sample.photos / folder).mkdir()
        (sample.photos / folder / "double.png").write_bytes(good)
    sample.images.append({"id": 98, "file_name": "double.png", "width": 120, "height": 80})
    (sample.photos / "unmentioned.png").write_bytes(good)
    (sample.photos / ".hidden.png").write_bytes(good)
    (sample.photos / "notes.txt").write_text("no photo")
    sample.annotations.append({"image_id": 500, "category_id": 1, "bbox": [0, 0, 1, 1]})
    source = sample.open()
    reasons = {skipped.name: skipped.reason for skipped in source.skipped}
    assert len(source.pictures) == 1 and len(reasons) == len(source.skipped)
    for name, words in {
        "missing.jpg": "no such photo",
        "cut.png": "no readable picture",
        "text.jpg": "no readable picture",
        "empty.png": "empty",
        "turned.png": "80 x 120, expected 120 x 80",
        "squashed.png": "not the shape",
        "alone.png": "fewer than two categories",
        "double.png": "several files have this name: a/double.png, b/double.png",
        "unmentioned.png": "not among the images",
        "image 500": "annotated, but not among",
    }.items():
        assert words in reasons.pop(name)
    assert not reasons


@pytest.mark.parametrize(
    ("stored", "fits"), [((81, 54), True), ((80, 53), True), ((80, 55), False), ((121, 80), True), ((121, 79), False)]
)
def test_rounding_of_a_stored_size_is_no_mismatch(sample, stored, fits):
    sample.add(TWO, size=stored)
    sample.add(TWO)
    assert len(sample.open().pictures) == 1 + fits


@pytest.mark.parametrize("annotated", [(120, 80), (80, 120)])
def test_a_turned_photo_is_shown_as_it_was_annotated(sample, annotated, pixels, encoded):
    exif = Image.Exif()
    exif[0x0112] = 8  # to be turned by a quarter against the clock
    stored = pixels(80, 120)
    things = [(1, (10, 10, 30, 30), {}), (18, (50, 50, 20, 20), {})]
    sample.add(things, data=encoded(stored, exif=exif), annotated=annotated)
    source = sample.open(frame="whole")
    assert source.image(0).size == annotated
    assert source.image(0).getpixel((0, 0)) == stored.getpixel((79, 0) if annotated == (120, 80) else (0, 0))


def test_names_are_looked_up_below_the_folder_and_never_followed(sample, pixels, encoded):
    sample.add(TWO, name="deep.png", where="photos/val2017")
    sample.images[-1]["file_name"] = "somewhere/else/deep.png"
    outside = sample.folder / "outside.png"
    outside.write_bytes(encoded(pixels(120, 80)))
    sample.images.append({"id": 77, "file_name": "../outside.png", "width": 120, "height": 80})
    source = sample.open()
    assert [p.picture_id for p in source.pictures] == ["1"]
    assert [tuple(s) for s in source.skipped] == [("../outside.png", "no such photo")]


def test_a_zip_is_as_good_as_a_folder(sample, tmp_path):
    for _ in range(3):
        sample.add(TWO)
    folder = sample.open()
    packed = tmp_path / "photos.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for path in sorted(sample.photos.iterdir()):
            archive.write(path, f"images/{path.name}")
        archive.writestr("__MACOSX/images/._000000000001.png", b"x")
        archive.writestr("CHANGES.txt", "x")
    source = open_photos(packed, sample.write())
    assert source.digest == folder.digest and not source.skipped
    assert np.array_equal(source.image(2), folder.image(2))


def test_the_digest_says_what_is_shown(sample, pixels, encoded):
    sample.add(TWO)
    first = sample.open()
    assert first.digest == sample.open().digest != sample.open(frame="whole").digest
    sample.annotations[0]["bbox"][2] += 10
    assert first.digest != sample.open().digest
    sample.annotations[0]["bbox"][2] -= 10
    (sample.photos / "000000000001.png").write_bytes(encoded(pixels(120, 80, 5)))
    assert first.digest != sample.open().digest
    with pytest.raises(DatasetError, match="has changed since"):
        first.image(0)
    (sample.photos / "000000000001.png").unlink()
    with pytest.raises(DatasetError, match="missing"):
        first.image(0)


def test_places_without_photos_are_refused(sample, tmp_path, pixels, encoded):
    sample.add(TWO)
    instances = sample.write()
    (tmp_path / "none").mkdir()
    (tmp_path / "no.zip").write_bytes(b"no zip")
    with zipfile.ZipFile(tmp_path / "escape.zip", "w") as archive:
        archive.writestr("../000000000001.png", encoded(pixels(120, 80)))
    for name, words in {
        "missing": "is missing",
        "none": "holds no photos",
        "no.zip": "not readable as a zip",
        "escape.zip": "leaves the folder",
    }.items():
        with pytest.raises(UsageError, match=words):
            open_photos(tmp_path / name, instances)


def test_a_damaged_member_of_a_zip_is_skipped(sample, tmp_path):
    sample.add(TWO)
    sample.add(TWO)
    packed = tmp_path / "photos.zip"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(sample.photos.iterdir()):
            archive.write(path, path.name)
    data = bytearray(packed.read_bytes())
    data[200] ^= 255
    packed.write_bytes(data)
    source = open_photos(packed, sample.write())
    assert len(source.pictures) == 1
    assert "is damaged" in source.skipped[0].reason


def test_the_real_photos(coco_val):
    source = open_photos(
        coco_val / "coco_val2017_cc_photos.zip", coco_val / "instances_boxes_val2017.json.gz", frame="whole"
    )
    assert len(source.pictures) == 715 and source.facts_from == "boxes" and source.crowds == 447
    assert sum("person" in picture.categories for picture in source.pictures) == 690
    assert {s.reason for s in source.skipped} == {"no such photo"} and len(source.skipped) == 5000 - 715
    true = json.loads((coco_val / "coco_val2017_mask_areas_204.json").read_text())
    boxes, masks = [], []
    for photo, picture in zip(source.photos, source.pictures, strict=True):
        of = true.get(picture.picture_id, {})
        for shown in picture.objects:
            if shown.category in of:
                boxes.append(shown.area)
                masks.append(of[shown.category][1] / (photo.annotated.width * photo.annotated.height))
    assert len(boxes) > 150
    ratio = np.log(boxes) - np.log(masks)
    assert np.corrcoef(np.log(boxes), np.log(masks))[0, 1] > 0.95
    assert 1.3 < np.exp(np.median(ratio)) < 2 and np.mean(ratio > -0.05) > 0.98
