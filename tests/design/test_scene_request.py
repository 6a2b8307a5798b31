"""What may be asked for, what a scene may hold, and what the documentation says of both."""

import re
from dataclasses import asdict, fields
from pathlib import Path

import pytest

from primacy.design.scene import Camera, Ground, Light, Placed, Scene
from primacy.design.scenes.design import build
from primacy.design.scenes.presets import PRESETS
from primacy.design.scenes.request import SceneRequest
from primacy.errors import DesignError, UnknownNameError

PAGE = (Path(__file__).parents[2] / "docs" / "scenes.md").read_text("utf-8")
NAN = float("nan")


@pytest.mark.parametrize("name", PRESETS)
def test_defaults_are_possible(scene_shapes, name):
    assert len(build(SceneRequest(name), scene_shapes(80))) > 0


@pytest.mark.parametrize(
    ("changes", "error", "match"),
    [
        ({"design": "one-big"}, UnknownNameError, "one-big"),
        ({"textures": ("plain", "marble")}, UnknownNameError, "marble"),
        ({"textures": ()}, DesignError, "no ground texture"),
        ({"objects": ()}, DesignError, "at least one"),
        ({"objects": (3, 3)}, DesignError, "different numbers"),
        ({"objects": (9,)}, DesignError, "expected 2 to 8"),
        ({"objects": (1,)}, DesignError, "expected 2 to 8"),
        ({"objects": (2.0,)}, DesignError, "expected 2 to 8"),
        ({"objects": (True,)}, DesignError, "expected 2 to 8"),
        ({"design": "occlusion", "objects": (3,)}, DesignError, "expected 2"),
        ({"sets": 0}, DesignError, "0 sets"),
        ({"sets": 10**9}, DesignError, "1,?0{9} sets|1000000000 sets"),
        ({"seed": -1}, DesignError, "seed"),
        ({"size": 8}, DesignError, "8 pixels"),
        ({"area": 0.0}, DesignError, "cover 0"),
        ({"area": NAN}, DesignError, "cover nan"),
        ({"ratio": 1}, DesignError, "ratio"),
        ({"ratio": NAN}, DesignError, "ratio"),
        ({"design": "equal", "ratio": 4}, DesignError, "means nothing"),
        ({"yaws": ()}, DesignError, "multiples of 45"),
        ({"yaws": (30,)}, DesignError, "multiples of 45"),
        ({"yaws": (0, 360)}, DesignError, "different"),
        ({"yaws": (NAN,)}, DesignError, "multiples of 45"),
        ({"camera_jitter": 11}, DesignError, "camera_jitter"),
        ({"light_jitter": NAN}, DesignError, "light_jitter"),
        ({"ground_colours": ((1, 2, 0),)}, DesignError, "colour"),
        ({"palette": ((1, 0),)}, DesignError, "colour"),
        ({"categories": ("cup", "cup")}, DesignError, "twice"),
        ({"large_slot": "left"}, DesignError, "only 'paper'"),
        ({"design": "paper", "large_slot": "left"}, UnknownNameError, "slot of 3 objects 'left'"),
        ({"copies": "different"}, DesignError, "only 'count'"),
        ({"design": "count", "copies": "some"}, UnknownNameError, "some"),
    ],
)
def test_requests_that_are_refused(changes, error, match):
    with pytest.raises(error, match=match):
        SceneRequest(**{"design": "one-large", **changes})


def test_categories_that_are_not_there(scene_shapes):
    shapes = scene_shapes(4)
    with pytest.raises(UnknownNameError, match="thing 9"):
        build(SceneRequest("equal", categories=("thing 1", "thing 9", "thing 2")), shapes)
    with pytest.raises(DesignError, match="5 objects need as many categories, there are 4"):
        build(SceneRequest("equal", objects=(2, 5)), shapes)
    with pytest.raises(DesignError, match="gallery of 900"):
        build(SceneRequest("singles", sets=900), shapes)
    only = build(SceneRequest("equal", objects=(2,), categories=("thing 3", "thing 1")), shapes)
    assert {o.category for s in only.scenes() for o in s.objects} == {"thing 1", "thing 3"}


def test_a_request_is_json(scene_shapes):
    import json

    request = SceneRequest("paper", large_slot="centre")
    assert json.loads(json.dumps(asdict(request)))["large_slot"] == "centre"


def scene_with(**changes):
    placed = Placed("cup", "cup/1", 0.5, 0.5, 0.1)
    return Scene("d", 0, (placed,)).as_dict() | changes


@pytest.mark.parametrize(
    "data",
    [
        {},
        [],
        scene_with(size="224"),
        scene_with(size=8),
        scene_with(objects=[]),
        scene_with(objects=[{"category": "cup"}]),
        scene_with(objects=None),
        scene_with(colour="red"),
        scene_with(factors=3),
        scene_with(camera={"elevation": "up", "field_of_view": 25}),
        scene_with(camera={"elevation": NAN, "field_of_view": 25}),
        scene_with(ground={"texture": "marble", "colour": [0, 0, 0]}),
        scene_with(ground={"texture": "plain", "colour": [0, 0]}),
        *(
            scene_with(objects=[asdict(Placed("cup", "cup/1", 0.5, 0.5, 0.1)) | {name: value}])
            for name, value in (
                ("x", NAN),
                ("x", "left"),
                ("y", 1.2),
                ("area", 0),
                ("visibility", 0),
                ("contrast", -1),
                ("contrast", NAN),
                ("yaw", NAN),
                ("colour", [1, 2]),
                ("colour", "red"),
                ("size", 1),
            )
        ),
    ],
)
def test_what_is_no_scene_is_refused_in_one_line(data):
    with pytest.raises(DesignError) as caught:
        Scene.from_dict(data)
    assert "\n" not in str(caught.value)


def test_as_dict_has_every_field():
    scene = Scene("d", 3, (Placed("cup", "cup/1", 0.5, 0.5, 0.1, colour=(0.0, 0.5, 1.0)),), factors={"ratio": 2.0})
    assert scene.as_dict() == asdict(scene)
    assert Scene.from_dict(scene.as_dict()) == scene
    assert scene.caption == "cup"


def test_every_preset_is_documented_as_it_is():
    table = PAGE[: PAGE.index("### ")]
    rows = dict(re.findall(r"^\| `([\w-]+)` \| (.*?) \|$", table, re.MULTILINE))
    for name, preset in PRESETS.items():
        numbers = list(preset.areas)
        objects = f"{numbers[0]}–{numbers[-1]}" if len(numbers) > 1 else f"{numbers[0]}"
        assert rows[name].split(" | ")[:3] == [objects, preset.varies, preset.holds]
    assert set(re.findall(r"^### `([\w-]+)`", PAGE, re.MULTILINE)) == set(PRESETS)


@pytest.mark.parametrize("kind", [Scene, Placed, Camera, Light, Ground, SceneRequest])
def test_every_field_is_documented(kind):
    documented = set(re.findall(r"^\| `([\w.]+)` \|", PAGE, re.MULTILINE))
    prefix = "" if kind in (Scene, Placed, SceneRequest) else f"{kind.__name__.lower()}."
    missing = {prefix + field.name for field in fields(kind)} - documented
    assert missing - {"camera", "light", "ground"} == set()
