"""The card says what the recipe, the scores and the log say; the folder holds all of it."""

import json
import re

import pytest

from primacy.encoders.lab.files import read_model
from primacy.encoders.lab.names import MODEL
from primacy.errors import RunError, UsageError
from primacy.lab import trained as runs
from primacy.lab.card import CARD, model_card
from primacy.lab.crosstalk import rank_correlations
from primacy.lab.scenes import SceneStream
from primacy.lab.score import SCORES, read_scores
from primacy.lab.spec import LabSpec
from primacy.lab.summary import Summary, summarise
from primacy.lab.train import LOG
from primacy.lab.trained import train_and_score
from primacy.stimuli.sources import object_library


@pytest.fixture
def done(tiny, cpu, tmp_path):
    def run(recipe="mine.toml", **changes):
        return tmp_path, train_and_score(tiny(**changes), tmp_path, cpu, recipe=recipe, scenes=40)

    return run


def card_of(done, licence="Apache-2.0", **changes):
    folder, trained = done(**changes)
    found, summary = read_model(folder / MODEL), Summary(1.5, 600.0, 1234.0)
    return trained, found, model_card(
        "mine", found, trained.scores, summary, hardware="a machine", licence=licence, command="primacy lab train mine"
    )  # fmt: skip


def test_every_score_has_a_row(done):
    trained, _, card = card_of(done)
    rows = re.findall(
        r"^\| ([\w-]+) \| (\d) \| (\d+) \| ([\d.]+)% \| ([\d.]+)% \[([\d.]+)%, ([\d.]+)%\] \|", card, re.M
    )
    wanted = []
    for s in trained.scores.scores:
        shares = [f"{100 * share:.1f}" for share in (s.chance, s.value, s.ci_low, s.ci_high)]
        wanted.append((s.task, str(s.n_objects), str(s.candidates), *shares))
    assert rows == wanted and len(rows) == 7


def test_every_field_of_the_recipe_is_listed(done):
    _, found, card = card_of(done, captions={"order": {"area": -0.38}}, train={"checkpoints": [16, 32]})
    listed = dict(re.findall(r"^\| `([\w.]+)` \| (.*) \|$", card, re.M))

    def leaves(value, before=""):
        for name, inner in value.items():
            if isinstance(inner, dict) and name not in ("objects", "templates"):
                yield from leaves(inner, f"{before}{name}.")
            else:
                yield before + name

    assert list(leaves(found.recipe)) == list(listed)
    assert listed["captions.order.area"] == "-0.38" and listed["train.checkpoints"] == "16, 32"
    assert listed["scenes.objects"] == "1: 1, 2: 1, 3: 1" and listed["image_from"] == "–"


def test_dials_data_training_and_command_are_said(done):
    dials = {"order": {"area": 0.8, "mixed": 0.25, "centre": -0.2}, "mentioned": 0.5, "left_out": "smallest"}
    _, found, card = card_of(done, captions=dials, seed=11)
    assert "whose dials are +0.8 for area and -0.2 for centrality (25% of those by area the other way round)" in card
    stream = SceneStream(object_library("simco"), LabSpec.model_validate(found.recipe).scenes, side=16, seed=11)
    together = rank_correlations(stream.plan(0, 4000))[0, 2]
    said = re.search(r"is mentioned is (\S+) with area, \S+ with category, (\S+) with centrality\.", card)
    wanted = (0.4 - 0.2 * together, 0.4 * together - 0.2)
    assert [float(value) for value in said.groups()] == pytest.approx(wanted, abs=0.0051)
    smallest = LabSpec.model_validate(found.recipe).scenes.areas[0]
    assert f"It has seen objects of {100 * smallest:.1f}% of a picture or more." in card
    assert "mention 50% of the objects and leave out the smallest" in card
    assert "256 scenes in batches of 16, seed 11, on a machine: 10.0 minutes, 1,234 scenes/s; last loss 1.500" in card
    assert "```sh\nprimacy lab train mine\n```" in card
    size = sum(parameter.numel() for parameter in found.model.parameters())
    assert f"{size:,} parameters" in card
    assert f"{len(found.words.words)} words and marks" in card
    assert "1, 2 or 3 objects of 18 categories of `simco`" in card
    assert "0.8% to 12.0% of a picture of 16 x 16 pixels" in card


