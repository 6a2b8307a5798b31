"""Photos in a run: matching by each object, from a folder in the COCO formats to the records."""

import json

import numpy as np
import pytest
from PIL import Image

from primacy.results.spec import AuditSpec, ImageSpec
from primacy.run.audit import audit

NAMES = ("person", "dog", "cup", "bus", "kite", "horse")
PHOTOS = 48


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Photos of two and of three things; boxes of very different areas, in no order."""
    made, rng = tmp_path_factory.mktemp("coco"), np.random.default_rng(3)
    images, annotations = [], []
    for i in range(PHOTOS):
        Image.fromarray(rng.integers(0, 255, (64, 64, 3), dtype=np.uint8)).save(made / f"{i}.png")
        images.append({"id": i, "file_name": f"{i}.png", "width": 64, "height": 64})
        n = 2 + i % 2
        sides = rng.permutation([40, 16, 6][:n])
        for kind, side in zip(rng.choice(len(NAMES), n, replace=False), sides, strict=True):
            x, y = rng.uniform(0, 64 - side, 2)
            box = [float(x), float(y), float(side), float(side)]
            annotations.append({"image_id": i, "category_id": int(kind) + 1, "bbox": box})
    categories = [{"id": k + 1, "name": name} for k, name in enumerate(NAMES)]
    (made / "instances.json").write_text(
        json.dumps({"images": images, "annotations": annotations, "categories": categories})
    )
    return made


@pytest.fixture(scope="module")
def whole(folder, tmp_path_factory):
    return shown(folder, tmp_path_factory.mktemp("runs"))


def shown(folder, out, probes=("i2tor", "matching"), **images):
    spec = AuditSpec(
        encoder="null:area-bag?noise=0.333",
        objects=(3,),
        probes=probes,
        images=ImageSpec(sets=2, ladder_sets=2, photos=str(folder), instances=str(folder / "instances.json"), **images),
    )
    return audit(spec, out=out, cache=None)


def of_photos(estimates, metric, group):
    own = [e for e in estimates if (e.probe, e.stimuli, e.metric, e.group) == ("matching", "photos", metric, group)]
    return {(e.n_objects, e.level): e for e in own}


def test_matching_on_photos_is_by_each_object(whole):
    result = whole.result
    sizes = of_photos(result.estimates, "matching_accuracy", "size_rank")
    assert set(sizes) == {(0, "largest"), (0, "between"), (0, "smallest")} | {
        (n, str(k + 1)) for n in (2, 3) for k in range(n)
    }
    assert (sizes[0, "largest"].n, sizes[0, "between"].n, sizes[3, "1"].n) == (PHOTOS, PHOTOS // 2, PHOTOS // 2)
    assert sizes[0, "largest"].value > 0.9 > sizes[0, "smallest"].value + 0.1  # it sees the large things
    for group in ("area_tercile", "centrality_tercile", "instances", "slice*size_rank"):
        assert of_photos(result.estimates, "matching_accuracy", group), group
    assert set(of_photos(result.estimates, "matching_effect", "slice")) == {(0, "with person"), (0, "without person")}
    assert not of_photos(result.estimates, "matching_accuracy", "scenario")
    assert [e for e in result.estimates if (e.probe, e.group, e.stimuli) == ("matching", "scenario", "one-large")]


def test_the_nulls_stand_beside_it(whole):
    result = whole.result
    nulls = {null.name: of_photos(null.estimates, "matching_accuracy", "size_rank") for null in result.nulls}
    assert {e.value for e in nulls["constant"].values()} == {0.5}
    assert {e.value for e in nulls["flat-bag"].values()} == {1.0}
    assert "noisy-area-bag" in nulls
    (verdict,) = [v for v in result.verdicts if (v.probe, v.stimuli) == ("matching", "photos")]
    assert (verdict.metric, verdict.effect, verdict.n_clusters) == ("matching_effect", "largest-smallest", PHOTOS)
    assert {null.name for null in verdict.nulls} == {
        "constant", "flat-bag", "centre-bag", "noisy-flat-bag", "category alone",
    }  # fmt: skip
    (record,) = of_photos(result.estimates, "matching_effect", "size_rank").values()
    assert record.value == pytest.approx(verdict.value)


def test_the_number_of_captions_at_a_time_changes_nothing(whole, folder, tmp_path, monkeypatch):
    monkeypatch.setattr("primacy.run.image.matching.MATCHING_CAPTIONS", 17)
    again = shown(folder, tmp_path).result
    assert [(e.level, e.value, e.n) for e in again.estimates] == [
        (e.level, e.value, e.n) for e in whole.result.estimates
    ]


def test_progress_ends_where_it_said(folder, tmp_path):
    """Each stage announces just as many pictures and texts as it then reports."""

    class Counts:
        def __init__(self):
            self.stages = []

        def stage(self, label, total):
            self.stages.append([label, total, 0])

        def advance(self, n):
            self.stages[-1][2] += n

        def note(self, message):
            pass

    counts = Counts()
    spec = AuditSpec(
        encoder="null:flat-bag",
        objects=(3,),
        probes=("matching",),
        images=ImageSpec(sets=2, ladder_sets=2, photos=str(folder), instances=str(folder / "instances.json"), foils=2),
    )
    audit(spec, out=tmp_path, cache=None, listener=counts)
    assert any("pictures" in label for label, _, _ in counts.stages)
    for label, total, done in counts.stages:
        assert done == total, label
