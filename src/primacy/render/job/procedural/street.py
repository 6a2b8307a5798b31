"""What stands in a street."""

from __future__ import annotations

import math

import bpy
import kit
import numpy as np
from procedural import looks


def _pole(height: float, radius: float, look: bpy.types.Material) -> bpy.types.Object:
    return kit.lathe("pole", [(radius, 0.0), (radius, height)], look, steps=20)


def traffic_light(rng: np.random.Generator) -> list[bpy.types.Object]:
    """A yellow, green or black housing with three hooded lamps, one of them lit, on a pole; some with a back board."""
    housing = looks.plain(kit.one_of(rng, ("#1d4d33", "#e8a808", "#15171a")))
    hood = looks.black()
    lit = int(rng.integers(3))
    parts = [
        kit.box("housing", (0.5, 0.35, 1.3), housing, at=(0, 0, 1.35), bevel=0.06),
        _pole(0.75, 0.08, looks.steel(0.2)),
        kit.box("cap", (0.36, 0.26, 0.08), housing, at=(0, 0, 2.02), bevel=0.03),
    ]
    if rng.uniform() < 0.5:
        board = kit.plate("board", kit.oblong(0.86, 1.66, 0.12), 0.03, hood)
        rim = kit.plate("rim", kit.oblong(0.94, 1.74, 0.14), 0.02, looks.plain("#e6c417"))
        parts += [kit.moved(board, (0, 0.02, 1.35)), kit.moved(rim, (0, 0.04, 1.35))]
    for k, code in enumerate(("#e01010", "#f5a400", "#0bbf62")):
        z = 1.77 - 0.42 * k
        colour = np.array(kit.linear(code)) * (1.0 if k == lit else 0.6)
        lamp = kit.material("lamp", colour, roughness=0.25, glow=1.2 if k == lit else 0.0)
        parts.append(kit.ball("lamp", 0.17, lamp, at=(0, -0.17, z), stretch=(1, 0.5, 1)))
        parts.append(
            kit.sheet(
                "hood",
                lambda u, v, z=z: (
                    0.19 * math.cos(math.pi * (1.3 * u - 0.15)),
                    -0.17 - v * 0.15,
                    z + 0.19 * math.sin(math.pi * (1.3 * u - 0.15)),
                ),
                hood,
                steps=(18, 2),
                thickness=0.02,
            )
        )
    return parts


def stop_sign(rng: np.random.Generator) -> list[bpy.types.Object]:
    """A red octagon with a white rim and STOP on it, on a post of wood or metal; some say ALL WAY below."""
    red = kit.material("red", kit.linear("#c4121f") * np.full(3, rng.uniform(0.8, 1.2)), roughness=0.4)
    white = looks.white()
    height = rng.uniform(1.25, 1.7)
    post = looks.wood(rng, upright=True) if rng.uniform() < 0.4 else looks.steel(0.3)
    layers = [("back", 0.5, 0.02, looks.steel()), ("rim", 0.5, -0.01, white), ("face", 0.46, -0.02, red)]
    parts = [
        kit.moved(kit.plate(n, kit.ring_of(8, r, start=22.5), 0.02, look), (0, y, height)) for n, r, y, look in layers
    ]
    word = kit.text("word", "STOP", white, height=0.32, width=0.72, weight=0.03)
    parts += [
        kit.moved(word, (0, -0.04, height)),
        kit.box("post", (0.09, 0.06, height + 0.3), post, at=(0, 0.06, (height + 0.3) / 2)),
    ]
    if rng.uniform() < 0.4:
        plate = kit.plate("plate", kit.oblong(0.5, 0.2, 0.03), 0.02, red)
        more = kit.text("more", kit.one_of(rng, ("ALL WAY", "4-WAY")), white, height=0.1, width=0.4, weight=0.02)
        parts += [kit.moved(plate, (0, -0.01, height - 0.62)), kit.moved(more, (0, -0.03, height - 0.62))]
    return parts


