"""Lazy registries: a name maps to "module:attribute", imported only when it is used.

Other packages add to one through an entry point of the registry's group, e.g. in their pyproject.toml:

    [project.entry-points."primacy.encoders"]
    mysource = "my_package.encoder:load"
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any

from primacy.errors import UnknownNameError


class Registry:
    """Named objects of one kind, found by name and imported on demand."""

    def __init__(self, kind: str, group: str, builtin: Mapping[str, str]) -> None:
        self.kind, self._group, self._builtin = kind, group, dict(builtin)

    @cached_property
    def _targets(self) -> dict[str, str]:
        plugged = {point.name: point.value for point in entry_points(group=self._group)}
        return {**plugged, **self._builtin}  # a plug-in never replaces a built-in silently

    def names(self) -> list[str]:
        """All known names, sorted."""
        return sorted(self._targets)

    def load(self, name: str) -> Any:
        """Import and return what `name` stands for.

        Raises:
            UnknownNameError: no such name; its hint lists the nearest.
        """
        if name not in self._targets:
            raise UnknownNameError(self.kind, name, self._targets)
        module, _, attribute = self._targets[name].partition(":")
        return getattr(import_module(module), attribute)
