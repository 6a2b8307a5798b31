"""The presets, by name."""

from primacy.design.scenes.presets import look, place, size
from primacy.design.scenes.presets.preset import Preset

# What most sets of everyday objects can have: thin ones among them need long boxes for little area.
_EQUAL = {1: 0.06, 2: 0.055, 3: 0.02, 4: 0.03, 5: 0.015, 6: 0.012, 7: 0.01, 8: 0.009}

PRESETS: dict[str, Preset] = {
    preset.name: preset
    for preset in (
        Preset(
            "one-large",
            size.one_large,
            varies="which object is large, where it stands, and where each object stands",
            holds="areas (one large, the others small), objects, views",
            areas={2: 0.055, 3: 0.03, 4: 0.03, 5: 0.022, 6: 0.012, 7: 0.01, 8: 0.009},
            ratio=8,
        ),
        Preset(
            "equal",
            size.equal,
            varies="where each object stands",
            holds="areas (all equal), objects, views",
            areas=_EQUAL,
        ),
        Preset(
            "size-ladder",
            size.size_ladder,
            varies="the target's area against that of each other object, in seven steps, and where each object stands",
            holds="the geometric mean of the two areas, objects, views",
            areas={n: _EQUAL[n] for n in range(2, 9)},
            ratio=8,
        ),
        Preset(
            "pair-ladder",
            size.pair_ladder,
            varies="the target's area against the other's, in seven steps, which of them is centred, the other's place",
            holds="the geometric mean of the two areas, objects, views",
            areas={2: 0.03},
            default=(2,),
            ratio=8,
        ),
        Preset(
            "slots",
            place.slots,
            varies="where each object stands, over nine slots",
            holds="areas (all equal), objects, views",
            areas={1: 0.03, 2: 0.02, 3: 0.016, 4: 0.013, 5: 0.012, 6: 0.011, 7: 0.009, 8: 0.009},
        ),
        Preset(
            "centre-distance",
            place.centre_distance,
            varies="the target's distance from the centre, in five steps, and its direction",
            holds="areas (all equal), the distance of the others, objects, views",
            areas={1: 0.03, 2: 0.02, 3: 0.015, 4: 0.011, 5: 0.009, 6: 0.0065, 7: 0.005, 8: 0.003},
        ),
        Preset(
            "count",
            look.count,
            varies="how often the target is shown, and where each object stands",
            holds="areas (all equal), the other objects, views",
            areas={1: 0.024, 2: 0.016, 3: 0.012, 4: 0.01, 5: 0.01, 6: 0.01, 7: 0.009},
            members="copies",
        ),
        Preset(
            "contrast",
            look.contrast,
            varies="the target's contrast with the ground, in four steps, and where each object stands",
            holds="areas (all equal), the others' contrast, objects, views",
            areas=_EQUAL,
        ),
        Preset(
            "occlusion",
            look.occlusion,
            varies="how much of the target is seen, in four steps, the side it is hidden from, and who hides whom",
            holds="areas (the occluder larger), the target's place, objects, views",
            areas={2: 0.055},
            default=(2,),
            ratio=4,
            occludes=True,
        ),
        Preset(
            "paper",
            size.paper,
            varies="objects only: the large one always stands in the same slot, as published",
            holds="slots, areas (one large, the others small)",
            areas=dict.fromkeys(range(2, 6), 0.071),
            ratio=10,
        ),
        Preset(
            "singles",
            place.singles,
            varies="area in four steps, slot (nine), view; one object a scene",
            holds="the object",
            areas={1: 0.025},
            default=(1,),
            ratio=8,
            members="views",
        ),
    )
}

__all__ = ["PRESETS", "Preset"]
