"""The published layout: names of folders and files, and what our own export writes."""

import shutil
import unicodedata

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from primacy.design.scenes.request import SceneRequest
from primacy.design.vocabulary import load_vocabulary
from primacy.errors import DatasetError
from primacy.stimuli.dataset import open_dataset
from primacy.stimuli.images.gallery import gallery_of
from primacy.stimuli.images.published_folder import open_published
from primacy.stimuli.images.published_names import Names, configuration
from primacy.stimuli.published import export_published
from primacy.stimuli.rendering import render_dataset
from primacy.stimuli.sources import RendererChoice, make_job


def draw(path, colour=(200, 30, 30), size=(8, 8), alpha=None):
    path.parent.mkdir(parents=True, exist_ok=True)
    image = np.full((*size, 3), colour, np.uint8)
    if alpha is not None:
        image = np.dstack([image, alpha])
    Image.fromarray(image).save(path)


class TestFolderNames:
    @pytest.mark.parametrize(
        ("name", "n", "slot"),
        [
            ("CoCo-ThreeObject-ULBig", 3, "upper-left"),
            ("CoCo-ThreeObject-Middle-Big", 3, "centre"),
            ("CoCo-ThreeObject-BRBig", 3, "lower-right"),
            ("SimCO-ThreeObject-MiddleBig", 3, "centre"),
            ("ComCO-TwoObject-LeftBig", 2, "left"),
            ("comco_twoobjects_right_big", 2, "right"),
            ("ComCO-FiveObject-BLBig", 5, "lower-left"),
            ("CoCo-FourObject-URBig", 4, "upper-right"),
            ("SimCO-EightObject-BottomBig", 8, "lower"),
            ("SimCO-ThreeObject-MBig", 3, "centre"),
        ],
    )
    def test_the_large_slot(self, name, n, slot):
        found = configuration(name)
        assert len(found.slots) == n and found.slots[found.large] == slot

    def test_four_with_the_large_one_in_the_middle(self):
        found = configuration("CoCo-FourObject-Middle-Big")
        assert found.large == 1 and found.slots == ("upper-left", "centre", "lower-left", "lower-right")

    @pytest.mark.parametrize("name", ["CoCo-OneObject", "SimCO-ThreeObject", "x-TwoObject-plain"])
    def test_none_is_large(self, name):
        assert configuration(name).large is None

    @pytest.mark.parametrize("name", ["images", "CoCo", "ZeroObject", "NineObject", "CoCo-ThreeThings-ULBig"])
    def test_other_folders(self, name):
        assert configuration(name) is None

    def test_places_that_cannot_be(self):
        for name in ("CoCo-TwoObject-MiddleBig", "CoCo-ThreeObject-URBig", "CoCo-ThreeObject-XYBig", "A-SixObject-Big"):
            with pytest.raises(DatasetError, match="is no place of"):
                configuration(name)


class TestFileNames:
    names = Names([*load_vocabulary("comco").names, "a_b", "<b>car</b>", "Käfer"])

    @pytest.mark.parametrize(
        ("stem", "expected"),
        [
            ("remote_mouse_bed", ("remote", "mouse", "bed")),
            ("Traffic Light_DOG_cup", ("traffic light", "dog", "cup")),
            ("traffic_light_dog_cup", ("traffic light", "dog", "cup")),
            ("dog_cup_traffic_light", ("dog", "cup", "traffic light")),
            ("-b-car--b-_dog_" + unicodedata.normalize("NFD", "Käfer"), ("<b>car</b>", "dog", "Käfer")),
            ("dog_cat_cup-12", ("dog", "cat", "cup")),
            ("a b_dog_cat", None),
        ],
    )
    def test_three_names(self, stem, expected):
        if expected is None:
            with pytest.raises(DatasetError, match="'a b' is no category"):
                self.names.read(stem, 3, frozenset())
        else:
            assert self.names.read(stem, 3, frozenset()) == expected

    def test_numbers_of_copies_and_numbers_of_names(self):
        names = Names(["type-2", "type", "dog"])
        assert names.read("dog_type-2", 2, frozenset()) == ("dog", "type-2")
        assert names.read("dog_type-2", 2, frozenset({"dog_type"})) == ("dog", "type")
        assert names.read("dog_type-3", 2, frozenset()) == ("dog", "type")

    def test_refused(self):
        with pytest.raises(DatasetError, match="'axe' is no category"):
            self.names.read("axe_dog_cat", 3, frozenset())
        for stem in ("dog_cat", "dog_cat_cup_car"):
            with pytest.raises(DatasetError, match="expected 3"):
                self.names.read(stem, 3, frozenset())
        both = Names(["traffic", "light bulb", "traffic light", "bulb"])
        with pytest.raises(DatasetError, match="in 2 ways"):
            both.read("traffic_light_bulb", 2, frozenset())

    def test_single_objects_may_have_any_name(self):
        assert self.names.read("axe", 1, frozenset()) == ("axe",)
        assert self.names.read("Golf_club", 1, frozenset()) == ("Golf club",)
        assert self.names.read("traffic_light", 1, frozenset()) == ("traffic light",)
        assert self.names.read("axe-2", 1, frozenset({"axe"})) == ("axe",)
        with pytest.raises(DatasetError, match="read as 2 objects, expected 1"):
            self.names.read("dog_cat", 1, frozenset())

    @given(chosen=st.lists(st.sampled_from(load_vocabulary("comco").names), min_size=2, max_size=5, unique=True))
    @settings(max_examples=100, deadline=None)
    def test_joined_names_come_apart_again(self, chosen):
        for stem in ("_".join(chosen), "_".join(chosen).upper(), "_".join(chosen) + "-3"):
            assert self.names.read(stem, len(chosen), frozenset()) == tuple(chosen)
        # "_" for the spaces too: found, unless words can be joined in another way ("hot dog", "dog")
        spaced = "_".join(chosen).replace(" ", "_")
        try:
            assert self.names.read(spaced, len(chosen), frozenset()) == tuple(chosen)
        except DatasetError as error:
            assert "ways" in str(error)


