"""What there is of objects, and whether it can be used: the tables behind `primacy assets list` and `check`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from primacy.assets import blender_env, library
from primacy.assets.catalogue import Asset
from primacy.assets.packs import PACKS, Packs
from primacy.errors import PrimacyError
from primacy.listener import Listener, Silent
from primacy.render.child import Child
from primacy.run.doctor import Finding


def categories(assets: Sequence[Asset], packs: Packs) -> list[dict[str, Any]]:
    """One row a category, in the order of their names.

    Fields: category; instances; sprites: of them in the package's libraries; meshes: that Blender could load
    now; sources; licences.
    """
    pictured = _pictured()
    rows = []
    for category in sorted({a.category for a in assets}):
        some = [a for a in assets if a.category == category]
        rows.append(
            {
                "category": category,
                "instances": len(some),
                "sprites": sum(a.asset in pictured for a in some),
                "meshes": sum(packs.status(a) != "missing" for a in some),
                "sources": ", ".join(sorted({a.source for a in some})),
                "licences": ", ".join(sorted({a.licence for a in some})),
            }
        )
    return rows


def objects(assets: Sequence[Asset], packs: Packs) -> list[dict[str, Any]]:
    """One row an object; `mesh` is "code", "file", "unpacked", "pack" (could be unpacked) or "missing"."""
    pictured = _pictured()
    return [
        {
            "asset": a.asset,
            "sprite": "yes" if a.asset in pictured else "no",
            "mesh": packs.status(a),
            "source": a.source,
            "licence": a.licence,
            "author": a.author,
            "title": a.title,
        }
        for a in assets
    ]


def findings(assets: Sequence[Asset], packs: Packs, blender: Path | None, cache: Path | None) -> list[Finding]:
    """Look at Blender, at each pack and at the package's sprite libraries, every strip of them."""
    found = [_blender(blender, cache)]
    for source, pack in PACKS.items():
        states = [packs.status(a) for a in assets if a.source == source]
        ready = len(states) - states.count("missing")
        detail = f"{ready} of {len(states)} objects, {states.count('unpacked')} of them unpacked"
        if not ready:
            detail = f"install it with: primacy assets install {pack.bundle}"
        found.append(Finding("ok" if ready else "missing", f"pack {source}", detail))
    return found + [_sprites(name) for name in library.BUILTIN]


def load_meshes(
    assets: Sequence[Asset], packs: Packs, command: Sequence[str], listener: Listener | None = None
) -> list[Finding]:
    """Load every object in Blender; one finding each, "missing" where its pack is.

    Raises:
        RenderError: Blender cannot be started.
    """
    listener = listener or Silent()
    listener.stage("loading", len(assets))
    child = Child(command)
    try:
        child.ask("version")
        found = []
        for asset in assets:
            found.append(_loaded(asset, packs, child))
            listener.advance(1)
        return found
    finally:
        child.close()


def _loaded(asset: Asset, packs: Packs, child: Child) -> Finding:
    if packs.status(asset) == "missing":
        return Finding("missing", asset.asset, f"the pack {asset.source} is not installed")
    try:
        answer = child.ask("mesh", spec=asset.spec(*packs.mesh_paths(asset)))
    except PrimacyError as error:
        return Finding("problem", asset.asset, str(error))
    return Finding("ok", asset.asset, "; ".join([f"{answer['triangles']:,} triangles", *answer["warnings"]]))


def _blender(blender: Path | None, cache: Path | None) -> Finding:
    try:
        command = blender_env.command(blender, cache)
        return Finding("ok", "Blender", f"{blender_env.version(command)} ({command[0]})")
    except PrimacyError as error:
        return Finding("missing", "Blender", f"{error}. {error.hint}")


def _sprites(name: str) -> Finding:
    try:
        sprites = library.builtin(name, share_alike=False).sprites
        for sprite in sprites:
            sprite.pictures()
    except PrimacyError as error:
        return Finding("problem", f"sprites {name}", str(error))
    return Finding("ok", f"sprites {name}", f"{len(sprites)} objects, every picture as it was made")


def _pictured() -> set[str]:
    found: set[str] = set()
    for name in library.BUILTIN:
        try:
            found.update(library.builtin(name, share_alike=False).by_asset)
        except PrimacyError:
            continue  # `check` says what is wrong with it
    return found
