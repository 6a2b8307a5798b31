"""Pictures from the command line: the journey of a user, mistakes, and the published tables of pictures."""

import json
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from primacy.cli.app import app, main

SMALL = [
    "--vocabulary", "simco", "--objects", "3", "--scenes", "simco", "--image-sets", "3", "--ladder-sets", "2",
    "--ioc-sets", "9", "--foils", "2", "--image-size", "48", "--sets", "10", "--sentences", "60",
]  # fmt: skip


@pytest.fixture
def primacy(tmp_path, monkeypatch, capsys):
    """The command in this process, as `main` would end it: its exit status, what it printed and what it said."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PRIMACY_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("COLUMNS", "80")

    def call(*arguments, code=0):
        monkeypatch.setattr(sys, "argv", ["primacy", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        shown = capsys.readouterr()
        assert (ended.value.code or 0) == code, shown.out + shown.err
        return shown

    return call


def test_render_audit_show(tmp_path):
    """In child processes: draw a folder, audit it beside texts, and show the run again."""

    def call(*arguments):
        done = subprocess.run(
            [sys.executable, "-m", "primacy", *arguments], cwd=tmp_path, capture_output=True, text=True, timeout=120,
            env={"PRIMACY_CACHE": str(tmp_path / "cache"), "COLUMNS": "80", "HOME": str(tmp_path)},
        )  # fmt: skip
        assert done.returncode == 0 and "Traceback" not in done.stderr, done.stdout + done.stderr
        return done.stdout

    call("render", "simco", "--design", "one-large", "--objects", "3", "--sets", "3", "--size", "48", "-o", "drawn")
    audit = ["audit", "null:planted-image?area=1", "--probes", "tor,i2tor,matching", *SMALL, "--scenes", "drawn"]
    shown = call(*audit)
    assert "I2TOR, 3 objects" in shown and "Matching, 3 objects" in shown and "TOR, 3 objects" in shown
    assert max(map(len, shown.splitlines()[:-1])) <= 80
    (run,) = json.loads(call("ls", "runs", "--json"))
    assert run["status"] == "complete"
    assert call("show", run["name"][:8]).splitlines()[:8] == shown.splitlines()[:8]


def test_json_and_quiet(primacy, tmp_path):
    asked = ["audit", "null:planted-image", "--probes", "i2tor", *SMALL]
    result = json.loads(primacy(*asked, "--json").out)
    (path,) = (tmp_path / "runs").glob("*/result.json")
    assert result == json.loads(path.read_text()) and result["spec"]["images"]["scenes"] == "simco"
    lines = primacy(*asked, "--quiet").out.splitlines()
    assert len(lines) == len(result["verdicts"])
    assert all(line.split()[0] in ("bias", "artefact", "equivalent", "inconclusive") for line in lines)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["audit", "null:bag", "--probes", "ior"], "takes no pictures"),
        (["audit", "null:planted-image", "--probes", "ior,toer"], "Did you mean tor or toir"),
        (["audit", "null:planted-imag"], "Did you mean planted-image"),
        (["audit", "null:flat-bag?noice=1"], "Did you mean noise"),
        (["audit", "null:area-bag?gamma=-1"], "gamma=-1"),
        (["audit", "null:planted-image", "--scenes", "simko"], "Did you mean simco"),
        (["audit", "null:planted-image", "--scenes", "."], "is no source of pictures"),
        (["audit", "null:planted-image", "--scenes", "hub:nonsense"], "names no data set on the hub"),
        (["audit", "null:planted-image", *SMALL, "--probes", "ior", "--gallery-scenes", "nowhere"], "nowhere"),
        (["audit", "null:planted-image", "--image-gallery", "centered"], "Did you mean centred"),
        (["audit", "null:planted-image", "--image-size", "8"], "--image-size"),
        (["audit", "null:planted-image", "--image-sets", "1"], "--image-sets"),
        (["audit", "null:planted-image", "--foils", "0"], "--foils"),
        (["audit", "null:planted-image", "--foils", "some"], "--foils is 'some'"),
        (["audit", "null:planted-image", "--photos", "."], "go together"),
        (["audit", "null:planted-image", "--instances", "x.json"], "go together"),
        (["audit", "null:planted-image", "--scenes", "simco", "--objects", "9", "--probes", "ior"], "9 objects"),
        (["audit", "null:low-res", *SMALL], "sees pixels only"),
        (["reproduce", "table4", "--photos", "."], "go together"),
        (["reproduce", "table4"], "needs --photos"),
        (["reproduce", "figure3", "--encoders", "null:bag"], "takes no pictures"),
    ],
)
def test_mistakes_get_one_line_and_a_way_on(primacy, arguments, said):
    done = primacy(*arguments, code=2)
    assert said in done.err
    assert done.err.startswith("primacy: ") and len(done.err.splitlines()) <= 3


TABLES = {
    "table2": (["--image-sets", "3"], "null:area-bag?noise=0.3", ["paper", "balanced"], "85.45"),
    "table6": (["--image-sets", "3"], "null:area-bag?noise=0.3", ["paper"], "67.50"),
}


@pytest.mark.parametrize("name", TABLES)
def test_published_tables_of_pictures(primacy, name):
    options, encoder, arms, printed = TABLES[name]
    asked = ["reproduce", name, "--encoders", encoder, "--scenes", "simco", *options]
    shown = primacy(*asked).out
    assert printed in shown and "n/clusters" in shown
    rows = json.loads(primacy(*asked, "--json").out)["rows"]
    assert [row["arm"] for row in rows] == arms
    for row in rows:
        for cell in row["cells"]:
            assert cell["value"] is None or 0 <= cell["value"] <= 1
            assert cell["value"] is None or cell["n"] > 0
    markdown = primacy(*asked, "--markdown").out
    assert markdown.startswith("|") or "\n|" in markdown
    assert printed in markdown


def test_figure3_needs_a_tower_and_says_so(primacy):
    done = primacy(
        "reproduce", "figure3", "--encoders", "null:planted-image", "--scenes", "simco", "--image-sets", "2", code=2
    )
    assert "no attention" in done.err and "checks" in done.err


def test_interrupt_of_a_run_with_pictures(tmp_path, monkeypatch):
    def stop(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("primacy.run.image.embedding.embed_images", stop)
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["audit", "null:planted-image", "--probes", "i2tor", *SMALL, "--cache", "kept"])
    assert done.exit_code == 130
    assert done.stderr.splitlines()[-1].startswith("Stopped.")
    assert not list((tmp_path / "runs").glob("*/result.json"))
