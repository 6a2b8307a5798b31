"""What the detectors of recognisability.py see in real photos, counted the same way: what to hold our objects against.

    python bench/recognisability_photos.py --detectors FOLDER --photos PHOTOS.zip --boxes instances.json.gz

PHOTOS.zip holds JPEGs named by COCO's image id (they may be resized); the boxes are an official instances file. A thing
counts if its box covers `--least` of the photo, a category if it has `--few` such things.
"""

from __future__ import annotations

import argparse
import gzip
import io
import json
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from _detectors import load
from PIL import Image

from primacy.design.vocabulary import load_vocabulary


def photos(pictures: Path, boxes: Path, least: float) -> Iterator[tuple[np.ndarray, list[tuple[str, np.ndarray]]]]:
    """Each photo, uint8 RGB, with categories and boxes (x0, y0, x1, y1 in its pixels) of its larger things."""
    data = json.loads(gzip.decompress(boxes.read_bytes()) if boxes.suffix == ".gz" else boxes.read_bytes())
    names = {c["id"]: c["name"] for c in data["categories"]}
    widths = {i["id"]: i["width"] for i in data["images"]}
    things = defaultdict(list)
    for one in data["annotations"]:
        if not one.get("iscrowd"):
            things[one["image_id"]].append(one)
    with zipfile.ZipFile(pictures) as archive:
        for name in sorted(n for n in archive.namelist() if n.endswith(".jpg")):
            image = np.asarray(Image.open(io.BytesIO(archive.read(name))).convert("RGB"))
            key = int(Path(name).stem.split("_")[-1])
            found = []
            for one in things[key]:
                x, y, w, h = (v * image.shape[1] / widths[key] for v in one["bbox"])
                if w * h >= least * image.shape[0] * image.shape[1]:
                    found.append((names[one["category_id"]], np.array([x, y, x + w, y + h])))
            yield image, found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--detectors", type=Path, required=True)
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--boxes", type=Path, required=True)
    parser.add_argument("--least", type=float, default=0.02)
    parser.add_argument("--few", type=int, default=5)
    chosen = parser.parse_args()
    classes, detectors = load_vocabulary("coco80").names, load(chosen.detectors)
    right: dict[str, list[list[bool]]] = defaultdict(list)
    for image, things in photos(chosen.photos, chosen.boxes, chosen.least):
        for category, box in things:
            k = classes.index(category)
            scores = [detector.class_scores(image, box) for detector in detectors]
            told = [bool(s[k] > 0 and s.argmax() == k) for s in scores]
            right[category].append([*told, any(told)])
    counted = {c: 100 * np.mean(rows, axis=0) for c, rows in right.items() if len(rows) >= chosen.few}
    total = sum(map(len, right.values()))
    print(f"{total:,} things; {len(counted)} categories of at least {chosen.few}; % right, mean over categories")
    labels = [*(d.name for d in detectors), "either"]
    for label, share in zip(labels, np.mean(list(counted.values()), axis=0), strict=True):
        print(f"{label:12}{share:5.0f}")
    print(f"\n{'either, by category':24}  %    n")
    for category, shares in sorted(counted.items(), key=lambda pair: pair[1][-1]):
        print(f"{category:22}{shares[-1]:5.0f}{len(right[category]):5}")


if __name__ == "__main__":
    main()
