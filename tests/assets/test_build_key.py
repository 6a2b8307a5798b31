"""Which changes of code, mesh and settings make an object anew."""

from __future__ import annotations

import ast
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from primacy.assets import build_key
from primacy.assets.catalogue import Asset

APPLE = Asset("apple/1", "apple", "procedural", "Apple", "Ann", "Apache-2.0", "own", 0.1, builder="apple")
CODE = {
    "sprites.py": "import stage\nSIZE = 1\ndef render(spec):\n    return stage.lights(SIZE)\n",
    "stage.py": "def lights(n):\n    return n\n",
    "kit.py": "def ball():\n    return _finished()\ndef _finished():\n    return 1\ndef box():\n    return 2\n",
    "procedural/food.py": (
        "import kit\nfrom looks import red\ndef apple(rng):\n    return kit.ball(), red(), _stem()\n"
        "def _stem():\n    return 3\ndef pear(rng):\n    return kit.box()\nBUILDERS = {'apple': apple, 'pear': pear}\n"
    ),
    "procedural/looks.py": "def red():\n    return 4\n",
    "simco.py": "def build(name):\n    return 5\n",
    "importers.py": "def load(spec):\n    return 6\n",
}


@pytest.fixture
def changed(tmp_path: Path, monkeypatch):
    """A function that writes a folder of code, with one replacement, and gives the key of an asset."""

    def key(asset: Asset, file: str = "kit.py", old: str = "", new: str = "") -> str:
        for name, text in CODE.items():
            path = tmp_path / name
            path.parent.mkdir(exist_ok=True)
            assert old in text or name != file
            path.write_text(text.replace(old, new) if name == file and old else text)
        build_key._parsed.cache_clear()
        build_key._code.cache_clear()
        return build_key.build_key(asset, [], {})

    monkeypatch.setattr(build_key, "JOB", tmp_path / "job.py")
    yield key
    build_key._parsed.cache_clear()
    build_key._code.cache_clear()


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("sprites.py", "SIZE = 1", "SIZE = 2"),
        ("stage.py", "return n", "return -n"),
        ("kit.py", "return 1", "return 7"),
        ("procedural/food.py", "return 3", "return 7"),
        ("procedural/looks.py", "return 4", "return 7"),
        ("procedural/food.py", "'apple': apple", "'apple': pear"),
    ],
)
def test_code_that_the_object_reaches_counts(changed, file, old, new):
    assert changed(APPLE) != changed(APPLE, file, old, new)


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("kit.py", "return 2", "return 7"),
        ("procedural/food.py", "kit.box()", "kit.ball()"),
        ("simco.py", "return 5", "return 7"),
        ("kit.py", "    return 1", "    # why\n    return 1"),
    ],
)
def test_code_that_it_does_not_reach_and_comments_do_not(changed, file, old, new):
    assert changed(APPLE) == changed(APPLE, file, old, new)


def test_other_kinds_have_code_of_their_own(changed):
    mesh, shape = replace(APPLE, kind="file", builder=""), replace(APPLE, kind="simco", builder="cube")
    for asset, file, old in ((mesh, "importers.py", "return 6"), (shape, "simco.py", "return 5")):
        assert changed(asset) != changed(asset, file, old, "return 8")
        assert changed(asset) == changed(asset, "procedural/food.py", "return 3", "return 8")


def test_two_threads_never_parse_at_a_time(monkeypatch):
    at_work, most = [], []

    def parse(text, *rest, _parse=ast.parse, **named):
        at_work.append(text)
        most.append(len(at_work))
        time.sleep(0.002)
        at_work.remove(text)
        return _parse(text, *rest, **named)

    monkeypatch.setattr(ast, "parse", parse)
    build_key._parsed.cache_clear()
    build_key._code.cache_clear()
    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(lambda _: build_key.build_key(APPLE, [], {}), range(4)))) == 1
    assert max(most) == 1


def test_what_shows_in_the_pictures_counts():
    base = build_key.build_key(APPLE, ["a"], {"samples": 1})
    assert base == build_key.build_key(replace(APPLE, title="x", author="y", size_m=2.0), ["a"], {"samples": 1})
    others = [
        build_key.build_key(replace(APPLE, seed=1), ["a"], {"samples": 1}),
        build_key.build_key(replace(APPLE, tilt=5.0), ["a"], {"samples": 1}),
        build_key.build_key(APPLE, ["b"], {"samples": 1}),
        build_key.build_key(APPLE, ["a"], {"samples": 2}),
    ]
    assert len({base, *others}) == 5
