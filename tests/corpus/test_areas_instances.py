import gzip
import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycocotools import mask

from primacy.corpus.areas.instances import read_instances
from primacy.corpus.areas.masks import box_runs, drawn_runs, region, united
from primacy.corpus.faults import Faults
from primacy.errors import CorpusError, UsageError
from primacy.stimuli.images.coco_entries import CocoImage, EntryError
from primacy.stimuli.images.coco_shapes import Polygons

# pycocotools' own unpacking warns with numpy 2
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
CATEGORIES = ("dog", "bottle", "traffic light")
LISTED = [{"id": 44, "name": "Bottle"}, {"id": 18, "name": "dog"}, {"id": 9, "name": "traffic_light"}]
WIDTH, HEIGHT = 40, 30


def thing(category_id=18, bbox=(10, 10, 20, 10), image_id=1, **fields):
    return {"image_id": image_id, "category_id": category_id, "bbox": list(bbox), **fields}


@pytest.fixture
def read(tmp_path):
    def go(annotations, vocabulary=CATEGORIES, name="instances.json", **fields):
        content = {
            "images": [
                {"id": 7, "file_name": "two.jpg", "width": 60, "height": 100},
                {"id": 1, "file_name": "one.jpg", "width": WIDTH, "height": HEIGHT},
            ],
            "categories": LISTED,
            "annotations": annotations,
        } | fields
        path = tmp_path / name
        data = json.dumps(content).encode()
        path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
        faults = Faults()
        found = read_instances(path, vocabulary, faults)
        return found, {fault.kind: (fault.times, *fault.examples) for fault in faults}

    return go


def rectangle(x, y, width, height):
    return [x, y, x + width, y, x + width, y + height, x, y + height]


def painted(*boxes, width=WIDTH, height=HEIGHT):
    out = np.zeros((height, width), dtype=bool)
    for x, y, wide, high in boxes:
        out[max(y, 0) : y + high, max(x, 0) : x + wide] = True
    return out


def plain_runs(pixels):
    """Uncompressed run lengths by a walk down the columns."""
    counts, last = [0], 0
    for value in pixels.T.ravel().tolist():
        if value != last:
            counts.append(0)
            last = value
        counts[-1] += 1
    return {"size": list(pixels.shape), "counts": counts}


def packed_runs(pixels):
    runs = mask.encode(np.asfortranarray(pixels.astype(np.uint8)))
    return {"size": runs["size"], "counts": runs["counts"].decode()}


def expected(things):
    """union, largest, sum, instances, centrality of masks (bool, height x width), by counting pixels."""
    union = np.any(things, axis=0)
    rows, columns = np.nonzero(union)
    x, y = (columns + 0.5).mean() / union.shape[1], (rows + 0.5).mean() / union.shape[0]
    away = math.dist((x, y), (0.5, 0.5)) / math.dist((0, 0), (0.5, 0.5))
    areas = [one.sum() for one in things]
    return (*(area / union.size for area in (union.sum(), max(areas), sum(areas))), len(things), 1 - away)


FORMS = {
    "boxes": lambda box: {"bbox": list(box)},
    "polygons": lambda box: {"bbox": list(box), "segmentation": [rectangle(*box)]},
    "runs": lambda box: {"bbox": list(box), "segmentation": plain_runs(painted(box))},
    "packed": lambda box: {"bbox": list(box), "segmentation": packed_runs(painted(box))},
}
BOX = st.tuples(st.integers(0, WIDTH - 1), st.integers(0, HEIGHT - 1)).flatmap(
    lambda at: st.tuples(*map(st.just, at), st.integers(1, WIDTH - at[0]), st.integers(1, HEIGHT - at[1]))
)


@pytest.mark.parametrize("form", FORMS)
def test_every_form_has_the_areas_of_its_pixels(read, form):
    @settings(deadline=None)
    @given(st.lists(BOX, min_size=1, max_size=4))
    def go(boxes):
        table = read([thing() | FORMS[form](box) for box in boxes])[0].table
        assert len(table) == 1
        assert table.row(0)[2:7] == pytest.approx(expected([painted(box) for box in boxes]), abs=1e-12)
        assert table["kind"][0] == ("box" if form == "boxes" else "mask")

    go()


@settings(deadline=None)
@given(st.lists(st.lists(st.tuples(st.floats(-5, WIDTH + 5), st.floats(-5, HEIGHT + 5)), min_size=3, max_size=8),
                min_size=1, max_size=3))  # fmt: skip
