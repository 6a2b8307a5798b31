"""Training of lab models: the data path alone, a step against plain eager open_clip, and both against a matrix product.

python bench/lab_training.py                                # a CPU, the default recipe; about 6 minutes
python bench/lab_training.py --device cuda --precision bf16 --processes 1,8,16
python bench/lab_training.py --recipe FILE --only step
"""

from __future__ import annotations

import argparse
import multiprocessing
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext
from multiprocessing.synchronize import Barrier

import torch
from torch import Tensor

from primacy.encoders._torch import Placement, placement
from primacy.encoders.base import EncoderOptions
from primacy.encoders.lab.model import END, TowerConfig
from primacy.lab.pairs import Pairs, PairStream
from primacy.lab.read_spec import checked_spec, read_spec
from primacy.lab.spec import LabSpec
from primacy.lab.train import as_pictures, batch_loss, initial_model, optimiser_of

POOL = 8  # batches that the steps turn around, made beforehand
Step = Callable[[], object]


class _Process:
    together: Barrier


def _join(together: Barrier) -> None:
    torch.set_num_threads(1)
    _Process.together = together


def drawing_rate(spec: LabSpec, seconds: float, warm: float, first: int) -> tuple[float, float]:
    """Scenes a second of one process: of its first two seconds, and after `warm` seconds, while the others draw too."""
    stream, step = PairStream(spec), first

    def rate(duration: float) -> float:
        nonlocal step
        began, start = step, time.perf_counter()
        while time.perf_counter() - start < duration:
            stream.batch(step)
            step += 1
        return (step - began) * spec.train.batch / (time.perf_counter() - start)

    cold = rate(2)
    rate(warm)
    _Process.together.wait(timeout=60)
    return cold, rate(seconds)


def data_path(spec: LabSpec, processes: int, seconds: float, warm: float) -> None:
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, context, _join, (context.Barrier(processes),)) as pool:
        jobs = [pool.submit(drawing_rate, spec, seconds, warm, 1_000_000 * k) for k in range(processes)]
        rates = [job.result() for job in jobs]
    cold, hot = (sum(some) for some in zip(*rates, strict=True))
    print(f"data path, {processes} process(es): {hot:,.0f} scenes/s after {warm:.0f} s, {cold:,.0f} at first")


def lab_step(spec: LabSpec, batches: list[Pairs], words: int, place: Placement) -> Step:
    """A step of the trainer, as `train` does it, without drawing and logging."""
    model = initial_model(spec, words).to(place.device)
    optimiser, turn = optimiser_of(model, spec), iter(range(10**9))

    def step() -> None:
        loss = batch_loss(model, batches[next(turn) % len(batches)], place)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()

    return step


def open_clip_step(spec: LabSpec, batches: list[Pairs], words: int, place: Placement, context: int) -> Step:
    """The same step as one would write it with open_clip: its CLIP of equal width, depth, heads and patches, its
    ClipLoss, AdamW, the same pictures and tokens; captions padded to `context`."""
    from open_clip.loss import ClipLoss
    from open_clip.model import CLIP, CLIPTextCfg, CLIPVisionCfg

    config = spec.model

    def size(tower: TowerConfig) -> dict[str, int]:
        return {"layers": tower.layers, "width": tower.width}

    vision = CLIPVisionCfg(
        **size(config.image),
        head_width=config.image.width // config.image.heads,
        patch_size=config.patch,
        image_size=config.side,
    )
    # The end must be the largest id (open_clip pools there) and nothing must follow it but zeros.
    text = CLIPTextCfg(context_length=context, vocab_size=words + 1, heads=config.text.heads, **size(config.text))
    model = CLIP(config.dim, vision, text).to(place.device).train()
    optimiser = torch.optim.AdamW(model.parameters(), lr=spec.train.rate, betas=(0.9, 0.98), weight_decay=0.1)
    loss_of, turn = ClipLoss(), iter(range(10**9))
    tokens = [_padded(torch.from_numpy(batch.captions), words, context) for batch in batches]
    low = torch.autocast(place.device.type, place.dtype) if place.dtype != torch.float32 else nullcontext()

    def step() -> None:
        k = next(turn) % len(batches)
        optimiser.zero_grad()
        with low:
            pictures = as_pictures(batches[k].scenes.images, place.device)
            loss = loss_of(*model(pictures, tokens[k].to(place.device)))
        loss.backward()
        optimiser.step()

    return step


