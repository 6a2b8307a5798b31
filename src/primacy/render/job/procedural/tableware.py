"""Things on a laid table."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import bpy
import forms
import kit
import numpy as np
from procedural import looks

Parts = list[bpy.types.Object]
Profile = list[tuple[float, float]]


def dish(radius: float, look: bpy.types.Material, *, deep: float = 1.0) -> bpy.types.Object:
    """A shallow round plate."""
    share = [
        (0.0, 0.02),
        (0.55, 0.02),
        (0.62, 0.03),
        (1.0, 0.11),
        (0.995, 0.135),
        (0.64, 0.07),
        (0.56, 0.055),
        (0.0, 0.055),
    ]
    smooth = kit.smooth_path([(radius * r, radius * z * deep) for r, z in share], 60)
    return kit.lathe("dish", smooth, look, steps=64)


def plate(rng: np.random.Generator) -> Parts:
    """A dinner plate with one or two coloured rings."""
    ground, ring = kit.one_of(
        rng, [("#d2d2d0", "#2a56a8"), ("#d0c8b6", "#a5402a"), ("#3f7f8c", "#d0ccb8"), ("#d2d2d0", "#b58f1c")]
    )
    edges = kit.one_of(rng, [((0.9, 0.97),), ((0.93, 0.965), (0.6, 0.63)), ((0.66, 0.97),)])
    made = dish(1.0, kit.material("plate", (1, 1, 1)))

    def glaze(where: np.ndarray) -> np.ndarray:
        reach = np.hypot(where[:, 0], where[:, 1])
        marked = np.any([(reach > low) & (reach < high) & (where[:, 2] > 0.03) for low, high in edges], axis=0)
        return looks.mix(kit.linear(ground), kit.linear(ring), marked.astype(float))

    return [kit.painted(kit.applied(kit.subdivided(made, 1)), glaze, roughness=0.15)]


def fork(rng: np.random.Generator) -> Parts:
    """Lying face up, its handle to the front left: three or four tines."""
    tines, wide = int(rng.integers(3, 5)), rng.uniform(0.19, 0.22)
    pitch = 2 * wide / (tines - 0.4)
    outline: Profile = [(0.05, 0.0), (0.06, 0.12), (wide, 0.36)]
    for k in reversed(range(tines)):
        left = -wide + k * pitch
        outline += [(left + 0.6 * pitch, 0.5), (left + 0.5 * pitch, 1.0), (left + 0.1 * pitch, 1.0), (left, 0.5)]
        if k:
            outline.append((left - 0.2 * pitch, 0.44))
    outline += [(-wide, 0.36), (-0.06, 0.12), (-0.05, 0.0)]
    head = forms.flat(forms.rounded_outline(outline, 0.05), 0.05, looks.steel(0.34), bevel=0.012)
    return _cutlery(rng, kit.warped(head, lambda at: at + [0, 0, 1] * (0.16 - 0.5 * at[:, 1:2] * (1 - at[:, 1:2]))))


def spoon(rng: np.random.Generator) -> Parts:
    """Lying face up, its handle to the front left."""
    wide, long, deep = rng.uniform(0.25, 0.29), rng.uniform(0.36, 0.42), rng.uniform(0.1, 0.14)

    def bowl(u: float, v: float) -> tuple[float, float, float]:
        turn = 2 * math.pi * u
        egg = 1 - 0.12 * math.cos(turn)
        return wide * egg * v * math.sin(turn), long * (1 + v * math.cos(turn)), 0.17 - deep * (1 - v**2.5)

    return _cutlery(rng, kit.sheet("bowl", bowl, looks.steel(0.38), steps=(56, 12), thickness=0.03))


def knife(rng: np.random.Generator) -> Parts:
    """A table or kitchen knife lying on its side, edge to the front right."""
    wide, tip = kit.one_of(rng, [(0.11, 0.75), (0.16, 0.5), (0.2, 0.7)])
    back = [(-0.06, 0.0), (-0.07, 0.1), (-0.07, tip), (-0.02, 1.15)]
    edge = kit.smooth_path([(0.02, 1.16), (wide, tip + 0.1), (wide + 0.01, 0.5), (wide, 0.06), (0.05, 0.0)], 20)
    blade = forms.flat([*reversed(edge), *reversed(back)], 0.035, looks.steel(0.42), bevel=0.012)
    return _cutlery(rng, kit.moved(blade, (0, 0, 0.15)), sturdy=True)


def _cutlery(rng: np.random.Generator, head: bpy.types.Object, *, sturdy: bool = False) -> Parts:
    """A head that begins at the origin and points to +Y, at a handle, all turned to a diagonal."""
    grip = kit.one_of(rng, ["#1c1c1e", "#7a4a26", "#a3242a"] if sturdy else ["", "", "#1f4e8c", "#7a4a26"])
    look = kit.material("grip", kit.linear(grip), roughness=0.35) if grip else looks.steel(0.34)
    share = np.linspace(0, 1, 30)
    path = [(0.0, -1.1 + 1.12 * t, 0.05 + 0.12 * t**2) for t in share]
    wide = np.interp(
        share,
        [0, 0.03, 0.1, 0.9, 1.0],
        [0.03, 0.08, 0.1, 0.075, 0.055] if sturdy or grip else [0.02, 0.07, 0.09, 0.045, 0.05],
    )
    high = np.interp(
        share, [0, 0.05, 0.9, 1], [0.015, 0.05, 0.045, 0.03] if sturdy or grip else [0.01, 0.03, 0.03, 0.025]
    )
    handle = forms.swept("handle", path, list(zip(wide.tolist(), high.tolist(), strict=True)), look)
    return kit.tilted([handle, head], (0, 0, rng.uniform(-42, -28)))


def wine_glass(rng: np.random.Generator) -> Parts:
    """A stemmed glass, part full of red, white or rose wine."""
    clear = forms.glass("glass", (0.5, 0.55, 0.58), clear=0.88)
    wide, high = rng.uniform(0.3, 0.37), rng.uniform(0.6, 0.72)
    bowl = kit.smooth_path(
        [
            (0.03, 0.62),
            (0.17, 0.66),
            (wide * 0.92, 0.62 + 0.3 * high),
            (wide, 0.62 + 0.48 * high),
            (wide * 0.8, 0.62 + high),
        ],
        30,
    )
    foot = [(0.3, 0.0), (0.3, 0.015), (0.16, 0.035), (0.05, 0.07), (0.028, 0.14), (0.025, 0.55)]
    level = rng.uniform(0.45, 0.58)
    # Just outside the glass, so that its wall does not pale the wine.
    filled = [(r + 0.003, z) for r, z in bowl if z < 0.62 + level * high]
    wine = kit.material("wine", kit.linear(kit.one_of(rng, ["#4a0410", "#4a0410", "#c9a640"])), roughness=0.08)
    rim = kit.material("rim", (0.55, 0.58, 0.6), roughness=0.05)
    return [
        kit.lathe("foot", [*foot, *bowl[:1]], clear),
        kit.sheet("bowl", _around(bowl), clear, steps=(48, 29)),
        kit.lathe("wine", [(0.0, filled[0][1]), *filled, (0.0, filled[-1][1])], wine),
        *(
            kit.tube("rim", [(*p, z) for p in kit.ring_of(48, r)], 0.011, rim, closed=True)
            for r, z in (bowl[-1], (0.298, 0.01))
        ),
    ]


def _around(profile: Sequence[tuple[float, ...]]) -> Callable[[float, float], tuple[float, float, float]]:
    """The open surface of a profile (radius, z) turned about Z, for `kit.sheet`."""
    reach, high = np.array([p[0] for p in profile]), np.array([p[1] for p in profile])
    at = np.linspace(0, 1, len(profile))

    def surface(u: float, v: float) -> tuple[float, float, float]:
        r = float(np.interp(v, at, reach))
        return r * math.cos(2 * math.pi * u), r * math.sin(2 * math.pi * u), float(np.interp(v, at, high))

    return surface


def cup(rng: np.random.Generator) -> Parts:
    """A cup or mug of coffee or tea, its handle at the right; cups stand on a saucer."""
    glaze = kit.material(
        "glaze", kit.linear(kit.one_of(rng, ["#d2d0ca", "#a82a22", "#2f5f9e", "#d2d0ca", "#3f7d5e"])), roughness=0.15
    )
    drink = kit.material("drink", kit.linear(kit.one_of(rng, ["#2e1608", "#7a4a22", "#9c5a1c"])), roughness=0.1)
    if rng.random() < 0.5:
        wall: Profile = [
            (0.0, 0.0),
            (0.36, 0.0),
            (0.39, 0.04),
            (0.4, 0.88),
            (0.385, 0.9),
            (0.36, 0.88),
            (0.35, 0.1),
            (0.0, 0.08),
        ]
        grip, level, parts = (
            [(0.38, 0, 0.74), (0.6, 0, 0.72), (0.67, 0, 0.46), (0.58, 0, 0.2), (0.38, 0, 0.18)],
            (0.357, 0.74),
            [],
        )
    else:
        wall = [
            (0.0, 0.04),
            (0.2, 0.04),
            (0.22, 0.08),
            (0.36, 0.22),
            (0.45, 0.44),
            (0.49, 0.64),
            (0.48, 0.655),
            (0.465, 0.64),
            (0.42, 0.44),
            (0.3, 0.22),
            (0.0, 0.15),
        ]
        grip, level = (
            [(0.45, 0, 0.56), (0.66, 0, 0.58), (0.7, 0, 0.42), (0.58, 0, 0.28), (0.38, 0, 0.25)],
            (0.448, 0.56),
        )
        parts = [dish(0.75, glaze)]
    return [
        *parts,
        kit.lathe("cup", wall, glaze, steps=64),
        kit.tube("handle", kit.smooth_path(grip, 26), 0.055, glaze),
        kit.lathe("drink", [(level[0], level[1]), (0.0, level[1] + 0.001)], drink),
    ]


def bottle(rng: np.random.Generator) -> Parts:
    """A wine, beer or water bottle with a label."""
    return kit.one_of(rng, [_wine_bottle, _beer_bottle, _water_bottle])(rng)


def _wine_bottle(rng: np.random.Generator) -> Parts:
    glass = kit.material("glass", kit.linear(kit.one_of(rng, ["#0b2410", "#2a0c10"])), roughness=0.08)
    shoulder = [(0.3, 1.05), (0.28, 1.17), (0.17, 1.3), (0.11, 1.4), (0.1, 1.85)]
    tones = kit.one_of(
        rng, [("#d2c8b0", "#6d1220", "#6d1220"), ("#d2c49a", "#3a2a14", "#b08a28"), ("#c8c4bc", "#1c1c1e", "#1c1c1e")]
    )
    return _dressed(shoulder, glass, (0.3, 0.8), (1.55, 1.95), tones)


def _beer_bottle(rng: np.random.Generator) -> Parts:
    glass = kit.material("glass", kit.linear(kit.one_of(rng, ["#42190a", "#123f1c"])), roughness=0.08)
    shoulder = [(0.3, 0.9), (0.28, 1.02), (0.18, 1.22), (0.13, 1.4), (0.11, 1.7)]
    tones = kit.one_of(
        rng, [("#c9a23c", "#7a1218", "#b08a28"), ("#c8c4bc", "#1f4e8c", "#9aa0a6"), ("#a82a22", "#d2c49a", "#b08a28")]
    )
    return _dressed(shoulder, glass, (0.25, 0.78), (1.7, 1.79), tones)


def _water_bottle(rng: np.random.Generator) -> Parts:
    plastic = forms.glass("plastic", (0.5, 0.66, 0.76), clear=0.62)
    body = [(0.3 + 0.008 * math.cos(40 * z), z) for z in np.linspace(0.1, 1.25, 60)]
    shoulder = [(0.3, 1.3), (0.27, 1.46), (0.14, 1.7), (0.11, 1.78), (0.11, 1.88)]
    tones = kit.one_of(
        rng, [("#c8ccd0", "#1f6fc2", "#1f6fc2"), ("#1f6fc2", "#d0d4d8", "#d0d4d8"), ("#2f8a4a", "#d0d4d8", "#2f8a4a")]
    )
    return _dressed([*body, *shoulder], plastic, (0.66, 1.06), (1.86, 2.02), tones)


def _dressed(
    shoulder: Profile,
    glass: bpy.types.Material,
    label: tuple[float, float],
    cap: tuple[float, float],
    tones: tuple[str, str, str],
) -> Parts:
    """A bottle of radius 0.3, its label and cap between given heights, in the colours of paper, print and cap."""
    paper, ink, foil = (kit.material("paper", kit.linear(tone), roughness=0.5) for tone in tones)
    smooth = kit.smooth_path(shoulder, max(30, len(shoulder)))
    reach, (low, high) = 0.312, label
    printed = (low + 0.62 * (high - low), low + 0.8 * (high - low))
    crown = smooth[-1][0] + 0.022
    return [
        kit.lathe("bottle", [(0.0, 0.02), (0.26, 0.0), (0.3, 0.05), *smooth, (0.0, smooth[-1][1])], glass, steps=64),
        kit.sheet("label", _around([(reach, low), (reach, high)]), paper, steps=(48, 1)),
        kit.sheet("print", _around([(reach + 0.002, printed[0]), (reach + 0.002, printed[1])]), ink, steps=(48, 1)),
        kit.lathe("cap", [(crown, cap[0]), (crown, cap[1] - 0.02), (crown - 0.02, cap[1]), (0.0, cap[1])], foil),
    ]


def bowl(rng: np.random.Generator) -> Parts:
    """A round bowl: of fruit salad, of salad leaves, of soup, or empty."""
    tone = kit.linear(kit.one_of(rng, ["#f1efe8", "#2f6f9e", "#c8502c", "#e2c27a", "#4f8f6a"]))
    outer = kit.smooth_path([(0.28, 0.05), (0.5, 0.16), (0.72, 0.4), (0.8, 0.66)], 20)
    inner = [(r - 0.045, z + 0.02) for r, z in reversed(outer)]
    shell = [(0.0, 0.0), (0.26, 0.0), (0.28, 0.05), *outer, (0.79, 0.68), (0.765, 0.685), *inner, (0.0, 0.06)]
    made = kit.lathe("bowl", shell, kit.material("bowl", tone, roughness=0.18), steps=64)
    content = kit.one_of(rng, [_salad, _fruit, _soup])
    return [made, *content(rng)]


def _soup(rng: np.random.Generator) -> Parts:
    soup = kit.material("soup", kit.linear("#d9641c"), roughness=0.25, mottle=kit.linear("#e68a3a"), mottle_scale=6)
    surface = kit.lathe("soup", [(0.72, 0.52), (0.0, 0.522)], soup)
    herbs = kit.material("herbs", kit.linear("#3f7a22"))
    found = forms.spots(surface, rng, 18, keep=lambda at, _: np.hypot(at[:, 0], at[:, 1]) < 0.4)
    return [
        surface,
        forms.copies(
            forms.leaf("herb", 0.13, 0.07, herbs),
            [forms.place((*at[:2], 0.53), spin=rng.uniform(0, 360)) for at, _ in found],
        ),
    ]


def _heap(rng: np.random.Generator, count: int, apart: float) -> list[np.ndarray]:
    """Places on a low mound that fills the bowl."""
    mound = kit.ball("mound", 0.58, kit.material("mound", (0, 0, 0)), at=(0, 0, 0.5), stretch=(1, 1, 0.36))
    found = [at for at, _ in forms.spots(mound, rng, count, keep=lambda at, up: up[:, 2] > 0.1, apart=apart)]
    bpy.data.objects.remove(mound, do_unlink=True)
    return found


def _fruit(rng: np.random.Generator) -> Parts:
    under = kit.material("under", kit.linear("#a8641e"))
    parts: Parts = [kit.ball("under", 0.66, under, at=(0, 0, 0.48), stretch=(1, 1, 0.28))]
    places = _heap(rng, 110, 0.1)
    for k, colour in enumerate(("#c8202a", "#f0a01c", "#6fae2e", "#f2d24a", "#4a2468")):
        look = kit.material("piece", kit.linear(colour), roughness=0.25)
        piece = (
            kit.applied(kit.box("piece", (0.16, 0.14, 0.12), look, bevel=0.03))
            if k % 2
            else kit.ball("piece", 0.085, look)
        )
        parts.append(forms.copies(piece, [forms.place(at, towards=rng.normal(size=3)) for at in places[k::5]]))
    return parts


def _salad(rng: np.random.Generator) -> Parts:
    parts: Parts = [
        kit.ball("under", 0.66, kit.material("under", kit.linear("#4a7a1e")), at=(0, 0, 0.48), stretch=(1, 1, 0.26))
    ]
    places = _heap(rng, 150, 0.07)
    for k, colour in enumerate(("#5f9e2c", "#8cc046", "#3f7d24")):
        look = kit.material("leaf", kit.linear(colour), roughness=0.45)
        leaf = forms.leaf("leaf", 0.24, 0.18, look, droop=0.15)
        parts.append(
            forms.copies(
                leaf,
                [forms.place(at, towards=rng.normal((0, 0, 2.5)), spin=rng.uniform(0, 360)) for at in places[k::4]],
            )
        )
    tomato = kit.material("tomato", kit.linear("#c8241a"), roughness=0.2)
    parts.append(
        forms.copies(kit.ball("tomato", 0.09, tomato), [forms.place((x, y, z + 0.05)) for x, y, z in places[3::9]])
    )
    return parts


BUILDERS = {
    "plate": plate,
    "fork": fork,
    "spoon": spoon,
    "knife": knife,
    "wine_glass": wine_glass,
    "cup": cup,
    "bottle": bottle,
    "bowl": bowl,
}