class TestFolders:
    @pytest.fixture
    def root(self, tmp_path):
        three, one = tmp_path / "CoCo-ThreeObject-ULBig", tmp_path / "CoCo-OneObject"
        for stem in ("dog_traffic light_cup", "cup_dog_traffic light", "axe_dog_cat", "unicorn_dog_cat", "dog_dog_cat"):
            draw(three / f"{stem}.png")
        for stem in ("dog_cat", "cat_dog_cup_car"):
            draw(three / f"{stem}.png")
        for name in (".DS_Store", "Thumbs.db", "notes.txt", "._dog_cat_cup.png"):
            (three / name).write_bytes(b"x")
        (three / "more").mkdir()
        (three / "car_dog_cat.png").write_bytes(b"")
        (three / "cat_dog_car.png").write_bytes((three / "dog_cat.png").read_bytes()[:50])
        for stem in ("dog", "cat", "cup", "axe", "traffic light"):
            draw(one / f"{stem}.png")
        return tmp_path

    def test_one_source_a_configuration_everything_else_listed(self, root):
        one, three = open_published(root)
        assert (one.name, three.name) == ("CoCo-OneObject", "CoCo-ThreeObject-ULBig")
        assert [p.categories for p in one.pictures] == [("axe",), ("cat",), ("cup",), ("dog",), ("traffic light",)]
        assert all(p.objects[0].slot == "centre" and p.objects[0].size_level == "single" for p in one.pictures)
        assert [p.categories for p in three.pictures] == [
            ("axe", "dog", "cat"),  # not in the vocabulary, but it has a picture of its own
            ("cup", "dog", "traffic light"),
            ("dog", "traffic light", "cup"),
        ]
        first, second, third = three.pictures
        assert second.cluster == third.cluster != first.cluster  # the same objects in another order
        assert [o.slot for o in first.objects] == ["upper-left", "centre", "lower-right"]
        assert [o.size_level for o in first.objects] == ["large", "small", "small"]
        assert np.isnan([(o.area, o.x, o.centrality, o.contrast) for o in first.objects]).all()
        assert first.factors == {"large_slot": "upper-left"}
        reasons = {s.name: s.reason for s in three.skipped}
        assert "no readable picture" in reasons.pop("cat_dog_car.png")
        assert reasons == {
            ".DS_Store": "not a picture",
            "._dog_cat_cup.png": "not a picture",
            "Thumbs.db": "not a picture",
            "notes.txt": "not a picture",
            "more": "a folder",
            "car_dog_cat.png": "the picture is empty (0 bytes)",
            "cat_dog_cup_car.png": "the file's name is read as 4 objects, expected 3",
            "dog_cat.png": "the file's name is read as 2 objects, expected 3",
            "dog_dog_cat.png": "it shows a category more than once",
            "unicorn_dog_cat.png": "'unicorn' is no category of the vocabulary nor of the one-object pictures",
        }

    def test_one_configuration_knows_the_single_objects_beside_it(self, root):
        (three,) = open_published(root / "CoCo-ThreeObject-ULBig")
        assert len(three.pictures) == 3
        shutil.rmtree(root / "CoCo-OneObject")
        (alone,) = open_published(root / "CoCo-ThreeObject-ULBig")
        assert (
            len(alone.pictures) == 2
            and "'axe' is no category" in {s.name: s.reason for s in alone.skipped}["axe_dog_cat.png"]
        )
        (told,) = open_published(root / "CoCo-ThreeObject-ULBig", names=["axe"])
        assert len(told.pictures) == 3

    def test_the_gallery_of_the_one_object_folder(self, root):
        one, _ = open_published(root)
        gallery = gallery_of(one, ("dog", "zebra", "cup"))
        assert gallery.names == ("dog", "cup") and [m.name for m in gallery.missing] == ["zebra"]
        assert [one.pictures[row].categories for row in gallery.rows[0]] == [("dog",), ("cup",)]

    def test_below_other_folders(self, root, tmp_path):
        outer = tmp_path / "data" / "ComCo"
        outer.mkdir(parents=True)
        shutil.move(root / "CoCo-OneObject", outer / "CoCo-OneObject")
        shutil.move(root / "CoCo-ThreeObject-ULBig", outer / "CoCo-ThreeObject-ULBig")
        assert [s.name for s in open_published(tmp_path / "data")] == ["CoCo-OneObject", "CoCo-ThreeObject-ULBig"]

    def test_alpha_gives_the_coverage_of_all_objects_together(self, tmp_path):
        alpha = np.zeros((8, 8), np.uint8)
        alpha[:2] = 255
        draw(tmp_path / "SimCO-TwoObject-LeftBig" / "cube_cone.png", alpha=alpha)
        (source,) = open_published(tmp_path)
        assert source.pictures[0].factors == {"large_slot": "left", "coverage": 0.25}
        assert source.notes == {"RGBA turned into RGB": 1, "transparency dropped": 1}
        assert source.image(0).mode == "RGB" and source.mask(0) is None

    def test_digest_is_of_the_bytes(self, root):
        before = [s.digest for s in open_published(root)]
        assert [s.digest for s in open_published(root)] == before
        draw(root / "CoCo-OneObject" / "cup.png", colour=(1, 2, 3))
        after = [s.digest for s in open_published(root)]
        assert after[0] != before[0] and after[1] == before[1]

    def test_refused(self, tmp_path):
        with pytest.raises(DatasetError, match="has no folder of published pictures"):
            open_published(tmp_path)
        with pytest.raises(DatasetError, match="cannot read"):
            open_published(tmp_path / "missing")
        (tmp_path / "CoCo-TwoObject-LeftBig").mkdir()
        with pytest.raises(DatasetError, match="no picture that can be used, 0 are skipped"):
            open_published(tmp_path)

    def test_a_picture_that_breaks_later_is_an_error_with_its_name(self, root):
        _, three = open_published(root)
        (root / "CoCo-ThreeObject-ULBig" / "axe_dog_cat.png").write_bytes(b"")
        with pytest.raises(DatasetError, match=r"axe_dog_cat\.png: the picture is empty") as caught:
            three.image(0)
        assert "changed" in caught.value.hint


