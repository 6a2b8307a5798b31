"""How HTML pages are filled in, the same for all of them: escaped, and never with a name that is not there."""

from __future__ import annotations

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape


def environment(package: str) -> Environment:
    """Templates of `package`, from its folder `templates`; everything is escaped, unknown names are errors."""
    return Environment(
        loader=PackageLoader(package),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
