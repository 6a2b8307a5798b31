"""What the lab carries: recipes and experiments by name, and what each is. No torch here."""

from __future__ import annotations

import tomllib
from pathlib import Path

RECIPES = Path(__file__).parent / "recipes"
EXPERIMENTS = Path(__file__).parent / "experiments"
BASE = EXPERIMENTS / "base.toml"
"""The recipe that all experiments start from; no experiment."""


def recipe_names() -> list[str]:
    """Names of the shipped recipes, sorted."""
    return sorted(path.stem for path in RECIPES.glob("*.toml"))


def experiment_names() -> list[str]:
    """Names of the shipped experiments, sorted."""
    return sorted(path.stem for path in EXPERIMENTS.glob("*.toml") if path != BASE)


def about_recipe(name: str) -> str:
    """What a shipped recipe is: the comment that it begins with, without the name of its model."""
    lines = (RECIPES / f"{name}.toml").read_text("utf-8").splitlines()
    end = next((k for k, line in enumerate(lines) if not line.startswith("#")), len(lines))
    said = " ".join(line.lstrip("# ") for line in lines[:end])
    return said.removeprefix(f"lab:{name}.").strip()


def title_of(name: str) -> str:
    """The title of a shipped experiment."""
    return str(tomllib.loads((EXPERIMENTS / f"{name}.toml").read_text("utf-8"))["title"])
