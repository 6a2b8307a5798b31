"""Which Blender is started: the one that is named, else the private environment, else the one on the search path."""

import sys
from pathlib import Path

import pytest

from primacy.assets import blender_env
from primacy.errors import AssetError

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="fake Blenders are shell scripts")


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(blender_env.VARIABLE, raising=False)
    monkeypatch.setattr("shutil.which", lambda name: None)


def fake(path: Path, says: str, status: int = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho '{says}'\nexit {status}\n")
    path.chmod(0o755)
    return path


def python_with_bpy(path: Path, bpy: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'#!/bin/sh\nif [ "$1" = --version ]; then echo Python 3.11.9; else echo "bpy={bpy}"; fi\n')
    path.chmod(0o755)
    return path


def ready(cache: Path) -> Path:
    python = fake(cache / "blender" / "bin" / "python", "x")
    (cache / "blender" / "ready.txt").write_text("bpy 5.0.1\n")
    return python


@pytest.mark.parametrize("says", ["Blender 4.2.0", "Blender 5.0.1 LTS", "Blender 10.1"])
def test_an_installed_blender_is_started_on_a_script(tmp_path: Path, says: str) -> None:
    blender = fake(tmp_path / "blender", says)
    options = "--background --factory-startup --threads 1 --python-exit-code 1 --python"
    expected = [str(blender), *options.split()]
    assert blender_env.command(blender, tmp_path) == expected
    assert blender_env.version(expected) == says.removeprefix("Blender ")


@pytest.mark.parametrize(
    ("says", "trouble"), [("Blender 4.1.9", "4.1"), ("Blender 2.79", "2.79"), ("hello", "no Blender")]
)
def test_an_old_blender_or_another_program_is_refused(tmp_path: Path, says: str, trouble: str) -> None:
    with pytest.raises(AssetError, match=trouble):
        blender_env.command(fake(tmp_path / "blender", says), tmp_path)
    with pytest.raises(AssetError, match="cannot be started"):
        blender_env.command(tmp_path / "nothing", tmp_path)


def test_a_python_with_bpy_will_do(tmp_path: Path) -> None:
    assert blender_env.command(python_with_bpy(tmp_path / "py", "5.0.1"), tmp_path) == [str(tmp_path / "py")]
    with pytest.raises(AssetError, match=r"3\.6"):
        blender_env.command(python_with_bpy(tmp_path / "old", "3.6.0"), tmp_path)
    with pytest.raises(AssetError, match="cannot use bpy"):
        blender_env.command(fake(tmp_path / "none", "Python 3.11.9"), tmp_path)


def test_the_order_of_choice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    on_path, by_variable, named = (fake(tmp_path / n, "Blender 4.2.0") for n in ("a", "b", "c"))
    with pytest.raises(AssetError, match="no Blender is installed") as caught:
        blender_env.command(None, tmp_path)
    assert "primacy assets install blender" in caught.value.hint
    assert "collage" in caught.value.hint
    monkeypatch.setattr("shutil.which", lambda name: str(on_path) if name == "blender" else None)
    assert blender_env.command(None, tmp_path)[0] == str(on_path)
    private = ready(tmp_path)
    assert blender_env.command(None, tmp_path) == [str(private)]
    monkeypatch.setenv(blender_env.VARIABLE, str(by_variable))
    assert blender_env.command(None, tmp_path)[0] == str(by_variable)
    assert blender_env.command(named, tmp_path)[0] == str(named)


def test_an_environment_without_its_mark_is_not_used(tmp_path: Path) -> None:
    ready(tmp_path)
    (tmp_path / "blender" / "ready.txt").unlink()
    assert blender_env.environment(tmp_path) is None


def test_installing_again_does_nothing(tmp_path: Path) -> None:
    python = ready(tmp_path)
    assert blender_env.install(tmp_path) == python


def test_installing_needs_the_right_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blender_env, "PYTHON", "3.999")
    with pytest.raises(AssetError, match=r"needs Python 3\.999"):
        blender_env.install(tmp_path)
    assert not (tmp_path / "blender").exists()


def test_a_failed_installation_is_reported_and_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    failing = fake(tmp_path / "python", "no space left", status=1)
    monkeypatch.setattr(blender_env, "_base_python", lambda: str(failing))
    with pytest.raises(AssetError, match="no space left"):
        blender_env.install(tmp_path)
    assert blender_env.environment(tmp_path) is None
