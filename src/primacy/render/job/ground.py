"""What objects stand on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import bpy
import numpy as np

Tree: TypeAlias = bpy.types.NodeTree
Socket: TypeAlias = bpy.types.NodeSocket
RGB: TypeAlias = Sequence[float]

_FAR = 80.0
_CONTRAST = 0.25  # darker and lighter than the mean by this share


def new() -> bpy.types.Object:
    """A plane that fills the picture; `paint` gives it its look."""
    mesh = bpy.data.meshes.new("ground")
    mesh.from_pydata([(-_FAR, -_FAR, 0), (_FAR, -_FAR, 0), (_FAR, _FAR, 0), (-_FAR, _FAR, 0)], [], [(0, 1, 2, 3)])
    mesh.materials.append(bpy.data.materials.new("ground"))
    return bpy.data.objects.new("ground", mesh)


def paint(plane: bpy.types.Object, texture: str, colour: RGB, seed: int) -> None:
    """Give the ground a texture whose mean is the linear RGB `colour`; `seed` shifts the pattern."""
    look = plane.data.materials[0]
    look.use_nodes = True
    tree = look.node_tree
    tree.nodes.clear()
    shader = tree.nodes.new("ShaderNodeBsdfPrincipled")
    shader.inputs["Roughness"].default_value = 0.9
    shader.inputs["Specular IOR Level"].default_value = 0.2
    tree.links.new(shader.outputs[0], tree.nodes.new("ShaderNodeOutputMaterial").inputs["Surface"])
    dark, light = ((*(min(c * (1 + d), 1.0) for c in colour), 1.0) for d in (-_CONTRAST, _CONTRAST))
    if texture == "plain":
        shader.inputs["Base Color"].default_value = (*colour, 1.0)
        return
    where = _where(tree, seed)
    pattern = _PATTERNS[texture](tree, where, dark, light)
    tree.links.new(pattern, shader.inputs["Base Color"])


def _where(tree: Tree, seed: int) -> Socket:
    """World coordinates, shifted by an amount that `seed` draws."""
    shift = np.random.default_rng(seed).uniform(-20, 20, 2)
    mapping = tree.nodes.new("ShaderNodeMapping")
    # Half a unit up, so that no pattern has its faces in the plane itself.
    mapping.inputs["Location"].default_value = (*map(float, shift), 0.5)
    tree.links.new(tree.nodes.new("ShaderNodeTexCoord").outputs["Object"], mapping.inputs["Vector"])
    return mapping.outputs[0]


def _checker(tree: Tree, where: Socket, dark: RGB, light: RGB) -> Socket:
    node = tree.nodes.new("ShaderNodeTexChecker")
    node.inputs["Scale"].default_value = 1.1
    node.inputs["Color1"].default_value, node.inputs["Color2"].default_value = dark, light
    tree.links.new(where, node.inputs["Vector"])
    return node.outputs["Color"]


def _planks(tree: Tree, where: Socket, dark: RGB, light: RGB) -> Socket:
    node = tree.nodes.new("ShaderNodeTexBrick")
    node.inputs["Scale"].default_value = 0.8
    node.inputs["Brick Width"].default_value, node.inputs["Row Height"].default_value = 3.0, 0.5
    node.inputs["Mortar Size"].default_value = 0.015
    node.inputs["Color1"].default_value, node.inputs["Color2"].default_value = dark, light
    node.inputs["Mortar"].default_value = (*(0.4 * c for c in dark[:3]), 1.0)
    tree.links.new(where, node.inputs["Vector"])
    return node.outputs["Color"]


def _speckle(tree: Tree, where: Socket, dark: RGB, light: RGB) -> Socket:
    node, ramp = tree.nodes.new("ShaderNodeTexNoise"), tree.nodes.new("ShaderNodeValToRGB")
    node.inputs["Scale"].default_value, node.inputs["Detail"].default_value = 3.0, 3.0
    ramp.color_ramp.elements[0].position, ramp.color_ramp.elements[1].position = 0.4, 0.6
    ramp.color_ramp.elements[0].color, ramp.color_ramp.elements[1].color = dark, light
    tree.links.new(where, node.inputs["Vector"])
    tree.links.new(node.outputs[0], ramp.inputs["Fac"])
    return ramp.outputs["Color"]


_PATTERNS = {"checker": _checker, "planks": _planks, "speckle": _speckle}
