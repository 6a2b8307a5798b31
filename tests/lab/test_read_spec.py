"""Recipes from files and by name, and mistakes in them."""

import pytest

from primacy.encoders.lab.files import LabModel
from primacy.errors import UnknownNameError, UsageError
from primacy.lab import shipped
from primacy.lab.read_spec import checked_spec, read_spec, recipe_of
from primacy.lab.shipped import recipe_names
from primacy.lab.spec import LabSpec


def test_an_empty_file_is_the_default_recipe(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text("", "utf-8")
    assert read_spec(str(path)) == LabSpec()


def test_fields_of_a_file(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(
        'seed = 3\n[model]\nattention = "bidirectional"\ntext = {layers = 1}\n[scenes]\ncategories = ["dog", "cat"]\n'
        "objects = {1 = 1, 2 = 2.5}\n[captions.order]\narea = -0.5\n[train]\ncheckpoints = [0, 1280]\n",
        "utf-8",
    )
    spec = read_spec(str(path))
    assert (spec.seed, spec.model.attention, spec.model.text.layers) == (3, "bidirectional", 1)
    assert spec.scenes.categories == ("dog", "cat") and spec.scenes.objects == {1: 1.0, 2: 2.5}
    assert spec.captions.order.area == -0.5 and spec.train.checkpoints == (0, 1280)
    assert spec.model.image == LabSpec().model.image


@pytest.mark.parametrize("name", recipe_names())
def test_shipped_recipes_can_be_read(name):
    assert read_spec(name).steps > 0


def test_a_shipped_recipe_by_name(tmp_path, monkeypatch):
    (tmp_path / "recipes").mkdir()
    (tmp_path / "recipes" / "plain.toml").write_text("seed = 9", "utf-8")
    (tmp_path / "recipes" / "notes.md").write_text("", "utf-8")
    monkeypatch.setattr(shipped, "RECIPES", tmp_path / "recipes")
    assert recipe_names() == ["plain"]
    assert read_spec("plain").seed == 9
    with pytest.raises(UnknownNameError, match="unknown recipe 'plein'") as error:
        read_spec("plein")
    assert "Did you mean plain" in error.value.hint


def test_no_recipes_are_shipped(tmp_path, monkeypatch):
    monkeypatch.setattr(shipped, "RECIPES", tmp_path / "recipes")
    assert recipe_names() == []
    with pytest.raises(UnknownNameError, match="unknown recipe 'natural'"):
        read_spec("natural")


@pytest.mark.parametrize(
    ("text", "said", "hint"),
    [
        ("sede = 1", "unknown field of a recipe in mine.toml: 'sede'", "Did you mean seed"),
        ("[model]\natention = 1", "unknown field of model in mine.toml: 'atention'", "Did you mean attention"),
        ("[captions.order]\nareas = 1", "unknown field of captions.order in mine.toml: 'areas'", "Did you mean area"),
        ("[model.image]\nwide = 64", "unknown field of model.image", "Did you mean width"),
        ("[train]\nbatch = 1", "mine.toml: train.batch: Input should be greater than or equal to 2", ""),
        ("[train]\nbatch = 'many'", "mine.toml: train.batch: Input should be a valid integer", ""),
        ("[model]\nattention = 'both'", "model.attention: Input should be 'causal' or 'bidirectional'", ""),
        ("[model]\nside = 20", "mine.toml: model: side 20 is no multiple of patch 8", ""),
        ("[model.text]\nwidth = 48\nheads = 5", "model.text: width 48 is no multiple of heads 5", ""),
        ("[captions.order]\narea = 0.7\ncentre = -0.7", "captions.order: the shares .* sum to 1.4, above 1", ""),
        ("[scenes]\nobjects = {7 = 1.0}", "scenes.objects.7", ""),
        ("[scenes]\nobjects = {1 = -1.0}", "scenes.objects.1: Input should be greater than or equal to 0", ""),
        ("[scenes]\nobjects = {}", "scenes.objects: no entry is above 0", ""),
        ("[captions]\ntemplates = {and = 0}", "captions.templates: no entry is above 0", ""),
        ("[scenes]\nviews = [1, 1]", "scenes.views: an entry stands twice", ""),
        ("[scenes]\nviews = [1]", "scenes.views", ""),
        ("[train]\nrate = nan", "train.rate", ""),
        ("[train]\nrate = inf", "train.rate", ""),
        ("model = 3", "mine.toml: model: ", ""),
        ("seed = ", "mine.toml is no TOML", ""),
        ("seed = 9223372036854775808", "mine.toml: seed: Input should be less than or equal to", ""),
        (f"seed = {'9' * 5000}", "mine.toml is no TOML", ""),
        ("a = " + "[" * 20_000, "mine.toml is nested too deeply", ""),
        ("#" * 1_000_001, "mine.toml is above 1,000,000 bytes", "a recipe or an experiment"),
        ("[scenes]\nobjects = {1 = 1e308, 2 = 1e308}", "scenes.objects: the entries sum to infinity", ""),
        ("[train]\nbatch = 1000000000000", "train.batch: Input should be less than or equal to 65536", ""),
        ("[train]\ncheckpoints = [-5]", "train.checkpoints.0: Input should be greater than or equal to 0", ""),
        ("[train]\nsamples = 9\ncheckpoints = [0, 9, 10]", "mine.toml: train: a checkpoint at 10 samples is after", ""),
        ("[model]\nword_std = inf", "model.word_std: Input should be a finite number", ""),
    ],
    ids=lambda value: value[:60],
)
def test_mistakes_are_one_line_that_names_the_field(tmp_path, monkeypatch, text, said, hint):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.toml").write_text(text, "utf-8")
    with pytest.raises(UsageError, match=said) as error:
        read_spec("mine.toml")
    assert "\n" not in str(error.value)
    assert hint in error.value.hint


def test_files_that_cannot_be_read(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="there is no file mine"):
        read_spec("mine.toml")
    (tmp_path / "mine.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError, match="cannot read mine"):
        read_spec("mine.toml")


def test_a_recipe_survives_json():
    spec = checked_spec(
        {"scenes": {"objects": {"3": 1, "1": 2}}, "captions": {"templates": {"photo": 1, "and": 2}}}, "x"
    )
    again = LabSpec.model_validate_json(spec.model_dump_json())
    assert again == spec
    assert list(again.scenes.objects) == [3, 1] and list(again.captions.templates) == ["photo", "and"]


@pytest.mark.parametrize(("samples", "steps"), [(0, 0), (1, 1), (128, 1), (129, 2)])
def test_steps_reach_the_samples(samples, steps):
    assert checked_spec({"train": {"samples": samples}}, "x").steps == steps


def test_areas_have_the_asked_mean_and_ratio():
    low, high = checked_spec({"scenes": {"area": 0.04, "disparity": 9.0}}, "x").scenes.areas
    assert (low * high) ** 0.5 == pytest.approx(0.04) and high / low == pytest.approx(9)


def test_the_mark_that_editors_of_windows_put_first_is_no_part_of_a_recipe(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_bytes(b"\xef\xbb\xbfseed = 4")
    assert read_spec(str(path)).seed == 4


def test_a_models_recipe_of_another_version_is_told_of():
    def found(recipe):
        return LabModel(None, None, recipe, 0)

    spec = checked_spec({"seed": 3}, "x")
    assert recipe_of(found(spec.model_dump(mode="json")), "lab:x") == spec
    for recipe, said in (
        ({"scenes": {"area": "large"}}, r"^the recipe of lab:x: scenes\.area: Input should be"),
        ({"train": {"momentum": 0.9}}, "^unknown field of train in the recipe of lab:x: 'momentum'$"),
    ):
        with pytest.raises(UsageError, match=said) as error:
            recipe_of(found(recipe), "lab:x")
        assert error.value.hint.startswith("Another version of Primacy wrote it")
