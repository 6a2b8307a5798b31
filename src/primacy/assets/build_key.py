"""Which code makes an object: so that a change of one builder makes one object anew, not two hundred."""

from __future__ import annotations

import ast
import threading
from collections.abc import Container, Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from primacy.assets.catalogue import Asset
from primacy.identity import fingerprint
from primacy.render.child import JOB

Node = tuple[str, str]
Source = Mapping[str, Mapping[str, ast.stmt]]

_PARSING = threading.Lock()  # Python 3.11 loses count when two threads parse at a time (SystemError)
_SHARED: tuple[Node, ...] = (("sprites", "render"),)
_ROOT: dict[str, Node] = {"simco": ("simco", "build"), "file": ("importers", "load")}


def build_key(asset: Asset, inputs: Iterable[str], settings: Mapping[str, Any]) -> str:
    """Hex sha256 of all that decides an object's pictures.

    Args:
        asset: the catalogue's entry; its title, author, licence and size are left out, they do not show.
        inputs: digests of the mesh and its texture.
        settings: views, sizes, samples, Blender's version.
    """
    spec = asset.spec(asset.path, asset.texture)
    return fingerprint(
        {"spec": spec, "inputs": list(inputs), "settings": dict(settings), "code": _code(asset.kind, asset.builder)}
    )


@cache
def _code(kind: str, builder: str) -> dict[str, str]:
    """Source of every function and constant that the object's making can reach, by "module.name"."""
    source = _sources()
    found: dict[str, str] = {}
    waiting = [*_SHARED, *(_builders(source, builder) if kind == "procedural" else [_ROOT[kind]])]
    while waiting:
        module, name = waiting.pop()
        label = f"{module}.{name}"
        if label in found or name not in source.get(module, {}):
            continue
        statement = source[module][name]
        found[label] = ast.unparse(statement)
        reached = _named(statement, module, source)
        # objects.build can reach every kind; which one is known here.
        waiting.extend(n for n in reached if module != "objects" or n[0] in ("objects", "kit"))
    return found


def _builders(source: Source, builder: str) -> list[Node]:
    """What the BUILDERS table of a procedural module says under the name `builder`."""
    made: list[Node] = []
    for module, statements in source.items():
        table = getattr(statements.get("BUILDERS"), "value", None)
        if not isinstance(table, ast.Dict):
            continue
        for key, value in zip(table.keys, table.values, strict=True):
            if isinstance(key, ast.Constant) and key.value == builder:
                made.extend(_named(value, module, source))
    return made


def _named(node: ast.AST, module: str, source: Source) -> list[Node]:
    """Names of our own code that occur in `node`: `name` of the same module or imported, and `module.name`."""
    made: list[Node] = []
    for part in ast.walk(node):
        if isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name) and part.value.id in source:
            made.append((part.value.id, part.attr))
        elif isinstance(part, ast.Name) and part.id in source[module]:
            made.append((module, part.id))
        elif isinstance(part, ast.ImportFrom):
            made.extend(((part.module or "").rpartition(".")[2], alias.name) for alias in part.names)
    return made


def _sources() -> Source:
    with _PARSING:
        return _parsed()


@cache
def _parsed() -> Source:
    files = {path.stem: path for path in sorted(JOB.parent.rglob("*.py")) if path.stem != "__init__"}
    return {stem: _statements(path, files) for stem, path in files.items()}


def _statements(path: Path, own: Container[str]) -> dict[str, ast.stmt]:
    """Top-level functions, classes, constants of a file, and the names it imports from `own` modules."""
    made: dict[str, ast.stmt] = {}
    for statement in ast.parse(path.read_text("utf-8")).body:
        if isinstance(statement, ast.FunctionDef | ast.ClassDef):
            made[statement.name] = statement
        elif isinstance(statement, ast.Assign | ast.AnnAssign):
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            made |= {t.id: statement for t in targets if isinstance(t, ast.Name)}
        elif isinstance(statement, ast.ImportFrom) and (statement.module or "").rpartition(".")[2] in own:
            made |= {alias.asname or alias.name: statement for alias in statement.names}
    return made
