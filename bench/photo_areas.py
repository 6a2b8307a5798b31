"""How far boxes stand in for masks on photos: areas of categories from an instances file against true mask areas.

python bench/photo_areas.py INSTANCES MASK_AREAS   (a COCO instances file; {image id: {category: [n, sum, largest]}})
"""

import argparse
import json
from pathlib import Path

import numpy as np

from primacy.stimuli.images.coco_instances import read_coco_instances
from primacy.stimuli.images.coco_regions import regions

GRID = 512


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("instances", type=Path)
    parser.add_argument("mask_areas", type=Path)
    options = parser.parse_args()
    listed = read_coco_instances(options.instances)
    true = json.loads(options.mask_areas.read_text())
    measured, expected, same_largest = [], [], []
    for image in (image for image in listed.images if str(image.image_id) in true):
        scale = min(1, GRID / max(image.width, image.height))
        drawn = regions(
            image, listed.things.get(image.image_id, ()), (round(image.width * scale), round(image.height * scale))
        )
        areas = true[str(image.image_id)]
        names = [(listed.categories[seen.category], seen.area) for seen in drawn.seen(drawn.whole)]
        pairs = np.array([(area, areas[name][1] / image.width / image.height) for name, area in names if name in areas])
        if len(pairs) > 1:
            same_largest.append(pairs[:, 0].argmax() == pairs[:, 1].argmax())
        measured += pairs[:, 0].tolist()
        expected += pairs[:, 1].tolist()
    logs = np.log(measured), np.log(expected)
    ratio = np.exp(np.quantile(logs[0] - logs[1], [0.05, 0.5, 0.95]))
    print(f"{len(measured)} categories in {len(true)} photos")
    print(f"correlation of log areas {np.corrcoef(*logs)[0, 1]:.3f}")
    print("this area over that of the masks: 5 % {:.2f}, median {:.2f}, 95 % {:.2f}".format(*ratio))
    print(f"the same category is the largest in {np.mean(same_largest):.0%} of {len(same_largest)} photos")


if __name__ == "__main__":
    main()
