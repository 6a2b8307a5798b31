"""Two small COCO-80 detectors in ONNX: what does a stranger's eye see in a picture?

YOLOX-nano (Apache-2.0) and FastestDet (BSD-3). Both give, for each cell of a grid, a box and 80 class scores; no
threshold and no suppression is applied here, since the question is always "which class scores highest over this box?".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image


@dataclass(frozen=True, eq=False)
class Detector:
    """One detector: `look` maps uint8 RGB (H, W, 3) to boxes (N, 4), x0, y0, x1, y1 in pixels, and scores (N, 80)."""

    name: str
    look: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]

    def class_scores(self, image: np.ndarray, box: np.ndarray, overlap: float = 0.35) -> np.ndarray:
        """Best score of each class, (80,), among boxes whose intersection over union with `box` is `overlap` or more.

        All zero where no predicted box lies over the object.
        """
        boxes, scores = self.look(image)
        over = iou(boxes, box) >= overlap
        return scores[over].max(axis=0) if over.any() else np.zeros(scores.shape[1])


def load(folder: Path) -> list[Detector]:
    """The detectors of a folder that holds yolox_nano_416.onnx and fastestdet_352.onnx.

    Raises:
        SystemExit: a file or the package onnxruntime is missing.
    """
    try:
        import onnxruntime
    except ImportError:
        raise SystemExit("this bench needs onnxruntime: pip install onnxruntime") from None
    made = []
    for name, file, wrap in (
        ("yolox", "yolox_nano_416.onnx", _yolox),
        ("fastestdet", "fastestdet_352.onnx", _fastestdet),
    ):
        if not (folder / file).is_file():
            raise SystemExit(f"{folder} holds no {file}")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        session = onnxruntime.InferenceSession(str(folder / file), options, providers=["CPUExecutionProvider"])
        made.append(Detector(name, wrap(session)))
    return made


def iou(boxes: np.ndarray, box: np.ndarray) -> np.ndarray:
    """Intersection over union of `boxes` (N, 4) with `box` (4,), corners x0, y0, x1, y1; float (N,)."""
    low, high = np.maximum(boxes[:, :2], box[:2]), np.minimum(boxes[:, 2:], box[2:])
    shared = np.clip(high - low, 0, None).prod(axis=1)
    both = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1) + (box[2:] - box[:2]).prod() - shared
    return shared / np.maximum(both, 1e-9)


def _corners(x: np.ndarray, y: np.ndarray, w: np.ndarray, h: np.ndarray) -> np.ndarray:
    return np.stack([x - w / 2, y - h / 2, x + w / 2, y + h / 2], axis=-1)


def _yolox(session: Any) -> Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]:
    side = 416
    grids, strides = [], []
    for stride in (8, 16, 32):
        n = side // stride
        y, x = np.mgrid[:n, :n]
        grids.append(np.stack([x.ravel(), y.ravel()], axis=1))
        strides.append(np.full(n * n, stride))
    grid, step = np.concatenate(grids), np.concatenate(strides)[:, None]

    def look(image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        height, width = image.shape[:2]
        ratio = side / max(height, width)
        small = Image.fromarray(image).resize((round(width * ratio), round(height * ratio)), Image.Resampling.BILINEAR)
        padded = np.full((side, side, 3), 114, dtype=np.float32)
        padded[: small.height, : small.width] = np.asarray(small)
        bgr = np.ascontiguousarray(padded[:, :, ::-1].transpose(2, 0, 1))[None]
        rows = session.run(None, {session.get_inputs()[0].name: bgr})[0][0].astype(np.float64)
        middle, size = (rows[:, :2] + grid) * step, np.exp(rows[:, 2:4]) * step
        return _corners(*middle.T, *size.T) / ratio, rows[:, 4:5] * rows[:, 5:]

    return look


def _fastestdet(session: Any) -> Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]:
    side, cells = 352, 22
    grid_y, grid_x = np.mgrid[:cells, :cells]

    def look(image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        height, width = image.shape[:2]
        small = Image.fromarray(image).resize((side, side), Image.Resampling.BILINEAR)
        bgr = np.ascontiguousarray(np.asarray(small, dtype=np.float32)[:, :, ::-1].transpose(2, 0, 1))[None] / 255
        maps = session.run(None, {session.get_inputs()[0].name: bgr})[0][0].astype(np.float64)
        x, y = (np.tanh(maps[1]) + grid_x) / cells * width, (np.tanh(maps[2]) + grid_y) / cells * height
        w, h = width / (1 + np.exp(-maps[3])), height / (1 + np.exp(-maps[4]))
        boxes = _corners(x, y, w, h).reshape(-1, 4)
        return boxes, (maps[0] ** 0.6 * maps[5:] ** 0.4).reshape(80, -1).T

    return look
