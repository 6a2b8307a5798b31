"""What areas cost: reading an instances file as boxes and as outlines, and joining captions with areas.

python bench/corpus_areas.py INSTANCES [--captions N]
(a COCO instances file with boxes; its things are also given outlines of 26 points, its crowds run lengths)
"""

import argparse
import json
import resource
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np
import polars as pl

from primacy.corpus.areas.read import read_areas, write_areas
from primacy.corpus.areas.typical import join_typical, typical_sizes
from primacy.corpus.cases import join
from primacy.corpus.faults import Faults
from primacy.corpus.tables import MENTIONS
from primacy.design.vocabulary import load_vocabulary
from primacy.stimuli.bounded_json import read_json

T = TypeVar("T")
POINTS = 26
CATEGORIES = tuple(load_vocabulary("coco80").names)


def timed(what: str, work: Callable[[], T]) -> T:
    start = time.process_time()
    done = work()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    print(f"{what}: {time.process_time() - start:.2f} processor seconds, peak so far {peak:,.0f} MB", flush=True)
    return done


def with_outlines(content: dict, copies: int) -> dict:
    """The same things with wavy outlines inside their boxes, `copies` times over, the images being others."""
    rng = np.random.default_rng(0)
    sides = {image["id"]: (image["height"], image["width"]) for image in content["images"]}
    step = 10**9
    angle = np.linspace(0, 2 * np.pi, POINTS, endpoint=False)
    annotations = []
    for copy in range(copies):
        for thing in content["annotations"]:
            x, y, width, height = thing["bbox"]
            if thing["iscrowd"]:
                high, wide = sides[thing["image_id"]]
                before, inside = x * high + y, max(height, 1)
                gaps = [before, inside] + [high - inside, inside] * (max(width, 1) - 1)
                shape = {"size": [high, wide], "counts": [*gaps, high * wide - sum(gaps)]}
            else:
                reach = 0.5 * rng.uniform(0.7, 1, POINTS)
                points = [x + width * (0.5 + reach * np.cos(angle)), y + height * (0.5 + reach * np.sin(angle))]
                shape = [np.stack(points, axis=1).round(2).ravel().tolist()]
            ids = {"id": thing["id"] + copy * step, "image_id": thing["image_id"] + copy * step}
            annotations.append(thing | ids | {"segmentation": shape})
    images = [image | {"id": image["id"] + copy * step} for copy in range(copies) for image in content["images"]]
    return content | {"images": images, "annotations": annotations}


def copied(areas: pl.DataFrame, copies: int) -> pl.DataFrame:
    """The same areas `copies` times over, the images being others."""
    parts = [areas.with_columns(pl.col("image_id") + f"/{copy}") for copy in range(copies)]
    return pl.concat(parts)


def mentions(areas: pl.DataFrame, number: int) -> pl.DataFrame:
    """Captions, several an image, that mention up to three of its categories and now and then another."""
    rng = np.random.default_rng(1)
    own = areas.group_by("image_id", maintain_order=True).agg("category")
    ids, lists = own.get_column("image_id").to_list(), own.get_column("category").to_list()
    chosen = []
    for k in range(number):
        there = lists[k % len(ids)]
        some = [there[i] for i in rng.permutation(len(there))[: rng.integers(0, 4)]]
        other = CATEGORIES[int(rng.integers(len(CATEGORIES)))]
        chosen.append([*some, other] if other not in some and rng.random() < 0.3 else some)
    return pl.DataFrame(
        {
            "caption_id": [str(i) for i in range(number)],
            "image_id": [ids[k % len(ids)] for k in range(number)],
            "source": ["a"] * number,
            "n_words": [10] * number,
            "censored": [False] * number,
            "categories": chosen,
            "words": [[1] * len(one) for one in chosen],
            "surfaces": chosen,
        },
        schema=MENTIONS,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("instances", type=Path)
    parser.add_argument("--captions", type=int, default=1_000_000)
    parser.add_argument("--copies", type=int, default=1, help="of the things, when they have outlines")
    options = parser.parse_args()
    boxes = timed("boxes read", lambda: read_areas(options.instances, CATEGORIES, Faults()))
    sizes = typical_sizes(boxes.table)
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "areas.parquet"
        timed("written as a table", lambda: write_areas(boxes.table, table))
        timed("table read", lambda: read_areas(table, CATEGORIES, Faults()))
        for number in (25_014, options.captions):
            areas = copied(boxes.table, max(1, number // 25_000))
            said = mentions(areas, number)
            joined = timed(f"{number:,} captions joined", partial(join, said, areas, CATEGORIES, measure="union"))
            print(f"  {len(areas):,} areas; {len(joined.cases):,} cases of {len(joined.cases.images):,} images")
            timed("the same, typical sizes", partial(join_typical, said, sizes, CATEGORIES, measure="union"))
        outlines = Path(folder) / "outlines.json"
        content = with_outlines(read_json(options.instances), options.copies)
        outlines.write_text(json.dumps(content))
        print(f"{len(content['annotations']):,} outlines, {outlines.stat().st_size / 1e6:,.0f} MB")
        del content
        read = timed("outlines read", lambda: read_areas(outlines, CATEGORIES, Faults()))
        print(f"  {len(read.table):,} rows, kinds {read.table['kind'].unique().to_list()}")


if __name__ == "__main__":
    main()
