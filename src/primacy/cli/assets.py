"""`primacy assets`: the objects of scenes, where they come from, and how to have more of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from primacy.cli import options as o

if TYPE_CHECKING:
    from primacy.assets.catalogue import Asset
    from primacy.listener import Listener

app = typer.Typer(
    name="assets",
    help="The objects of scenes: list, install, check, look at them.",
    no_args_is_help=True,
    add_completion=False,
)

Blender = Annotated[
    Path | None,
    typer.Option(
        help="A Blender (4.2 or newer), or a Python with bpy [default: $PRIMACY_BLENDER, else the installed one]"
    ),
]
Cache = Annotated[Path | None, typer.Option(help="Folder of unpacked objects [default: the user's cache folder]")]


@app.command("list")
def list_(
    category: Annotated[str | None, typer.Argument(help="Show the objects of this category, one by one.")] = None,
    cache: Cache = None,
    as_json: o.AsJson = False,
) -> None:
    """List the categories, how many objects each has, and what is there of them."""
    from primacy.assets import catalogue, status
    from primacy.assets.packs import Packs
    from primacy.errors import UnknownNameError

    assets = catalogue.load()
    packs = Packs(o.cache_folder(cache))
    if category is None:
        _show(status.categories(assets, packs), as_json)
        return
    some = [a for a in assets if a.category == category]
    if not some:
        raise UnknownNameError("category", category, {a.category for a in assets})
    _show(status.objects(some, packs), as_json)


@app.command()
def install(
    what: Annotated[
        str, typer.Argument(help="sweethome3d, 0ad, blender, or a folder of your own objects (docs/assets.md).")
    ],
    origin: Annotated[
        Path | None, typer.Option("--from", help="Pack, .deb package, or folder that holds packs.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Sprite library of a folder [default: FOLDER/sprites]")] = None,
    blender: Blender = None,
    cache: Cache = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Show no progress.")] = False,
) -> None:
    """Unpack what the objects of a pack need, set up Blender, or make sprites of your own objects.

    Nothing goes outside the cache folder (or FOLDER/sprites), and nothing needs root rights.
    """
    from primacy.assets import blender_env, catalogue, packs, user_folder
    from primacy.assets.install import install as install_bundle
    from primacy.cli.progress import progress
    from primacy.errors import UsageError

    known = what in packs.BUNDLES
    if origin is not None and not known:
        raise UsageError(f"--from goes with {' and '.join(packs.BUNDLES)} only")
    if out is not None and (known or what == "blender"):
        raise UsageError("--out goes with a folder of your own objects only")
    folder = o.cache_folder(cache)
    with progress(hidden=quiet, noun="objects") as listener:
        if what == "blender":
            listener.note(f"making an environment with bpy {blender_env.BPY} (a download of some 400 MB)")
            typer.echo(f"Blender's Python is {blender_env.install(folder)}")
        elif known:
            count = install_bundle(what, catalogue.load(), folder, origin=origin, listener=listener)
            typer.echo(f"{count} objects of {what} are ready in {folder / 'packs'}")
        else:
            _own_objects(user_folder.read(Path(what)), out or Path(what) / "sprites", blender, folder, listener)


@app.command()
def check(
    load: Annotated[bool, typer.Option("--load", help="Load every object in Blender, too (some minutes).")] = False,
    blender: Blender = None,
    cache: Cache = None,
    as_json: o.AsJson = False,
) -> None:
    """Say whether Blender, the packs and the sprites can be used; exit status 1 where something is broken."""
    from primacy.assets import blender_env, catalogue, status
    from primacy.assets.packs import Packs
    from primacy.cli.progress import progress

    folder = o.cache_folder(cache)
    assets, packs = catalogue.load(), Packs(folder)
    found = status.findings(assets, packs, blender, folder)
    if load:
        with progress(hidden=as_json, noun="objects") as listener:
            found += status.load_meshes(assets, packs, blender_env.command(blender, folder), listener)
    if as_json:
        typer.echo(json.dumps([f._asdict() for f in found], indent=1, ensure_ascii=False))
    else:
        for f in found:
            typer.echo(f"{f.status:<8} {f.what:<32} {f.detail}")
    if any(f.status == "problem" for f in found):
        raise typer.Exit(1)


@app.command("contact-sheet")
def contact_sheet(
    output: Annotated[Path, typer.Option("--output", "-o", help="PNG file to write.")],
    libraries: Annotated[
        list[str] | None, typer.Argument(help="comco, comco-sa, simco, or folders [default: comco]")
    ] = None,
    category: Annotated[str | None, typer.Option(help="Only these categories, comma-separated.")] = None,
    views: Annotated[
        str, typer.Option(help="Sides to show, comma-separated: 0 (front) to 7, in steps of 45 degrees.")
    ] = "1",
) -> None:
    """Draw the objects of sprite libraries in a grid, with their names and licences."""
    from primacy.assets import library
    from primacy.assets.contact_sheet import contact_sheet as draw
    from primacy.errors import AssetError, UnknownNameError
    from primacy.files import atomic_path, os_errors_as

    names = libraries or ["comco"]
    sprites = [
        sprite
        for name in names
        for sprite in (library.builtin(name) if name in library.BUILTIN else library.read([Path(name)])).sprites
    ]
    if category is not None:
        known = {s.category for s in sprites}
        wanted = o.split_list(category)
        for name in wanted:
            if name not in known:
                raise UnknownNameError("category", name, known)
        sprites = [s for s in sprites if s.category in wanted]
    sides = o.numbers(views, "views")
    sheet = draw(sprites, views=sides, columns=max(12 // max(len(sides), 1), 1))
    with os_errors_as(AssetError, f"cannot write {output}"), atomic_path(output) as temporary:
        sheet.save(temporary, format="PNG")
    typer.echo(f"{len(sprites)} objects drawn in {output}")


def _own_objects(assets: list[Asset], folder: Path, blender: Path | None, cache: Path, listener: Listener) -> None:
    from primacy.assets import blender_env
    from primacy.assets.build import build_library
    from primacy.assets.packs import Packs

    command = blender_env.command(blender, cache)
    built = build_library(assets, folder, command, resolve=Packs(cache).mesh_paths, listener=listener)
    for asset, reason in built.failed.items():
        typer.echo(f"left out {asset}: {reason}", err=True)
    typer.echo(f"{len(built.made)} objects made, {len(built.kept)} kept, {len(built.failed)} left out in {folder}")
    if built.failed:
        raise typer.Exit(1)


def _show(rows: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(rows, indent=1, ensure_ascii=False))
        return
    keys = list(rows[0])
    widths = [max(len(key), *(len(str(row[key])) for row in rows)) for key in keys]
    for cells in (keys, *([str(row[key]) for key in keys] for row in rows)):
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip())
