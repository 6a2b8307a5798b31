import gzip
import json

import numpy as np
import pytest

from primacy.errors import UsageError
from primacy.stimuli.images.coco_instances import read_coco_instances
from primacy.stimuli.images.coco_shapes import Polygons, RunLengths


def thing(image_id=1, category_id=18, bbox=(10, 10, 20, 10), **fields):
    return {"image_id": image_id, "category_id": category_id, "bbox": list(bbox), **fields}


@pytest.fixture
def write(tmp_path):
    def go(annotations, name="instances.json", **fields):
        content = {
            "images": [
                {"id": 1, "file_name": "one.jpg", "width": 100, "height": 60},
                {"id": 2, "file_name": "two.jpg", "width": 60, "height": 100},
            ],
            "categories": [{"id": 44, "name": "bottle"}, {"id": 18, "name": "dog"}],
            "annotations": annotations,
        } | fields
        path = tmp_path / name
        data = json.dumps(content).encode()
        path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
        return path

    return go


@pytest.mark.parametrize("name", ["instances.json", "instances.json.gz"])
def test_what_a_file_holds(write, name):
    outline = [[10, 10, 30, 10, 30, 20], [0, 0, 5, 0, 5, 5, 0, 5]]
    runs = {"size": [60, 100], "counts": [100, 50, 5850]}
    found = read_coco_instances(
        write(
            [
                thing(),
                thing(category_id=44, segmentation=outline),
                thing(segmentation=runs),
                thing(image_id=2, segmentation=[]),
                thing(image_id=2, segmentation=[[1, 2, 3, 4]]),
                thing(iscrowd=1, segmentation=runs),
                thing(image_id=9),
                thing(image_id=7),
                thing(image_id=9),
            ],
            name,
        )
    )
    assert found.categories == ("dog", "bottle")  # in the order of their ids
    assert [image.file_name for image in found.images] == ["one.jpg", "two.jpg"]
    one, two = found.things[1], found.things[2]
    assert [t.category for t in one] == [0, 1, 0]
    assert one[0].shape is None and one[0].box == (10, 10, 20, 10)
    assert isinstance(one[1].shape, Polygons) and [len(p) for p in one[1].shape.parts] == [3, 4]
    assert isinstance(one[2].shape, RunLengths) and one[2].shape.counts.tolist() == [100, 50, 5850]
    assert [t.shape for t in two] == [None, None]
    assert (found.crowds, found.orphans, found.unusable_outlines) == (1, (7, 9), 1)


BAD = {
    "has no integer 'image_id'": {"image_id": "1"},
    "is not among the categories": {"category_id": 3},
    "'category_id' None": {"category_id": None},
    "'category_id' \\[1\\]": {"category_id": [1]},
    "expected \\[x, y, width, height\\]": {"bbox": [1, 2, 3]},
    "'bbox' None": {"bbox": None},
    "'bbox' \\[nan": {"bbox": [float("nan"), 2, 3, 4]},
    "'bbox' \\[1000": {"bbox": [10**400, 2, 3, 4]},
    "'bbox' \\[inf": {"bbox": [float("inf"), 2, 3, 4]},
    "negative width": {"bbox": [1, 2, -3, 4]},
    "outside its image of 100 x 60": {"bbox": [1, 70, 3, 4]},
    "neither a list of polygons": {"segmentation": [1, 2, 3]},
    "a polygon that is not": {"segmentation": [[1, 2, 3, 4, 5, 6, 7]]},
    "polygon that": {"segmentation": [[1, 2, 3, 4, 5, "6"]]},
    "size \\[100, 60\\]": {"segmentation": {"size": [100, 60], "counts": [6000]}},
    "do not add up": {"segmentation": {"size": [60, 100], "counts": [5999]}},
    "add up to": {"segmentation": {"size": [60, 100], "counts": [7000, -1000]}},
    "without 'counts'": {"segmentation": {"size": [60, 100]}},
    "cannot be read": {"segmentation": {"size": [60, 100], "counts": "~"}},
}


@pytest.mark.parametrize("message", BAD)
def test_the_first_bad_annotation_is_named(write, message):
    with pytest.raises(UsageError, match=message) as error:
        read_coco_instances(write([thing(), thing() | BAD[message], thing() | BAD[message]]))
    assert "instances.json: annotation 1 " in str(error.value)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"images": [{"id": 1, "file_name": "x.jpg", "width": 0, "height": 5}]}, "image 0 has width 0 and height 5"),
        ({"images": [{"id": 1, "file_name": "x.jpg"}]}, "image 0 has width None"),
        ({"images": ["x.jpg"]}, "image 0 has no integer 'id'"),
        ({"images": [{"id": 1, "file_name": "x", "width": 5, "height": 5}] * 2}, "image 1 has the id 1 of an earlier"),
        ({"categories": [{"id": 1, "name": " "}]}, "category 0 has no"),
        ({"categories": [{"id": 1, "name": "a"}, {"id": 2, "name": "a"}]}, "category 1 has the id or the name"),
        ({"images": {}}, "no list 'images', expected an official COCO instances file"),
        ({"categories": None}, "no list 'categories'"),
    ],
)
def test_bad_lists_are_named(write, fields, message):
    with pytest.raises(UsageError, match=message):
        read_coco_instances(write([], **fields))


def _gzip(data: bytes) -> bytes:
    """Without the time of day, which pytest would write into a test's name, another in each worker."""
    return gzip.compress(data, mtime=0)


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.json", b"", "is not JSON"),
        ("a.json", b"[1]", "no list 'categories'"),
        ("a.json", b"\xff\xfe", "is not JSON"),
        ("a.json", b"[" * 200_000, "nested too deeply|not JSON"),
        ("a.json", b"9" * 10_000, "is not JSON"),
        ("a.json.gz", b"no gzip", "cannot read"),
        ("a.json.gz", _gzip(b"{}" * 1000)[:-12], "cut short"),
        ("a.json.gz", _gzip(np.random.default_rng(0).bytes(5000))[:40] + b"\xff" * 900, "damaged|cut short"),
    ],
)
def test_files_that_are_no_json(tmp_path, name, data, message):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(UsageError, match=message):
        read_coco_instances(tmp_path / name)


def test_a_file_is_read_up_to_its_limit(tmp_path):
    from primacy.stimuli.bounded_json import read_json

    (tmp_path / "a.json.gz").write_bytes(gzip.compress(b"[" + b"0," * 50_000 + b"0]"))
    assert len(read_json(tmp_path / "a.json.gz")) == 50_001
    with pytest.raises(UsageError, match="holds more than 100,000 bytes"):
        read_json(tmp_path / "a.json.gz", max_bytes=100_000)
    with pytest.raises(UsageError, match="cannot read"):
        read_json(tmp_path / "missing.json")
