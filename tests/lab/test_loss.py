"""Losses against brute force, and against open_clip's where that has them."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from primacy.lab.loss import infonce, sigmoid
from primacy.lab.pairs import PairStream
from primacy.lab.train import as_pictures, batch_loss, initial_model

SCALE, BIAS = torch.tensor(14.0), torch.tensor(-3.0)


def vectors(count, seed):
    return functional.normalize(torch.randn(count, 6, generator=torch.Generator().manual_seed(seed)), dim=-1)


def brute_infonce(image, text, negatives, scale):
    image, text, negatives = (np.asarray(x, dtype=np.float64) for x in (image, text, negatives))
    total = 0.0
    for k in range(len(image)):
        to_text = [scale * image[k] @ t for t in (*text, *negatives)]
        to_image = [scale * i @ text[k] for i in image]
        total += np.log(np.exp(to_text).sum()) - to_text[k] + np.log(np.exp(to_image).sum()) - to_image[k]
    return total / (2 * len(image))


def brute_sigmoid(image, text, negatives, scale, bias):
    image, text, negatives = (np.asarray(x, dtype=np.float64) for x in (image, text, negatives))
    total = 0.0
    for k in range(len(image)):
        for j, t in enumerate((*text, *negatives)):
            total += np.log1p(np.exp((-1 if j == k else 1) * (scale * image[k] @ t + bias)))
    return total / len(image)


@pytest.mark.parametrize("extra", [0, 3])
def test_against_brute_force(extra):
    image, text, negatives = vectors(5, 0), vectors(5, 1), vectors(extra, 2)
    found = infonce(image, text, negatives, SCALE)
    assert found.item() == pytest.approx(brute_infonce(image, text, negatives, 14.0), rel=1e-5)
    found = sigmoid(image, text, negatives, SCALE, BIAS)
    assert found.item() == pytest.approx(brute_sigmoid(image, text, negatives, 14.0, -3.0), rel=1e-5)


def test_against_open_clip():
    from open_clip.loss import ClipLoss, SigLipLoss

    image, text, none = vectors(7, 3), vectors(7, 4), vectors(0, 0)
    torch.testing.assert_close(infonce(image, text, none, SCALE), ClipLoss()(image, text, SCALE))
    torch.testing.assert_close(sigmoid(image, text, none, SCALE, BIAS), SigLipLoss()(image, text, SCALE, BIAS))


def test_a_copy_of_the_true_caption_costs_log_two():
    """Two captions that the model cannot tell apart: the true one gets half of what it had."""
    image = torch.eye(4)[:2]
    sure = torch.tensor(50.0)
    without = infonce(image, image, image[:0], sure)
    again = infonce(image, image, image[:1], sure)
    assert (again - without).item() == pytest.approx(
        np.log(2) / 2 / 2, rel=1e-4
    )  # one of two pictures, one of two ways


@pytest.mark.parametrize("loss", ["infonce", "sigmoid"])
def test_second_captions_take_the_place_of_the_first(tiny, cpu, loss):
    spec = tiny(model={"loss": loss}, pairs={"other_order": 0.5, "replaced": 0.5}, scenes={"objects": {3: 1}})
    pairs = PairStream(spec)
    batch, model = pairs.batch(0), initial_model(spec, len(pairs.words))
    assert len(batch.others) and len(batch.negatives)
    with torch.no_grad():
        found = batch_loss(model, batch, cpu).item()
        image = model.encode_image(as_pictures(batch.scenes.images, cpu.device))
        first, others, negatives = (
            model.encode_text(torch.from_numpy(ids)) for ids in (batch.captions, batch.others, batch.negatives)
        )
        scale = model.scale.item()
    second = first.clone()
    for row, other in zip(batch.other_rows, others, strict=True):
        second[row] = other
    if loss == "infonce":
        both = [brute_infonce(image, text, negatives, scale) for text in (first, second)]
    else:
        both = [brute_sigmoid(image, text, negatives, scale, model.bias.item()) for text in (first, second)]
    assert both[0] != both[1]
    assert found == pytest.approx(np.mean(both), rel=1e-5)
