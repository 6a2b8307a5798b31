"""From what a user names to objects and renderers."""

import pickle

import pytest

from primacy.assets.library import BUILTIN, builtin
from primacy.design.vocabulary import load_vocabulary
from primacy.errors import AssetError, UnknownNameError, UsageError
from primacy.stimuli.sources import VOCABULARIES, RendererChoice, object_library

try:
    _SPRITES = all(builtin(name).sprites for name in BUILTIN)
except AssetError:
    _SPRITES = False
needs_sprites = pytest.mark.skipif(not _SPRITES, reason="this checkout has no sprites")


@needs_sprites
@pytest.mark.parametrize("name", VOCABULARIES)
def test_libraries_have_objects_of_the_vocabulary_alone(name):
    library = object_library(name)
    assert set(library.categories) <= set(load_vocabulary(name).names)
    assert len(library.categories) > 10


@needs_sprites
def test_coco80_and_comco_share_objects():
    some, others = object_library("coco80"), object_library("comco")
    assert {s.asset for s in some.sprites} & {s.asset for s in others.sprites}
    assert some.digest != others.digest


def test_unknown_names():
    with pytest.raises(UnknownNameError, match="vocabulary or folder of sprites 'comko'"):
        object_library("comko")
    with pytest.raises(UnknownNameError, match="renderer 'blendr'"):
        RendererChoice("blendr", "comco")


def test_settings_of_another_renderer():
    with pytest.raises(UsageError, match="--samples is for --renderer blender"):
        RendererChoice("collage", "comco", samples=4)
    with pytest.raises(UsageError, match="--samples is 9999"):
        RendererChoice("blender", "comco", samples=9999)


def test_a_choice_can_be_sent_to_another_process():
    choice = RendererChoice("blender", "comco", samples=4)
    assert pickle.loads(pickle.dumps(choice)) == choice  # noqa: S301 - our own bytes
