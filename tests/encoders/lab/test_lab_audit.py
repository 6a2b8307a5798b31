"""A lab model through the whole line, and what a run says of words that it does not know."""

from __future__ import annotations

import json
import sys

import pytest

pytest.importorskip("torch")

from primacy.cli.app import main
from primacy.design.vocabulary import load_vocabulary
from primacy.encoders.base import EncoderOptions
from primacy.encoders.lab.encoder import LabEncoder
from primacy.encoders.lab.words import split_words
from primacy.encoders.load import load_encoder
from primacy.listener import Silent
from primacy.results.spec import AuditSpec, ImageSpec
from primacy.run.audit import audit
from primacy.run.image.sources import make_image_plan
from primacy.run.known_words import known_words
from primacy.run.plan import count_words, make_plan

SIMCO = load_vocabulary("simco")
NAMES = {word for name in SIMCO.names for word in split_words(name)}
ALL = sorted(NAMES | {"a", "an", "photo", "of", "and", "something"})
FEW = {"scenes": "simco", "sets": 2, "ladder_sets": 2, "ioc_sets": 9, "foils": 2, "size": 32}


@pytest.fixture(scope="module")
def path(write_lab, tmp_path_factory):
    return write_lab(tmp_path_factory.mktemp("lab") / "model.safetensors", words=ALL)


def check_of(result):
    (check,) = [check for check in result.checks if check.name == "known words"]
    return check


