"""COCO's own captions, rewritten by the command, as an analysis of its own sees them."""

import gzip
import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from primacy.cli.app import app
from primacy.corpus.captions import open_captions, read_blocks
from primacy.corpus.extract import LexiconExtractor
from primacy.corpus.faults import Faults
from primacy.corpus.lexicon import load_lexicon
from primacy.design.vocabulary import load_vocabulary

REAL = Path(__file__).parents[4] / "shared" / "data" / "coco_val2017"
CAPTIONS, INSTANCES = REAL / "captions_val2017.json.gz", REAL / "instances_boxes_val2017.json.gz"
pytestmark = pytest.mark.skipif(not REAL.is_dir(), reason="shared/data/coco_val2017 is absent")


@pytest.fixture(scope="module")
def extractor():
    return LexiconExtractor(load_lexicon(load_vocabulary("coco80")))


@pytest.fixture(scope="module")
def boxes():
    """The largest box of each category in each image."""
    content = json.loads(gzip.decompress(INSTANCES.read_bytes()))
    names = {entry["id"]: entry["name"] for entry in content["categories"]}
    found = {}
    for entry in content["annotations"]:
        key = str(entry["image_id"]), names[entry["category_id"]]
        found[key] = max(found.get(key, 0), entry["area"])
    return found


def larger_first(path, extractor, boxes):
    """Share of pairs of mentions whose larger is first, and its standard error, with images as clusters."""
    pairs = {}
    for piece in open_captions([path]):
        for block in read_blocks(piece, Faults()):
            for image, categories in extractor.extract(block).select("image_id", "categories").iter_rows():
                areas = [boxes[image, name] for name in categories if (image, name) in boxes]
                both = [(a, b) for k, a in enumerate(areas) for b in areas[k + 1 :]]
                pairs.setdefault(image, []).extend((a > b) + (a == b) / 2 for a, b in both)
    sums = np.array([(sum(credits), len(credits)) for credits in pairs.values() if credits])
    share = sums[:, 0].sum() / sums[:, 1].sum()
    return share, np.sqrt(((sums[:, 0] - share * sums[:, 1]) ** 2).sum()) / sums[:, 1].sum()


@pytest.fixture(scope="module")
def before(extractor, boxes):
    return larger_first(CAPTIONS, extractor, boxes)[0]


def rewritten(tmp_path, *options):
    out = tmp_path / "copy.json.gz"
    done = CliRunner().invoke(app, ["corpus", "rewrite", str(CAPTIONS), "-o", str(out), "--json", *options])
    assert done.exit_code == 0, done.output
    return out, json.loads(done.stdout)


@pytest.mark.parametrize("options", [["shuffle"], ["shuffle", "--how", "swap"], ["rotate"]], ids=" ".join)
def test_a_debiased_copy_says_nothing_of_size(tmp_path, extractor, boxes, before, options):
    out, told = rewritten(tmp_path, "--order", *options)
    share, error = larger_first(out, extractor, boxes)
    assert error < 0.008
    assert before > 0.5 + 15 * error
    assert abs(share - 0.5) < 3 * error
    assert told["after"] >= 0.99 * told["several"] > 10_000 * 0.99
    assert told["before"] / told["several"] == pytest.approx(0.45, abs=0.02)  # two objects mostly: 1/2; three: 1/6


def test_smallest_first_by_the_files_own_areas(tmp_path, extractor, boxes):
    out, told = rewritten(tmp_path, "--order", "smallest-first", "--areas", str(INSTANCES), "--measure", "largest")
    assert larger_first(out, extractor, boxes)[0] < 0.02  # but for ties
    assert told["after"] == told["several"]


def test_nothing_but_captions_changes(tmp_path):
    out, _ = rewritten(tmp_path, "--order", "shuffle")
    old, new = (json.loads(gzip.decompress(path.read_bytes())) for path in (CAPTIONS, out))
    texts = pl.DataFrame(
        {"old": [a.pop("caption") for a in old["annotations"]], "new": [a.pop("caption") for a in new["annotations"]]}
    )
    assert old == new
    tidy = pl.col("old").str.replace_all(r"\s+", " ").str.strip_chars()
    assert texts.select((pl.col("old") == pl.col("new")) | pl.col("new").str.ends_with(tidy)).to_series().all()
    assert 10_000 < (texts["old"] != texts["new"]).sum() < 11_000
