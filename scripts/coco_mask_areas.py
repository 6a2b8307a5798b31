"""Turn areas of masks in pixels into a table of areas that `primacy corpus` reads, and hold boxes against them.

python scripts/coco_mask_areas.py MASK_AREAS INSTANCES -o masks.parquet

MASK_AREAS: {image id: {category: [instances, sum, largest]}}, areas in pixels. INSTANCES: the COCO instances file of
the same images, which has their sizes. What masks cover together is not known from these, nor where they stand and
which are crowds: `union` and `centrality` are null, so analyse with `--measure sum` or `largest`.
"""

import argparse
import json
from pathlib import Path

import polars as pl

from primacy.corpus.areas.read import read_areas, write_areas
from primacy.corpus.faults import Faults
from primacy.corpus.tables import AREAS
from primacy.design.vocabulary import load_vocabulary
from primacy.stimuli.images.coco_instances import read_coco_instances


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mask_areas", type=Path)
    parser.add_argument("instances", type=Path)
    parser.add_argument("-o", "--out", type=Path, required=True)
    options = parser.parse_args()
    listed = read_coco_instances(options.instances)
    masks = areas_of_masks(json.loads(options.mask_areas.read_text()), listed)
    write_areas(masks, options.out)
    boxes = read_areas(options.instances, tuple(load_vocabulary("coco80").names), Faults())
    report(masks, boxes.table.filter(pl.col("image_id").is_in(masks["image_id"].unique().implode())))


def areas_of_masks(found, listed):
    """A table of schema AREAS, images and categories in the order of the instances file."""
    rows = []
    for image in listed.images:
        areas = found.get(str(image.image_id), {})
        pixels = image.width * image.height
        for category in (name for name in listed.categories if name in areas):
            instances, total, largest = areas[category]
            rows.append(
                (str(image.image_id), category, None, largest / pixels, total / pixels, instances, None, False, "mask")
            )
    return pl.DataFrame(rows, schema=AREAS, orient="row")


def report(masks, boxes):
    """How far the boxes of the same images and categories agree with the masks."""
    key = ["image_id", "category"]
    both = masks.join(boxes, on=key, suffix="_box")
    images = masks["image_id"].n_unique()
    print(f"{images} images; areas: {len(masks)} by masks, {len(boxes)} by boxes, {len(both)} by both")
    for name in ("sum", "largest"):
        ratio = both[name] / both[f"{name}_box"]
        low, middle, high = (ratio.quantile(share, "linear") for share in (0.05, 0.5, 0.95))
        over = both.filter(ratio > 1.05)
        print(
            f"{name}: mask over box 5 % {low:.2f}, median {middle:.2f}, 95 % {high:.2f}; more than 1.05 in {len(over)}"
        )
        for row in over.head(5).iter_rows(named=True):
            print(f"  image {row['image_id']} {row['category']}: mask {row[name]:.5f}, box {row[f'{name}_box']:.5f}")
    counts = both.filter(pl.col("instances") != pl.col("instances_box"))
    crowds = counts.filter(pl.col("crowd_box"))
    print(f"instances differ in {len(counts)}, of which {len(crowds)} have a crowd box")
    for left, right, name in ((masks, boxes, "masks"), (boxes, masks, "boxes")):
        alone = left.join(right, on=key, how="anti")
        print(f"only by {name}: {len(alone)}, of which {alone['crowd'].sum()} with a crowd")
    covered = both.filter(pl.col("union_box") < pl.col("sum_box") - 1e-12)
    print(f"boxes of one category overlap in {len(covered)} areas of {covered['image_id'].n_unique()} images")


if __name__ == "__main__":
    main()
