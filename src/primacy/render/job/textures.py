"""Textures of imported materials: found again, bounded, and their transparency put to use."""

from __future__ import annotations

from pathlib import Path

import bpy
import limits
import numpy as np

MAX_SIDE = 512
#: Panes and glasses are at least this opaque: what is fainter has no silhouette in a mask.
LEAST_ALPHA = 0.6
_GREY = (0.5, 0.5, 0.5, 1.0)
_HEAD = 1 << 20


def repair(folder: Path, images: list[bpy.types.Image], materials: list[bpy.types.Material]) -> list[str]:
    """Find each of `images` again within `folder`, or put grey in its place; shrink it to `MAX_SIDE`; use its alpha.

    Returns:
        What had to be replaced, one line each.
    """
    warnings = []
    for image in images:
        if image.source != "FILE":
            continue
        name = _name(image)
        trouble = _shrunk(image, folder)
        if trouble:
            warnings.append(f"texture {name!r} {trouble}, grey in its place")
            bpy.data.images.remove(image)
    for material in materials:
        if material.use_nodes:
            _settle(material)
    return warnings


def image_of(path: Path) -> bpy.types.Image:
    """Load one image file.

    Raises:
        ValueError: it is too large or no picture.
    """
    trouble = _too_large(path)
    image = None if trouble else bpy.data.images.load(str(path), check_existing=True)
    if image is None or not image.size[0]:
        raise ValueError(f"texture {path.name} {trouble or 'is not readable'}")
    _shrink(image)
    return image


def textured(name: str, image: bpy.types.Image, *, cutout: bool) -> bpy.types.Material:
    """A rough material coloured by `image`; `cutout`: its alpha cuts holes (in games it may mean other things)."""
    made = bpy.data.materials.new(name)
    made.use_nodes = True
    nodes, links = made.node_tree.nodes, made.node_tree.links
    node = nodes.new("ShaderNodeTexImage")
    node.image = image
    shader = nodes["Principled BSDF"]
    shader.inputs["Roughness"].default_value = 0.8
    links.new(node.outputs["Color"], shader.inputs["Base Color"])
    if cutout:
        links.new(node.outputs["Alpha"], shader.inputs["Alpha"])
    return made


def _shrink(image: bpy.types.Image) -> None:
    scale = MAX_SIDE / max(image.size)
    if scale < 1:
        image.scale(*(max(round(side * scale), 1) for side in image.size))
        image.pack()  # else the renderer reads the file again


def _shrunk(image: bpy.types.Image, folder: Path) -> str:
    """Make the image's pixels available and not too many; what is wrong with it, or nothing."""
    if image.packed_file is not None:
        trouble = _too_many(image.packed_file.data[:_HEAD])
    else:
        path = _path(image, folder)
        if path is None:
            return "is missing"
        trouble = _too_large(path)
        if not trouble and Path(bpy.path.abspath(image.filepath_raw)) != path:
            found = bpy.data.images.load(str(path), check_existing=True)
            image.user_remap(found)  # giving the old one another path would not make it load again
            image = found
    if trouble:
        return trouble
    if not image.size[0]:
        return "is not readable"
    _shrink(image)
    return ""


def _path(image: bpy.types.Image, folder: Path) -> Path | None:
    """The image's file if it lies in `folder`, else one there that is called so, whatever the case of its letters."""
    named = Path(bpy.path.abspath(image.filepath_raw))
    if named.is_file() and named.resolve().is_relative_to(folder.resolve()):
        return named
    wanted = _name(image).lower()
    files = (p for p in sorted(folder.rglob("*")) if p.name.lower() == wanted)
    return next((p for p in files if p.is_file() and not p.is_symlink()), None)


def _name(image: bpy.types.Image) -> str:
    return image.filepath_raw.replace("\\", "/").rsplit("/", 1)[-1] or image.name


def _too_large(path: Path) -> str:
    if path.stat().st_size > limits.MAX_IMAGE_BYTES:
        return f"has more than {limits.MAX_IMAGE_BYTES:,} bytes"
    with path.open("rb") as stream:
        return _too_many(stream.read(_HEAD))


def _too_many(head: bytes) -> str:
    count = limits.pixels(bytes(head))
    return f"has {count:,} pixels" if count and count > limits.MAX_PIXELS else ""


def _settle(material: bpy.types.Material) -> None:
    """Unlink image nodes without an image; let an image with holes cut the surface that it colours."""
    nodes, links = material.node_tree.nodes, material.node_tree.links
    shader = next((n for n in nodes if n.type == "BSDF_PRINCIPLED"), None)
    base = shader.inputs["Base Color"] if shader is not None else None
    for node in [n for n in nodes if n.type == "TEX_IMAGE" and n.image is None]:
        coloured = any(link.to_socket == base for link in node.outputs["Color"].links)
        nodes.remove(node)
        if base is not None and coloured:
            base.default_value = _GREY
    if shader is None or shader.inputs["Alpha"].is_linked:
        return
    shader.inputs["Alpha"].default_value = max(shader.inputs["Alpha"].default_value, LEAST_ALPHA)
    if not shader.inputs["Base Color"].is_linked:
        return
    source = shader.inputs["Base Color"].links[0].from_node
    if source.type == "TEX_IMAGE" and _has_holes(source.image):
        links.new(source.outputs["Alpha"], shader.inputs["Alpha"])


def _has_holes(image: bpy.types.Image) -> bool:
    if image.channels < 4:
        return False
    values = np.empty(image.size[0] * image.size[1] * image.channels, dtype=np.float32)
    image.pixels.foreach_get(values)
    return bool((values[3::4] < 0.9).mean() > 0.002)
