"""Exports and the page to look at, read back by other means."""

import csv
import json
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from primacy.errors import DatasetError
from primacy.stimuli import browse
from primacy.stimuli.browse import build_page, write_page
from primacy.stimuli.coco import export_coco, run_lengths
from primacy.stimuli.dataset import open_dataset
from primacy.stimuli.published import configuration, export_published, file_stem
from primacy.stimuli.rendering import render_dataset


@pytest.fixture
def dataset(job):
    made = job(sets=6, request={"design": "pair", "sets": 6, "size": 64, "objects_of": "simco"})
    render_dataset(made)
    return open_dataset(made.root)


def decoded(counts: list[int], size: list[int]) -> np.ndarray:
    """A run-length mask by the format's own words: column by column, starting with zeros."""
    flat: list[bool] = []
    for k, length in enumerate(counts):
        flat.extend([k % 2 == 1] * length)
    height, width = size
    return np.array(flat).reshape(width, height).T


class TestCoco:
    def test_decodes_to_the_masks(self, dataset, tmp_path):
        assert export_coco(dataset, tmp_path / "out.json") == (12, 24)
        data = json.loads((tmp_path / "out.json").read_text("utf-8"))
        names = {category["id"]: category["name"] for category in data["categories"]}
        assert sorted(names.values()) == sorted({c for row in dataset.manifest["categories"] for c in row})
        assert [a["id"] for a in data["annotations"]] == list(range(1, 25))
        images = {image["id"]: image for image in data["images"]}
        assert [image["file_name"] for image in data["images"]] == dataset.manifest["image"].to_list()
        rebuilt = {image_id: np.zeros((64, 64), np.uint8) for image_id in images}
        seen: dict[int, list[str]] = {}
        for annotation in data["annotations"]:
            mask = decoded(annotation["segmentation"]["counts"], annotation["segmentation"]["size"])
            ys, xs = np.nonzero(mask)
            assert annotation["area"] == len(xs)
            assert annotation["bbox"] == [xs.min(), ys.min(), np.ptp(xs) + 1, np.ptp(ys) + 1]
            objects = seen.setdefault(annotation["image_id"], [])
            objects.append(names[annotation["category_id"]])
            rebuilt[annotation["image_id"]][mask] = len(objects)
        for k, image_id in enumerate(images):
            np.testing.assert_array_equal(rebuilt[image_id], dataset.mask(k))
            assert seen[image_id] == dataset.manifest["categories"][k].to_list()
            assert (dataset.root / images[image_id]["file_name"]).exists()

    @given(arrays(bool, st.tuples(st.integers(1, 6), st.integers(1, 6))))
    def test_run_lengths_of_any_mask(self, mask):
        counts = run_lengths(mask)
        assert all(length > 0 for length in counts[1:])
        np.testing.assert_array_equal(decoded(counts, list(mask.shape)), mask)

    def test_objects_that_are_not_seen_have_no_annotation(self, job, discs, tmp_path):
        made = job(sets=1, renderer=discs.Discs(shrink=1e-9))
        render_dataset(made)
        assert export_coco(open_dataset(made.root), tmp_path / "none.json") == (2, 0)
        assert json.loads((tmp_path / "none.json").read_text())["annotations"] == []

    def test_a_folder_that_cannot_be_written(self, dataset, tmp_path):
        (tmp_path / "file").write_text("in the way")
        with pytest.raises(DatasetError, match="cannot write"):
            export_coco(dataset, tmp_path / "file" / "out.json")


