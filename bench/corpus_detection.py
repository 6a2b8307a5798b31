"""What areas by detectors cost for 1,000 images: each model alone, and everything around the models.

The architectures have the sizes of published checkpoints and random weights: the time is that of trained ones, the
boxes are not. Photos are scaled to a longer side of 640 pixels, as COCO's are. On a CPU one thread runs, and its own
processor seconds count; on a GPU seconds by the clock, after a pass that warms it up.

    python bench/corpus_detection.py PHOTOS.zip [--parts around,dino,owlv2,detr,sam2] [--images 3] [--around 300]
        [--boxes 8] [--device cpu] [--precision fp32]
"""

from __future__ import annotations

import argparse
import statistics
import string
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from primacy.corpus.areas.detect.areas import category_areas, without_doubles
from primacy.corpus.areas.detect.closed import ClosedDetector
from primacy.corpus.areas.detect.detector import Detections, Detector, Prepared
from primacy.corpus.areas.detect.grounding import GroundingDetector
from primacy.corpus.areas.detect.images import StoredImage, list_images
from primacy.corpus.areas.detect.loading import Loaded
from primacy.corpus.areas.detect.masks import Masker
from primacy.corpus.areas.detect.owl import OwlDetector
from primacy.corpus.areas.detect.spec import DetectSpec
from primacy.corpus.faults import Faults
from primacy.design.vocabulary import load_vocabulary
from primacy.encoders._torch import placement
from primacy.encoders.base import EncoderOptions
from primacy.encoders.hf_image import ImageProcessor

transformers: Any = import_module("transformers")
COCO = load_vocabulary("coco80")


def bert_tokenizer(folder: Path) -> Any:
    """BERT's ids of the signs that Grounding DINO knows, and every word of the category names as one token."""
    words = dict.fromkeys(word for name in COCO.names for word in name.split())
    rest = iter([*words, *string.ascii_lowercase])
    fixed = {0: "[PAD]", 100: "[UNK]", 101: "[CLS]", 102: "[SEP]", 103: "[MASK]", 1012: ".", 1029: "?"}
    (folder / "vocab.txt").write_text("\n".join(fixed.get(k) or next(rest, f"[unused{k}]") for k in range(1040)))
    return transformers.BertTokenizerFast(str(folder / "vocab.txt"))


def loaded(model: Any, processor: Any, tokenizer: Any, options: argparse.Namespace) -> Loaded:
    place = placement(EncoderOptions(device=options.device, precision=options.precision))
    kind = model.config.model_type
    return Loaded(kind, kind, model.eval().to(place.device), ImageProcessor(processor, None), tokenizer, place, {})


def grounding_dino_tiny(options: argparse.Namespace, folder: Path) -> Detector:
    swin = transformers.SwinConfig(
        window_size=7,
        image_size=224,
        embed_dim=96,
        depths=[2, 2, 6, 2],
        num_heads=[3, 6, 12, 24],
        out_indices=[2, 3, 4],
    )
    config = transformers.GroundingDinoConfig(backbone_config=swin)
    model = transformers.GroundingDinoForObjectDetection(config)
    processor = transformers.GroundingDinoImageProcessor()
    return GroundingDetector(loaded(model, processor, bert_tokenizer(folder), options), COCO.names, 0.3, 0.25)


def detr_resnet_50(options: argparse.Namespace, folder: Path) -> Detector:
    labels = dict(enumerate(COCO.names))
    resnet = transformers.ResNetConfig(out_features=["stage4"])
    config = transformers.DetrConfig(backbone_config=resnet, id2label=labels)
    model = transformers.DetrForObjectDetection(config)
    return ClosedDetector(loaded(model, transformers.DetrImageProcessor(), None, options), COCO, 0.5)


class Letters:
    """Stands for OWL's tokenizer: a prompt's text does not change what the image side costs."""

    def __call__(self, text: str | list[str], **_: Any) -> dict[str, Any]:
        if isinstance(text, str):
            return {"input_ids": [1] * 8}
        return {
            "input_ids": [[5] * 7 + [49407] + [0] * 8 for _ in text],
            "attention_mask": [[1] * 8 + [0] * 8] * len(text),
        }


def owlv2_base(options: argparse.Namespace, folder: Path) -> Detector:
    vision = {"image_size": 960, "patch_size": 16}
    model = transformers.Owlv2ForObjectDetection(transformers.Owlv2Config(vision_config=vision))
    prompts = [f"a photo of {category.with_article}" for category in COCO.categories]
    return OwlDetector(loaded(model, transformers.Owlv2ImageProcessor(), Letters(), options), prompts, 0.1)


def sam2_tiny(options: argparse.Namespace, folder: Path) -> Masker:
    transformers.Sam2Model(transformers.Sam2Config()).save_pretrained(folder)
    transformers.Sam2ImageProcessor().save_pretrained(folder)
    spec = DetectSpec("hf:none", COCO, device=options.device, precision=options.precision)
    return Masker(f"hf:{folder}", spec)


