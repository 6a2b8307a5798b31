"""Train a small open_clip model on composed scenes, for a few minutes on a CPU, and save it as a folder.

    python scripts/train_tiny_clip.py tiny-clip --minutes 6
    primacy audit open_clip:local-dir:tiny-clip

It is a stand-in for weights that a machine without a network cannot have: large enough to name the objects of a scene,
far too small to say anything about CLIP. Scenes of one to four objects of all areas stand anywhere; captions name the
objects in random order ("a dog and a car"), so that nothing in them goes with size, place or order.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np
import torch
from open_clip import CLIP, ClipLoss, SimpleTokenizer
from PIL import Image
from safetensors.torch import save_file

from primacy.design.scene import Scene
from primacy.design.scenes.design import build
from primacy.design.scenes.request import SceneRequest
from primacy.design.scenes.silhouettes import from_library
from primacy.render.collage import CollageRenderer
from primacy.stimuli.sources import object_library

SIDE, PATCH, WIDTH, CONTEXT = 64, 8, 128, 20
MEAN, STD = (0.45, 0.45, 0.45), (0.25, 0.25, 0.25)
CONFIG = {
    "model_cfg": {
        "embed_dim": WIDTH,
        "vision_cfg": {"image_size": SIDE, "patch_size": PATCH, "layers": 4, "width": WIDTH, "head_width": 32},
        "text_cfg": {"context_length": CONTEXT, "vocab_size": 49408, "width": WIDTH, "heads": 4, "layers": 2},
    },
    "preprocess_cfg": {"mean": MEAN, "std": STD, "interpolation": "bicubic", "resize_mode": "squash"},
}


def scene_pool(library_name: str, sets: int, seed: int) -> list[Scene]:
    """Scenes of several designs at the model's resolution, shuffled."""
    shapes = from_library(object_library(library_name))
    asked = [
        SceneRequest("singles", sets=None, seed=seed, size=SIDE),
        SceneRequest("one-large", objects=(2, 3, 4), sets=sets, seed=seed + 1, size=SIDE, camera_jitter=5),
        SceneRequest("size-ladder", objects=(2,), sets=sets, seed=seed + 2, size=SIDE),
        SceneRequest("slots", objects=(2,), sets=sets, seed=seed + 3, size=SIDE),
    ]
    rng = np.random.default_rng(seed)
    pool: list[Scene] = []
    for request in asked:
        scenes = list(build(request, shapes).scenes())
        keep = rng.permutation(len(scenes))[: 12 * sets]
        pool += [scenes[i] for i in keep]
    return [pool[i] for i in rng.permutation(len(pool))]


def caption(scene: Scene, rng: np.random.Generator) -> str:
    """The objects of a scene in random order."""
    names = [scene.objects[i].category for i in rng.permutation(len(scene.objects))]
    return " and ".join(f"{'an' if name[0] in 'aeiou' else 'a'} {name}" for name in names)


def pixels(images: np.ndarray) -> torch.Tensor:
    """uint8 (N, S, S, 3) as the model's input."""
    scaled = torch.from_numpy(images).permute(0, 3, 1, 2).float() / 255
    return (scaled - torch.tensor(MEAN)[:, None, None]) / torch.tensor(STD)[:, None, None]


def train(out: Path, library_name: str, minutes: float, batch: int, seed: int) -> None:
    """Train for `minutes` and write configuration and weights below `out`."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    model_cfg = CONFIG["model_cfg"]
    model = CLIP(model_cfg["embed_dim"], model_cfg["vision_cfg"], model_cfg["text_cfg"])
    tokenizer = SimpleTokenizer(context_length=CONTEXT)
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.1, betas=(0.9, 0.98))
    loss_of = ClipLoss()
    renderer = CollageRenderer(object_library(library_name))
    pool = scene_pool(library_name, 400, seed)
    start, step, shown = time.monotonic(), 0, 0.0
    while (spent := time.monotonic() - start) < 60 * minutes:
        picked = [pool[i] for i in rng.integers(len(pool), size=batch)]
        drawn = renderer.render_arrays(picked)
        texts = tokenizer([caption(scene, rng) for scene in picked])
        share = spent / (60 * minutes)
        for group in optimiser.param_groups:
            group["lr"] = 1e-3 * min(1, (step + 1) / 100) * 0.5 * (1 + np.cos(np.pi * share))
        image, text, scale = model(pixels(drawn.images), texts)
        loss = loss_of(image, text, scale)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        with torch.no_grad():
            model.logit_scale.clamp_(0, np.log(100))
        step, shown = step + 1, 0.98 * shown + 0.02 * loss.item() if step else loss.item()
        if step % 100 == 0:
            print(f"{spent:5.0f} s, step {step}, loss {shown:.3f} (blind: {np.log(batch):.2f})", flush=True)
    out.mkdir(parents=True, exist_ok=True)
    (out / "open_clip_config.json").write_text(json.dumps(CONFIG, indent=1), "utf-8")
    save_file({k: v.contiguous() for k, v in model.state_dict().items()}, out / "open_clip_model.safetensors")
    sample = Image.fromarray(renderer.render_arrays(pool[:1]).images[0])
    sample.save(out / "sample.png")
    print(f"{step} steps of {batch}; written to {out}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--library", default="comco")
    parser.add_argument("--minutes", type=float, default=6.0)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    train(given.out, given.library, given.minutes, given.batch, given.seed)
