"""Pictures to vectors: `embed_images` against the loop of the published scripts, which opens, prepares and encodes one
picture after the other, and does so again for each of IOR, ITM and IOC.

Random weights: the time is that of trained ones, the vectors are not. Pictures are PNG files of 512 x 512 pixels of
noise on several scales in a folder for the purpose. Rounds take turns; the best of each way counts.

    python bench/image_encoding.py [--pictures 64] [--rounds 3] [--precision fp32] [--device cpu] [--memory]
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import open_clip
import torch
from PIL import Image

from primacy.design.picture import Picture
from primacy.encoders.base import EncoderOptions
from primacy.encoders.embed_images import embed_images
from primacy.encoders.load import load_encoder
from primacy.encoders.store import EmbeddingStore

SIZE = 512
PASSES = 3
BATCHES = (16, 64)
MEMORY = (250, 1000, 4000)


def picture(seed: int) -> Image.Image:
    """Noise on several scales, so that a PNG of it is as long as one of a photo."""
    rng = np.random.default_rng(seed)
    total = np.zeros((SIZE, SIZE, 3))
    for side in (4, 16, 64, SIZE):
        small = Image.fromarray(rng.integers(0, 256, (side, side, 3), dtype=np.uint8))
        total += np.asarray(small.resize((SIZE, SIZE), Image.Resampling.BICUBIC)) * (0.05 if side == SIZE else 0.3)
    return Image.fromarray(np.clip(total, 0, 255).astype(np.uint8))


class Files:
    """PNG files of a folder as a source of pictures."""

    name, clusters, digest, skipped = "files", "files", "0" * 64, ()

    def __init__(self, paths: Sequence[Path]) -> None:
        self._paths = paths
        self.pictures = [Picture(path.name, i, ()) for i, path in enumerate(paths)]

    def image(self, index: int) -> Image.Image:
        with Image.open(self._paths[index]) as opened:
            return opened.convert("RGB")

    def mask(self, index: int) -> None:
        return None


class Watched:
    """An encoder whose tower's working hours are written down."""

    def __init__(self, encoder: Any) -> None:
        self._inner, self._lock = encoder, threading.Lock()
        self.image_pace, self.prepare_image = encoder.image_pace, encoder.prepare_image
        self.fingerprint, self.encode_text, self.encode_image = "watched", encoder.encode_text, encoder.encode_image
        self.spans: list[tuple[float, float]] = []

    def encode_prepared(self, prepared: Sequence[Any]) -> np.ndarray:
        start = time.perf_counter()
        vectors = self._inner.encode_prepared(prepared)
        with self._lock:
            self.spans.append((start, time.perf_counter()))
        return vectors

    def busy(self, wall: float) -> tuple[float, float]:
        """Share of `wall` seconds with the tower at work, and how many threads of it were on average."""
        union, end = 0.0, 0.0
        for start, stop in sorted(self.spans):
            union += max(0.0, stop - max(start, end))
            end = max(end, stop)
        return union / wall, sum(stop - start for start, stop in self.spans) / wall


def ours(encoder: Any, source: Files) -> tuple[float, np.ndarray]:
    """Seconds and vectors, a new store on disk included."""
    with tempfile.TemporaryDirectory() as folder:
        store = EmbeddingStore(Path(folder), encoder.fingerprint, "image")
        start = time.perf_counter()
        vectors = embed_images(encoder, source, range(len(source.pictures)), store=store)
        return time.perf_counter() - start, vectors


@torch.no_grad()
def plain(model: torch.nn.Module, preprocess: Any, paths: Sequence[Path], batch: int) -> tuple[float, np.ndarray]:
    """Seconds and vectors of one pass: open, prepare, encode `batch` pictures at a time, one thing after the other."""
    weight = next(model.parameters())
    found, start = [], time.perf_counter()
    for at in range(0, len(paths), batch):
        prepared = [preprocess(Image.open(path).convert("RGB")) for path in paths[at : at + batch]]
        features = model.encode_image(torch.stack(prepared).to(weight.device, weight.dtype)).float()
        found.append((features / features.norm(dim=-1, keepdim=True)).cpu().numpy())
    return time.perf_counter() - start, np.concatenate(found)


