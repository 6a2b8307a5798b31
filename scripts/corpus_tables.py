"""Print tables of a corpus analysis in Markdown, as docs/corpus.md has them.

    python scripts/corpus_tables.py docs/corpus/coco_val2017.json count
    python scripts/corpus_tables.py docs/corpus/coco_val2017.json split odds permutation
    python scripts/corpus_tables.py docs/corpus/coco_val2017.json --fill docs/corpus.md

Units are those of the report: shares in %, parts in points, odds ratios; intervals in brackets.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable
from pathlib import Path

from primacy.report.corpus_cells import Cell, Table
from primacy.report.corpus_pair_tables import odds_table, pair_table, permutation_table, split_table
from primacy.report.corpus_tables import agreement_table, count_table, drift_table, place_table, rank_table
from primacy.results.corpus import CorpusResult

TABLES: dict[str, Callable[[CorpusResult], Table | None]] = {
    "count": count_table,
    "places": place_table,
    "ranks": rank_table,
    "split": split_table,
    "odds": odds_table,
    "permutation": permutation_table,
    "pairs": pair_table,
    "drift": drift_table,
    "agreement": agreement_table,
}

MARKED = re.compile(r"<!-- table: (\w+) -->\n.*?<!-- end -->", re.DOTALL)


def table(result: CorpusResult, name: str) -> str:
    """One table of the report in Markdown."""
    found = TABLES[name](result)
    if found is None:
        return ""
    head = [" ".join(title.split()) for title in (*found.names, *found.columns)]
    lines = [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    for row in found.rows:
        lines.append(f"| {' | '.join((*row.names, *map(_cell, row.cells)))} |")
    return "\n".join(lines)


def filled(page: str, result: CorpusResult) -> str:
    """`page` with the table that each of its marks names, in place of what stands there."""
    return MARKED.sub(lambda mark: f"<!-- table: {mark[1]} -->\n{table(result, mark[1])}\n<!-- end -->", page)


def _cell(cell: Cell) -> str:
    return f"{cell.text()} {cell.interval()}".strip()


def main() -> None:
    """Print the tables that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("result", type=Path)
    parser.add_argument("tables", nargs="*", metavar="TABLE", help=", ".join(TABLES))
    parser.add_argument("--fill", type=Path, metavar="PAGE", help="write the tables that a page has marks for")
    asked = parser.parse_args()
    result = CorpusResult.model_validate_json(asked.result.read_text("utf-8"))
    if asked.fill:
        asked.fill.write_text(filled(asked.fill.read_text("utf-8"), result), "utf-8")
    print("\n\n".join(table(result, name) for name in asked.tables))


if __name__ == "__main__":
    main()
