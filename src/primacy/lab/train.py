"""The trainer: scenes and captions in, a small CLIP out. Read it from top to bottom.

A run is a folder: `spec.json` the recipe, `log.csv` the loss, `checkpoints/` weights on the way, `model.safetensors`
the result, `state.safetensors` what a run that was stopped goes on from. Scenes and captions of a step follow from the
seed and its number, and nothing else is random once the weights are drawn, so a run that is killed and started again
ends with the very weights of one that was not (bit by bit on a CPU, with as many threads).
"""

from __future__ import annotations

import csv
import hashlib
import io
import math
import time
from collections.abc import Generator
from concurrent.futures import CancelledError, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager, closing, nullcontext
from multiprocessing import get_context
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

import numpy as np
import torch
from pydantic import ValidationError
from torch import Tensor

from primacy.encoders._torch import Placement, seeded_weights
from primacy.encoders._weights import read_state_dict
from primacy.encoders.lab.files import LabModel, read_model, write_model
from primacy.encoders.lab.model import LabClip
from primacy.encoders.lab.names import MODEL
from primacy.errors import EncoderError, RunError, UsageError
from primacy.files import atomic_write_bytes, atomic_write_text, os_errors_as
from primacy.folder_lock import alone
from primacy.lab.loss import infonce, sigmoid
from primacy.lab.pairs import Pairs, PairStream
from primacy.lab.spec import LabSpec
from primacy.listener import Listener, Silent
from primacy.process_tasks import obey_parent

STATE, SPEC, LOG = "state.safetensors", "spec.json", "log.csv"
LOG_FIELDS = ("samples", "loss", "scale", "rate", "samples_per_second")
_LOG_EVERY = 20  # steps
_BETAS = (0.9, 0.98)


def train(
    spec: LabSpec,
    folder: Path,
    place: Placement,
    *,
    workers: int = 0,
    save_every: float = 60.0,
    listener: Listener | None = None,
) -> Path:
    """Train a model, or go on where an earlier call stopped; wait where another process trains it.

    Args:
        spec: the recipe.
        folder: the run's own folder; made if it is missing.
        place: device, and "bf16" to compute in it where that is faster (weights stay float32).
        workers: processes that make scenes ahead of the training step; 0: made in between.
        save_every: seconds after which the state is saved again: what a run that is killed loses at most.
        listener: told of scenes seen, and ten times of the loss.

    Returns:
        The file of the trained model.

    Raises:
        UsageError: the folder holds a run of another recipe, or the loss is no number any more.
        RunError: the saved state is damaged, or a worker died.
        EncoderError: `image_from` cannot be read or does not fit.
    """
    listener = listener or Silent()
    _refuse_another(folder, spec)  # before any waiting
    with alone(folder, listener):
        _claim(folder, spec)
        done = folder / MODEL
        if done.is_file():
            listener.note(f"{folder} is trained already")
        else:
            _train(spec, folder, place, workers, save_every, listener)
    return done


