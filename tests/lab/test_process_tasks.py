"""Jobs in processes: results, mistakes, deaths and Ctrl-C. What is done is built in, since children import it."""

import math
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from contextlib import closing

import pytest

from primacy.design.vocabulary import load_vocabulary
from primacy.errors import RunError, UnknownNameError
from primacy.process_tasks import side_by_side

CHILD = """
import signal

signal.signal(signal.SIGINT, signal.default_int_handler)  # jobs in the background start with it ignored

from primacy.process_tasks import side_by_side

if __name__ == "__main__":
    jobs = [f"import pathlib, time; pathlib.Path('{name}').touch(); time.sleep(300)" for name in "ab"]
    for _ in side_by_side(exec, jobs, 2):
        pass
"""


@pytest.mark.parametrize("workers", [1, 2])
def test_each_job_is_done_once(workers):
    found = list(side_by_side(math.factorial, range(7), workers))
    assert sorted(found) == [(k, math.factorial(k)) for k in range(7)]
    assert multiprocessing.active_children() == []


def test_no_jobs_need_no_process():
    assert list(side_by_side(math.factorial, [], 4)) == []


def test_a_job_that_fails_ends_the_others():
    before = time.monotonic()
    with pytest.raises(TypeError):
        list(side_by_side(time.sleep, [300.0, "soon"], 2))
    assert time.monotonic() - before < 100
    assert multiprocessing.active_children() == []


def test_what_a_job_raises_comes_out_as_it_is():
    with pytest.raises(UnknownNameError, match="unknown") as here:
        load_vocabulary("coco8")
    with pytest.raises(UnknownNameError) as there:
        list(side_by_side(load_vocabulary, ["coco8", "coco8"], 2))
    assert (str(there.value), there.value.hint) == (str(here.value), here.value.hint) and here.value.hint


def test_a_worker_that_dies_is_one_line():
    with pytest.raises(RunError, match="a worker process died") as error:
        list(side_by_side(os._exit, [1, 1], 2))
    assert "--workers" in error.value.hint


def test_who_leaves_early_leaves_nothing_behind():
    with closing(side_by_side(time.sleep, [0.0, 300.0], 2)) as done:
        assert next(done) == (0.0, None)
    assert multiprocessing.active_children() == []


def test_ctrl_c_leaves_no_orphans(tmp_path):
    script = tmp_path / "child.py"
    script.write_text(CHILD, "utf-8")
    child = subprocess.Popen([sys.executable, script], cwd=tmp_path, start_new_session=True, stderr=subprocess.PIPE)
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and not ((tmp_path / "a").exists() and (tmp_path / "b").exists()):
        time.sleep(0.05)
    os.killpg(child.pid, signal.SIGINT)  # as a terminal does: to all of them
    try:
        _, said = child.communicate(timeout=60)
    finally:
        child.kill()
    assert said.decode().count("Traceback") == 1 and b"KeyboardInterrupt" in said  # the parent's own
    while time.monotonic() < deadline:
        try:
            os.killpg(child.pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.05)
    pytest.fail("processes are left")