class TestPublished:
    def test_names_say_the_objects_in_slot_order(self, dataset, tmp_path):
        assert export_published(dataset, tmp_path / "out") == 12
        folder = tmp_path / "out" / "SimCO-TwoObject-LeftBig"
        with (tmp_path / "out" / "files.csv").open(encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream))
        assert {p.relative_to(tmp_path / "out").as_posix() for p in folder.iterdir()} == {row["file"] for row in rows}
        assert (folder / "dog_tea cup.png").exists()
        for k, row in enumerate(rows):
            assert row["scene_id"] == dataset.manifest["scene_id"][k]
            np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "out" / row["file"])), dataset.image(k))
        assert all("/" not in name and "<" not in name for name in (p.name for p in folder.iterdir()))
        with pytest.raises(DatasetError, match="not empty"):
            export_published(dataset, tmp_path / "out")

    def test_scenes_of_one_name_are_numbered(self, job, discs, tmp_path, monkeypatch):
        monkeypatch.setattr(discs, "CATEGORIES", ("a", "A", "b", "a-2", "b", "a"))
        made = job(sets=6, image_format="webp")
        render_dataset(made)
        assert export_published(open_dataset(made.root), tmp_path / "out", "Mine") == 12
        names = [p.name.casefold() for p in (tmp_path / "out" / "Mine-TwoObject-LeftBig").iterdir()]
        assert len(names) == len(set(names)) == 12
        assert {"a_a.png", "a_a-2.png"} <= set(names)

    @pytest.mark.parametrize(
        ("slots", "levels", "folder"),
        [
            (["upper-left", "centre", "lower-right"], ["large", "small", "small"], "S-ThreeObject-ULBig"),
            (["upper-left", "centre", "lower-right"], ["small", "large", "small"], "S-ThreeObject-MiddleBig"),
            (["upper-left", "centre", "lower-right"], ["small", "small", "large"], "S-ThreeObject-BRBig"),
            (["left", "right"], ["equal", "equal"], "S-TwoObject"),
            (["centre"], ["large"], "S-OneObject"),
            (["0.3 at 90", "centre"], ["large", "small"], "S-TwoObject-0.3 at 90Big"),
        ],
    )
    def test_configurations(self, slots, levels, folder):
        assert configuration({"slots": slots, "size_levels": levels, "n_objects": len(slots)}, "S") == folder

    @pytest.mark.parametrize(
        ("categories", "stem"), [(["a/b", ".."], "a-b_"), (["x"] * 200, ("x_" * 60)), (["Käfer", "鳥"], "Käfer_鳥")]
    )
    def test_stems_are_safe_file_names(self, categories, stem):
        assert file_stem({"categories": categories}) == stem


class TestPage:
    def test_holds_every_scene_and_no_markup_of_names(self, dataset):
        page = build_page(dataset)
        assert "<b>car" not in page and "http://" not in page and "https://" not in page
        (data,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
        rows = json.loads(data)
        assert [row["id"] for row in rows] == dataset.manifest["scene_id"].to_list()
        for row, wanted in zip(rows, dataset.manifest.iter_rows(named=True), strict=True):
            assert [o[0] for o in row["objects"]] == wanted["categories"]
            assert [o[2] for o in row["objects"]] == wanted["slots"]
            assert [o[6] for o in row["objects"]] == [round(100 * a, 2) for a in wanted["area"]]
        assert build_page(dataset) == page

    @pytest.mark.parametrize("name", ["</script><script>alert(1)</script>", "<img src=x onerror=alert(1)>", "'\"&"])
    def test_hostile_names_stay_text(self, job, discs, monkeypatch, name):
        monkeypatch.setattr(discs, "CATEGORIES", (name, "b", "c", "d", "e", "f"))
        made = job(request={"design": name, "note": name})
        render_dataset(made)
        page = build_page(open_dataset(made.root))
        assert name not in page
        assert page.count("<script") == 2

    def test_only_so_many_are_listed(self, dataset, monkeypatch):
        monkeypatch.setattr(browse, "MAX_SCENES", 5)
        page = build_page(dataset)
        assert "The first 5 are listed here." in page and page.count('"caption"') == 5

    def test_a_browser_shows_it(self, dataset):
        browser = shutil.which("chromium") or shutil.which("google-chrome")
        if browser is None:
            pytest.skip("no Chromium on this machine")
        path = write_page(dataset)
        assert path == dataset.root / "browse.html"
        shown = headless(browser, path)
        assert shown.count("<figure>") == 12
        assert "1 to 12 of 12" in shown
        assert "&lt;b&gt;car&lt;/b&gt;" in shown and "<b>car" not in shown


def headless(browser: str, path: Path) -> str:
    """The page's markup after its scripts have run."""
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=2000", "--dump-dom"]
    done = subprocess.run([browser, *options, path.as_uri()], capture_output=True, text=True, timeout=60)
    return done.stdout.split("</main>")[0]
