from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from primacy.design.crops import MAX_SHARE, Window, ladder, smallest_scale, smallest_that, square
from primacy.errors import DesignError
from primacy.stimuli.images.coco_photos import open_photos
from primacy.stimuli.images.crops import CropLadder


@st.composite
def targets(draw):
    """A base window in a larger picture, and a box inside it."""
    width, height = draw(st.integers(40, 400)), draw(st.integers(40, 400))
    base = Window(draw(st.integers(0, 30)), draw(st.integers(0, 30)), width, height)
    box_width, box_height = draw(st.integers(1, width)), draw(st.integers(1, height))
    x, y = draw(st.integers(0, width - box_width)), draw(st.integers(0, height - box_height))
    return base, Window(base.x + x, base.y + y, box_width, box_height)


@given(targets(), st.integers(2, 7), st.integers(1, 40))
def test_a_ladder_grows_the_target_where_it_stands(target, steps, min_side):
    base, box = target
    pixels = box.width * box.height
    smallest = smallest_scale(base, box, pixels, min_side=min_side)
    windows = ladder(base, box, smallest, steps)
    assert windows[0] == base and len(windows) == steps and 0 < smallest <= 1
    for before, after in pairwise(windows):
        assert after.width <= before.width and after.height <= before.height
    for window in windows:
        assert base.x <= window.x and window.x + window.width <= base.x + base.width
        assert base.y <= window.y and window.y + window.height <= base.y + base.height
        # to a pixel of rounding, the box is whole and keeps its relative place
        assert box.x >= window.x and box.x + box.width <= window.x + window.width + 1
        assert box.y >= window.y and box.y + box.height <= window.y + window.height + 1
        place = (box.x + box.width / 2 - window.x) / window.width
        assert abs(place - (box.x + box.width / 2 - base.x) / base.width) * window.width <= 2
    if smallest < 1:
        last = windows[-1]
        assert min(last.width, last.height) >= min_side - 1
        assert pixels <= MAX_SHARE * (last.width + 1) * (last.height + 1)


@given(st.integers(1, 300), st.integers(1, 300), st.floats(0, 300), st.floats(0, 300))
def test_the_square_is_the_nearest_to_its_point(width, height, x, y):
    found = square(width, height, min(x, width), min(y, height))
    side = min(width, height)
    assert (found.width, found.height) == (side, side)
    assert 0 <= found.x <= width - side and 0 <= found.y <= height - side
    best = min(range(width - side + 1), key=lambda left: abs(left + side / 2 - min(x, width)))
    assert abs(found.x + side / 2 - min(x, width)) <= abs(best + side / 2 - min(x, width)) + 1e-9
    centre = square(width, height)
    assert abs(2 * centre.x + side - width) <= 1 and abs(2 * centre.y + side - height) <= 1


@given(st.floats(0.01, 1), st.floats(0.01, 1.2))
def test_bisection_finds_the_edge(low, edge):
    found = smallest_that(lambda scale: scale >= edge, low)
    if edge > 1:
        assert found is None
    else:
        assert found >= edge and found <= max(edge, low) * 1.011


def test_windows_scale_with_the_picture():
    assert Window(10, 20, 30, 40).scaled((100, 100), (200, 50)) == Window(20, 10, 60, 20)
    assert Window(99, 99, 1, 1).scaled((100, 100), (10, 10)) == Window(9, 9, 1, 1)


@pytest.fixture
def photos(sample):
    """A dog with a person beside it; umbrellas that go first; a person behind everything."""
    sample.add(
        [
            (18, (200, 200, 40, 40), {}),
            (1, (250, 190, 40, 60), {}),
            (28, (0, 0, 60, 60), {}),
            (28, (340, 0, 60, 60), {}),
        ],
        size=(400, 400),
        annotated=(400, 400),
    )
    return sample.open()


