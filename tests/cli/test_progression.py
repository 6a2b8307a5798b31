"""`primacy progress` as a user meets it."""

import json
import sys

import pytest

from primacy.cli.app import main

SMALL = ["--vocabulary", "simco", "--objects", "3", "--sets", "12", "--probes", "tor"]
THREE = ["null:planted?first=0=1e9", "null:planted?first=0.4=2e9", "null:planted?first=0.9=4e9"]


@pytest.fixture
def primacy(tmp_path, monkeypatch, capsys):
    """The command in this process, as `main` would end it: its exit status, what it printed and what it said."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PRIMACY_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("COLUMNS", "80")

    def call(*arguments, code=0):
        monkeypatch.setattr(sys, "argv", ["primacy", "progress", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        shown = capsys.readouterr()
        assert (ended.value.code or 0) == code, shown.out + shown.err
        return shown

    return call


def test_table_files_and_json(primacy, tmp_path):
    shown = primacy(*THREE, *SMALL, "-o", "kept").out
    assert "TOR, 3 objects: order bias" in shown
    assert "Kendall's tau +1.00" in shown
    (folder,) = (tmp_path / "kept").glob("progress-*")
    assert {path.name for path in folder.iterdir()} == {"progress.json", "progress.svg", "progress.png"}
    written = [line.removeprefix("Written: ") for line in shown.splitlines() if line.startswith("Written: ")]
    assert all((tmp_path / path).is_file() for path in written) and len(written) == 3
    found = json.loads(primacy(*THREE, *SMALL, "-o", "kept", "--json").out)
    assert found == json.loads((folder / "progress.json").read_text())
    assert [point["x"] for point in found["series"][0]["points"]] == [1e9, 2e9, 4e9]
    assert len(list((tmp_path / "kept").glob("*/result.json"))) == 3  # the runs of the first call


def test_pictures_are_shown_where_the_encoders_take_them(primacy):
    asked = ["null:planted-image?area=0.2=10", "null:planted-image?area=1=20", *SMALL[:-2]]
    pictures = ["--scenes", "simco", "--image-sets", "2", "--ladder-sets", "2", "--image-size", "32"]
    pictures += ["--image-categories", "cube,cone,star,heart", "--untrained", "0"]
    effects = [series["effect"] for series in json.loads(primacy(*asked, *pictures, "--json").out)["series"]]
    assert effects == ["first-last", "large-small", "log area"]


@pytest.mark.parametrize("how", [(), ("--json",)])
def test_one_that_fails_is_named_at_the_end_and_loses_no_other(primacy, how):
    done = primacy(THREE[0], "null:planted?frist=1=2e9", THREE[2], *SMALL, *how, code=2)
    assert "4 B" in done.out or "4000000000.0" in done.out
    said = done.err.splitlines()[-2:]
    assert said[0].startswith("primacy: null:planted?frist=1: unknown parameter")
    assert "Did you mean first" in said[1]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["null:bag"], "a single checkpoint shows no progress"),
        (["."], "no run of `primacy lab train`: it has no spec.json"),
        (["null:bag=2", "null:constant=1"], "stands after"),
        (["null:bag=2", "null:constant=2"], "both seen 2 samples"),
        (["null:bag=1", "null:constant"], "null:constant does not say how many samples"),
        ([*THREE, "--probes", "toc"], "--probes toc has no effect to follow"),
        ([*THREE, "--probes", "tur"], "Did you mean"),
        ([*THREE, "--vocabulary", "simko"], "Did you mean simco"),
        ([*THREE, "--probes", "ior"], "none of the 3 encoders could be audited"),
        (["nul:a=1", "nul:b=2"], "Did you mean null"),
        ([*THREE, "--cache", "x", "--no-cache"], "contradict"),
        ([*THREE, "--memory", "0.01", "--probes", "tor"], "expected at least 0.05"),
    ],
)
def test_mistakes_get_one_line_and_a_way_on(primacy, arguments, said):
    done = primacy(*arguments, code=2)
    assert said in done.err
    assert done.err.startswith("primacy: ")
    assert len(done.err.splitlines()) <= 3


def test_interrupt_is_one_line_and_130(primacy, monkeypatch):
    def stop(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("primacy.run.audit.audit", stop)
    done = primacy(*THREE, *SMALL, code=130)
    assert done.err.splitlines()[-1].startswith("Stopped.")