def clock() -> float:
    """Seconds of the GPU's work by the clock, or of this processor."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()
        return time.perf_counter()
    return time.process_time()


def seconds(work: Callable[[Any], object], items: Sequence[Any]) -> float:
    """Median over `items`."""
    if torch.cuda.is_available():
        work(items[0])
    taken = []
    for item in items:
        start = clock()
        work(item)
        taken.append(clock() - start)
    return statistics.median(taken)


def tell(what: str, each: float) -> None:
    print(
        f"| {what} | {each * 1000:,.1f} ms | {each * 1000 / 60:,.2f} min | {each * 200_000 / 3600:,.1f} h |", flush=True
    )


def of_coco_size(image: Image.Image) -> Image.Image:
    scale = 640 / max(image.size)
    return image.resize((round(image.width * scale), round(image.height * scale)), Image.Resampling.BICUBIC)


def planted(rng: np.random.Generator, boxes: int) -> Detections:
    """Boxes of four categories, some of them doubles."""
    corner, size = rng.uniform(0, 0.6, (boxes, 2)), rng.uniform(0.1, 0.4, (boxes, 2))
    edges = np.concatenate([corner, corner + size], axis=1)
    return Detections(edges, rng.uniform(0.3, 1, boxes), rng.integers(0, 4, boxes))


class Ellipses:
    """Masks without a model: what painting, counting and uniting cost."""

    def masks(self, image: Image.Image, boxes: np.ndarray) -> Any:
        y, x = np.mgrid[: image.height, : image.width]
        for left, top, right, bottom in boxes * ([image.width, image.height] * 2):
            away = ((x - (left + right) / 2) / (right - left)) ** 2 + ((y - (top + bottom) / 2) / (bottom - top)) ** 2
            yield away < 0.25


def around(stored: list[StoredImage], options: argparse.Namespace) -> None:
    """Decoding, doubles, unions."""
    images = stored[: options.around]
    start = clock()
    sizes = [one.read().image.size for one in images]
    each = (clock() - start) / len(images)
    pixels = np.mean([width * height for width, height in sizes]) / 1e6
    tell(f"decode ({pixels:.2f} megapixels on average)", each)
    rng, frame = np.random.default_rng(0), Image.new("RGB", (640, 480))
    found = [planted(rng, options.boxes) for _ in images]
    without_doubles(found[0], 0.5)
    start = clock()
    kept = [without_doubles(one, 0.5) for one in found]
    tell(f"doubles of {options.boxes} boxes", (clock() - start) / len(images))
    start = clock()
    for one in kept:
        list(category_areas(frame, one, None))
    tell(f"areas of {options.boxes} boxes", (clock() - start) / len(images))
    painter = Ellipses()
    start = clock()
    for one in kept:
        list(painter.masks(frame, one.boxes))
    painting = clock() - start
    start = clock()
    for one in kept:
        list(category_areas(frame, one, painter))  # type: ignore[arg-type]
    tell(f"areas of {options.boxes} masks of 640 x 480", (clock() - start - painting) / len(images))


def detecting(make: Callable[..., Detector], photos: list[Image.Image], options: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as folder:
        detector = make(options, Path(folder))
    name, everything = make.__name__.replace("_", " "), detector.categories
    tell(f"{name}: prepare", seconds(detector.prepare, photos))
    ready = [detector.prepare(photo) for photo in photos]
    for asked in (everything, everything[:3]) if detector.prompted else (everything,):
        passing = partial(_detect, detector, asked)
        tell(f"{name}: detect {len(asked)} categories", seconds(passing, ready))


def _detect(detector: Detector, asked: tuple[int, ...], image: Prepared) -> None:
    detector.detect([image], [asked])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", help="folder, .zip or .tar of photos")
    parser.add_argument("--parts", default="around,dino,owlv2,detr,sam2")
    parser.add_argument("--images", type=int, default=3, help="images through each model")
    parser.add_argument("--around", type=int, default=300, help="images through everything else")
    parser.add_argument("--boxes", type=int, default=8, help="boxes an image")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--precision", default="fp32")
    options = parser.parse_args()
    torch.manual_seed(0)
    torch.set_num_threads(1)
    stored = list_images([options.photos], Faults())
    photos = [of_coco_size(one.read().image) for one in stored[: options.images]]
    print("| part | an image | 1,000 images | 200,000 images |\n|---|---|---|---|")
    chosen = options.parts.split(",")
    if "around" in chosen:
        around(stored, options)
    for part, make in (("dino", grounding_dino_tiny), ("owlv2", owlv2_base), ("detr", detr_resnet_50)):
        if part in chosen:
            detecting(make, photos, options)
    if "sam2" in chosen:
        with tempfile.TemporaryDirectory() as folder:
            masker = sam2_tiny(options, Path(folder))
        boxes = planted(np.random.default_rng(0), options.boxes).boxes
        each = seconds(lambda photo: list(masker.masks(photo, boxes)), photos)
        tell(f"SAM 2 hiera tiny, {options.boxes} boxes", each)


if __name__ == "__main__":
    main()