def test_what_a_ladder_holds(photos):
    crops = CropLadder(photos, steps=4)
    assert [p.picture_id for p in crops.pictures[:4]] == ["1/person/1", "1/person/2", "1/person/3", "1/person/4"]
    assert [tuple(s) for s in crops.skipped] == [("000000000001.png umbrella", "more than one of it")]
    dog = crops.pictures[4:]
    assert [dict(p.factors) for p in dog] == [
        {"target": "dog", "step": k, "photo": 1, "ladder": 1} for k in range(1, 5)
    ]
    roles = [{o.category: o.role for o in p.objects} for p in dog]
    assert roles[0] == {"person": "stays", "dog": "target", "umbrella": ""}
    assert roles[-1] == {"person": "stays", "dog": "target"}
    areas = [next(o.area for o in p.objects if o.role == "target") for p in dog]
    assert areas[0] == pytest.approx(0.01)
    assert np.allclose(np.diff(np.log(areas)), np.diff(np.log(areas)).mean(), rtol=0.08)
    assert areas[-1] == pytest.approx(40 * 40 / 111**2, rel=0.05)  # half of the person is left at 111 pixels
    assert {p.cluster for p in crops.pictures} == {1} and crops.clusters == "photos" and crops.name == "crops"


def test_facts_are_those_of_the_pixels_shown(photos):
    crops = CropLadder(photos)
    for i, picture in enumerate(crops.pictures):
        mask, image = crops.mask(i), crops.image(i)
        assert image.size == mask.shape[::-1]
        for k, shown in enumerate(picture.objects, 1):
            y, x = np.nonzero(mask == k)
            assert (mask == k).mean() == pytest.approx(shown.area)
            assert ((x + 0.5).mean() / mask.shape[1], (y + 0.5).mean() / mask.shape[0]) == pytest.approx(
                (shown.x, shown.y)
            )
        window = crops.window(i)
        whole = photos.view(0, Window(0, 0, 400, 400))
        assert image.getpixel((3, 5)) == whole.getpixel((window.x + 3, window.y + 5))


def test_the_digest_says_which_crops(photos):
    assert CropLadder(photos).digest == CropLadder(photos).digest
    assert len({CropLadder(photos).digest, CropLadder(photos, steps=4).digest, photos.digest}) == 3


def test_targets_that_cannot_grow_are_listed(sample):
    sample.add([(18, (100, 100, 250, 200), {}), (1, (0, 0, 50, 50), {})], size=(400, 400), annotated=(400, 400))
    photos = sample.open()
    with pytest.raises(DesignError, match="none of the 1 photos has a single object"):
        CropLadder(photos)
    sample.add([(18, (200, 200, 40, 40), {}), (1, (250, 190, 40, 60), {})], size=(400, 400), annotated=(400, 400))
    crops = CropLadder(sample.open())
    assert [(s.name, s.reason[:10]) for s in crops.skipped] == [
        ("000000000001.png person", "it cannot "),
        ("000000000001.png dog", "it cannot "),
    ]


@pytest.mark.parametrize("options", [{"steps": 1}, {"growth": 1.0}, {"min_side": 0}])
def test_senseless_ladders_are_refused(photos, options):
    with pytest.raises(DesignError, match="expected at least 2 steps"):
        CropLadder(photos, **options)


def test_the_real_photos_give_a_balanced_panel(coco_val):
    photos = open_photos(coco_val / "coco_val2017_cc_photos.zip", coco_val / "instances_boxes_val2017.json.gz")
    crops = CropLadder(photos)
    steps = np.array([p.factors["step"] for p in crops.pictures]).reshape(-1, 5)
    assert len(steps) > 400 and (steps == [1, 2, 3, 4, 5]).all()
    targets = [next(o for o in p.objects if o.role == "target") for p in crops.pictures]
    assert all(any(o.role == "stays" for o in p.objects) for p in crops.pictures)
    areas = np.array([t.area for t in targets]).reshape(-1, 5)
    centrality = np.array([t.centrality for t in targets]).reshape(-1, 5)
    assert (np.diff(areas, axis=1) > 0).all() and areas.max() <= 0.51
    assert (areas[:, -1] / areas[:, 0]).min() > 2.8
    assert np.abs(centrality - centrality[:, :1]).max() < 0.02