def _padded(ids: Tensor, words: int, context: int) -> Tensor:
    end = (ids == END).int().argmax(dim=1)
    places = torch.arange(ids.shape[1])
    found = torch.zeros(len(ids), context, dtype=torch.long)
    found[:, : ids.shape[1]] = torch.where(places < end[:, None], ids, torch.where(places == end[:, None], words, 0))
    return found


def seconds_of(step: Step, times: int, device: torch.device) -> float:
    """Seconds of one call, over `times` of them."""
    start = time.perf_counter()
    for _ in range(times):
        step()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return (time.perf_counter() - start) / times


def operations(step: Step) -> int:
    """Floating-point operations of one step, both ways through; attention is counted as plain products."""
    from torch.nn.attention import SDPBackend, sdpa_kernel
    from torch.utils.flop_counter import FlopCounterMode

    with sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
        step()
    return int(counter.get_total_flops())


def steps(spec: LabSpec, place: Placement, rounds: int, times: int) -> None:
    stream = PairStream(spec)
    batches, words = [stream.batch(k) for k in range(POOL)], len(stream.words)
    longest = max(batch.captions.shape[1] for batch in batches)
    sides = {
        "lab": lab_step(spec, batches, words, place),
        f"open_clip, context {longest}": open_clip_step(spec, batches, words, place, longest),
        f"open_clip, context {spec.model.context}": open_clip_step(spec, batches, words, place, spec.model.context),
    }
    size = 4096 if place.device.type == "cuda" else 2048
    a, b = (torch.randn(size, size, device=place.device, dtype=place.dtype) for _ in range(2))
    sides["product"] = lambda: torch.mm(a, b)
    taken: dict[str, list[float]] = {name: [] for name in sides}
    for step in sides.values():
        seconds_of(step, 3, place.device)
    for _ in range(rounds):
        for name, step in sides.items():
            taken[name].append(seconds_of(step, times, place.device))
    done = {name: statistics.median(found) for name, found in taken.items()}
    peak = 2 * size**3 / done.pop("product") / 1e9
    print(f"matrix product of {size} x {size}, {place.precision}: {peak:,.0f} GFLOP/s")
    for name, seconds in done.items():
        rate, work = operations(sides[name]) / seconds / 1e9, spec.train.batch / seconds
        spread = f"{spec.train.batch / max(taken[name]):,.0f} to {spec.train.batch / min(taken[name]):,.0f}"
        print(
            f"{name}: {work:,.0f} samples/s ({spread}), lab / this {seconds / done['lab']:.2f},"
            f" {rate:,.0f} GFLOP/s, {rate / peak:.0%} of the product's"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recipe", help="TOML file or name [default: the default recipe]")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--precision", default="fp32")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--processes", default="1,2", help="of the data path")
    parser.add_argument("--seconds", type=float, default=15, help="measured, of the data path")
    parser.add_argument("--warm", type=float, default=90, help="seconds before that")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--times", type=int, default=10, help="steps a round")
    parser.add_argument("--only", choices=["data", "step"])
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    spec = read_spec(args.recipe) if args.recipe else checked_spec({}, "default")
    place = placement(EncoderOptions(device=args.device, precision=args.precision))
    print(f"batch {spec.train.batch}, {spec.model.side} px, {place.device}, threads: {args.threads}")
    if args.only != "step":
        for processes in map(int, args.processes.split(",")):
            data_path(spec, processes, args.seconds, args.warm)
    if args.only != "data":
        steps(spec, place, args.rounds, args.times)


if __name__ == "__main__":
    main()
