"""The process that Blender runs in, and what happens when it misbehaves; Blender is played by small Python scripts."""

from __future__ import annotations

import os
import signal
import sys
import textwrap
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from primacy.assets.catalogue import Asset
from primacy.assets.library import Library
from primacy.design.scene import Placed, Scene
from primacy.errors import RenderError
from primacy.render.base import Failed, Rendered
from primacy.render.blender import BlenderRenderer
from primacy.render.child import Child, ChildDiedError, ChildHungError

PLAY = """
import base64, json, os, signal, sys, time
def draw(request):
    scene = request["scene"]
    side = scene["size"]
    return {"image": base64.b64encode(bytes([scene["set_id"]]) * (3 * side * side)).decode(),
            "mask": base64.b64encode(bytes(side * side)).decode(), "whole": [5] * len(scene["objects"]),
            "depth": list(range(len(scene["objects"])))}
print(json.dumps({"ready": True}), flush=True)
for line in sys.stdin:
    request = json.loads(line)
    value = "0.0" if request["do"] == "version" else None
    ok = True
    ACT
    if value is None:
        value = draw(request)
    print(json.dumps({"id": request["id"], "ok": ok, "value": value, "error": value}), flush=True)
"""


@pytest.fixture
def play(tmp_path: Path):
    """A command that plays Blender; `act` runs before each answer and sees `request`, `value`, `ok`."""

    def command(act: str = "pass") -> list[str]:
        script = tmp_path / f"play{len(list(tmp_path.iterdir()))}.py"
        script.write_text(PLAY.replace("    ACT", textwrap.indent(textwrap.dedent(act), "    ")))
        return [sys.executable, str(script)]

    return command


@pytest.fixture
def renderer():
    made = []

    def make(command, **options):
        one = Asset("cup/1", "cup", "procedural", "cup", "us", "CC0-1.0", "own", 0.1, builder="cup")
        made.append(BlenderRenderer(Library(()), [one], command, **{"workers": 2, **options}))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def child():
    """Makes a child that is closed even where the test fails: what it would leave behind fails some other test."""
    made = []

    def make(command, timeout=60.0):
        made.append(Child(command, timeout=timeout))
        return made[-1]

    yield make
    for one in made:
        one.close()


def scenes(count, asset="cup/1"):
    return [Scene("t", k, (Placed("cup", asset, 0.5, 0.5, 0.1),), size=32) for k in range(count)]


def test_answers_come_in_order_of_the_scenes(play, renderer):
    slow = play('time.sleep(0.2 if request["do"] == "scene" and request["scene"]["set_id"] % 3 == 0 else 0)')
    found = list(renderer(slow).render(scenes(10)))
    assert [int(r.image[0, 0, 0]) for r in found] == list(range(10))
    assert all(isinstance(r, Rendered) and r.image.shape == (32, 32, 3) for r in found)


def test_a_flood_of_log_lines_and_a_large_answer_do_not_block(play, child):
    blender = child(play('sys.stderr.write("x" * 3_000_000 + "\\n" * 5000); value = "y" * 5_000_000'))
    assert len(blender.ask("version", padding="z" * 5_000_000)) == 5_000_000


def test_a_crash_is_tried_once_more_and_the_process_started_again(play, renderer, tmp_path):
    mark = tmp_path / "crashed"
    crash = f"""
        if request["do"] == "scene" and request["scene"]["set_id"] == 2 and not os.path.exists({str(mark)!r}):
            open({str(mark)!r}, "w").close()
            os.kill(os.getpid(), signal.SIGSEGV)
    """
    found = list(renderer(play(crash)).render(scenes(5)))
    assert mark.exists()
    assert [int(r.image[0, 0, 0]) for r in found] == list(range(5))


def test_a_scene_that_always_crashes_fails_and_the_others_do_not(play, renderer):
    crash = """
        if request["do"] == "scene" and request["scene"]["set_id"] == 2:
            print("out of memory", file=sys.stderr)
            os.kill(os.getpid(), signal.SIGSEGV)
    """
    found = list(renderer(play(crash)).render(scenes(5)))
    assert [isinstance(r, Failed) for r in found] == [False, False, True, False, False]
    assert found[2].reason == "Blender stopped by signal 11 without an answer; its last words: out of memory"


def test_a_scene_that_hangs_is_given_up(play, renderer):
    hang = 'time.sleep(60 if request["do"] == "scene" and request["scene"]["set_id"] == 1 else 0)'
    start = time.monotonic()
    found = list(renderer(play(hang), timeout=1.5).render(scenes(3)))
    assert time.monotonic() - start < 20
    assert [isinstance(r, Failed) for r in found] == [False, True, False]
    assert "no answer in 2 s" in found[1].reason