def test_outlines_are_drawn_as_pycocotools_draws_them(parts):
    image = CocoImage(1, "x", WIDTH, HEIGHT)
    runs = drawn_runs(Polygons(tuple(np.array(part) for part in parts)), image)
    flat = [[value for point in part for value in point] for part in parts]
    decoded = mask.decode(mask.merge(mask.frPyObjects(flat, HEIGHT, WIDTH))).astype(bool)
    assert np.array_equal(mask.decode(runs).astype(bool), decoded)
    rows, columns = np.nonzero(decoded)
    assert region(runs) == (decoded.sum(), (columns + 0.5).sum(), (rows + 0.5).sum())


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(0.2, 1), st.floats(0.3, 1)), min_size=5, max_size=12))
def test_outlines_cover_the_pixels_whose_centres_are_inside(spokes):
    """Of stars around the middle, all but some pixels along the outline, by a test of angles and distances."""
    turn = np.cumsum([angle for angle, _ in spokes])
    angles = turn / turn[-1] * 2 * np.pi
    if np.max(np.diff(angles, append=angles[0] + 2 * np.pi)) > 3:
        return
    radii = np.array([radius for _, radius in spokes]) * HEIGHT / 2
    points = np.stack([WIDTH / 2 + radii * np.cos(angles), HEIGHT / 2 + radii * np.sin(angles)], axis=1)
    drawn = mask.decode(drawn_runs(Polygons((points,)), CocoImage(1, "x", WIDTH, HEIGHT))).astype(bool)
    y, x = np.mgrid[:HEIGHT, :WIDTH] + 0.5
    inside, near = np.zeros(drawn.shape, dtype=bool), np.full(drawn.shape, np.inf)
    for (x0, y0), (x1, y1) in zip(points, np.roll(points, -1, axis=0), strict=True):
        meets = (y0 <= y) != (y1 <= y)
        with np.errstate(divide="ignore", invalid="ignore"):
            inside ^= meets & (x < x0 + (y - y0) * (x1 - x0) / (y1 - y0))
        along = np.clip(((x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)) / ((x1 - x0) ** 2 + (y1 - y0) ** 2), 0, 1)
        near = np.minimum(near, np.hypot(x - x0 - along * (x1 - x0), y - y0 - along * (y1 - y0)))
    assert np.array_equal(drawn[near > 0.75], inside[near > 0.75])


@settings(deadline=None)
@given(st.lists(st.lists(st.booleans(), min_size=35, max_size=35), min_size=1, max_size=3))
def test_any_masks_are_united_and_measured(masks):
    pixels = [np.array(one).reshape(5, 7) for one in masks]
    runs = united([mask.encode(np.asfortranarray(one.astype(np.uint8))) for one in pixels])
    union = np.any(pixels, axis=0)
    rows, columns = np.nonzero(union)
    assert region(runs) == (union.sum(), (columns + 0.5).sum(), (rows + 0.5).sum())


def test_sums_of_a_large_mask_are_exact():
    side = 16_000
    runs = mask.frPyObjects({"size": [side, side], "counts": [0, side * side]}, side, side)
    assert region(runs) == (side**2, side**3 / 2, side**3 / 2)


def test_rows_are_in_the_order_of_images_and_categories(read):
    found, faults = read([thing(9), thing(18), thing(44, image_id=7), thing(18, image_id=7)], name="i.json.gz")
    assert found.images.to_list() == ["7", "1"] and not faults
    assert found.table.select("image_id", "category").rows() == [
        ("7", "dog"), ("7", "bottle"), ("1", "dog"), ("1", "traffic light"),
    ]  # fmt: skip


def test_crowds_are_one_instance_each_and_marked(read):
    crowd = painted((0, 0, 10, 10), (20, 20, 5, 5))
    found = read(
        [thing(bbox=(5, 5, 10, 10), segmentation=[rectangle(5, 5, 10, 10)]),
         thing(bbox=(0, 0, 25, 25), iscrowd=1, segmentation=plain_runs(crowd)), thing(44)]
    )[0].table  # fmt: skip
    assert found["crowd"].to_list() == [True, False]
    assert found.row(0)[2:7] == pytest.approx(expected([painted((5, 5, 10, 10)), crowd]))


