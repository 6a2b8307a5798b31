"""Camera, light, ground and the settings of Cycles."""

from __future__ import annotations

import math

import bpy
from mathutils import Matrix, Vector

DISTANCE = 10.0


def fresh() -> bpy.types.Scene:
    """An empty Blender with one scene, set up for small pictures on a CPU."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    settings(bpy.context.scene)
    return bpy.context.scene


def settings(scene: bpy.types.Scene) -> None:
    """Set a scene up for small pictures on one core."""
    scene.render.engine = "CYCLES"
    scene.cycles.device = "CPU"
    scene.render.threads_mode, scene.render.threads = "FIXED", 1
    scene.cycles.max_bounces = 6
    scene.cycles.use_light_tree = False
    scene.cycles.caustics_reflective = scene.cycles.caustics_refractive = False
    scene.cycles.use_denoising = False
    scene.view_settings.view_transform = "Standard"
    scene.render.resolution_percentage = 100
    scene.render.image_settings.file_format = "PNG"
    scene.render.image_settings.compression = 15


def denoised(scene: bpy.types.Scene) -> None:
    """Few samples and the quickest denoising that keeps edges: at 224 px the default costs more than the sampling."""
    scene.cycles.use_adaptive_sampling = False
    scene.cycles.use_denoising = True
    scene.cycles.denoiser = "OPENIMAGEDENOISE"
    scene.cycles.denoising_quality = "BALANCED"
    scene.cycles.denoising_prefilter = "NONE"
    scene.cycles.denoising_input_passes = "RGB_ALBEDO"


def flat(scene: bpy.types.Scene) -> None:
    """One sample at the middle of each pixel, no light but the objects' own, values as they are: for masks."""
    scene.cycles.use_adaptive_sampling = False
    scene.cycles.samples = 1
    scene.cycles.max_bounces = 0
    scene.cycles.transparent_max_bounces = 64  # leaf cards before leaf cards
    scene.cycles.pixel_filter_type = "BOX"
    scene.render.filter_size = 0.01
    scene.render.dither_intensity = 0.0
    scene.view_settings.view_transform = "Raw"


def camera(
    scene: bpy.types.Scene,
    elevation: float,
    field_of_view: float,
    *,
    look_at: tuple[float, float, float] = (0, 0, 0),
    distance: float = DISTANCE,
) -> bpy.types.Object:
    """A perspective camera in front of the scene (at -Y), `elevation` degrees up, looking at a point."""
    data = bpy.data.cameras.new("camera")
    data.sensor_fit = "VERTICAL"
    data.angle_y = math.radians(field_of_view)
    made = bpy.data.objects.new("camera", data)
    scene.collection.objects.link(made)
    up = math.radians(elevation)
    place = Vector(look_at) + distance * Vector((0.0, -math.cos(up), math.sin(up)))
    made.matrix_world = (
        Matrix.Translation(place) @ (Vector(look_at) - place).to_track_quat("-Z", "Y").to_matrix().to_4x4()
    )
    scene.camera = made
    return made


def lights(scene: bpy.types.Scene, azimuth: float = -40.0, elevation: float = 50.0, strength: float = 1.0) -> None:
    """A soft sun from behind the camera's shoulder, a weak one from the other side, and an even sky.

    Together they just do not wash out a white surface (albedo 0.8) that faces the sun.
    """
    for name, turn, up, energy, softness in (
        ("key", azimuth, elevation, 2.6, 12.0),
        ("fill", azimuth + 110.0, 35.0, 0.5, 40.0),
    ):
        data = bpy.data.lights.new(name, "SUN")
        data.energy = energy * strength
        data.angle = math.radians(softness)
        made = bpy.data.objects.new(name, data)
        scene.collection.objects.link(made)
        a, e = math.radians(turn), math.radians(up)
        towards = Vector((math.sin(a) * math.cos(e), -math.cos(a) * math.cos(e), math.sin(e)))
        made.matrix_world = towards.to_track_quat("Z", "Y").to_matrix().to_4x4()
    world = bpy.data.worlds.new("sky")
    world.use_nodes = True
    background = world.node_tree.nodes["Background"]
    background.inputs["Color"].default_value = (0.85, 0.9, 1.0, 1.0)
    background.inputs["Strength"].default_value = 0.35 * strength
    scene.world = world