def street_sign(rng: np.random.Generator) -> list[bpy.types.Object]:
    """Two crossing name blades on a pole."""
    blade = looks.plain(kit.one_of(rng, ("#0b6b3a", "#123f8c", "#0b6b3a", "#5b3a1e")))
    white = looks.white()
    steel = looks.steel(0.35)
    parts = [
        _pole(1.0, 0.05, steel),
        kit.box("clamp", (0.12, 0.12, 0.1), steel, at=(0, 0, 1.0)),
        kit.box("clamp", (0.12, 0.12, 0.1), steel, at=(0, 0, 1.33)),
    ]
    for k, turn in enumerate((rng.uniform(-25, -5), rng.uniform(60, 80))):
        z = 1.5 - 0.33 * k
        name = kit.one_of(rng, ("MAIN ST", "OAK AVE", "PARK RD", "LAKE ST", "ELM ST", "BROADWAY", "5TH AVE", "HILL RD"))
        sides = [
            kit.moved(kit.plate("rim", kit.oblong(1.3, 0.3, 0.04), 0.02, white), (0, 0, 0)),
            kit.plate("blade", kit.oblong(1.25, 0.25, 0.03), 0.03, blade),
        ]
        word = kit.moved(
            kit.text("word", name, white, height=0.16, width=min(0.16 * len(name), 1.1), weight=0.02), (0, -0.02, 0)
        )
        sides += [word, kit.copied(word, turn=(0, 0, 180))]
        parts += [kit.moved(part, (0, 0, z)) for part in kit.tilted(sides, (0, 0, turn))]
    return parts


def fire_hydrant(rng: np.random.Generator) -> list[bpy.types.Object]:
    """An iron hydrant: barrel, flanges with bolts, domed bonnet with a nut, three capped outlets."""
    body_code, cap_code = kit.one_of(
        rng,
        (
            ("#c8161d", "#c8161d"),
            ("#efb810", "#efb810"),
            ("#c8161d", "#e9e9e4"),
            ("#efb810", "#1f5fb0"),
            ("#d9dbdc", "#c8161d"),
        ),
    )
    body, cap = looks.plain(body_code, 0.4), looks.plain(cap_code, 0.4)
    girth = rng.uniform(0.9, 1.15)
    barrel = [(0.26, 0), (0.26, 0.07), (0.18, 0.08), (0.17, 0.55), (0.17, 0.82), (0.23, 0.83), (0.23, 0.9)]
    bonnet = [(0.23, 0.9), (0.23, 0.95), (0.2, 0.96), (0.19, 1.05), (0.14, 1.16), (0.06, 1.21), (0.06, 1.3), (0, 1.3)]
    parts = [
        kit.lathe(n, [(girth * r, z) for r, z in p], look)
        for n, p, look in (("barrel", barrel, body), ("bonnet", bonnet, cap))
    ]
    for x, y in kit.ring_of(8, 0.22 * girth):
        parts += [kit.lathe("bolt", [(0.025, z), (0.025, z + 0.05)], body, steps=6, at=(x, y, z)) for z in (0.04, 0.46)]
    outlet = [(0.09, 0.0), (0.09, 0.24), (0.12, 0.24), (0.12, 0.27), (0.1, 0.27)]
    lid = [(0.11, 0.27), (0.12, 0.36), (0.1, 0.39), (0.035, 0.39), (0.035, 0.45), (0, 0.45)]
    for turn, size in ((0, 1.25), (90, 1.0), (-90, 1.0)):
        for name, profile, look in (("outlet", outlet, body), ("lid", lid, cap)):
            pipe = kit.turned(kit.lathe(name, [(size * r, z) for r, z in profile], look, steps=24), (90, 0, turn))
            parts.append(kit.moved(pipe, (0, 0, 0.66)))
    for side in (-1, 1):
        chain = kit.smooth_path(
            [(0.3 * side, -0.1, 0.66), (0.26 * side, -0.2, 0.45), (0.08 * side, -0.25, 0.5), (0.03 * side, -0.3, 0.6)],
            14,
        )
        parts.append(kit.tube("chain", chain, 0.012, looks.steel(0.3)))
    return parts