def test_audit_from_the_command_line(path, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PRIMACY_CACHE", str(tmp_path / "cache"))
    arguments = [
        "audit", f"lab:{path}", "--probes", "tor,ior,i2tor,attention", "--sets", "5", "--objects", "3",
        "--vocabulary", "simco", "--scenes", "simco", "--image-sets", "2", "--ladder-sets", "2",
        "--image-size", "32", "--untrained", "1", "--device", "cpu", "--json",
    ]  # fmt: skip
    monkeypatch.setattr(sys, "argv", ["primacy", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    shown = capsys.readouterr()
    assert not ended.value.code, shown.err
    result = json.loads(shown.out)
    probes = {e["probe"] for e in result["estimates"]}
    assert probes == {"tor", "ior", "i2tor", "attention"}
    nulls = {null["name"]: null for null in result["nulls"]}
    twin = nulls["untrained#0"]
    assert {e["probe"] for e in twin["estimates"]} == probes
    assert result["provenance"]["encoder"]["library"] == "primacy"
    assert result["provenance"]["encoder_fingerprint"] != twin["fingerprint"]
    (check,) = [check for check in result["checks"] if check["name"] == "known words"]
    assert check["status"] == "ok"
    (log,) = (tmp_path / "runs").glob("*/log.jsonl")
    scored = [json.loads(line) for line in log.read_text().splitlines() if '"scored"' in line]
    assert {line["encoding"] for line in scored if line["encoder"] in ("encoder", "untrained#0")} == {"prefix tree"}


@pytest.mark.parametrize("known", [ALL, sorted(NAMES)], ids=["all known", "names known"])
@pytest.mark.parametrize("probe", ["tor", "toc", "i2tor", "toir", "matching"])
def test_words_are_asked_for_wherever_texts_are_shown(probe, known, write_lab, tmp_path, monkeypatch):
    """What the check asks for is what the encoder is shown, by whatever probe."""
    path = write_lab(tmp_path / "model.safetensors", words=known)
    shown, asked = set[str](), set[str]()
    encode, unknown = LabEncoder.encode_pieces, LabEncoder.unknown_words

    def encode_pieces(self, texts):
        shown.update(word for text in texts for word in split_words(text))
        return encode(self, texts)

    def unknown_words(self, texts):
        texts = list(texts)
        asked.update(word for text in texts for word in split_words(text))
        return unknown(self, texts)

    monkeypatch.setattr(LabEncoder, "encode_pieces", encode_pieces)
    monkeypatch.setattr(LabEncoder, "unknown_words", unknown_words)
    spec = AuditSpec(
        encoder=f"lab:{path}", probes=(probe,), objects=(3,), vocabulary="simco", sets=4, sentences=30, untrained=0,
        templates=("plain-a",), gallery="balanced", images=ImageSpec(**FEW),
    )  # fmt: skip
    check = check_of(audit(spec, out=tmp_path, cache=None, device="cpu").result)
    assert shown <= asked
    assert asked - shown <= NAMES  # of categories that were not drawn
    lacking = sorted(asked - set(known))
    assert bool(lacking) == (known is not ALL)
    assert check.status == ("warning" if lacking else "ok")
    if lacking:
        assert check.message.startswith(f"{len(lacking)} words are not known to the encoder")
        assert check.message.endswith(f": {', '.join(lacking)}.")


def check_without_a_run(encoder, **fields):
    spec = AuditSpec(encoder=encoder, **{"objects": (2,), "images": ImageSpec(**FEW)} | fields)
    plan = make_plan(spec, count_words)
    encoder = load_encoder(encoder, EncoderOptions(device="cpu"))
    return known_words(encoder, spec, plan, make_image_plan(spec, Silent()))


def test_observed_captions_are_read_to_the_last(path, tmp_path):
    captions = [{"image_id": i, "id": i, "caption": f"the cube, the cone of {i}"} for i in range(1200)]
    captions[-1]["caption"] = "a cube and the cone of a zebra"
    (tmp_path / "captions.json").write_text(json.dumps({"images": [], "annotations": captions}))
    (tmp_path / "names.txt").write_text("cube\ncone\nkangaroo\n")
    (check,) = check_without_a_run(
        f"lab:{path}", probes=("tor",), vocabulary=str(tmp_path / "names.txt"), design="captions",
        captions=str(tmp_path / "captions.json"),
    )  # fmt: skip
    assert {"cube", "cone"} <= NAMES
    assert check.message.startswith("1,203 words are not known")  # and the numbers to 1,198, and the comma
    assert ": kangaroo, the, zebra, ,, 0, 1, 10," in check.message and check.message.endswith(", ....")


def test_where_there_is_nothing_to_ask(path):
    assert check_without_a_run("null:bag", probes=("tor",), vocabulary="simco") == []
    assert check_without_a_run(f"lab:{path}", probes=("ior",), vocabulary="comco") == []  # no text is shown


OWN = {"library": "simco", "categories": ["cube", "cone", "mug", "heart"], "area": 0.06, "disparity": 4.0}


def test_scenes_are_those_that_the_model_was_trained_on(write_lab, tmp_path):
    write_lab(tmp_path / "model.safetensors", words=ALL, recipe={"scenes": OWN})
    open_ended = {name: value for name, value in FEW.items() if name != "scenes"}

    def shown(name="", **images):
        spec = AuditSpec(
            encoder=f"lab:{tmp_path / 'model.safetensors'}{name}", probes=("i2tor",), objects=(2,), vocabulary="simco",
            untrained=0, images=ImageSpec(**open_ended | images),
        )  # fmt: skip
        return audit(spec, out=tmp_path, cache=None, device="cpu").result.spec.images

    for name in ("", "/untrained?seed=3"):
        own = shown(name, scenes="simco")
        assert own.categories == tuple(OWN["categories"])
        assert own.area == 0.12  # 8 times 0.03 is more than the largest that it saw
    chosen = shown(scenes="simco", area=0.02, categories=("cube", "star", "moon", "mug"))
    assert (chosen.area, chosen.categories) == (0.02, ("cube", "star", "moon", "mug"))
    assert shown(scenes="comco").categories == ()  # another library's objects


@pytest.mark.parametrize("recipe", [{}, {"scenes": {"colour": "red"}}], ids=["none", "of another version"])
def test_scenes_that_are_not_known_are_the_designs(write_lab, tmp_path, recipe):
    write_lab(tmp_path / "model.safetensors", words=ALL, recipe=recipe)
    assert load_encoder(f"lab:{tmp_path / 'model.safetensors'}", EncoderOptions(device="cpu")).scenes is None
