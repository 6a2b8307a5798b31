"""Scenes drawn on the way and scenes in a folder: the same pictures, facts as their masks have them."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from primacy.design.picture import Shown
from primacy.design.picture_table import picture_tables
from primacy.design.scenes.request import SceneRequest
from primacy.errors import DatasetError, DesignError, UnknownNameError
from primacy.render.base import Failed
from primacy.render.collage import CollageRenderer
from primacy.stimuli.images.composed import ComposedScenes, compose
from primacy.stimuli.images.measure import contrasts, measured
from primacy.stimuli.images.rendered import open_rendered
from primacy.stimuli.rendering import render_dataset
from primacy.stimuli.sources import RendererChoice, make_job, object_library

REQUEST = SceneRequest("one-large", objects=(2, 3), sets=3, size=96, textures=("checker",))
NAN = float("nan")


@pytest.fixture(scope="module")
def source():
    return compose(REQUEST, "simco")


class TestMeasured:
    def test_planted_areas_places_and_contrasts(self):
        image = np.full((40, 80, 3), 100, np.uint8)
        mask = np.zeros((40, 80), np.uint8)
        mask[0:10, 0:20], mask[20:30, 60:80] = 1, 2
        mask[9, 3:18] = 0  # a dent moves the centroid, not the box
        image[mask == 1], image[mask == 2] = (100, 100, 100), (255, 100, 0)
        labels = [Shown("dog", NAN, NAN, NAN, "left", "large"), Shown("cat", NAN, NAN, NAN)]
        dog, cat = measured(labels, mask, image)
        assert (dog.area, dog.x, dog.y, dog.slot, dog.size_level) == (185 / 3200, 0.12, 0.12, "left", "large")
        assert (cat.area, cat.x, cat.y) == (1 / 16, 0.88, 0.62)
        assert dog.contrast == 0
        assert cat.contrast == pytest.approx(np.hypot(155, 100) / (255 * 3**0.5))
        assert np.isnan([s.contrast for s in measured(labels, mask)]).all()

    def test_black_on_white_is_one_and_a_full_picture_has_none(self):
        image, mask = np.full((20, 20, 3), 255, np.uint8), np.zeros((20, 20), np.uint8)
        mask[5:9, 5:9], image[5:9, 5:9] = 1, 0
        assert contrasts(image, mask, 1)[0] == pytest.approx(1)
        assert np.isnan(contrasts(image, np.ones_like(mask), 1)).all()

    def test_masks_that_do_not_match(self):
        labels = [Shown("dog", NAN, NAN, NAN)]
        with pytest.raises(DatasetError, match="value 2, expected at most 1"):
            measured(labels, np.full((4, 4), 2, np.uint8))
        with pytest.raises(DatasetError, match="no pixel of 'dog'"):
            measured(labels, np.zeros((4, 4), np.uint8))


class TestComposed:
    def test_facts_are_those_of_masks(self, source):
        assert source.name == "one-large" and source.clusters == "object sets"
        assert len(source.pictures) == 3 * 4 + 3 * 9 and not source.skipped
        for index in (0, 7, 20, 38):
            picture, mask, image = source.pictures[index], source.mask(index), source.image(index)
            assert image.mode == "RGB" and image.size == mask.shape == (96, 96)
            scene = source.scene(index)
            assert picture.picture_id == scene.scene_id and picture.cluster == scene.set_id
            assert picture.categories == tuple(o.category for o in scene.objects)
            for k, (shown, placed) in enumerate(zip(picture.objects, scene.objects, strict=True), 1):
                rows, columns = np.nonzero(mask == k)
                assert shown.area == len(rows) / 96**2
                assert shown.x == round((columns.min() + columns.max() + 1) / 2 / 96, 2)
                assert shown.y == round((rows.min() + rows.max() + 1) / 2 / 96, 2)
                assert (shown.x, shown.y) == pytest.approx((placed.x, placed.y), abs=0.011)
                assert (shown.slot, shown.size_level, shown.role) == (placed.slot, placed.size_level, placed.role)
                assert 0 <= shown.contrast <= 1
            assert picture.factors == scene.factors

    def test_tables_are_balanced(self, source):
        table = picture_tables(source.pictures, object_library("simco").categories)[3]
        large = table.size_levels == "large"
        assert (large.sum(axis=0) == 9).all()
        assert np.array_equal(table.size_ranks == 1, large)

    def test_threads_get_what_one_gets(self, source):
        alone = [np.asarray(source.image(i)) for i in range(12)]
        with ThreadPoolExecutor(4) as pool:
            together = list(pool.map(lambda i: np.asarray(source.image(i % 12)), range(48)))
        assert all(np.array_equal(found, alone[i % 12]) for i, found in enumerate(together))

    def test_digest_names_the_pictures(self, source):
        assert compose(REQUEST, "simco").digest == source.digest
        other = SceneRequest("one-large", objects=(2, 3), sets=3, size=96, textures=("checker",), seed=1)
        assert compose(other, "simco").digest != source.digest

    def test_repeated_categories_are_skipped_and_counted(self):
        source = compose(SceneRequest("count", objects=(2,), sets=1, size=96), "simco")
        # two targets x eight places with one copy each; the other six numbers of copies show a category again
        assert len(source.pictures) == 16 and len(source.skipped) == 2 * 8 * 6
        assert {skipped.reason for skipped in source.skipped} == {"it shows a category more than once"}

    def test_scenes_that_cannot_be_drawn_are_skipped_with_the_reason(self, source):
        class Failing(CollageRenderer):
            def render(self, scenes):
                for scene, drawn in zip(scenes, super().render(scenes), strict=True):
                    yield Failed(scene, "no such look") if len(scene.objects) == 2 else drawn

        from primacy.listener import Silent

        failing = ComposedScenes("one-large", source._design, range(39), Failing(object_library("simco")), Silent())
        assert len(failing.pictures) == 27 and failing.digest != source.digest
        assert [s.reason for s in failing.skipped] == ["no such look"] * 12
        assert np.array_equal(np.asarray(failing.image(0)), np.asarray(source.image(12)))

    def test_bad_requests(self):
        with pytest.raises(UnknownNameError):
            compose(REQUEST, "no-such-library")
        with pytest.raises(DesignError):
            compose(SceneRequest("equal", objects=(2,), categories=("cube",)), "simco")


class TestRendered:
    @pytest.fixture
    def folder(self, tmp_path):
        job = make_job(tmp_path / "scenes", REQUEST, RendererChoice("collage", "simco"))
        render_dataset(job)
        return job.root

    def test_agrees_with_the_composed_one(self, folder, source):
        rendered = open_rendered(folder)
        assert rendered.name == "one-large" and not rendered.skipped
        assert [p.picture_id for p in rendered.pictures] == [p.picture_id for p in source.pictures]
        for ours, theirs in zip(rendered.pictures, source.pictures, strict=True):
            assert ours.cluster == theirs.cluster and dict(ours.factors) == dict(theirs.factors)
            assert ours.objects == theirs.objects
        for index in (0, 20):
            assert np.array_equal(np.asarray(rendered.image(index)), np.asarray(source.image(index)))
            assert np.array_equal(rendered.mask(index), source.mask(index))

    def test_broken_pictures_are_listed(self, folder):
        whole = open_rendered(folder)
        names = [p.picture_id for p in whole.pictures]
        (folder / "images" / f"{names[0]}.png").write_bytes(b"")
        (folder / "masks" / f"{names[2]}.png").unlink()
        found = open_rendered(folder)
        assert [s.name for s in found.skipped] == [names[0], names[2]]
        assert "no readable picture" in found.skipped[0].reason and "cannot read" in found.skipped[1].reason
        assert len(found.pictures) == len(names) - 2 and found.digest != whole.digest
        assert np.array_equal(np.asarray(found.image(1)), np.asarray(whole.image(3)))

    def test_large_folders_are_not_read_for_contrasts(self, folder, monkeypatch):
        monkeypatch.setattr("primacy.stimuli.images.rendered.MOST_CONTRASTS", 3)
        assert np.isnan([o.contrast for p in open_rendered(folder).pictures for o in p.objects]).all()

    def test_no_folder_of_ours(self, tmp_path):
        with pytest.raises(DatasetError, match=r"dataset\.json is missing"):
            open_rendered(tmp_path)
