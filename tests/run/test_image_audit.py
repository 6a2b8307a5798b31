"""Text and pictures in one run: what lands in the folder, that it can be counted again by hand, and that it repeats."""

import json
import math
import os
import subprocess
import sys

import numpy as np
import polars as pl
import pytest

from primacy.encoders import _image_tower
from primacy.errors import EncoderError, UsageError
from primacy.results.record import RunResult

PLANTED = "null:planted-image?area=0.5&centre=1&first=0.3&cluster=0.2"
TEXT = ("tor", "toc")
PICTURES = ("ior", "i2tor", "toir", "ioc", "matching")


def key(e):
    return (e.probe, e.protocol, e.n_objects, e.template, e.stimuli, e.metric, e.group, e.level)


def found(result, probe, metric, group, stimuli="one-large"):
    own = [e for e in result.estimates if (e.probe, e.metric, e.group, e.stimuli) == (probe, metric, group, stimuli)]
    return {e.level: e for e in own}


def image_trials(outcome, name="image_trials.parquet"):
    return pl.read_parquet(outcome.folder.file(name))


@pytest.fixture(scope="module")
def whole(shown):
    return shown(PLANTED)


@pytest.fixture(scope="module")
def seen(shown, tiny_clip):
    """A real image tower with one untrained twin."""
    return shown(tiny_clip, untrained=1, sets=8, sentences=30)


def test_one_run_covers_text_and_pictures(whole):
    result = whole.result
    assert {e.probe for e in result.estimates} == {*TEXT, *PICTURES}
    assert result.spec.probes == (*TEXT, *PICTURES, "attention")  # what was asked of the encoder is written down
    assert result.schema_version == 2
    names = {path.name for path in whole.folder.path.iterdir()} - {".lock"}
    assert names == {
        "spec.json", "result.json", "report.html", "log.jsonl", "examples", "trials.parquet", "null_trials.parquet",
        "toc_trials.parquet", "image_trials.parquet", "null_image_trials.parquet",
    }  # fmt: skip
    assert RunResult.model_validate_json(whole.folder.file("result.json").read_text()) == result
    page = whole.folder.file("report.html").read_text()
    for heading in ("TOR", "IOR", "I2TOR", "TOIR", "IOC", "Matching"):
        assert heading in page
    for example in result.examples:
        assert whole.folder.file(example.file).stat().st_size > 0
    events = [json.loads(line)["event"] for line in whole.folder.file("log.jsonl").read_text().splitlines()]
    assert events[0] == "started" and events[-1] == "complete" and "scored pictures" in events


def test_a_real_tower_has_every_probe(seen):
    result = seen.result
    assert {e.probe for e in result.estimates} == {*TEXT, *PICTURES, "attention"}
    assert {"untrained#0", "mean-colour", "flat-bag", "bag"} <= {null.name for null in result.nulls}
    shares = [e for e in result.estimates if e.probe == "attention" and e.metric == "attention_share"]
    assert {"large*1", "small*1", "large*rollout"} <= {e.level for e in shares}
    twin = next(null for null in result.nulls if null.name == "untrained#0")
    assert {e.probe for e in twin.estimates} >= {*TEXT, *PICTURES}


@pytest.mark.parametrize("which", ["whole", "seen"])
def test_every_number_has_its_denominator_and_interval(which, request):
    result = request.getfixturevalue(which).result
    for own in (result.estimates, *(null.estimates for null in result.nulls)):
        assert len({key(e) for e in own}) == len(own)
        for e in own:
            if e.value is None:
                assert e.ci_low is None and e.ci_high is None, e
                continue
            assert math.isfinite(e.value) and e.n > 0 and e.n_clusters > 0, e
            if e.ci_low is not None:
                assert e.ci_low - 1e-12 <= e.value <= e.ci_high + 1e-12, e
    names = [null.name for null in result.nulls]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("which", ["whole", "seen"])
def test_nulls_answer_what_the_encoder_was_asked(which, request):
    """No null has a number that the encoder lacks, but for the layer of a null that has no other."""
    result = request.getfixturevalue(which).result
    asked = {key(e) for e in result.estimates}
    for null in result.nulls:
        assert {key(e) for e in null.estimates if not e.level.endswith("objects")} <= asked, null.name
    for verdict in result.verdicts:
        if verdict.probe in PICTURES:
            assert verdict.nulls and "constant" in {null.name for null in verdict.nulls}


def test_retrieval_can_be_counted_again_from_the_trials(whole):
    result, trials = whole.result, image_trials(whole)
    assert set(trials["probe"].unique()) == {"ior", "i2tor"}
    for probe in ("ior", "i2tor"):
        own = trials.filter(probe=probe, stimuli="one-large")
        assert len(own) == 4 * 9 * (12 if probe == "ior" else 2)  # sets x (objects x slots) x versions
        credit = np.array(own["winner_credit"].to_list())
        np.testing.assert_allclose(credit.sum(axis=1), 1)
        levels, slots = np.array(own["sizes"].to_list()), np.array(own["slots"].to_list())
        shares = found(result, probe, "winner_share", "size_level")
        for level in ("large", "small"):
            assert shares[level].value == pytest.approx(credit[levels == level].mean())
        for slot, e in found(result, probe, "winner_share", "slot").items():
            assert e.value == pytest.approx(credit[slots == slot].mean())
        bias = found(result, probe, "size_bias", "size_level")["large-small"]
        assert bias.value == pytest.approx(credit[levels == "large"].mean() - credit[levels == "small"].mean())
        areas = np.array(own["areas"].to_list())
        largest = credit[np.arange(len(areas)), areas.argmax(axis=1)].mean()
        assert found(result, probe, "winner_share", "size_rank")["1"].value == pytest.approx(largest)


