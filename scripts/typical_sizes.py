"""Write the typical sizes of a corpus's categories: medians over the images in which they stand.

python scripts/typical_sizes.py AREAS OUT [--vocabulary coco80]

AREAS: an instances file or a table of areas. OUT: .parquet, or .csv with four digits (as the one that comes with the
package: src/primacy/corpus/areas/data/typical_coco.csv, from the boxes of COCO's val2017).
"""

import argparse
from pathlib import Path

import polars as pl

from primacy.corpus.areas.read import read_areas
from primacy.corpus.areas.typical import typical_sizes, write_typical
from primacy.corpus.faults import Faults
from primacy.corpus.tables import MEASURES
from primacy.design.vocabulary import load_vocabulary
from primacy.files import atomic_write_text

HEAD = """\
# Median share of the image that a category covers, over the images in which it stands.
# Computed from boxes of COCO val2017 (annotations (c) COCO Consortium, CC BY 4.0; Lin et al. 2014)
# by scripts/typical_sizes.py.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("areas", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--vocabulary", default="coco80")
    options = parser.parse_args()
    faults, names = Faults(), tuple(load_vocabulary(options.vocabulary).names)
    sizes = typical_sizes(read_areas(options.areas, names, faults).table)
    sizes = sizes.sort(pl.col("category").replace_strict(names, range(len(names))))
    for fault in faults:
        print(f"{fault.times:,} x {fault.kind}")
    if options.out.suffix == ".csv":
        rounded = sizes.with_columns(pl.col(name).round_sig_figs(4) for name in MEASURES)
        atomic_write_text(options.out, HEAD + rounded.write_csv())
    else:
        write_typical(sizes, options.out)


if __name__ == "__main__":
    main()
