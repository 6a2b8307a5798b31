"""Scenes from sprites: fast, without Blender, with exact masks."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from primacy.assets.library import Library
from primacy.assets.strips import LIGHT_GREY
from primacy.design.scene import Placed, Scene
from primacy.errors import PrimacyError, RenderError
from primacy.identity import fingerprint
from primacy.render.base import Failed, Rendered
from primacy.render.colour import tint_table
from primacy.render.contrast import apply_contrast
from primacy.render.ground import Floor
from primacy.render.occlusion import overlap, stand, tolerance, without
from primacy.render.sprite_cache import Cutout, SpriteCache

VERSION = 1
_CHANNEL = np.array([0, 256, 512], dtype=np.uint16)


@dataclass(frozen=True, eq=False)
class Batch:
    """N drawn scenes of one side S, of up to n objects.

    `images` uint8 (N, S, S, 3); `masks` uint8 (N, S, S); `whole`, `depth` int64 (N, n) as in `Rendered`, -1 where a
    scene has fewer objects. `failed`: why, by position, for scenes that could not be drawn; their rows are 0 and -1.
    """

    images: np.ndarray
    masks: np.ndarray
    whole: np.ndarray
    depth: np.ndarray
    failed: dict[int, str]


class CollageRenderer:
    """Lays sprites on a painted floor. See docs/scenes-collage.md for what it does and what it cannot.

    Args:
        library: the objects.
        cache_mb: memory for decoded strips, scaled sprites and floors together. It decides the speed only.
    """

    name = "collage"

    def __init__(self, library: Library, *, cache_mb: int = 256) -> None:
        self._library = library
        share = cache_mb * 1_000_000 // 8
        self._sprites = SpriteCache(library, strip_bytes=3 * share, cutout_bytes=4 * share)
        self._floor = Floor(share)

    @property
    def fingerprint(self) -> str:
        """Hex sha256 of everything but the scene that decides the pixels."""
        return fingerprint({"renderer": self.name, "version": VERSION, "library": self._library.digest})

    def render(self, scenes: Sequence[Scene]) -> Iterator[Rendered | Failed]:
        """Draw `scenes` in their order; one that cannot be drawn comes back as `Failed`."""
        for scene in scenes:
            try:
                scene.check()
                image = np.empty((scene.size, scene.size, 3), dtype=np.uint8)
                mask = np.zeros((scene.size, scene.size), dtype=np.uint8)
                whole, depth = self._draw(scene, image, mask)
            except PrimacyError as error:
                yield Failed(scene, str(error))
            else:
                yield Rendered(scene, image, mask, whole, depth)

    def render_arrays(self, scenes: Sequence[Scene]) -> Batch:
        """Draw `scenes`, all of one size, into arrays; the same pixels as `render`.

        Raises:
            RenderError: the scenes differ in size, or there are none.
        """
        sizes = {scene.size for scene in scenes}
        if len(sizes) != 1:
            raise RenderError(f"a batch has scenes of {len(sizes)} sizes, expected one", hint="Draw each size apart.")
        size, count = sizes.pop(), len(scenes)
        images = np.zeros((count, size, size, 3), dtype=np.uint8)
        masks = np.zeros((count, size, size), dtype=np.uint8)
        whole = np.full((count, max(len(scene.objects) for scene in scenes)), -1, dtype=np.int64)
        depth = whole.copy()
        failed: dict[int, str] = {}
        for k, scene in enumerate(scenes):
            n = len(scene.objects)
            try:
                scene.check()
                whole[k, :n], depth[k, :n] = self._draw(scene, images[k], masks[k])
            except PrimacyError as error:
                failed[k] = str(error)
                images[k], masks[k] = 0, 0
        return Batch(images, masks, whole, depth, failed)

    def close(self) -> None:
        """Free the caches; idempotent."""
        self._sprites.clear()
        self._floor.clear()

    def _draw(self, scene: Scene, image: np.ndarray, mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Fill `image` (S, S, 3) and the empty `mask` (S, S), both contiguous; whole pixels, depth of objects."""
        size, strength = scene.size, scene.light.strength
        if strength < 0:
            raise RenderError(f"the light has strength {strength}, expected 0 or more")
        _check_colour("the ground", scene.ground.colour)
        pieces = [self._piece(placed, size) for placed in scene.objects]
        # Far to near: the lower an object's foot in the picture the nearer; of equals the later in the scene.
        order = sorted(range(len(pieces)), key=lambda k: (pieces[k].occludes, pieces[k].y + pieces[k].cut.height, k))
        partly = [k for k, p in enumerate(pieces) if p.placed.visibility < 1 or p.occludes]
        if partly:
            _occlude(pieces, order, size)
        rows = image.reshape(size, 3 * size)
        rows[...] = self._floor.paint(scene.ground, strength, size, scene.seed)
        # Shadows lie on the floor, so all of them are under all objects.
        for k in order:
            _shade(rows, pieces[k], size)
        for k in order:
            _lay(rows, mask, pieces[k], k + 1, strength, size)
        if partly:
            _check_visibility(pieces, mask)
        if any(p.placed.contrast != 1 for p in pieces):
            apply_contrast(image, mask, [p.placed.contrast for p in pieces])
        depth = np.empty(len(pieces), dtype=np.int64)
        depth[order[::-1]] = np.arange(len(pieces))
        return np.array([p.cut.pixels for p in pieces], dtype=np.int64), depth

    def _piece(self, placed: Placed, size: int) -> _Piece:
        if placed.colour is not None:
            _check_colour(placed.asset, placed.colour)
            if not self._library.sprite(placed.asset).tintable:
                raise RenderError(f"{placed.asset} has colours of its own and cannot take {placed.colour}")
        try:
            cut = self._sprites.cutout(placed, size)
        except RenderError as error:
            raise RenderError(f"{placed.asset} {error}") from None
        free = placed.role == "occluder"
        x = _inside(placed, "left", "right", placed.x * size - cut.width / 2, size - cut.width, clamp=free)
        y = _inside(placed, "top", "bottom", placed.y * size - cut.height / 2, size - cut.height, clamp=False)
        return _Piece(placed, cut, x, y)


