"""A scene: the whole recipe of one image, every random draw already made.

Renderers read nothing else. Positions and areas are asked for in the picture, not in the world: `x, y` is the centre of
an object's bounding box and `area` the share of image pixels that its whole silhouette covers. A renderer finds the
placement that gives them, and the masks say what came out. docs/scenes.md lists the fields and what renderers owe.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import Any

from primacy.errors import DesignError
from primacy.identity import fingerprint

MAX_OBJECTS = 8


@dataclass(frozen=True, slots=True)
class Placed:
    """One object of a scene.

    `asset` names one instance of `category` ("dog/2"). `x`, `y`: centre of the bounding box in fractions of the
    frame, from the upper left corner. `area`: unoccluded silhouette, share of the image's pixels. `yaw`: degrees by
    which the object is turned, 0 facing the camera, 90 facing the right edge of the picture. `size_level` and `slot`
    are the design's names for area and place; `role` is "target", "other" or "occluder". `visibility`: share of the
    silhouette that is to be seen. `contrast` scales the object's difference from the ground's colour. `colour` is
    linear RGB in 0..1, for objects that take one (SimCO), else None.
    """

    category: str
    asset: str
    x: float
    y: float
    area: float
    yaw: float = 0.0
    slot: str = ""
    size_level: str = "equal"
    role: str = "other"
    visibility: float = 1.0
    contrast: float = 1.0
    colour: tuple[float, float, float] | None = None


@dataclass(frozen=True, slots=True)
class Camera:
    """Where the picture is taken from: degrees above the ground, degrees of the whole vertical field of view."""

    elevation: float = 25.0
    field_of_view: float = 25.0


@dataclass(frozen=True, slots=True)
class Light:
    """The key light: degrees clockwise from the camera's back, degrees above the ground, strength (1 is usual)."""

    azimuth: float = -40.0
    elevation: float = 50.0
    strength: float = 1.0


@dataclass(frozen=True, slots=True)
class Ground:
    """What objects stand on: `texture` is plain, checker, planks or speckle; `colour` is linear RGB in 0..1."""

    texture: str = "plain"
    colour: tuple[float, float, float] = (0.42, 0.42, 0.42)


TEXTURES = ("plain", "checker", "planks", "speckle")


@dataclass(frozen=True, slots=True)
class Scene:
    """One image. `objects` are in slot order; mask value k is objects[k - 1]. `set_id` is the cluster.

    `factors` holds what the design varies in this scene besides what the objects say ({"ratio": 4.0}).
    `size` is the side of the square image in pixels; `seed` feeds what a renderer draws (sampling noise, texture).
    """

    design: str
    set_id: int
    objects: tuple[Placed, ...]
    size: int = 224
    seed: int = 0
    camera: Camera = Camera()
    light: Light = Light()
    ground: Ground = Ground()
    factors: Mapping[str, float | int | str] = field(default_factory=dict)

    @property
    def scene_id(self) -> str:
        """16 hex digits, from the content alone."""
        return fingerprint(self.as_dict())[:16]

    @property
    def caption(self) -> str:
        """The categories in slot order: "dog and car and cup"; a repeated category is named once only."""
        return " and ".join(dict.fromkeys(o.category for o in self.objects))

    def as_dict(self) -> dict[str, Any]:
        """JSON-able form; `from_dict` gives the same scene back."""
        # Field by field: dataclasses.asdict copies as it goes and takes ten times as long.
        objects = tuple(_fields(placed) for placed in self.objects)
        parts = {name: _fields(getattr(self, name)) for name in ("camera", "light", "ground")}
        return _fields(self) | {"objects": objects, "factors": dict(self.factors)} | parts

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Scene:
        """The scene of `as_dict`, read back and checked.

        Raises:
            DesignError: a field is missing, unknown or out of range.
        """
        try:
            fields = dict(data)
            objects = tuple(_placed(o) for o in fields.pop("objects"))
            ground = dict(fields.pop("ground"))
            scene = cls(
                objects=objects,
                camera=Camera(**fields.pop("camera")),
                light=Light(**fields.pop("light")),
                ground=Ground(texture=ground.pop("texture"), colour=_rgb(ground.pop("colour")), **ground),
                factors=dict(fields.pop("factors")),
                **fields,
            )
            scene.check()
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise DesignError(f"this is no scene: {error}", hint="docs/scenes.md lists the fields.") from None
        return scene

    def check(self) -> None:
        """Refuse what no renderer can draw.

        Raises:
            DesignError: no or too many objects, a centre outside the frame, an area outside (0, 1], an unknown texture,
                a size outside 16..4096, or a number that is not finite.
        """
        if not 1 <= len(self.objects) <= MAX_OBJECTS:
            raise DesignError(f"a scene has {len(self.objects)} objects, expected 1 to {MAX_OBJECTS}")
        if not 16 <= self.size <= 4096:
            raise DesignError(f"a scene is {self.size} pixels wide, expected 16 to 4096")
        if self.ground.texture not in TEXTURES:
            raise DesignError(f"a ground has texture {self.ground.texture!r}, expected one of {', '.join(TEXTURES)}")
        view = (self.camera.elevation, self.camera.field_of_view)
        if not isfinite(sum(view) + self.light.azimuth + self.light.elevation + self.light.strength):
            raise DesignError("a number of the camera or the light is not finite")
        for o in self.objects:
            if not (0 <= o.x <= 1 and 0 <= o.y <= 1):
                raise DesignError(f"{o.asset} is centred at ({o.x}, {o.y}), outside the frame of 0 to 1")
            if not 0 < o.area <= 1:
                raise DesignError(f"{o.asset} is to cover {o.area} of the picture, expected more than 0, at most 1")
            if not 0 < o.visibility <= 1:
                raise DesignError(f"{o.asset} is to be visible by {o.visibility}, expected more than 0, at most 1")
            if not (o.contrast >= 0 and isfinite(o.contrast + o.yaw)):
                raise DesignError(f"{o.asset} has contrast {o.contrast} and yaw {o.yaw}, expected finite numbers")


def _fields(value: Placed | Camera | Light | Ground | Scene) -> dict[str, Any]:
    return {name: getattr(value, name) for name in value.__dataclass_fields__}


def _placed(data: Mapping[str, Any]) -> Placed:
    fields = dict(data)
    colour = fields.pop("colour", None)
    return Placed(colour=None if colour is None else _rgb(colour), **fields)


def _rgb(values: Any) -> tuple[float, float, float]:
    red, green, blue = (float(v) for v in values)
    return red, green, blue