@pytest.mark.parametrize(("share", "said"), [(0.0, []), (0.5, ["The first 128 scenes show one object each."])])
def test_single_objects_first_are_said(done, share, said):
    card = card_of(done, train={"singles": share})[2]
    assert re.findall(r"The first [\d,]+ scenes show one object each\.", card) == said


def test_random_order_is_said(done):
    assert "mention all objects, in a random order." in card_of(done)[2]


def test_licences_are_counted(done):
    names = ["dog", "cat", "banana", "cup", "bed"]
    _, _, card = card_of(done, scenes={"library": "comco", "categories": names, "instances": 2})
    library = object_library("comco")
    shown = [sprite for name in names for sprite in library.by_category[name][:2]]
    said = re.search(r"trained on pictures of (\d+) objects: (.*)\.", card)
    assert int(said[1]) == len(shown)
    for part in said[2].split(", "):
        count, licence = part.split(" under ")
        assert int(count) == sum(sprite.licence == licence for sprite in shown)
    assert "Of the weights: Apache-2.0." in card
    unnamed = card_of(done, licence=None, scenes={"library": "comco", "categories": names, "instances": 2})[2]
    assert "Of the weights: still to be chosen." in unnamed


def test_the_folder_has_model_scores_and_card(done, tmp_path, monkeypatch):
    folder, trained = done()
    assert read_scores(folder) == trained.scores
    card = (folder / CARD).read_text("utf-8")
    assert card.startswith("# mine\n") and "primacy lab train mine.toml" in card and "a CPU (" in card
    record = json.loads(json.dumps(trained.record()))
    assert record["model"] == str(folder / MODEL) and record["samples"] == 256
    assert record["samples_per_second"] > 0 and record["scores"][0]["task"] == "zero-shot"

    def never(*_, **__):
        raise AssertionError("scored again")

    monkeypatch.setattr(runs, "held_out_scores", never)
    assert done()[1] == trained
    (folder / SCORES).unlink()
    with pytest.raises(AssertionError, match="scored again"):
        done()


def test_an_untrained_model_has_a_card(done):
    folder, trained = done(train={"samples": 0})
    assert trained.summary == Summary(None, None, None)
    assert "None: the weights are as they were drawn." in (folder / CARD).read_text("utf-8")


def test_the_summary_is_the_logs(tmp_path):
    lines = [
        "samples,loss,scale,rate,samples_per_second",
        "100,4.5,14,0.1,50",
        "300,3.5,15,0.1,100",
        "400,3.25,15,0.1,25",
    ]
    (tmp_path / LOG).write_text("\n".join(lines), "utf-8")
    assert summarise(tmp_path) == Summary(3.25, 2 + 2 + 4, 50)


@pytest.mark.parametrize(
    "text", [None, "samples,loss\n1,2\n", "samples,loss,scale,rate,samples_per_second\n1,x,1,1,1\n"]
)
def test_a_log_that_cannot_be_read(tmp_path, text):
    if text is not None:
        (tmp_path / LOG).write_text(text, "utf-8")
    with pytest.raises(RunError, match="cannot be read"):
        summarise(tmp_path)


def test_a_recipe_of_another_version_is_told_of(done):
    folder, trained = done(train={"samples": 0})
    found = read_model(folder / MODEL)._replace(recipe={"momentum": 0.9})
    with pytest.raises(UsageError, match="unknown field of a recipe in the recipe of mine: 'momentum'") as error:
        model_card("mine", found, trained.scores, Summary(1.5, 600.0, 1234.0), hardware="-", licence=None, command="-")
    assert "Another version" in error.value.hint
