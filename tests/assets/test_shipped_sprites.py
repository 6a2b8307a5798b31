"""The sprite libraries that the package carries."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import pytest

from primacy.assets.attribution import LICENCES, is_share_alike
from primacy.assets.build import shipped
from primacy.assets.catalogue import load
from primacy.assets.library import BUILTIN, SPRITE_PX, builtin, read
from primacy.assets.strips import measure_views
from primacy.design.vocabulary import load_vocabulary

ROOT = Path(str(resources.files("primacy.assets") / "sprites"))
SPRITES = [s for name in BUILTIN for s in read([ROOT / name]).sprites]


def test_every_shape_of_simco_is_there_in_both_materials():
    library = builtin("simco")
    assert library.categories == load_vocabulary("simco").names
    for category, sprites in library.by_category.items():
        assert [s.asset for s in sprites] == [f"{category}/rubber", f"{category}/metal"]
        assert all(s.tintable for s in sprites)


def test_comco_is_covered():
    known = {*load_vocabulary("comco").names, *load_vocabulary("coco80").names}
    library = builtin("comco")
    assert set(library.categories) <= known
    comco = [c for c in load_vocabulary("comco").names if c in library.by_category]
    assert len(comco) >= 72
    assert sum(len(library.by_category[c]) > 1 for c in comco) >= 40
    assert not any(s.tintable for s in library.sprites)


def test_libraries_hold_the_catalogue():
    for name, assets in shipped(load()).items():
        assert [s.asset for s in read([ROOT / name]).sprites] == [a.asset for a in assets]


@pytest.mark.parametrize("sprite", SPRITES, ids=lambda s: s.asset)
def test_strips_are_whole_and_show_something_from_every_side(sprite):
    views = sprite.pictures()  # checks the sha256
    assert views.shape == (8, SPRITE_PX, SPRITE_PX, 4)
    assert measure_views(views) == list(sprite.views)
    for view in views:
        assert (view[..., 3] >= 128).sum() > 100
        assert not view[[0, -1], :, 3].any() and not view[:, [0, -1], 3].any(), "the frame cuts the object"


def test_no_file_is_left_over_and_all_are_small():
    total = 0
    for name in BUILTIN:
        files = {s.file for s in read([ROOT / name]).sprites}
        assert {p.name for p in (ROOT / name).glob("*.webp")} == files
        total += sum(p.stat().st_size for p in (ROOT / name).iterdir())
    assert total <= 12_000_000


@pytest.mark.parametrize("name", BUILTIN)
def test_every_object_is_credited(name):
    credits = (ROOT / name / "ATTRIBUTION.md").read_text("utf-8")
    for sprite in read([ROOT / name]).sprites:
        assert sprite.author and sprite.title and sprite.licence in LICENCES
        assert f"| {sprite.asset} |" in credits


def test_share_alike_pictures_have_a_folder_and_a_notice_of_their_own():
    for name in BUILTIN:
        alike = {is_share_alike(s.licence) for s in read([ROOT / name]).sprites}
        assert alike == {name == "comco-sa"}
        assert (ROOT / name / "LICENCE.txt").exists() == (name == "comco-sa")