@dataclass(slots=True)
class _Piece:
    """A sprite and where its silhouette's bounding box has its upper left corner."""

    placed: Placed
    cut: Cutout
    x: int
    y: int

    @property
    def occludes(self) -> bool:
        return self.placed.role == "occluder"

    @property
    def off(self) -> float:
        """By how much its seen share may miss what is asked."""
        return tolerance(self.cut.height, self.cut.pixels)

    @property
    def solid(self) -> tuple[np.ndarray, int, int]:
        """The silhouette and the corner of its array."""
        return self.cut.solid, self.x - self.cut.left, self.y - self.cut.top


def _check_colour(what: str, colour: tuple[float, float, float]) -> None:
    if not all(0 <= c <= 1 for c in colour):
        raise RenderError(f"{what} is to have colour {colour}, expected values of 0 to 1")


def _inside(placed: Placed, low: str, high: str, wanted: float, most: int, *, clamp: bool) -> int:
    """The whole pixel nearest to `wanted` in 0..most; more than one pixel away only if `clamp`."""
    found = min(max(math.floor(wanted + 0.5), 0), most)
    if most < 0:
        raise RenderError(f"{placed.asset} leaves the frame: it is {-most} pixels larger from {low} to {high}")
    if abs(found - wanted) > 1 and not clamp:
        side, by = (low, -wanted) if wanted < 0 else (high, wanted - most)
        raise RenderError(f"{placed.asset} leaves the frame by {by:.1f} pixels at the {side}")
    return found


def _occlude(pieces: list[_Piece], order: list[int], size: int) -> None:
    """Move the occluders sideways: the first in the scene belongs to its first target, the second to the second."""
    occluders = [k for k, p in enumerate(pieces) if p.occludes]
    targets = [k for k, p in enumerate(pieces) if p.placed.role == "target"]
    if len(occluders) > len(targets):
        raise RenderError(f"a scene has {len(occluders)} occluders for {len(targets)} targets")
    for target, occluder in zip(targets, occluders, strict=False):
        _hide(pieces, order, target, occluder, size)


