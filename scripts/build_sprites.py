"""Build the sprite libraries that the package ships: anew, or what has changed of them.

    primacy assets install blender
    primacy assets install sweethome3d
    primacy assets install 0ad
    python scripts/build_sprites.py

Writes src/primacy/assets/sprites/{comco,comco-sa,simco}; objects whose mesh, code and settings have not changed are
kept. 4 to 8 seconds an object on one core. An object that cannot be made is named and left out.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from primacy.assets import blender_env, catalogue
from primacy.assets.build import build_library, shipped
from primacy.assets.library import BUILTIN
from primacy.assets.packs import Packs
from primacy.cli.options import cache_folder
from primacy.cli.progress import progress
from primacy.errors import PrimacyError

ROOT = Path(__file__).parents[1] / "src" / "primacy" / "assets" / "sprites"


def main() -> None:
    """Build the libraries that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("libraries", nargs="*", metavar="LIBRARY", help=f"of {', '.join(BUILTIN)} [default: all]")
    parser.add_argument("--blender", type=Path, help="a Blender, or a Python with bpy [default: the installed one]")
    parser.add_argument(
        "--from", dest="origin", type=Path, help="folder that holds packs [default: the installed ones]"
    )
    parser.add_argument("--workers", type=int, default=2, help="Blender processes [default: 2]")
    parser.add_argument("--samples", type=int, default=8, help="rays a pixel [default: 8]")
    asked = parser.parse_args()
    wanted = asked.libraries or BUILTIN
    if unknown := sorted(set(wanted) - set(BUILTIN)):
        parser.error(f"unknown library {unknown[0]!r}, expected some of {', '.join(BUILTIN)}")
    cache = cache_folder(None)
    resolve = Packs(cache, asked.origin).mesh_paths
    failed = 0
    for name, assets in shipped(catalogue.load()).items():
        if name not in wanted:
            continue
        with progress(hidden=False, noun="objects") as listener:
            built = build_library(
                assets,
                ROOT / name,
                blender_env.command(asked.blender, cache),
                resolve=resolve,
                samples=asked.samples,
                workers=asked.workers,
                listener=listener,
            )
        failed += len(built.failed)
        print(f"{name}: {len(built.made)} made, {len(built.kept)} kept, {len(built.failed)} failed")
    sys.exit(min(failed, 1))


if __name__ == "__main__":
    try:
        main()
    except PrimacyError as error:
        sys.exit(f"{error}\n{error.hint}".strip())
