"""Areas of planted detections against pixels that are painted and counted; doubles against a plain loop."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

torch = pytest.importorskip("torch")
pytest.importorskip("torchvision")

from primacy.corpus.areas.detect import masks as masks_module  # noqa: E402
from primacy.corpus.areas.detect.areas import category_areas, without_doubles  # noqa: E402
from primacy.corpus.areas.detect.detector import Detections  # noqa: E402
from primacy.corpus.areas.detect.masks import Masker  # noqa: E402
from primacy.corpus.areas.detect.spec import DetectSpec  # noqa: E402
from primacy.design.vocabulary import load_vocabulary  # noqa: E402
from primacy.errors import UnknownNameError  # noqa: E402

WIDTH, HEIGHT = 24, 16
IMAGE = Image.new("RGB", (WIDTH, HEIGHT))
SPEC = DetectSpec("hf:none", load_vocabulary("coco80"), device="cpu")


@st.composite
def found(draw) -> Detections:
    """Boxes whose edges lie on pixels."""
    n = draw(st.integers(1, 12))
    xs = [sorted(draw(st.lists(st.integers(0, WIDTH), min_size=2, max_size=2, unique=True))) for _ in range(n)]
    ys = [sorted(draw(st.lists(st.integers(0, HEIGHT), min_size=2, max_size=2, unique=True))) for _ in range(n)]
    boxes = np.array([[a / WIDTH, c / HEIGHT, b / WIDTH, d / HEIGHT] for (a, b), (c, d) in zip(xs, ys, strict=True)])
    scores = np.array(draw(st.lists(st.floats(0.1, 1), min_size=n, max_size=n, unique=True)))
    categories = draw(st.lists(st.integers(0, 3), min_size=n, max_size=n))
    return Detections(boxes, scores, np.array(categories, dtype=np.int64))


def painted(box: np.ndarray) -> np.ndarray:
    left, top, right, bottom = np.round(box * [WIDTH, HEIGHT, WIDTH, HEIGHT])
    mask = np.zeros((HEIGHT, WIDTH), dtype=bool)
    mask[int(top) : int(bottom), int(left) : int(right)] = True
    return mask


class Painter:
    """A masks model that takes the box for the thing, but for those in the left third, where it sees nothing."""

    def masks(self, image, boxes):
        for box in boxes:
            yield painted(box) & (box[2] > 1 / 3)


def check(one, masks: list[np.ndarray], kind: str) -> None:
    union = np.any(masks, axis=0)
    pixels, areas = WIDTH * HEIGHT, one.areas
    assert areas.kind == kind
    assert not areas.crowd
    assert areas.instances == len(masks)
    assert areas.union == pytest.approx(union.sum() / pixels)
    assert areas.largest == pytest.approx(max(mask.sum() for mask in masks) / pixels)
    assert areas.sum == pytest.approx(sum(mask.sum() for mask in masks) / pixels)
    assert one.empty == sum(not mask.any() for mask in masks)
    if not union.any():
        assert areas.centrality is None
        return
    y, x = np.nonzero(union)
    away = np.hypot((x.mean() + 0.5) / WIDTH - 0.5, (y.mean() + 0.5) / HEIGHT - 0.5)
    assert areas.centrality == pytest.approx(1 - away / np.sqrt(0.5))


@given(found())
@settings(deadline=None)
def test_areas_of_boxes_and_of_masks_are_what_is_painted(planted):
    for masker, kind in ((None, "detected box"), (Painter(), "detected mask")):
        measured = list(category_areas(IMAGE, planted, masker))
        assert [one.category for one in measured] == sorted(set(planted.categories.tolist()))
        for one in measured:
            boxes = planted.boxes[planted.categories == one.category]
            seen = [painted(box) & (masker is None or box[2] > 1 / 3) for box in boxes]
            check(one, seen, kind)


def test_nothing_found_is_no_area():
    nothing = Detections(np.zeros((0, 4)), np.zeros(0), np.zeros(0, dtype=np.int64))
    assert list(category_areas(IMAGE, nothing, None)) == []
    assert len(without_doubles(nothing, 0.5).scores) == 0


def shared(one: np.ndarray, other: np.ndarray) -> float:
    a, b = painted(one), painted(other)
    return (a & b).sum() / (a | b).sum()


@given(found(), st.sampled_from([0.3, 0.5, 0.7, 1.0]))
@settings(deadline=None)
def test_doubles_fall_to_the_best_box_of_their_category_alone(planted, overlap):
    kept: list[int] = []
    for i in np.argsort(-planted.scores):
        rivals = [j for j in kept if planted.categories[j] == planted.categories[i]]
        # a ratio of pixels that equals the limit may fall on either side in floating point
        ratios = [shared(planted.boxes[i], planted.boxes[j]) for j in rivals]
        if any(abs(ratio - overlap) < 1e-9 and overlap < 1 for ratio in ratios):
            return
        if all(ratio <= overlap for ratio in ratios):
            kept.append(int(i))
    left = without_doubles(planted, overlap)
    assert left.scores.tolist() == planted.scores[kept].tolist()
    assert left.categories.tolist() == planted.categories[kept].tolist()
    assert left.boxes.tolist() == planted.boxes[kept].tolist()


BOXES = np.array([[0.1, 0.1, 0.6, 0.7], [0.0, 0.0, 1.0, 1.0], [0.5, 0.5, 0.9, 0.8], [0.2, 0.6, 0.4, 0.9]])


@pytest.mark.parametrize("kind", ["sam", "sam2"])
def test_masks_are_those_of_transformers_at_the_images_own_size(checkpoint, pictures, kind, monkeypatch):
    import transformers

    folder = checkpoint(kind)
    names = {"sam": ("SamModel", "SamProcessor"), "sam2": ("Sam2Model", "Sam2Processor")}[kind]
    model = getattr(transformers, names[0]).from_pretrained(folder)
    processor = getattr(transformers, names[1])(transformers.AutoImageProcessor.from_pretrained(folder))
    masker = Masker(f"hf:{folder}", SPEC)
    for image in pictures:
        pixels = (BOXES * ([image.width, image.height] * 2)).tolist()
        inputs = processor(images=[image], input_boxes=[pixels], return_tensors="pt")
        sizes = {k: inputs[k] for k in ("original_sizes", "reshaped_input_sizes") if k in inputs}
        inputs["input_boxes"] = inputs["input_boxes"].float()
        with torch.inference_mode():
            out = model(pixel_values=inputs["pixel_values"], input_boxes=inputs["input_boxes"], multimask_output=False)
        theirs = processor.post_process_masks(out.pred_masks, **sizes)[0][:, 0].numpy()
        ours = np.array(list(masker.masks(image, BOXES)))
        assert ours.shape == (4, image.height, image.width)
        assert (ours == theirs).mean() > 0.999  # rounding at the zero level
        monkeypatch.setattr(masks_module, "_PIXELS", image.width * image.height)  # a box at a time
        assert (np.array(list(masker.masks(image, BOXES))) == ours).mean() > 0.999
        monkeypatch.undo()
    assert 0 < ours.mean() < 1


def test_a_detector_makes_no_masks(checkpoint):
    with pytest.raises(UnknownNameError, match="kind of masks model 'detr'"):
        Masker(f"hf:{checkpoint('detr')}", SPEC)
