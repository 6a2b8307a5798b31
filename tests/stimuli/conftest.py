import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

HERE = Path(__file__).parent


def _load(name: str) -> ModuleType:
    """A module beside the tests, under a name that worker processes can import too."""
    spec = importlib.util.spec_from_file_location(name, HERE / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def discs() -> ModuleType:
    sys.path.insert(0, str(HERE))  # spawn passes it on, so that workers find it
    return _load("discs")


@pytest.fixture
def job(discs: ModuleType, tmp_path: Path) -> Callable:
    from primacy.stimuli.rendering import Job

    def make(root: Path = tmp_path / "scenes", sets: int = 5, renderer=None, **fields):
        made = discs.scenes(sets)
        request = fields.pop("request", {"design": "pair", "sets": sets, "size": 64})
        return Job(root, request, lambda: made, renderer or discs.Discs(), "ab" * 32, **fields)

    return make
