"""Do other eyes see in our objects what these are meant to be? Two COCO-80 detectors look at eight sides of each.

    python bench/recognisability.py --detectors FOLDER
    python bench/recognisability.py --detectors FOLDER --ground 0.75 --share 0.4 --json
    python bench/recognisability.py --detectors FOLDER --dataset scenes/singles

FOLDER holds yolox_nano_416.onnx and fastestdet_352.onnx. Every object of the sprite libraries whose category is one
of COCO's 80 is pasted alone on an even ground, its longer side `--share` of the frame's, 416 pixels wide. A detector
sees it right if, among the boxes that it puts over the object (intersection over union 0.35 or more), the right class
has the highest score, however low; `either` sees it right if one of the two does. Three views: from the front and 45
degrees to both sides. `--dataset` takes rendered scenes of one object instead, as they are; there `views` are the yaws
that the scenes happen to have, to the nearest 45 degrees.

Figures of a category are means over its instances; `best` takes its best instance. The detectors are small and have
seen photos only; recognisability_photos.py counts the same way what they see in these.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from _detectors import Detector, load
from PIL import Image

from primacy.assets.library import N_VIEWS, Library, builtin, read
from primacy.assets.strips import SOLID
from primacy.design.vocabulary import load_vocabulary

FRAME = 416
FRONT = (0, 1, N_VIEWS - 1)


@dataclass(frozen=True)
class Picture:
    """One object alone: uint8 RGB `image`, and the `box` around it, x0, y0, x1, y1 in pixels."""

    category: str
    asset: str
    view: int
    image: np.ndarray
    box: np.ndarray


@dataclass(frozen=True)
class Seen:
    """What one detector makes of a picture: the class it ranks first, and the rank of the right one (80: unseen)."""

    category: str
    asset: str
    view: int
    picture: int
    detector: str
    first: str
    score: float
    rank: int


def pasted(library: Library, names: Sequence[str], *, ground: float, share: float) -> Iterator[Picture]:
    """Each object of the categories `names` from its eight sides, on a grey of `ground` (sRGB, 0 to 1)."""
    for sprite in library.sprites:
        if sprite.category not in names:
            continue
        for view, pixels in enumerate(sprite.pictures()):
            yield Picture(sprite.category, sprite.asset, view, *paste(pixels, ground=ground, share=share))


def rendered(folder: Path, names: Sequence[str]) -> Iterator[Picture]:
    """The scenes of a dataset that show one object of the categories `names`, as they are."""
    from primacy.stimuli.dataset import open_dataset

    dataset = open_dataset(folder)
    for number, row in enumerate(dataset.manifest.iter_rows(named=True)):
        if row["n_objects"] == 1 and row["categories"][0] in names and row["area"][0] > 0:
            x, y, width, height = row["bbox"][0]
            box = np.array([x, y, x + width, y + height], dtype=float)
            view = round(row["yaw"][0] / (360 / N_VIEWS)) % N_VIEWS
            yield Picture(row["categories"][0], row["assets"][0], view, dataset.image(number), box)


def paste(pixels: np.ndarray, *, ground: float, share: float) -> tuple[np.ndarray, np.ndarray]:
    """A sprite uint8 (S, S, 4) in the middle of a frame, and its box."""
    sprite = Image.fromarray(pixels)
    rows, columns = (np.flatnonzero((pixels[..., 3] >= SOLID).any(axis=axis)) for axis in (1, 0))
    left, top, right, bottom = int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1
    scale = share * FRAME / max(right - left, bottom - top)
    size = round((right - left) * scale), round((bottom - top) * scale)
    small = (
        sprite.crop((left, top, right, bottom)).convert("RGBa").resize(size, Image.Resampling.BICUBIC).convert("RGBA")
    )
    frame = Image.new("RGB", (FRAME, FRAME), (round(255 * ground),) * 3)
    x, y = (FRAME - size[0]) // 2, (FRAME - size[1]) // 2
    frame.paste(small, (x, y), small)
    return np.asarray(frame), np.array([x, y, x + size[0], y + size[1]], dtype=float)


def look(pictures: Iterator[Picture], detectors: Sequence[Detector], names: Sequence[str]) -> list[Seen]:
    """Show every picture to every detector."""
    seen = []
    for number, picture in enumerate(pictures):
        for detector in detectors:
            scores = detector.class_scores(picture.image, picture.box)
            first = int(scores.argmax())
            right = scores[names.index(picture.category)]
            seen.append(
                Seen(
                    picture.category,
                    picture.asset,
                    picture.view,
                    number,
                    detector.name,
                    names[first] if scores[first] > 0 else "nothing",
                    float(scores[first]),
                    int((scores > right).sum()) if right > 0 else len(names),
                )
            )
    return seen


def by_asset(seen: Sequence[Seen], who: str, top: int) -> dict[str, np.ndarray]:
    """For each asset, (pictures, 2): view, and whether the right class is among the `top` first of detector `who`.

    `either`: of at least one detector.
    """
    right: dict[str, dict[int, tuple[int, bool]]] = {}
    for s in seen:
        if who in (s.detector, "either"):
            mine = right.setdefault(s.asset, {})
            mine[s.picture] = s.view, s.rank < top or mine.get(s.picture, (0, False))[1]
    return {asset: np.array(list(mine.values()), dtype=int) for asset, mine in right.items()}


def rates(pictures: np.ndarray) -> dict[str, float]:
    """Of (pictures, 2) view, right: right in one of the front views, in one of all, in a random one."""
    view, right = pictures.T
    front = right[np.isin(view, FRONT)]
    return {"three": float(front.any()), "eight": float(right.any()), "random": float(right.mean())}


def summary(seen: Sequence[Seen], detectors: Sequence[str]) -> dict[str, Any]:
    """Rates by category, by instance and over all categories; what wrong ones are taken for."""
    categories = list(dict.fromkeys(s.category for s in seen))
    assets = dict.fromkeys((s.asset, s.category) for s in seen)
    out: dict[str, Any] = {"objects": {}, "categories": {}, "all": {}}
    for top in (1, 3):
        for who in (*detectors, "either"):
            mine = {asset: rates(pictures) for asset, pictures in by_asset(seen, who, top).items()}
            label = f"{who} top-{top}"
            for asset, rate in mine.items():
                out["objects"].setdefault(asset, {})[label] = rate
            for category in categories:
                some = [mine[a] for a, c in assets if c == category]
                out["categories"].setdefault(category, {})[label] = {
                    **{k: float(np.mean([r[k] for r in some])) for k in some[0]},
                    "best": max(r["three"] for r in some),
                }
            table = [out["categories"][c][label] for c in categories]
            out["all"][label] = {k: float(np.mean([r[k] for r in table])) for k in table[0]}
    for category in categories:
        wrong = Counter(s.first for s in seen if s.category == category and s.rank > 0)
        out["categories"][category]["taken for"] = wrong.most_common(4)
    return out


def show(out: dict[str, Any], detectors: Sequence[str]) -> None:
    print(
        f"{len(out['objects'])} objects of {len(out['categories'])} categories; % of categories, mean over instances\n"
    )
    print(f"{'':22}{'one of three':>14}{'best instance':>15}{'one of eight':>14}{'random view':>13}")
    for label, rate in out["all"].items():
        print(f"{label:22}" + "".join(f"{100 * rate[k]:{w}.0f}" for k, w in COLUMNS))
    print("\n% by category, top-1: one of three views / random view, of each detector and of either; what else is seen")
    for category, rate in sorted(out["categories"].items(), key=lambda c: c[1]["either top-1"]["random"]):
        cells = [rate[f"{who} top-1"] for who in (*detectors, "either")]
        wrong = ", ".join(f"{name} {count}" for name, count in rate["taken for"])
        print(
            f"{category:16}"
            + "".join(f"{100 * c['three']:5.0f}/{100 * c['random']:3.0f}" for c in cells)
            + f"  {wrong}"
        )
    print("\n% by object, top-1, either: one of three / one of eight / random view")
    for asset, rates_ in sorted(out["objects"].items()):
        r = rates_["either top-1"]
        print(f"{asset:34}{100 * r['three']:5.0f}{100 * r['eight']:5.0f}{100 * r['random']:5.0f}")


COLUMNS = (("three", 14), ("best", 15), ("eight", 14), ("random", 13))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--detectors", type=Path, required=True, help="folder with the two ONNX files")
    parser.add_argument("--library", type=Path, action="append", help="sprite library; the package's own if not given")
    parser.add_argument("--dataset", type=Path, help="folder of rendered scenes to look at instead")
    parser.add_argument("--ground", type=float, default=0.68, help="grey of the ground, sRGB 0 to 1")
    parser.add_argument("--share", type=float, default=0.6, help="longer side of the object's box, share of the frame")
    parser.add_argument("--json", action="store_true", help="print everything as JSON")
    chosen = parser.parse_args()
    names = load_vocabulary("coco80").names
    detectors = load(chosen.detectors)
    if chosen.dataset:
        pictures = rendered(chosen.dataset, names)
    else:
        library = read(chosen.library) if chosen.library else builtin("comco")
        pictures = pasted(library, names, ground=chosen.ground, share=chosen.share)
    seen = look(pictures, detectors, names)
    labels = [d.name for d in detectors]
    out = summary(seen, labels)
    if chosen.json:
        print(json.dumps(out | {"seen": [asdict(s) for s in seen]}))
    else:
        show(out, labels)


if __name__ == "__main__":
    main()