def test_the_nulls_trials_are_on_the_same_pictures(whole):
    own, theirs = image_trials(whole), image_trials(whole, "null_image_trials.parquet")
    pictures = own.filter(probe="ior")["scene_id"].unique().sort().to_list()
    for name in theirs["encoder"].unique():
        null = theirs.filter(encoder=name, probe="ior")
        assert null["scene_id"].unique().sort().to_list() == pictures, name


def numbers(result):
    """Everything that a run says, but for when and how fast."""
    return result.model_dump_json(exclude={"provenance"})


def assert_close(result, other):
    """The same up to the rounding of a tower whose batches were cut otherwise."""
    assert [v.kind for v in result.verdicts] == [v.kind for v in other.verdicts]
    for a, b in zip(result.estimates, other.estimates, strict=True):
        assert key(a) == key(b)
        if a.value is None or b.value is None:
            assert a.value == b.value, key(a)
        else:
            assert a.value == pytest.approx(b.value, rel=1e-4, abs=1e-5), key(a)


FEW = {"probes": ("i2tor", "toir", "ioc", "matching"), "images": {"sets": 2, "ladder_sets": 2, "ioc_sets": 12}}


def test_the_same_spec_gives_the_same_bytes(shown):
    first, again = shown(PLANTED, **FEW), shown(PLANTED, out="again", **FEW)
    assert not again.reused and again.result.run_id == first.result.run_id
    assert numbers(again.result) == numbers(first.result)
    for name in ("image_trials.parquet", "null_image_trials.parquet"):
        assert again.folder.file(name).read_bytes() == first.folder.file(name).read_bytes()


def test_numbers_do_not_depend_on_cache_or_batch(shown, tiny_clip, tmp_path, monkeypatch):
    few = FEW | {"probes": ("i2tor", "matching")}
    none = shown(tiny_clip, **few).result
    cold = shown(tiny_clip, out="cold", cache=tmp_path / "cache", **few).result
    warm = shown(tiny_clip, out="warm", cache=tmp_path / "cache", **few).result
    assert numbers(cold) == numbers(warm)
    assert_close(cold, none)
    monkeypatch.setattr(_image_tower.ImagePace, "batch", 5)
    monkeypatch.setattr("primacy.run.image.scoring.BLOCK", 7)
    assert_close(shown(tiny_clip, out="odd", **few).result, none)


def test_numbers_do_not_depend_on_the_hash_seed(shown, tmp_path):
    here = shown(PLANTED, **FEW).result
    code = (
        "import pathlib\n"
        "from primacy.results.spec import AuditSpec\n"
        "from primacy.run.audit import audit\n"
        f"spec = AuditSpec.model_validate_json({here.spec.model_dump_json()!r})\n"
        "result = audit(spec, out=pathlib.Path('out'), cache=None).result\n"
        "print(result.model_dump_json(exclude={'provenance'}))"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "7", "OMP_NUM_THREADS": "1"}
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == numbers(here)


def test_a_text_encoder_has_the_probes_of_texts(shown):
    result = shown("null:bag").result
    assert result.spec.probes == TEXT and {e.probe for e in result.estimates} == set(TEXT)
    assert not (shown("null:bag").folder.file("image_trials.parquet")).exists()
    with pytest.raises(UsageError, match="takes no pictures, so that it has no probe ior") as raised:
        shown("null:bag", probes=("tor", "ior"))
    assert "tor" in raised.value.hint


def test_probes_of_pictures_alone_need_no_captions(shown):
    outcome = shown(PLANTED, probes=("i2tor",))
    assert {e.probe for e in outcome.result.estimates} == {"i2tor"}
    assert not outcome.folder.file("trials.parquet").exists()


def test_several_numbers_of_objects_stand_side_by_side(shown):
    result = shown(PLANTED, objects=(2, 3), probes=("i2tor", "matching")).result
    for probe in ("i2tor", "matching"):
        counts = {e.n_objects for e in result.estimates if (e.probe, e.stimuli) == (probe, "one-large")}
        assert counts == {2, 3}, probe


def test_a_pixel_baseline_answers_what_needs_no_words(shown):
    few = {"sets": 2, "ladder_sets": 2}
    for probes in (("ior", "ioc"), ("ioc",)):
        assert {e.probe for e in shown("null:low-res", few, probes=probes).result.estimates} == set(probes)
    with pytest.raises(EncoderError, match="sees pixels only") as raised:
        shown("null:low-res", few, probes=("ior", "i2tor"))
    assert "ior, ioc" in raised.value.hint


def test_a_run_that_can_answer_nothing_says_so(shown):
    with pytest.raises(UsageError, match="null:flat-bag cannot answer attention on these pictures") as raised:
        shown("null:flat-bag", {"sets": 2}, probes=("attention",))
    assert "image_attention" in raised.value.hint


def test_every_picture_is_embedded_once_where_nothing_is_cached(shown, tiny_clip, tmp_path, monkeypatch):
    """The nulls' items are the audited encoder's single objects, which it has embedded already."""
    embedded = []
    once = _image_tower.SeesImages.encode_prepared
    monkeypatch.setattr(
        _image_tower.SeesImages, "encode_prepared", lambda self, some: embedded.append(len(some)) or once(self, some)
    )
    outcome = shown(tiny_clip, untrained=0, probes=("ior", "i2tor"), out=tmp_path)
    events = [json.loads(line) for line in outcome.folder.file("log.jsonl").read_text().splitlines()]
    told = {event["encoder"]: event["pictures"] for event in events if event["event"] == "scored pictures"}
    assert sum(embedded) == told["encoder"] and "flat-bag" in told
