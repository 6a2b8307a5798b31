"""Tokenising side by side: open_clip's tokenizer, remembered words and index arrays, in one process.

    python bench/tokenise.py --captions 200000

Captions are 4-object combinations of the 90 comco names ("a and b and c and d"), in stretches of 4,096 evenly spaced
over all 2,555,190. The tokenizer and the words get a list of strings that was made beforehand; the index arrays get
the captions unmade, since not making them is the point, so the time of making them is shown as well. `cold` includes
everything that is done once (remembering words, encoding segments, checking both against the tokenizer). Ids are
compared on all captions.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from primacy.design.captions import TemplatedCaptions
from primacy.encoders._tokens import Tokens

BLOCK = 4096  # captions a call, as a run has them


def captions(count: int, template: str) -> TemplatedCaptions:
    """`count` combinations of 4 comco names, from stretches evenly spaced over all, in the words of `template`."""
    from primacy.design.orders import orders
    from primacy.design.sets import all_sets
    from primacy.design.templates import get_template
    from primacy.design.text import TextDesign
    from primacy.design.vocabulary import load_vocabulary

    comco = load_vocabulary("comco")
    design = TextDesign(comco, all_sets(len(comco), 4), orders("combinations", 4), get_template(template, 4))
    starts = np.linspace(0, len(design) - BLOCK, -(-count // BLOCK)).astype(int).tolist()
    objects = np.concatenate([design.objects(start, start + BLOCK) for start in starts])
    return design.captions(objects[:count])


def in_blocks(call: Callable[[Any], Any], texts: Any) -> tuple[float, list[np.ndarray]]:
    """Seconds for all `texts`, a block at a time, and what each call gave as int32."""
    blocks = [texts[at : at + BLOCK] for at in range(0, len(texts), BLOCK)]
    began = time.perf_counter()
    out = [call(block) for block in blocks]
    seconds = time.perf_counter() - began
    return seconds, [np.asarray(rows, dtype=np.int32) for rows in out]


def equal(ours: list[np.ndarray], full: list[np.ndarray]) -> bool:
    """Whether the ids agree, ours being cut behind the longest row."""
    return all(
        np.array_equal(rows, own[:, : rows.shape[1]]) and not own[:, rows.shape[1] :].any()
        for rows, own in zip(ours, full, strict=True)
    )


def main() -> None:
    """Command line; see the module's docstring."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--captions", type=int, default=200_000)
    parser.add_argument("--template", default="and", help="a built-in template that has a form for 4 objects")
    parser.add_argument("--repeats", type=int, default=5, help="of the fast ways; the best counts")
    parser.add_argument("--architecture", default="ViT-B-32")
    parser.add_argument("--out", type=Path, default=Path("bench_tokenise.json"))
    args = parser.parse_args()

    import open_clip

    tokenizer = open_clip.get_tokenizer(args.architecture)
    templated = captions(args.captions, args.template)
    began = time.perf_counter()
    texts = list(templated)
    making = time.perf_counter() - began

    own_seconds, own = in_blocks(tokenizer, texts)
    rates = {"open_clip's tokenizer": (own_seconds, own_seconds, True)}
    for name, given in (("remembered words", texts), ("index arrays", templated)):
        began = time.perf_counter()
        tokens = Tokens(tokenizer)
        _, ids = in_blocks(tokens, given)
        cold = time.perf_counter() - began
        best = min(in_blocks(tokens, given)[0] for _ in range(args.repeats))
        rates[name] = best, cold, equal(ids, own)

    result = {
        name: {
            "captions_per_s": args.captions / seconds,
            "ratio": own_seconds / seconds,
            "cold_ratio": own_seconds / cold,
            "equal": same,
        }
        for name, (seconds, cold, same) in rates.items()
    }
    setting = {name: value for name, value in vars(args).items() if name != "out"}
    record = {"setting": setting, "making_strings_captions_per_s": args.captions / making, "results": result}
    args.out.write_text(json.dumps(record, indent=1))
    print(f"{args.captions:,} captions, template {args.template}; making the strings: {args.captions / making:,.0f}/s")
    print(f"{'':24} {'captions/s':>12} {'ratio':>8} {'cold':>8}  ids equal")
    for name, row in result.items():
        print(
            f"{name:24} {row['captions_per_s']:12,.0f} {row['ratio']:7.1f}x {row['cold_ratio']:7.1f}x  {row['equal']}"
        )


if __name__ == "__main__":
    main()
