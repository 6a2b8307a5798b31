import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from primacy.stimuli.images.coco_photos import open_photos

REAL = Path(__file__).parents[4] / "shared" / "data" / "coco_val2017"
CATEGORIES = [{"id": 1, "name": "person"}, {"id": 18, "name": "dog"}, {"id": 28, "name": "umbrella"}]


def drawn(width, height, seed=0):
    """A picture whose red and green say where a pixel is."""
    y, x = np.mgrid[:height, :width]
    blue = np.full_like(x, seed * 40 % 256)
    return Image.fromarray(np.stack([x * 255 // width, y * 255 // height, blue], axis=-1).astype(np.uint8))


def png(image, **options):
    stream = io.BytesIO()
    image.save(stream, "PNG", **options)
    return stream.getvalue()


class Sample:
    """A folder of photos with an instances file, written bit by bit."""

    def __init__(self, folder):
        self.folder = folder
        self.images, self.annotations = [], []
        (folder / "photos").mkdir(parents=True)

    def add(self, things, *, name=None, data=None, size=(120, 80), annotated=(120, 80), where="photos"):
        image_id = len(self.images) + 1
        name = name or f"{image_id:012}.png"
        self.images.append({"id": image_id, "file_name": name, "width": annotated[0], "height": annotated[1]})
        self.annotations += [
            {"image_id": image_id, "category_id": category, "bbox": list(box), **more} for category, box, more in things
        ]
        if data != b"":
            (self.folder / where).mkdir(exist_ok=True)
            (self.folder / where / name).write_bytes(data or png(drawn(*size, seed=image_id)))
        return image_id

    @property
    def photos(self):
        return self.folder / "photos"

    def write(self, **extra):
        path = self.folder / "instances.json"
        content = {"images": self.images, "annotations": self.annotations, "categories": CATEGORIES} | extra
        path.write_text(json.dumps(content))
        return path

    def open(self, **options):
        return open_photos(self.photos, self.write(), **options)


@pytest.fixture
def sample(tmp_path):
    return Sample(tmp_path)


@pytest.fixture
def pixels():
    return drawn


@pytest.fixture
def encoded():
    return png


@pytest.fixture
def coco_val():
    if not REAL.is_dir():
        pytest.skip("shared/data/coco_val2017 is absent")
    return REAL