def _hide(pieces: list[_Piece], order: list[int], target: int, occluder: int, size: int) -> None:
    hidden, hiding = pieces[target], pieces[occluder]
    nearer = [pieces[k].solid for k in order[order.index(target) + 1 :] if k != occluder]
    solid, x, y = hidden.solid
    left = without(solid, x, y, nearer)
    total = int(np.count_nonzero(left))
    cover, _, cover_y = hiding.solid

    def seen(place: int) -> float:
        return (total - overlap(left, x, y, cover, place - hiding.cut.left, cover_y)) / hidden.cut.pixels

    width, most = hiding.cut.width, size - hiding.cut.width
    near = hidden.x + (hidden.cut.width - width) // 2
    far = hidden.x + hidden.cut.width if hiding.placed.x >= hidden.placed.x else hidden.x - width
    near, far = min(max(near, 0), most), min(max(far, 0), most)
    try:
        hiding.x = stand(seen, hidden.placed.visibility, hidden.off, hiding.x, near, far)
    except RenderError as error:
        raise RenderError(f"{hidden.placed.asset} {error}") from None


def _check_visibility(pieces: list[_Piece], mask: np.ndarray) -> None:
    counts = np.bincount(mask.ravel(), minlength=len(pieces) + 1)
    for k, piece in enumerate(pieces, 1):
        seen = counts[k] / piece.cut.pixels
        if piece.placed.visibility < 1 and abs(seen - piece.placed.visibility) > piece.off:
            raise RenderError(
                f"{piece.placed.asset} is to be seen by {piece.placed.visibility:.2f}, but is by {seen:.2f}"
            )


def _shade(rows: np.ndarray, piece: _Piece, size: int) -> None:
    """Darken the floor under an object."""
    cut = piece.cut
    x, y = piece.x - cut.left + cut.shade_left, piece.y - cut.top + cut.shade_top
    into, (kept,) = _clipped(rows, x, y, size, cut.shade)
    _store(into, np.multiply(into, kept, dtype=np.uint16))


def _lay(rows: np.ndarray, mask: np.ndarray, piece: _Piece, value: int, strength: float, size: int) -> None:
    """Lay an object over what is drawn, and its number over the mask."""
    cut = piece.cut
    x, y = piece.x - cut.left, piece.y - cut.top
    rgb = cut.rgb
    tint = piece.placed.colour
    if tint is not None or strength != 1:
        red, green, blue = (1.0, 1.0, 1.0) if tint is None else (c / g for c, g in zip(tint, LIGHT_GREY, strict=True))
        table = tint_table(red * strength, green * strength, blue * strength).ravel()
        rgb = table[rgb.reshape(len(rgb), -1, 3) + _CHANNEL].reshape(rgb.shape)
    into, (alpha, colour) = _clipped(rows, x, y, size, cut.alpha, rgb)
    mixed = np.multiply(into, ~alpha, dtype=np.uint16)
    mixed += np.multiply(alpha, colour, dtype=np.uint16)
    _store(into, mixed)
    box = np.s_[cut.top : cut.top + cut.height, cut.left : cut.left + cut.width]
    np.copyto(mask[piece.y : piece.y + cut.height, piece.x : piece.x + cut.width], value, where=cut.solid[box])


def _clipped(rows: np.ndarray, x: int, y: int, size: int, *crops: np.ndarray) -> tuple[np.ndarray, list[np.ndarray]]:
    """The part of the picture under crops uint8 (h, 3 w) laid at (x, y), and what of the crops is in the frame."""
    height, width = crops[0].shape[0], crops[0].shape[1] // 3
    top, bottom, left, right = max(y, 0), min(y + height, size), max(x, 0), min(x + width, size)
    part = np.s_[top - y : max(bottom, top) - y, 3 * (left - x) : 3 * (max(right, left) - x)]
    return rows[top : max(bottom, top), 3 * left : 3 * max(right, left)], [crop[part] for crop in crops]


def _store(into: np.ndarray, products: np.ndarray) -> None:
    """Write products uint16 (up to 255 * 255), divided by 255 and rounded."""
    products += 128
    products += products >> 8
    products >>= 8
    into[...] = products
