"""Installing packs: from a path of the user's, or as Debian packages fetched without root rights.

Only what the catalogue's objects need is kept, in the cache folder (some 90 MB of 1.8 GB).
"""

from __future__ import annotations

import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from primacy.assets import packs
from primacy.assets.catalogue import Asset
from primacy.assets.packs import PACKS, Packs
from primacy.errors import AssetError
from primacy.files import os_errors_as
from primacy.listener import Listener, Silent

DEBIAN = {"sweethome3d": "sweethome3d-furniture", "0ad": "0ad-data"}
"""The Debian packages that hold the bundles."""

_ELSEWHERE = {
    "sweethome3d": "Get the furniture libraries (.sh3f) from https://www.sweethome3d.com/importModels.jsp",
    "0ad": "Get the game from https://play0ad.com/ (its data holds mods/public/public.zip)",
}
_MAX_FILE = 4_000_000_000


def install(
    bundle: str, assets: Sequence[Asset], cache: Path, *, origin: Path | None = None, listener: Listener | None = None
) -> int:
    """Unpack what `assets` need of a bundle; return how many objects that are.

    `origin`: a pack, a .deb package, or a folder with packs somewhere in it; None: the packs of this system, else
    what apt fetches.

    Raises:
        AssetError: no pack found, apt or dpkg failed, or a pack is damaged or of another version.
        UnknownNameError: no such bundle.
    """
    wanted = packs.bundle(bundle)
    ours = [a for a in assets if a.kind == "file" and a.source in {p.source for p in wanted}]
    listener = listener or Silent()
    if origin is not None and not origin.exists():
        raise AssetError(f"{origin} is missing")
    if origin is None and not all((p.system / p.file).is_file() for p in wanted):
        return _from_apt(bundle, ours, cache, listener)
    if origin is not None and origin.suffix == ".deb":
        return _from_deb(origin, ours, cache, listener)
    return _unpack(ours, cache, origin, listener)


def _unpack(assets: Sequence[Asset], cache: Path, origin: Path | None, listener: Listener) -> int:
    found = Packs(cache, origin)
    ready = [a for a in assets if found.status(a) != "missing"]
    if not ready:
        raise AssetError(
            f"{origin} holds none of the packs {', '.join(dict.fromkeys(PACKS[a.source].file for a in assets))}"
        )
    for source in dict.fromkeys(a.source for a in assets if a not in ready):
        listener.note(f"{PACKS[source].file} is not there; its objects are left out")
    listener.stage("unpacking", len(ready))
    for asset in ready:
        found.mesh_paths(asset)
        listener.advance(1)
    return len(ready)


def _from_apt(bundle: str, assets: Sequence[Asset], cache: Path, listener: Listener) -> int:
    package = DEBIAN[bundle]
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        raise AssetError(
            f"the packs of {bundle} are not on this system, and it has no apt to fetch them",
            hint=f"{_ELSEWHERE[bundle]}, then: primacy assets install {bundle} --from PATH",
        )
    with os_errors_as(AssetError, f"cannot write to {cache}"):
        cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".tmp-", dir=cache) as scratch:
        listener.note(f"fetching the Debian package {package} (it is not installed, only unpacked)")
        _run(["apt-get", "download", package], Path(scratch), bundle)
        found = sorted(Path(scratch).glob("*.deb"))
        if len(found) != 1:
            raise AssetError(f"apt-get download {package} left no package")
        return _from_deb(found[0], assets, cache, listener)


def _from_deb(path: Path, assets: Sequence[Asset], cache: Path, listener: Listener) -> int:
    if shutil.which("dpkg-deb") is None:
        raise AssetError(
            f"{path.name} needs dpkg-deb to be unpacked, which is not here",
            hint="Unpack it with another program and give the folder as --from.",
        )
    with os_errors_as(AssetError, f"cannot write to {cache}"):
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".tmp-", dir=cache) as scratch:
            _packs_of_deb(path, Path(scratch))
            return _unpack(assets, cache, Path(scratch), listener)


def _packs_of_deb(path: Path, folder: Path) -> None:
    """Write the packs in a package to `folder`, by their bare names: nothing else of it is unpacked."""
    names = {p.file for p in PACKS.values()}
    command = ["dpkg-deb", "--fsys-tarfile", str(path)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)  # noqa: S603 - fixed words
    try:
        with tarfile.open(fileobj=process.stdout, mode="r|") as archive:
            for member in archive:
                name = PurePosixPath(member.name).name
                content = archive.extractfile(member) if name in names and member.isfile() else None
                if content is not None and member.size <= _MAX_FILE:
                    with (folder / name).open("wb") as stream:
                        shutil.copyfileobj(content, stream, 1 << 20)
    except tarfile.TarError as error:
        raise AssetError(f"{path.name} is not readable as a Debian package: {error}") from None
    finally:
        process.kill()  # it may have more to say than we read
        process.communicate()


def _run(parts: Sequence[str], folder: Path, bundle: str) -> None:
    done = subprocess.run(parts, cwd=folder, capture_output=True, text=True)  # noqa: S603 - fixed words
    if done.returncode:
        last = (done.stderr.strip() or "no message").splitlines()[-1]
        raise AssetError(
            f"{' '.join(parts)} failed: {last}",
            hint=f"Try `sudo apt-get update`, or: {_ELSEWHERE[bundle]}, then give it as --from.",
        )
