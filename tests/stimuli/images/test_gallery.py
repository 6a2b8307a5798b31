"""Galleries: what each version shows, and what is said of what is missing."""

from collections import Counter
from types import SimpleNamespace

import numpy as np
import pytest

from primacy.design.picture import Picture, Shown
from primacy.design.scenes.request import SceneRequest
from primacy.design.scenes.slots import GRID
from primacy.errors import DatasetError, UnknownNameError
from primacy.stimuli.images.composed import compose
from primacy.stimuli.images.gallery import Version, composed_gallery, gallery_of
from primacy.stimuli.images.rendered import open_rendered
from primacy.stimuli.rendering import render_dataset
from primacy.stimuli.sources import RendererChoice, make_job, object_library

NAMES = ("dog", "cat", "car", "cup")


@pytest.fixture(scope="module")
def gallery():
    return composed_gallery("comco", NAMES, size=96, kind="balanced", seed=0)


class TestComposed:
    def test_twelve_versions_cover_scales_slots_and_yaws_evenly(self, gallery):
        assert gallery.rows.shape == (12, 4) and gallery.names == NAMES and not gallery.missing
        assert Counter(v.scale for v in gallery.versions) == dict.fromkeys(
            ("0.025", "0.0125", "0.00625", "0.003125"), 3
        )
        assert Counter(v.yaw for v in gallery.versions) == {315.0: 4, 0.0: 4, 45.0: 4}
        slots = Counter(v.slot for v in gallery.versions)
        assert sorted(slots) == sorted(slot.name for slot in GRID)
        place = {slot.name: divmod(k, 3) for k, slot in enumerate(GRID)}
        for scale in ("0.025", "0.0125", "0.00625", "0.003125"):
            at = [place[v.slot] for v in gallery.versions if v.scale == scale]
            assert sorted(row for row, _ in at) == sorted(column for _, column in at) == [0, 1, 2]
            assert len({v.yaw for v in gallery.versions if v.scale == scale}) == 3

    def test_each_picture_is_what_its_version_says(self, gallery):
        library = object_library("comco")
        centre = {slot.name: (slot.x, slot.y) for slot in GRID}
        for g, version in enumerate(gallery.versions):
            for v, name in enumerate(NAMES):
                row = gallery.rows[g, v]
                (shown,), (placed,) = gallery.source.pictures[row].objects, gallery.source.scene(row).objects
                assert shown.category == name and shown.slot == version.slot and placed.yaw == version.yaw
                instances = [sprite.asset for sprite in library.by_category[name]]
                assert placed.asset == instances[g % len(instances)]
                assert (placed.x, placed.y) == centre[version.slot]
                fits = gallery.source.pictures[row].factors["base_area"] / 0.025
                assert shown.area == pytest.approx(float(version.scale) * fits, abs=1.01 / 96**2)

    def test_only_what_is_in_the_gallery_is_drawn(self, gallery):
        assert len(gallery.source.pictures) == 12 * 4

    def test_no_colour_tells_shapes_apart(self):
        gallery = composed_gallery("simco", ("cube", "cone"), size=64, seed=3)
        assert {gallery.source.scene(k).objects[0].colour for k in range(24)} == {None}

    def test_centred_is_one_large_picture_a_category(self):
        gallery = composed_gallery("comco", NAMES, size=96, kind="centred", seed=0)
        assert gallery.versions == (Version("0.071", "centre", 0.0),) and gallery.rows.shape == (1, 4)
        library = object_library("comco")
        for v, name in enumerate(NAMES):
            (placed,) = gallery.source.scene(gallery.rows[0, v]).objects
            assert placed.asset == library.by_category[name][0].asset
            assert (placed.x, placed.y, placed.yaw) == (0.5, 0.5, 0.0) and placed.area == pytest.approx(0.071)

    def test_categories_that_the_library_lacks(self):
        for kind in ("balanced", "centred"):
            with pytest.raises(UnknownNameError, match="unicorn"):
                composed_gallery("comco", (*NAMES, "unicorn"), size=64, kind=kind, seed=0)


def folder(*pictures: tuple[str, str, dict]) -> SimpleNamespace:
    """A source of single objects: category, slot and factors of each."""
    shown = [
        Picture(str(k), k, (Shown(category, 0.1, 0.5, 0.5, slot),), factors)
        for k, (category, slot, factors) in enumerate(pictures)
    ]
    return SimpleNamespace(name="singles", clusters="object sets", pictures=shown, skipped=())


class TestGalleryOf:
    def test_one_picture_a_category(self):
        gallery = gallery_of(folder(("dog", "centre", {}), ("cat", "centre", {})), ("cat", "axe", "dog"))
        assert gallery.names == ("cat", "dog") and gallery.rows.tolist() == [[1, 0]]
        assert gallery.versions[0][:2] == ("", "centre") and np.isnan(gallery.versions[0].yaw)
        assert [(m.name, m.reason) for m in gallery.missing] == [("axe", "no picture of it alone in singles")]

    def test_versions_that_not_all_have_are_listed(self):
        small, big = {"gallery_scale": "0.01", "yaw": 0.0}, {"gallery_scale": "0.1", "yaw": 0.0}
        source = folder(("dog", "left", small), ("cat", "left", small), ("dog", "left", big))
        gallery = gallery_of(source, ("dog", "cat"))
        assert gallery.versions == (Version("0.01", "left", 0.0),) and gallery.rows.tolist() == [[0, 1]]
        assert [(m.name, m.reason) for m in gallery.missing] == [
            ("0.1, left, yaw 0", "only 1 of 2 categories have this version")
        ]

    def test_pictures_that_nothing_tells_apart_take_turns(self):
        source = folder(*(("dog", "", {}),) * 3, *(("cat", "", {}),) * 2)
        gallery = gallery_of(source, ("dog", "cat"))
        assert len(gallery.versions) == 2
        assert [len(set(column)) for column in gallery.rows.T.tolist()] == [2, 2]
        assert set(gallery.rows[:, 1]) == {3, 4}

    def test_several_objects_do_not_count(self):
        source = folder(("dog", "", {}), ("cat", "", {}))
        both = Picture("b", 9, tuple(p.objects[0] for p in source.pictures), {})
        source.pictures.insert(0, both)
        assert gallery_of(source, ("dog", "cat")).rows.tolist() == [[1, 2]]

    def test_refused(self):
        with pytest.raises(DatasetError, match="shows 0 of 2 categories alone"):
            gallery_of(folder(("cow", "", {})), ("dog", "cat"))
        with pytest.raises(DatasetError, match="no version"):
            gallery_of(folder(("dog", "left", {}), ("cat", "right", {})), ("dog", "cat"))

    def test_a_rendered_singles_folder_is_its_whole_design(self, tmp_path):
        request = SceneRequest("singles", size=64, categories=("cube", "cone"))
        render_dataset(job := make_job(tmp_path / "singles", request, RendererChoice("collage", "simco")))
        for source in (open_rendered(job.root), compose(request, "simco")):
            gallery = gallery_of(source, ("cone", "cube"))
            assert len(set(gallery.versions)) == 4 * 9 * 3 and not gallery.missing
            assert len(gallery.versions) == 2 * 108  # either has two instances
            assert {v.scale for v in gallery.versions} == {"0.025", "0.0125", "0.00625", "0.003125"}
            for g, version in enumerate(gallery.versions):
                for v, name in enumerate(("cone", "cube")):
                    picture = source.pictures[gallery.rows[g, v]]
                    assert picture.categories == (name,) and picture.objects[0].slot == version.slot
                    assert picture.factors["yaw"] == version.yaw
