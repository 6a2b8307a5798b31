"""Jobs on Ray: with a stand-in that keeps its promises lazily, and with Ray itself where it is installed."""

import math
import sys
from contextlib import closing
from types import SimpleNamespace

import pytest

from primacy.errors import MissingExtraError, RunError, UsageError
from primacy.ray_tasks import cluster_cpus, on_ray


class TaskError(Exception):
    def __init__(self, cause):
        super().__init__("a traceback of many lines")
        self.cause = cause


class LostError(Exception):
    pass


class StandIn:
    """Tasks are done when they are asked for, the last one first."""

    def __init__(self):
        self.resources = {"CPU": 6.0, "memory": 1e9}
        self.options, self.cancelled, self.address = None, [], None
        self.exceptions = SimpleNamespace(RayTaskError=TaskError, RayError=LostError)

    def init(self, address=None, **options):
        assert options["ignore_reinit_error"]
        if address == "nowhere":
            raise ConnectionError("no such cluster")
        self.address = address

    def remote(self, **options):
        self.options = options
        return lambda function: SimpleNamespace(remote=lambda *arguments: (function, arguments))

    def cluster_resources(self):
        return self.resources

    def wait(self, tasks, num_returns=1, timeout=None):
        return tasks[-num_returns:], tasks[:-num_returns]

    def get(self, task):
        function, arguments = task
        try:
            return function(*arguments)
        except LostError:
            raise
        except Exception as error:
            raise TaskError(error) from error

    def cancel(self, task):
        self.cancelled.append(task[1][1])


@pytest.fixture
def ray(monkeypatch):
    made = StandIn()
    monkeypatch.setitem(sys.modules, "ray", made)
    return made


def test_each_job_is_a_task_of_one_cpu(ray):
    assert list(on_ray(math.factorial, range(5))) == [(k, math.factorial(k)) for k in (4, 3, 2, 1, 0)]
    assert ray.options == {"num_cpus": 1, "num_gpus": 0, "max_retries": 0}
    assert ray.cancelled == []
    list(on_ray(math.factorial, range(2), gpus=1))
    assert ray.options["num_gpus"] == 1


def test_a_tasks_own_error_is_raised_and_the_others_are_cancelled(ray):
    def work(job):
        if job == 1:
            raise RunError("it is broken", hint="Mend it.")

    with pytest.raises(RunError, match="it is broken") as error:
        list(on_ray(work, range(3)))
    assert error.value.hint == "Mend it." and ray.cancelled == [0]


def test_a_task_whose_worker_dies_is_tried_again_and_then_named(ray):
    def work(job):
        raise LostError(job)

    with pytest.raises(RunError, match=r"lost \(LostError\)") as error:
        list(on_ray(work, range(3), retries=2))
    assert "goes on" in error.value.hint and ray.options["max_retries"] == 2 and ray.cancelled == [0, 1]


def test_the_cluster_is_the_one_that_is_named(ray):
    list(on_ray(math.factorial, [1], address="auto"))
    assert ray.address == "auto"
    with pytest.raises(UsageError, match="no Ray cluster answers at 'nowhere'"):
        list(on_ray(math.factorial, [1], address="nowhere"))


def test_who_leaves_early_cancels_the_rest(ray):
    with closing(on_ray(math.factorial, range(4))) as done:
        assert next(done) == (3, 6)
    assert ray.cancelled == [0, 1, 2]


def test_a_cluster_has_a_cpu_at_least(ray):
    assert cluster_cpus() == 6
    ray.resources = {}
    assert cluster_cpus() == 1


def test_without_ray_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)  # an import of it fails
    with pytest.raises(MissingExtraError) as error:
        list(on_ray(math.factorial, [1]))
    assert "primacy[ray]" in error.value.hint
    with pytest.raises(MissingExtraError):
        cluster_cpus()


def test_on_ray_itself():
    pytest.importorskip("ray", reason="ray is not installed")
    assert sorted(on_ray(math.factorial, range(4))) == [(k, math.factorial(k)) for k in range(4)]