def parking_meter(rng: np.random.Generator) -> list[bpy.types.Object]:
    """One or two grey meters with domed heads, a window with a dial, a coin slot and a plate, on a pole."""
    coat = kit.material(
        "coat", kit.linear(kit.one_of(rng, ("#7d858c", "#4c535a", "#355e7c", "#9a9c98"))), metallic=0.3, roughness=0.4
    )
    steel = looks.steel(0.4)
    heads = (-0.2, 0.2) if rng.uniform() < 0.35 else (0.0,)
    parts = [
        _pole(0.55, 0.055, steel),
        kit.box("yoke", (0.16 + 2 * heads[-1], 0.12, 0.1), steel, at=(0, 0, 0.57), bevel=0.02),
    ]
    for x in heads:
        parts += [kit.moved(part, (x, 0, 0.6)) for part in _meter_head(rng, coat, steel)]
    return parts


def _meter_head(
    rng: np.random.Generator, coat: bpy.types.Material, steel: bpy.types.Material
) -> list[bpy.types.Object]:
    dome = [(0.17 * math.cos(a), 0.46 + 0.17 * math.sin(a)) for a in np.linspace(0, math.pi, 20)]
    window = [(0.72 * x, 0.47 + 0.72 * (z - 0.46)) for x, z in dome]
    screen = looks.plain(kit.one_of(rng, ("#e8ead6", "#a9bf9a", "#dfe6ea")), 0.2)
    angle = rng.uniform(0.6, 2.4)
    red = looks.plain("#c8161d")
    parts = [
        kit.plate("head", [*dome, (-0.14, 0.0), (0.14, 0.0)], 0.2, coat, bevel=0.03),
        kit.moved(
            kit.plate("frame", [(1.18 * x, 0.46 + 1.18 * (z - 0.46)) for x, z in window], 0.02, looks.black()),
            (0, -0.125, 0),
        ),
        kit.moved(kit.plate("window", window, 0.02, screen), (0, -0.14, 0)),
        kit.tube(
            "hand", [(0, -0.155, 0.47), (0.1 * math.cos(angle), -0.155, 0.47 + 0.1 * math.sin(angle))], 0.008, red
        ),
        kit.box("slot", (0.02, 0.03, 0.09), looks.black(), at=(0.08, -0.13, 0.33)),
        kit.box(
            "plate",
            (0.2, 0.02, 0.1),
            looks.plain(kit.one_of(rng, ("#1f5fb0", "#c8161d", "#f2b705"))),
            at=(0, -0.13, 0.1),
        ),
        kit.box("label", (0.14, 0.02, 0.025), looks.white(), at=(0, -0.14, 0.1)),
    ]
    knob = kit.turned(kit.lathe("knob", [(0.05, 0), (0.045, 0.05), (0, 0.05)], steel, steps=20), (90, 0, 0))
    return [*parts, kit.moved(knob, (-0.05, -0.12, 0.27))]


def bench(rng: np.random.Generator) -> list[bpy.types.Object]:
    """A park bench: slats of wood on iron ends with arms."""
    slat = looks.wood(rng) if rng.uniform() < 0.7 else looks.plain("#1f4d2e")
    iron = looks.black() if rng.uniform() < 0.6 else looks.steel(0.3)
    length, count = rng.uniform(1.5, 2.0), int(rng.integers(3, 5))
    parts = []
    for k in range(count):
        seat = kit.box(
            "seat", (length, 0.46 / count - 0.02, 0.04), slat, at=(0, -0.2 + 0.46 * k / count, 0.45), bevel=0.01
        )
        back = kit.box(
            "back",
            (length, 0.03, 0.42 / count - 0.02),
            slat,
            at=(0, 0.27 + 0.035 * k, 0.58 + 0.42 * k / count),
            bevel=0.01,
        )
        parts += [seat, back]
    for x in (-0.42 * length, 0.42 * length):
        for path in (
            [(-0.26, 0), (-0.22, 0.25), (-0.24, 0.43), (0.22, 0.43), (0.28, 0.6), (0.38, 0.98)],
            [(0.34, 0), (0.26, 0.2), (0.22, 0.43)],
            [(-0.24, 0.43), (-0.27, 0.6), (-0.2, 0.66), (0.3, 0.66)],
        ):
            parts.append(kit.tube("end", [(x, y, z) for y, z in kit.smooth_path(path, 24)], 0.028, iron, sides=8))
    return parts


BUILDERS = {
    "traffic_light": traffic_light,
    "stop_sign": stop_sign,
    "street_sign": street_sign,
    "fire_hydrant": fire_hydrant,
    "parking_meter": parking_meter,
    "bench": bench,
}
