"""Precision and recall of the mention matcher against captions read by hand.

python bench/mention_accuracy.py CAPTIONS [CAPTIONS ...]    (captions_val2017.json[.gz]; CC3M's captions, one a line)

bench/data/mentions.tsv has the categories of coco80 that each caption mentions, in the order of first mention: by the
id of the caption's annotation (coco) or its line, from 1 (cc3m). docs/corpus-mentions.md says what counts as a mention.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import pyarrow as pa
from statsmodels.stats.proportion import proportion_confint

from primacy.corpus.lexicon import load_lexicon
from primacy.corpus.matcher import Matcher
from primacy.design.vocabulary import load_vocabulary

GOLD = Path(__file__).parent / "data" / "mentions.tsv"


def captions(path: Path) -> Iterator[tuple[tuple[str, str], str]]:
    """((corpus, id), caption) of a file."""
    text = (gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()).decode("utf-8")
    if ".json" in path.suffixes:
        yield from ((("coco", str(entry["id"])), entry["caption"]) for entry in json.loads(text)["annotations"])
    else:
        yield from ((("cc3m", str(line)), caption) for line, caption in enumerate(text.splitlines(), start=1))


def share(hits: int, of: int) -> str:
    """A proportion with Wilson's 95 % interval."""
    low, high = proportion_confint(hits, of, method="wilson") if of else (0, 1)
    return f"{hits}/{of} = {hits / max(of, 1):.1%} [{low:.1%}, {high:.1%}]"


def mentions(matcher: Matcher, read: list[str]) -> list[list[str]]:
    """Categories that the matcher finds in each text, in the order of first mention."""
    found = matcher.find(pa.array(read)).first()
    names = matcher.lexicon.categories
    return [[names[k] for k in found.category[found.caption == caption]] for caption in range(len(read))]


def score(gold: list[list[str]], ours: list[list[str]]) -> None:
    """Print how far two lists of categories agree."""
    pairs = list(zip(gold, ours, strict=True))
    both = sum(len({*a} & {*b}) for a, b in pairs)
    several = [([n for n in a if n in b], [n for n in b if n in a]) for a, b in pairs if len({*a} & {*b}) > 1]
    print(f"  precision {share(both, sum(map(len, ours)))}")
    print(f"  recall    {share(both, sum(map(len, gold)))}")
    print(f"  captions without error {share(sum({*a} == {*b} for a, b in pairs), len(pairs))}")
    print(f"  same order, of captions where two or more agree {share(sum(a == b for a, b in several), len(several))}")


def main() -> None:
    """Print precision, recall, order and every error, by corpus and sample."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("captions", type=Path, nargs="+")
    options = parser.parse_args()
    texts = {key: text for path in options.captions for key, text in captions(path)}
    with GOLD.open(encoding="utf-8") as stream:
        rows = [row for row in csv.DictReader(stream, delimiter="\t") if (row["corpus"], row["id"]) in texts]
    matcher = Matcher(load_lexicon(load_vocabulary("coco80")))
    for kind, members in groupby(rows, key=lambda row: (row["corpus"], row["sample"])):
        sample = list(members)
        read = [texts[row["corpus"], row["id"]] for row in sample]
        ours = mentions(matcher, read)
        gold = [[name for name in row["categories"].split(",") if name] for row in sample]
        print(f"{' '.join(kind)} sample, {len(sample)} captions")
        score(gold, ours)
        for row, text, truth, names in zip(sample, read, gold, ours, strict=True):
            errors = [f"wrong {n}" for n in names if n not in truth] + [f"missed {n}" for n in truth if n not in names]
            for error in errors:
                print(f"  {row['id']} {error}: {text}")


if __name__ == "__main__":
    main()