def test_a_refusal_is_the_reason_and_costs_no_process(play, renderer):
    refuse = """
        if request["do"] == "scene":
            ok, value = False, "cup/1 cannot be made: its mesh has no faces"
    """
    found = list(renderer(play(refuse)).render(scenes(2)))
    assert [r.reason for r in found] == ["cup/1 cannot be made: its mesh has no faces"] * 2


def test_an_unknown_object_fails_its_scene(play, renderer):
    (found,) = renderer(play()).render(scenes(1, "dog/9"))
    assert isinstance(found, Failed) and "unknown object 'dog/9'" in found.reason


def test_a_picture_of_another_size_is_refused(play, renderer):
    short = """
        if request["do"] == "scene":
            request["scene"]["size"] = 31
    """
    (found,) = renderer(play(short)).render(scenes(1))
    assert isinstance(found, Failed) and "bytes of a picture" in found.reason


def test_no_blender_says_what_to_do(renderer):
    with pytest.raises(RenderError, match="cannot be started with '/nowhere/blender'") as caught:
        list(renderer(["/nowhere/blender"]).render(scenes(1)))
    assert "primacy assets install" in caught.value.hint and "collage" in caught.value.hint


def test_a_python_without_bpy_says_so(renderer):
    with pytest.raises(RenderError, match=r"does not start.*No module named 'bpy'") as caught:
        list(renderer([sys.executable, "-S", "-I"]).render(scenes(1)))
    assert "collage" in caught.value.hint


def test_a_process_that_answers_nonsense_is_given_up(play, child):
    with pytest.raises(ChildDiedError):
        child(play('print("Blender 5.0 (hash deadbeef)", flush=True)')).ask("version")


def test_close_ends_a_request_under_way(play, child):
    blender = child(play("time.sleep(60)"))
    threading.Timer(0.5, blender.close).start()
    start = time.monotonic()
    with pytest.raises((ChildDiedError, ChildHungError)):
        blender.ask("version")
    assert time.monotonic() - start < 20


def test_breaking_off_ends_the_processes(play, renderer, tmp_path):
    pids = tmp_path / "pids"
    note = f'open({str(pids)!r}, "a").write(str(os.getpid()) + "\\n"); time.sleep(0.05)'
    drawn = renderer(play(note)).render(scenes(50))
    next(drawn)
    drawn.close()
    for pid in {int(p) for p in pids.read_text().split()}:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_contrast_is_applied_afterwards(play, renderer):
    half = """
        if request["do"] == "scene":
            value = draw(request)
            side = request["scene"]["size"]
            mask = bytearray(side * side)
            for row in range(10, 20):
                mask[row * side + 10 : row * side + 20] = bytes([1]) * 10
            value["mask"] = base64.b64encode(mask).decode()
            image = bytes(c for m in mask for c in ([200] * 3 if m else [100] * 3))
            value["image"] = base64.b64encode(image).decode()
    """
    one = Placed("cup", "cup/1", 0.5, 0.5, 0.1, contrast=0.5)
    (found,) = renderer(play(half)).render([Scene("t", 0, (one,), size=32)])
    np.testing.assert_array_equal(found.image[found.mask == 1], 150)


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_children_are_not_in_the_group_that_ctrl_c_reaches(play, child):
    group, pid = child(play("value = [os.getpgrp(), os.getpid()]")).ask("version")
    assert group == pid != os.getpgrp()


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_a_process_killed_at_work_is_an_error(play, child, tmp_path):
    mark = tmp_path / "at work"
    work = f"""
        value = os.getpid()
        if request.get("long"):
            open({str(mark)!r}, "w").close()
            time.sleep(60)
    """
    blender = child(play(work))
    pid = blender.ask("version")

    def kill():
        while not mark.exists():
            time.sleep(0.01)
        os.kill(pid, signal.SIGKILL)

    killer = threading.Thread(target=kill, daemon=True)
    killer.start()
    with pytest.raises(ChildDiedError, match="stopped by signal 9 without an answer"):
        blender.ask("version", long=True)
    killer.join()


@pytest.mark.skipif(not hasattr(os, "waitid"), reason="to know that it is dead without the child's own knowing")
def test_a_process_that_died_at_rest_is_started_again(play, child):
    """That the dead one's pipe is closed shows too: an unclosed one is a warning, and so an error here."""
    blender = child(play("value = [os.getpgrp(), os.getpid()]"))
    _, first = blender.ask("version")
    os.kill(first, signal.SIGKILL)
    os.waitid(os.P_PID, first, os.WEXITED | os.WNOWAIT)
    group, second = blender.ask("version")
    assert group == second != first