def _train(spec: LabSpec, folder: Path, place: Placement, workers: int, save_every: float, listener: Listener) -> None:
    pairs = PairStream(spec)
    model = initial_model(spec, len(pairs.words)).to(place.device)
    optimiser = optimiser_of(model, spec)
    recipe = _recipe(spec)
    step, log = _resume(folder, model, optimiser)
    if step:
        listener.note(f"going on at {step * spec.train.batch:,} scenes")
    listener.stage("training", spec.steps * spec.train.batch)
    listener.advance(step * spec.train.batch)
    keep = {-(-samples // spec.train.batch) for samples in spec.train.checkpoints}
    if step == 0 and 0 in keep:
        _write_checkpoint(folder, LabModel(model, pairs.words, recipe, 0))
    shown, saved = (time.monotonic(), step), time.monotonic()
    with closing(_ahead(pairs, step, spec.steps, workers)) as batches:
        for batch in batches:
            rate = learning_rate(spec, step)
            for group in optimiser.param_groups:
                group["lr"] = rate
            loss = batch_loss(model, batch, place)
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            optimiser.step()
            step += 1
            listener.advance(spec.train.batch)
            if step % _LOG_EVERY == 0 or step == spec.steps:
                value = _finite(loss, step)
                speed = (step - shown[1]) * spec.train.batch / (time.monotonic() - shown[0])
                log.append((step * spec.train.batch, value, model.scale.item(), rate, speed))
                if 10 * step // spec.steps > 10 * shown[1] // spec.steps:
                    listener.note(f"{step * spec.train.batch:,} scenes: loss {value:.3f}, {speed:,.0f} scenes/s")
                shown = time.monotonic(), step
            if step in keep and step < spec.steps:
                _finite(loss, step)
                _write_checkpoint(folder, LabModel(model, pairs.words, recipe, step * spec.train.batch))
            if time.monotonic() - saved > save_every and step < spec.steps:
                _finite(loss, step)
                _save(folder, model, optimiser, step, log)
                saved = time.monotonic()
    with _writing(folder):
        _write_log(folder, log)
        write_model(folder / MODEL, LabModel(model, pairs.words, recipe, step * spec.train.batch))
        (folder / STATE).unlink(missing_ok=True)


def initial_model(spec: LabSpec, words: int) -> LabClip:
    """The model before its first step, float32 on the CPU; with another's image tower, frozen, if the recipe says so.

    Raises:
        ModelUnavailableError, EncoderError: `image_from` cannot be read.
        UsageError: its image tower has another shape.
    """
    with seeded_weights(spec.seed):
        model = LabClip(spec.model, words)
    if spec.image_from is not None:
        other = read_model(Path(spec.image_from)).model
        same = ("image", "side", "patch", "dim")
        if any(getattr(other.config, name) != getattr(spec.model, name) for name in same):
            raise UsageError(f"the image tower of {spec.image_from} has another shape than the recipe's")
        model.image.load_state_dict(other.image.state_dict())
        model.image.requires_grad_(False)
    return model


def batch_loss(model: LabClip, batch: Pairs, place: Placement) -> Tensor:
    """The loss of one batch, a scalar that can be differentiated."""
    device = place.device
    pictures = as_pictures(batch.scenes.images, device)
    low = torch.autocast(device.type, place.dtype) if place.dtype != torch.float32 else nullcontext()
    with low:
        image = model.encode_image(pictures)
        text, other, negatives = (
            model.encode_text(torch.from_numpy(ids).to(device)) if len(ids) else image[:0]
            for ids in (batch.captions, batch.others, batch.negatives)
        )
    image, text, other, negatives = image.float(), text.float(), other.float(), negatives.float()

    def loss_of(text: Tensor) -> Tensor:
        if model.bias is None:
            return infonce(image, text, negatives, model.scale)
        return sigmoid(image, text, negatives, model.scale, model.bias)

    loss = loss_of(text)
    if len(other):  # the second captions take the place of the first ones in a loss of its own
        second = text.index_copy(0, torch.from_numpy(batch.other_rows).to(device), other)
        loss = (loss + loss_of(second)) / 2
    return loss


def as_pictures(images: np.ndarray, device: torch.device) -> Tensor:
    """uint8 (n, S, S, 3) as what the image tower takes: float32 (n, 3, S, S) in 0..1."""
    return torch.from_numpy(images).to(device).permute(0, 3, 1, 2).float() / 255


def learning_rate(spec: LabSpec, step: int) -> float:
    """Of a step counted from 0: a linear warm-up, then half a cosine down to 0."""
    warm = max(1, round(spec.train.warmup * spec.steps))
    if step < warm:
        return spec.train.rate * (step + 1) / warm
    return spec.train.rate * (1 + math.cos(math.pi * (step - warm) / max(1, spec.steps - warm))) / 2


def optimiser_of(model: LabClip, spec: LabSpec) -> torch.optim.AdamW:
    """AdamW of what is learnt; matrices decay, vectors and scalars do not."""
    learnt = [p for p in model.parameters() if p.requires_grad]
    groups = [
        {"params": [p for p in learnt if p.ndim >= 2], "weight_decay": spec.train.decay},
        {"params": [p for p in learnt if p.ndim < 2], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=spec.train.rate, betas=_BETAS, fused=True)


def _finite(loss: Tensor, step: int) -> float:
    if not math.isfinite(value := loss.item()):
        raise UsageError(f"the loss is {value} after {step} steps", hint="Lower train.rate, and give a new folder.")
    return value


def _ahead(pairs: PairStream, first: int, last: int, workers: int) -> Generator[Pairs, None, None]:
    """Batches `first` to `last` - 1, in order, made by processes ahead of time if there are any.

    Where it is closed early, as by Ctrl-C, the batches that are being drawn are finished, and no others are begun.
    """
    if workers == 0:
        yield from map(pairs.batch, range(first, last))
        return
    context = get_context("spawn")  # a fork of a process with threads may never wake up
    stop = context.Event()
    with ProcessPoolExecutor(workers, context, _start_worker, (pairs.spec, stop)) as pool:
        try:
            waiting = [pool.submit(_worker_batch, k) for k in range(first, min(last, first + 2 * workers))]
            for k in range(first, last):
                batch = waiting.pop(0).result()
                if (later := k + 2 * workers) < last:
                    waiting.append(pool.submit(_worker_batch, later))
                yield batch
        except BrokenProcessPool:
            hint = "Most often for want of memory: give the command again with fewer --workers; it goes on."
            raise RunError("a process that draws scenes died", hint=hint) from None
        finally:
            stop.set()


_worker_pairs: PairStream
_worker_stop: Event


def _start_worker(spec: LabSpec, stop: Event) -> None:
    global _worker_pairs, _worker_stop
    obey_parent()
    torch.set_num_threads(1)
    _worker_pairs, _worker_stop = PairStream(spec), stop


def _worker_batch(step: int) -> Pairs:
    if _worker_stop.is_set():
        raise CancelledError  # nobody waits for it any more
    return _worker_pairs.batch(step)


def _claim(folder: Path, spec: LabSpec) -> None:
    """Write the recipe into a new folder, or see that it is the one that is there."""
    _refuse_another(folder, spec)
    path = folder / SPEC
    with os_errors_as(RunError, f"cannot use {folder}"):
        if not path.is_file():
            atomic_write_text(path, spec.model_dump_json(indent=1) + "\n")


def _refuse_another(folder: Path, spec: LabSpec) -> None:
    path = folder / SPEC
    with os_errors_as(RunError, f"cannot use {folder}"):
        if not path.is_file():
            return
        there = path.read_bytes()
    try:  # through the model, so that fields which came later count with their defaults
        same = LabSpec.model_validate_json(there).model_dump_json() == spec.model_dump_json()
    except ValidationError:
        same = False
    if not same:
        raise UsageError(f"{folder} holds a run of another recipe", hint="Give another folder, or remove this one.")


def _recipe(spec: LabSpec) -> dict[str, Any]:
    """The recipe as a model's file has it: another's image tower goes by the hash of its file, not by its path."""
    fields = spec.model_dump(mode="json")
    if spec.image_from is not None:
        fields["image_from"] = f"sha256:{hashlib.sha256(Path(spec.image_from).read_bytes()).hexdigest()}"
    return fields


def _writing(folder: Path) -> AbstractContextManager[None]:
    return os_errors_as(RunError, f"cannot write into {folder}")


def _write_checkpoint(folder: Path, found: LabModel) -> None:
    with _writing(folder):
        write_model(folder / "checkpoints" / f"{found.samples:010d}.safetensors", found)


def _write_log(folder: Path, log: list[tuple[float, ...]]) -> None:
    out = io.StringIO()
    rows = ([f"{samples:.0f}", *(f"{value:.6g}" for value in rest)] for samples, *rest in log)
    csv.writer(out, lineterminator="\n").writerows([LOG_FIELDS, *rows])
    atomic_write_text(folder / LOG, out.getvalue())


def _save(folder: Path, model: LabClip, optimiser: torch.optim.AdamW, step: int, log: list[tuple[float, ...]]) -> None:
    """Write what a later call goes on from, as plain tensors."""
    from safetensors.torch import save

    state = {f"model.{name}": tensor for name, tensor in model.state_dict().items()}
    for i, moments in optimiser.state_dict()["state"].items():
        state |= {f"optimiser.{i}.{name}": tensor for name, tensor in moments.items()}
    state["step"] = torch.tensor(step)
    state["log"] = torch.tensor(log, dtype=torch.float64).reshape(-1, len(LOG_FIELDS))
    with _writing(folder):
        atomic_write_bytes(folder / STATE, save({name: tensor.contiguous() for name, tensor in state.items()}))
        _write_log(folder, log)


def _resume(folder: Path, model: LabClip, optimiser: torch.optim.AdamW) -> tuple[int, list[tuple[float, ...]]]:
    """Load the saved state, if any: the step to go on with, and the log so far."""
    path = folder / STATE
    if not path.is_file():
        return 0, []
    try:
        return _load_state(read_state_dict(path), model, optimiser)
    except (EncoderError, KeyError, RuntimeError, TypeError, ValueError) as error:
        raise RunError(f"{path} is damaged", hint="Remove it: training then begins anew.") from error


def _load_state(
    state: dict[str, Tensor], model: LabClip, optimiser: torch.optim.AdamW
) -> tuple[int, list[tuple[float, ...]]]:
    step, log = int(state.pop("step")), [tuple(row) for row in state.pop("log").tolist()]
    moments: dict[int, dict[str, Any]] = {}
    weights = {}
    for name, tensor in state.items():
        kind, _, rest = name.partition(".")
        if kind == "model":
            weights[rest] = tensor
        else:
            i, _, moment = rest.partition(".")
            moments.setdefault(int(i), {})[moment] = tensor
    model.load_state_dict(weights)
    learnt = [p for group in optimiser.param_groups for p in group["params"]]
    for kind in ("exp_avg", "exp_avg_sq"):  # PyTorch would take any of them, or none
        if {i: moment[kind].shape for i, moment in moments.items()} != {i: p.shape for i, p in enumerate(learnt)}:
            raise ValueError("the optimiser's state is of another model")
    optimiser.load_state_dict({"state": moments, "param_groups": optimiser.state_dict()["param_groups"]})
    return step, log
