"""What is read off a model: names, sums that must hold, and that it is read once."""

import json
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest

from primacy.encoders.lab.files import LabModel, write_model
from primacy.errors import RunError, UsageError
from primacy.folder_lock import alone
from primacy.lab import readings, score
from primacy.lab.pairs import PairStream
from primacy.lab.readings import (
    ALL,
    READINGS,
    VERSION,
    Reading,
    Shown,
    audits,
    read_readings,
    reading_names,
    readings_of,
)
from primacy.lab.train import initial_model
from primacy.run import audit as auditing
from primacy.stimuli.sources import object_library

FEW = Shown(captions=6, scenes=2, ladder=2, exam=20, pairs=20)


@pytest.fixture(scope="module")
def untrained(tmp_path_factory):
    """Writes an untrained model into a folder of its own."""

    def write(spec, **recipe):
        folder = tmp_path_factory.mktemp("model")
        words = PairStream(spec).words
        found = LabModel(initial_model(spec, len(words)), words, spec.model_dump(mode="json") | recipe, 0)
        write_model(folder / "model.safetensors", found)
        return folder

    return write


def test_a_model_gives_every_reading_once_and_is_read_once(tiny, cpu, untrained, monkeypatch):
    folder = untrained(tiny(scenes={"categories": []}))
    taken = readings_of(folder, cpu, shown=FEW)
    by_name = {reading.name: reading for reading in taken}
    assert len(by_name) == len(taken)
    assert set(by_name) == set(reading_names()) and len(reading_names()) == len(taken)
    for after in ("", ", bare gallery"):
        shares = [by_name[f"winner share {k}{after}"].value for k in range(1, 5)]
        assert sum(shares) == pytest.approx(1)
        assert by_name[f"order bias{after}"].value == pytest.approx(shares[0] - shares[-1])
    for reading in taken:
        assert 0 < reading.n_clusters <= reading.n
        if reading.value is not None and reading.low is not None:
            assert reading.low <= reading.value <= reading.high
    assert (folder / "vocabulary.txt").read_text("utf-8").split("\n")[:-1] == object_library("simco").categories
    monkeypatch.setattr(auditing, "audit", None)
    monkeypatch.setattr(score, "held_out_scores", None)
    assert readings_of(folder, cpu) == read_readings(folder) == taken
    assert json.loads((folder / READINGS).read_text("utf-8"))["version"] == readings.VERSION == 1


def test_readings_of_other_audits_are_made_again(tiny, cpu, untrained, monkeypatch):
    folder = untrained(tiny())
    old, asked = [vars(Reading("order bias", 0.5, None, None, 9, 3))], []
    (folder / READINGS).write_text(json.dumps({"version": 1, "readings": old}), "utf-8")
    assert read_readings(folder)[0].value == 0.5

    def audit(_spec, *, fresh, **_):
        asked.append(fresh)
        return SimpleNamespace(result=SimpleNamespace(estimates=()))

    monkeypatch.setattr(auditing, "audit", audit)
    monkeypatch.setattr(readings, "VERSION", 2)
    assert read_readings(folder) is None
    taken = readings_of(folder, cpu, shown=FEW)
    assert asked == [True, True]  # a complete run of the old audits is no answer
    assert "order bias" not in {reading.name for reading in taken} and read_readings(folder) == taken
    monkeypatch.setattr(readings, "VERSION", 1)
    assert read_readings(folder) is None


def test_the_audits_are_of_the_models_own_objects_and_resolution(tiny, tmp_path):
    spec = tiny(scenes={"categories": ["red cube", "blue cube"]})
    asked = audits(spec, "lab:x", tmp_path / "v.txt")
    assert {name: (a.gallery, a.probes) for name, a in asked.items()} == {
        "balanced": ("balanced", ("tor", "ior", "i2tor")),
        "bare": ("bare", ("tor",)),
    }
    images = asked["balanced"].images
    assert (images.scenes, images.categories, images.size) == ("simco", ("red cube", "blue cube"), 32)
    assert (asked["balanced"].sets, images.sets, images.ladder_sets) == ALL[:3]
    few = audits(spec, "lab:x", tmp_path / "v.txt", FEW)["balanced"]
    assert (few.sets, few.images.sets, few.images.ladder_sets) == FEW[:3]
    assert audits(tiny(model={"side": 96}), "lab:x", tmp_path / "v.txt")["balanced"].images.size == 96


def test_a_second_process_waits_for_the_readings_of_the_first(tmp_path, cpu):
    kept = [Reading("order bias", 0.5, 0.4, 0.6, 10, 5)]
    with ThreadPoolExecutor(1) as pool:
        with alone(tmp_path):
            waiting = pool.submit(readings_of, tmp_path, cpu)
            with pytest.raises(TimeoutError):
                waiting.result(timeout=0.3)
            (tmp_path / READINGS).write_text(json.dumps({"version": VERSION, "readings": [vars(kept[0])]}), "utf-8")
        assert waiting.result() == kept


@pytest.mark.parametrize(
    "text",
    ["", "{", "{}", "3", '{"version": 1, "readings": [{}]}', '[{"name": "a"}]', '[{"name": "a", "value": "b"}]'],
)
def test_damaged_readings_are_named(tmp_path, cpu, text):
    (tmp_path / READINGS).write_text(text, "utf-8")
    with pytest.raises(RunError, match=r"readings\.json is damaged") as error:
        readings_of(tmp_path, cpu)
    assert "Remove it" in error.value.hint


def test_no_readings_are_none(tmp_path):
    assert read_readings(tmp_path) is None


def test_a_model_of_a_recipe_that_is_none_is_refused(tiny, cpu, untrained):
    folder = untrained(tiny(), sede=3)
    with pytest.raises(UsageError, match=r"unknown field of a recipe in .*: 'sede'"):
        readings_of(folder, cpu)
