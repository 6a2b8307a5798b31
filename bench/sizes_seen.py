"""Which of two objects of sizes that training showed lab models favour: larger minus smaller, points.

python bench/sizes_seen.py                        # shipped models, checkpoints, an untrained twin: a minute
python bench/sizes_seen.py natural lab-runs/mine  # names and paths as after lab:
"""

from __future__ import annotations

import sys

import torch

from primacy.encoders.lab.files import LabModel, read_model
from primacy.encoders.lab.names import resolve, shipped_checkpoints, shipped_models
from primacy.lab.read_spec import recipe_of
from primacy.lab.sizes import Preference, size_preferences
from primacy.lab.train import initial_model


def model_of(name: str) -> LabModel:
    """The model that stands after `lab:`, with fresh weights where the name asks for them."""
    path, seed = resolve(name)
    found = read_model(path)
    if seed is None:
        return found
    spec = recipe_of(found, name).model_copy(update={"seed": seed})
    return LabModel(initial_model(spec, len(found.words)), found.words, found.recipe, 0)


def span(found: Preference) -> str:
    """In points, with its interval."""
    return f"{100 * found.value:+.1f} [{100 * found.ci_low:+.1f}, {100 * found.ci_high:+.1f}]"


def main() -> None:
    """Print a line for each model."""
    kept = [f"natural@{samples}" for samples in shipped_checkpoints("natural")]
    for name in sys.argv[1:] or ["natural/untrained?seed=0", *kept, *shipped_models()]:
        pictures, names = size_preferences(model_of(name), torch.device("cpu"))
        print(f"{name:28} pictures {span(pictures)}  names {span(names)}  ({names.n_clusters} sets)", flush=True)


if __name__ == "__main__":
    main()