def test_boxes_among_masks_are_drawn_and_named(read):
    boxes = [(5, 5, 10, 10), (0, 0, 7, 7)]
    row = read([thing(bbox=boxes[0], segmentation=[rectangle(*boxes[0])]), thing(bbox=boxes[1])])[0].table.row(0)
    assert row[2:7] == pytest.approx(expected([painted(box) for box in boxes]))
    assert row[-1] == "box"


def test_what_lies_outside_the_image_does_not_count(read):
    for form in ("boxes", "polygons"):
        row = read([thing() | FORMS[form]((-10, 20, 30, 20))])[0].table.row(0)
        assert row[2:7] == pytest.approx(expected([painted((-10, 20, 30, 20))])), form


def test_a_fractional_box_is_measured_exactly(read):
    row = read([thing(bbox=(0.25, 0.5, 10.5, 4.25), area=9999)])[0].table.row(0)
    assert row[2:5] == pytest.approx([10.5 * 4.25 / WIDTH / HEIGHT] * 3, rel=1e-15)


def test_faults_are_counted_and_the_rest_is_used(read):
    found, faults = read(
        [
            thing(id=1),
            thing(id=1, bbox=(0, 0, 40, 30)),
            thing(id=2, image_id=99),
            thing(id=3, category_id=5),
            thing(id=4, category_id=77),
            "nonsense",
            thing(bbox=(1, 2, 3)),
            thing(44, bbox=(3, 3, 0, 9)),
            thing(44, segmentation=[[1, 2, 3, 4]], bbox=(0, 0, 4, 3)),
            thing(segmentation=[rectangle(0, 0, 1e9, 5)]),
        ],
        images=[
            {"id": 1, "file_name": "one.jpg", "width": WIDTH, "height": HEIGHT},
            {"id": 2, "file_name": "x.jpg", "width": 0, "height": HEIGHT},
            {"id": 1, "file_name": "again.jpg", "width": 500, "height": HEIGHT},
        ],
        categories=[*LISTED, {"id": 5, "name": "unicorn"}],
    )
    assert faults == {
        "categories with areas that the vocabulary does not know (left out)": (1, "unicorn"),
        "images of the instances that cannot be read (left out)": (
            1, "image 1 has width 0 and height 30, expected positive integers",
        ),
        "image ids that the instances list again (left out)": (1, "1"),
        "annotation ids that the instances use again (left out)": (1, "1"),
        "annotations of images that the instances do not list (left out)": (1, "99"),
        "annotations that cannot be read (left out)": (
            4,
            "annotation 4 has 'category_id' 77, which is not among the categories",
            "annotation 5 has no integer 'image_id'",
            "annotation 6 has 'bbox' [1, 2, 3], expected [x, y, width, height]",
        ),
        "annotated things without area (taken as area 0)": (1, "annotation 7"),
        "outlines of fewer than three points (their box counts)": (1, "annotation 8"),
    }  # fmt: skip
    assert found.images.to_list() == ["1"]
    dog, bottle = found.table.rows()
    assert dog[2:6] == pytest.approx((200 / 1200, 200 / 1200, 200 / 1200, 1))
    assert bottle[2:6] == pytest.approx((12 / 1200, 12 / 1200, 12 / 1200, 2))


def test_a_thing_without_area_stands_in_the_image(read):
    row = read([thing(bbox=(3, 3, 0, 9))])[0].table.row(0)
    assert row[2:7] == (0, 0, 0, 1, None)


def test_huge_masks_are_refused_before_they_are_drawn():
    outline = Polygons((np.array([[0, 0], [5, 0], [5, 5.0]]),))
    with pytest.raises(EntryError, match="a mask of 1000000 x 1000000 pixels"):
        drawn_runs(outline, CocoImage(1, "x", 10**6, 10**6))
    assert mask.area(box_runs((0, 0, 5, 5), CocoImage(1, "x", 9, 9))) == 25


def test_another_vocabulary_and_other_files_are_refused(read):
    with pytest.raises(CorpusError, match="none of its 3 categories is in the vocabulary") as error:
        read([thing()], vocabulary=("sphere", "cube"))
    assert "vocabulary" in error.value.hint
    with pytest.raises(UsageError, match=r"instances.json has no list 'categories', expected an official COCO"):
        read([], categories=None)
    with pytest.raises(UsageError, match="category 0 has no integer 'id'"):
        read([], categories=[{}])


def test_no_annotations_are_an_empty_table(read):
    found, faults = read([])
    assert found.table.is_empty() and found.images.to_list() == ["7", "1"] and not faults
