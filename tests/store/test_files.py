"""Files are whole or not there."""

import errno
import os
from pathlib import Path

import pytest

from primacy.errors import RunError
from primacy.files import atomic_path, atomic_write_bytes, atomic_write_text, os_errors_as, remove_temporaries


def test_writes_and_replaces_in_folders_that_it_makes(tmp_path: Path) -> None:
    path = tmp_path / "new" / "deep" / "file.txt"
    atomic_write_text(path, "a\r\nb\né")
    assert path.read_bytes() == "a\r\nb\né".encode()
    atomic_write_bytes(path, b"\x00\xff")
    assert path.read_bytes() == b"\x00\xff"
    assert [p.name for p in path.parent.iterdir()] == ["file.txt"]


def test_permissions_are_those_of_any_new_file(tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.write_bytes(b"x")
    atomic_write_bytes(tmp_path / "atomic", b"x")
    assert (tmp_path / "atomic").stat().st_mode == plain.stat().st_mode


def test_temporary_lies_beside_its_target_and_keeps_the_suffix(tmp_path: Path) -> None:
    target = tmp_path / ("x" * 240 + ".parquet")
    with atomic_path(target) as temporary:
        assert temporary.parent == tmp_path
        assert temporary.suffix == ".parquet"
        temporary.write_text("done")
        assert not target.exists()
    assert target.read_text() == "done"


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_failure_keeps_the_old_file_and_leaves_no_temporary(tmp_path: Path, error: type[BaseException]) -> None:
    target = tmp_path / "file"
    target.write_text("old")

    def fail() -> None:
        with atomic_path(target) as temporary:
            temporary.write_text("half of the ne")
            raise error

    with pytest.raises(error):
        fail()
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_content_is_synced_before_it_gets_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []
    for name in ("fsync", "replace"):
        original = getattr(os, name)
        monkeypatch.setattr(os, name, lambda *a, n=name, o=original: (order.append(n), o(*a))[1])
    atomic_write_bytes(tmp_path / "file", b"x")
    assert order == ["fsync", "replace", "fsync"]  # the file, its name, the folder


def test_remove_temporaries_takes_nothing_else(tmp_path: Path) -> None:
    for name in (".tmp-12-ab-x.npy", "x.npy", ".hidden", "tmp-x"):
        (tmp_path / name).touch()
    remove_temporaries(tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == [".hidden", "tmp-x", "x.npy"]


@pytest.mark.parametrize(
    ("code", "hint"),
    [(errno.ENOSPC, "disk space"), (errno.EROFS, "may write"), (errno.ENOTDIR, "A file stands")],
)
def test_os_errors_become_ours_with_a_hint(code: int, hint: str) -> None:
    message = f"cannot write x: {os.strerror(code)}"
    with pytest.raises(RunError, match=message) as caught, os_errors_as(RunError, "cannot write x"):
        raise OSError(code, os.strerror(code))
    assert hint in caught.value.hint
    with pytest.raises(ValueError, match="mine"), os_errors_as(RunError, "cannot write x"):
        raise ValueError("mine")