def speed(args: argparse.Namespace, paths: Sequence[Path]) -> np.ndarray:
    """Print rates and ratios at one precision; returns our vectors."""
    options = EncoderOptions(device=args.device, precision=args.precision)
    encoder = load_encoder(f"open_clip:{args.architecture}/untrained?seed=0", options)
    preprocess = open_clip.create_model_and_transforms(args.architecture)[2]
    model, source = encoder.model, Files(paths)
    best, busy, vectors = dict.fromkeys(["published", *BATCHES, "primacy"], float("inf")), (0.0, 0.0), {}
    plain(model, preprocess, paths[:2], 1), ours(encoder, Files(paths[:16]))  # warm up
    for _ in range(args.rounds):
        for way in ("published", *BATCHES):
            seconds, vectors[way] = plain(model, preprocess, paths, 1 if way == "published" else int(way))
            best[way] = min(best[way], seconds)
        watched = Watched(encoder)
        seconds, vectors["primacy"] = ours(watched, source)
        if seconds < best["primacy"]:
            best["primacy"], busy = seconds, watched.busy(seconds)
    n, theirs, mine = len(paths), best["published"], best["primacy"]
    print(f"{args.architecture}, {args.precision}, {args.device}, {n} pictures, {encoder.image_pace}")
    print(f"  published loop, one picture at a time  {n / theirs:8.1f} pictures/s")
    for batch in BATCHES:
        print(f"  plain loop, batches of {batch:<3}             {n / best[batch]:8.1f} pictures/s")
    print(f"  embed_images                           {n / mine:8.1f} pictures/s")
    print(f"  a pass: {theirs / mine:.2f} x; all probes ({PASSES} passes against one): {PASSES * theirs / mine:.2f} x")
    print(f"  tower at work {busy[0]:.1%} of the time, {busy[1]:.2f} threads of it on average")
    print(f"  largest difference of a number {np.abs(vectors['published'] - vectors['primacy']).max():.1e}")
    return vectors["primacy"]


def agreement(args: argparse.Namespace, paths: Sequence[Path], low: np.ndarray) -> None:
    """Print how `low`, vectors of a 16-bit precision, agree with fp32."""
    encoder = load_encoder(f"open_clip:{args.architecture}/untrained?seed=0", EncoderOptions(device=args.device))
    _, exact = ours(encoder, Files(paths))
    cosines = (exact * low).sum(1)
    half = len(paths) // 2
    nearest = [(v[half:] @ v[:half].T).argmax(1) for v in (exact, low)]
    same = np.mean(nearest[0] == nearest[1])
    print(f"  against fp32: cosine at least {cosines.min():.6f}, same nearest of {half} {same:.1%}")


class Cheap:
    """open_clip's preparation and next to no tower: what is in memory is what the pipeline holds."""

    fingerprint = "cheap"

    def __init__(self) -> None:
        self.prepare_image = open_clip.image_transform(224, is_train=False)

    def encode_text(self, texts: list[str]) -> np.ndarray:
        return np.ones((len(texts), 512), np.float32)

    def encode_image(self, images: Sequence[Image.Image]) -> np.ndarray:
        return self.encode_prepared([self.prepare_image(image) for image in images])

    def encode_prepared(self, prepared: Sequence[torch.Tensor]) -> np.ndarray:
        return np.stack([one.numpy().ravel()[:512] for one in prepared]).astype(np.float32)


class Tinted(Files):
    """Ever new pictures: the files over and over, each time in another tint."""

    def __init__(self, paths: Sequence[Path], n: int) -> None:
        super().__init__(paths)
        self.pictures = [Picture(str(i), i, ()) for i in range(n)]

    def image(self, index: int) -> Image.Image:
        array = np.array(super().image(index % len(self._paths)))
        array[0, 0] = (index >> 16, (index >> 8) % 256, index % 256)
        return Image.fromarray(array)


def memory(n: int, folder: str) -> None:
    """Print the peak resident memory of embedding `n` pictures, in this process."""
    source = Tinted(sorted(Path(folder).glob("*.png")), n)
    with tempfile.TemporaryDirectory() as kept:
        embed_images(Cheap(), source, range(n), store=EmbeddingStore(Path(kept), "cheap", "image"))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    print(f"  {n:6,} pictures: peak {peak:7.1f} MB, of which vectors {n * 512 * 4 / 1e6:5.1f} MB", flush=True)


def main() -> None:
    """Print one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--architecture", default="ViT-B-32")
    parser.add_argument("--precision", default="fp32", choices=("fp32", "bf16", "fp16"))
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--memory", action="store_true", help="peak memory against the number of pictures, instead")
    parser.add_argument("--child", nargs=2, metavar=("N", "FOLDER"), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.child:
        return memory(int(args.child[0]), args.child[1])
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{i:04}.png" for i in range(args.pictures)]
        for i, path in enumerate(paths):
            picture(i).save(path)
        size = sum(path.stat().st_size for path in paths) / len(paths)
        print(f"{torch.get_num_threads()} threads, {size / 1e3:.0f} kB a file")
        if args.memory:
            for n in MEMORY:
                subprocess.run([sys.executable, __file__, "--child", str(n), folder], check=True)
            return None
        vectors = speed(args, paths)
        if args.precision != "fp32":
            agreement(args, paths, vectors)
    return None


if __name__ == "__main__":
    main()
