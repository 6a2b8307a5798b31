"""Materials of the mask pass: an object glows in its own colour, and is cut out where its texture is transparent."""

from __future__ import annotations

import bpy

SOLID = "mask"
"""Name of the mask material of all that has no holes."""
_CUT = 0.5


def of(source: bpy.types.Material | None) -> bpy.types.Material:
    """The mask material that goes with `source`; one and the same for all that have no holes."""
    alpha = _alpha(source)
    if source is None or alpha is None:
        return _solid()
    made = source.copy()
    made.name = f"{SOLID} {source.name}"
    tree = made.node_tree
    shader, socket = _alpha(made)  # type: ignore[misc]
    cut = tree.nodes.new("ShaderNodeMath")
    cut.operation = "LESS_THAN" if shader.type == "MIX_SHADER" and _clear_arm(shader) == 2 else "GREATER_THAN"
    cut.inputs[1].default_value = _CUT
    tree.links.new(socket.links[0].from_socket, cut.inputs[0])
    mix = tree.nodes.new("ShaderNodeMixShader")
    tree.links.new(cut.outputs[0], mix.inputs[0])
    tree.links.new(tree.nodes.new("ShaderNodeBsdfTransparent").outputs[0], mix.inputs[1])
    tree.links.new(_glow(tree), mix.inputs[2])
    tree.links.new(mix.outputs[0], _output(tree).inputs["Surface"])
    return made


def _solid() -> bpy.types.Material:
    made = bpy.data.materials.get(SOLID)
    if made is None:
        made = bpy.data.materials.new(SOLID)
        made.use_nodes = True
        made.use_fake_user = True
        made.node_tree.links.new(_glow(made.node_tree), _output(made.node_tree).inputs["Surface"])
    return made


def _glow(tree: bpy.types.NodeTree) -> bpy.types.NodeSocket:
    """Light of the object's own colour, unshaded."""
    info, glow = tree.nodes.new("ShaderNodeObjectInfo"), tree.nodes.new("ShaderNodeEmission")
    tree.links.new(info.outputs["Color"], glow.inputs["Color"])
    return glow.outputs[0]


def _output(tree: bpy.types.NodeTree) -> bpy.types.Node:
    return next(n for n in tree.nodes if n.type == "OUTPUT_MATERIAL" and n.is_active_output)


def _alpha(source: bpy.types.Material | None) -> tuple[bpy.types.Node, bpy.types.NodeSocket] | None:
    """The shader and its linked input that says how solid `source` is at a point; None if it is solid everywhere.

    Glass and other even translucency counts as solid: it is part of what is seen of the object.
    """
    if source is None or source.node_tree is None:
        return None
    output = next((n for n in source.node_tree.nodes if n.type == "OUTPUT_MATERIAL" and n.is_active_output), None)
    if output is None or not output.inputs["Surface"].links:
        return None
    shader = output.inputs["Surface"].links[0].from_node
    if shader.type == "BSDF_PRINCIPLED":
        socket = shader.inputs["Alpha"]
    elif shader.type == "MIX_SHADER" and _clear_arm(shader):
        socket = shader.inputs[0]
    else:
        return None
    return (shader, socket) if socket.links else None


def _clear_arm(mix: bpy.types.Node) -> int:
    """Which input of a mix of shaders is see-through; 0 if neither."""
    arms = (k for k in (1, 2) if mix.inputs[k].links and mix.inputs[k].links[0].from_node.type == "BSDF_TRANSPARENT")
    return next(arms, 0)