@pytest.mark.parametrize(
    ("library", "request_"),
    [
        ("simco", SceneRequest("one-large", objects=(2, 3, 4), sets=3, size=48)),
        ("comco", SceneRequest("paper", objects=(2, 3, 5), sets=4, size=48)),
        ("simco", SceneRequest("equal", objects=(2,), sets=9, size=32, categories=("cube", "cone"))),  # numbered
    ],
)
def test_our_export_comes_back(tmp_path, library, request_):
    render_dataset(make_job(tmp_path / "scenes", request_, RendererChoice("collage", library)))
    dataset = open_dataset(tmp_path / "scenes")
    export_published(dataset, tmp_path / "out")
    sources = open_published(tmp_path / "out")
    assert not [s for source in sources for s in source.skipped]
    assert any("-2.png" in p.picture_id for s in sources for p in s.pictures) == (request_.categories is not None)
    found = {
        (np.asarray(source.image(k)).tobytes(), picture.categories): picture
        for source in sources
        for k, picture in enumerate(source.pictures)
    }
    rows = list(dataset.manifest.iter_rows(named=True))
    assert sum(len(source.pictures) for source in sources) == len(rows)
    for k, row in enumerate(rows):
        picture = found[dataset.image(k).tobytes(), tuple(row["categories"])]
        assert [o.slot for o in picture.objects] == row["slots"]
        if "large" in row["size_levels"]:
            assert [o.size_level for o in picture.objects] == row["size_levels"]
        else:
            assert {o.size_level for o in picture.objects} == {""}
