"""Drawing a batch of scenes into a folder: images and masks first, then one part with their rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from primacy.errors import DatasetError, RenderError
from primacy.files import atomic_write_bytes, os_errors_as
from primacy.render.base import Failed, Rendered, Renderer
from primacy.stimuli.layout import Layout
from primacy.stimuli.parts import write_part
from primacy.stimuli.pictures import encode_image, encode_mask
from primacy.stimuli.rows import check_rendered, row
from primacy.stimuli.scene_lines import checked_scene

Line = tuple[int, str, dict]
"""Index, id and content of a scene."""


class Opener(Protocol):
    """Opens renderers, in this process or in others: it is pickled."""

    def open(self) -> Renderer:
        """A renderer of one's own, to be closed by whoever opened it."""
        ...


@dataclass(frozen=True, order=True)
class Trouble:
    """A scene that could not be drawn."""

    index: int
    scene_id: str
    reason: str


@dataclass(frozen=True)
class Drawn:
    """What came of a batch: names of the parts written, scenes that failed."""

    parts: tuple[str, ...]
    failed: tuple[Trouble, ...]


@dataclass(frozen=True)
class Batch:
    """Where and how a batch is drawn; the same for all batches of a run."""

    root: Path
    image_format: str
    fingerprint: str
    shard: tuple[int, int]

    def draw(
        self,
        renderer: Renderer,
        lines: Sequence[Line],
        *,
        advance: Callable[[int], None] = lambda done: None,
        stopped: Callable[[], bool] = lambda: False,
    ) -> Drawn:
        """Draw `lines` with `renderer`. What was drawn is kept whatever ends the batch early.

        Args:
            renderer: an open renderer.
            lines: scenes in the order of the design.
            advance: told of each scene that is done.
            stopped: asked after each scene whether to leave the rest.

        Raises:
            DatasetError: the folder cannot be written, or a scene was altered.
            RenderError: the renderer broke down, gave something else than it promises, or is not the one that the
                folder was begun with.
        """
        if renderer.fingerprint != self.fingerprint:
            raise RenderError(
                f"this {renderer.name} renderer would draw other pixels than the one that {self.root} was begun with",
                hint="All processes and machines need the same Primacy, the same objects and the same Blender.",
            )
        layout, rows, failed, parts = Layout(self.root), list[dict[str, Any]](), list[Trouble](), list[str]()
        scenes = [checked_scene(scene_id, data) for _, scene_id, data in lines]
        with os_errors_as(DatasetError, f"cannot write to {self.root}"):
            try:
                answers = renderer.render(scenes)
                for (index, scene_id, _), scene in zip(lines, scenes, strict=True):
                    answer = next(answers, None)
                    if answer is None or answer.scene != scene:
                        raise RenderError(f"the renderer {renderer.name} gave no answer for scene {scene_id}")
                    if isinstance(answer, Failed):
                        failed.append(Trouble(index, scene_id, answer.reason))
                    else:
                        rows.append(self._keep(layout, index, scene_id, answer))
                    advance(1)
                    if stopped():
                        break
            finally:
                if rows:
                    parts.append(self._note(layout, rows))
        return Drawn(tuple(parts), tuple(failed))

    def _note(self, layout: Layout, rows: list[dict[str, Any]]) -> str:
        try:
            return write_part(layout, rows, self.shard)
        except KeyboardInterrupt:
            write_part(layout, rows, self.shard)  # its name follows from its content, so twice is once
            raise

    def _keep(self, layout: Layout, index: int, scene_id: str, drawn: Rendered) -> dict[str, Any]:
        check_rendered(drawn)
        image, mask = layout.image(scene_id, self.image_format), layout.mask(scene_id)
        files = (image, encode_image(drawn.image, self.image_format)), (mask, encode_mask(drawn.mask))
        for path, data in files:
            atomic_write_bytes(path, data, sync=False)  # the row holds the hash, which is checked before it counts
        named = [(path.relative_to(layout.root).as_posix(), data) for path, data in files]
        return row(index, scene_id, drawn, self.fingerprint, *named)
