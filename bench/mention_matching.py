"""Mention matching on one core: the lexicon's automaton against a loop over captions, equal output required.

    python bench/mention_matching.py cc3m_val_captions.txt.gz --captions 500000 --loop 4000
    python bench/mention_matching.py                          # without a file: captions made from a template

All make the columns `categories`, `words`, `surfaces` and `n_words` of the mentions table. `automaton`: the lexicon
extractor on blocks of 65,536 captions. `expression`: one compiled regular expression of all forms, longest first, a
caption at a time. `dictionary`: a loop over the words of a caption that looks up the forms which start with each,
longest first: the best that plain Python does. The loops run on the first --loop captions; on these
outputs are compared.
"""

from __future__ import annotations

import argparse
import gzip
import re
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa

from primacy.corpus.captions import CaptionBlock
from primacy.corpus.extract import LexiconExtractor
from primacy.corpus.lexicon import Lexicon, load_lexicon
from primacy.design.vocabulary import load_vocabulary

BLOCK = 65_536
WORD = re.compile(r"[^\W_]+")
JOINT = r"[\s'_\-\u2010\u2011\u2018\u2019]+"
FILLERS = ("on the street at night", "in a room .", "standing next to the old house", "isolated on white background")

Mentions = tuple[list[str], list[int], list[str], int]


def made(count: int, lexicon: Lexicon) -> list[str]:
    """Captions such as "a brown dog and a sofa in a room ."."""
    rng = np.random.default_rng(0)
    forms = [form.words for form in lexicon.forms]
    picks = rng.integers(len(forms), size=(count, 2)).tolist()
    ends = rng.integers(len(FILLERS), size=count).tolist()
    return [f"a brown {forms[a]} and a {forms[b]} {FILLERS[end]}" for (a, b), end in zip(picks, ends, strict=True)]


def read(path: Path, count: int) -> list[str]:
    """Captions of a file, one a line, repeated until there are `count`."""
    text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    lines = [" ".join(line.split()) for line in text.decode("utf-8").splitlines()]
    return (lines * (count // len(lines) + 1))[:count]


def by_expression(lexicon: Lexicon) -> Callable[[str], Mentions]:
    """One regular expression of all forms."""
    kinds = {form.words: form.category for form in lexicon.forms}
    forms = sorted(kinds, key=len, reverse=True)
    body = "|".join(JOINT.join(map(re.escape, form.split())) for form in forms)
    expression = re.compile(rf"(?<![^\W_])(?:{body})(?![^\W_])", re.IGNORECASE)

    def find(caption: str) -> Mentions:
        seen: dict[int, tuple[int, str]] = {}
        for match in expression.finditer(caption):
            words = " ".join(WORD.findall(match[0].lower()))
            kind = kinds[words]
            if kind is not None and kind not in seen:
                seen[kind] = len(WORD.findall(caption, 0, match.start())) + 1, words
        return listed(lexicon, seen, len(WORD.findall(caption)))

    return find


def by_dictionary(lexicon: Lexicon) -> Callable[[str], Mentions]:
    """Forms by their first word."""
    forms: dict[str, list[tuple[list[str], int | None]]] = defaultdict(list)
    for form in sorted(lexicon.forms, key=lambda form: len(form.words.split()), reverse=True):
        forms[form.words.split()[0]].append((form.words.split(), form.category))
    joint = re.compile(JOINT)

    def find(caption: str) -> Mentions:
        tokens = list(WORD.finditer(lower := caption.lower()))
        words = [token[0] for token in tokens]
        seen: dict[int, tuple[int, str]] = {}
        at = 0
        while at < len(words):
            for form, kind in forms.get(words[at], ()):
                stop = at + len(form)
                if words[at:stop] == form and all(
                    joint.fullmatch(lower, a.end(), b.start())
                    for a, b in zip(tokens[at : stop - 1], tokens[at + 1 : stop], strict=True)
                ):
                    if kind is not None and kind not in seen:
                        seen[kind] = at + 1, " ".join(form)
                    at = stop - 1
                    break
            at += 1
        return listed(lexicon, seen, len(words))

    return find


def listed(lexicon: Lexicon, seen: dict[int, tuple[int, str]], n_words: int) -> Mentions:
    places = list(seen.values())
    return [lexicon.categories[kind] for kind in seen], [p for p, _ in places], [w for _, w in places], n_words


def main() -> None:
    """Command line; see the module's docstring."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("captions_file", type=Path, nargs="?")
    parser.add_argument("--captions", type=int, default=500_000)
    parser.add_argument("--loop", type=int, default=4_000, help="captions for the loops")
    parser.add_argument("--vocabulary", default="coco80")
    parser.add_argument("--repeats", type=int, default=5, help="of the automaton; the median counts")
    options = parser.parse_args()
    pa.set_cpu_count(1)
    lexicon = load_lexicon(load_vocabulary(options.vocabulary))
    count = options.captions
    texts = read(options.captions_file, count) if options.captions_file else made(count, lexicon)
    blocks = []
    for at in range(0, count, BLOCK):
        array = pa.array(texts[at : at + BLOCK], pa.string())
        blocks.append(CaptionBlock(array, array, array, array))
    began = time.perf_counter()
    extractor = LexiconExtractor(lexicon)
    print(f"{len(lexicon.forms):,} forms, automaton built in {time.perf_counter() - began:.2f} s")
    spent = []
    for _ in range(options.repeats):
        start = time.process_time()
        frames = [extractor.extract(block) for block in blocks]
        spent.append(time.process_time() - start)
    ours = count / float(np.median(spent))
    size = sum(map(len, texts)) / count
    print(f"automaton   {ours:10,.0f} captions/s ({count:,} captions of {size:.0f} characters)")
    columns = ("categories", "words", "surfaces", "n_words")
    table = pl.concat(frames).head(options.loop).select(columns).rows()
    for name, make in (("expression", by_expression), ("dictionary", by_dictionary)):
        find = make(lexicon)
        find(texts[0])
        start = time.process_time()
        found = [find(text) for text in texts[: options.loop]]
        seconds = time.process_time() - start
        rate = options.loop / seconds
        same = [tuple(row) for row in found] == table
        print(f"{name}  {rate:10,.0f} captions/s, {ours / rate:7.1f} x; equal output: {same}")


if __name__ == "__main__":
    main()
