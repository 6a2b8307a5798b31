"""What the towers read: padding, words before and after, precision."""

import pytest
import torch

from primacy.encoders.lab.model import END, START, LabClip, LabConfig, TowerConfig

SMALL = TowerConfig(width=32, layers=2, heads=2)
WORDS = 12


def model(**config):
    fields = {"image": SMALL, "text": SMALL, "side": 16, "dim": 8, "context": 12} | config
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        found = LabClip(LabConfig.model_validate(fields), WORDS).eval()
        for parameter in found.parameters():  # initial weights are so small that words hardly mix
            parameter.data += 0.2 * torch.randn_like(parameter)
    return found


def row(*words, length=9, after=END):
    ids = [START, *words, END]
    return torch.tensor([ids + [after] * (length - len(ids))])


def states(tower, ids):
    """The state of each token after the last block."""
    found = []
    hook = tower.blocks[-1].register_forward_hook(lambda _module, _given, out: found.append(out))
    tower(ids)
    hook.remove()
    return found[0]


@pytest.mark.parametrize("attention", ["causal", "bidirectional"])
@pytest.mark.parametrize("pooling", ["end", "mean"])
@torch.no_grad()
def test_what_follows_the_end_is_not_read(attention, pooling):
    text = model(attention=attention, pooling=pooling)
    bare = text.encode_text(row(3, 4, 5, length=5))
    for padded in (row(3, 4, 5), row(3, 4, 5, after=7), row(3, 4, 5, length=12, after=START)):
        torch.testing.assert_close(text.encode_text(padded), bare, atol=1e-6, rtol=0)
    other = text.encode_text(row(3, 4, 6))
    assert (other - bare).abs().max() > 1e-2
    together = text.encode_text(torch.cat([row(3, 4, 5), row(3, 4, 5, 6, 7, 8)]))
    torch.testing.assert_close(together[:1], bare, atol=1e-6, rtol=0)


@torch.no_grad()
def test_a_causal_tower_does_not_see_later_words_and_a_bidirectional_one_does():
    first, other = row(3, 4, 5, 6), row(3, 4, 8, 9)
    for attention, blind in (("causal", True), ("bidirectional", False)):
        tower = model(attention=attention).text
        moved = (states(tower, first) - states(tower, other)).abs().amax(dim=2)[0]
        assert (moved[:3] < 1e-6).all() == blind
        assert (moved[3:6] > 1e-3).all()


@pytest.mark.parametrize("attention", ["causal", "bidirectional"])
@torch.no_grad()
def test_positions_and_order_count(attention):
    text = model(attention=attention, pooling="mean")
    assert (text.encode_text(row(3, 4)) - text.encode_text(row(4, 3))).abs().max() > 1e-3


@torch.no_grad()
def test_vectors_are_of_unit_length_and_of_the_asked_dimension():
    clip = model(dim=24)
    for found in (clip.encode_text(row(3, 4)), clip.encode_image(torch.rand(3, 3, 16, 16))):
        assert found.shape[1] == 24
        torch.testing.assert_close(found.norm(dim=1), torch.ones(len(found)))


@pytest.mark.parametrize(("side", "patch"), [(16, 8), (64, 8), (64, 16)])
@torch.no_grad()
def test_patches_tile_the_picture(side, patch):
    clip = model(side=side, patch=patch)
    assert clip.image.positions.shape[0] == (side // patch) ** 2 + 1
    assert clip.encode_image(torch.rand(2, 3, side, side)).shape == (2, 8)


def test_the_scale_is_at_most_a_hundred_and_the_bias_is_the_sigmoid_losss():
    clip = model()
    clip.log_scale.data.fill_(9.0)
    assert clip.scale.item() == 100
    assert clip.bias is None
    assert model(loss="sigmoid").bias is not None


@torch.no_grad()
def test_half_precision_gives_nearly_the_same():
    clip, pictures = model(), torch.rand(4, 3, 16, 16)
    wide = clip.encode_text(row(3, 4)), clip.encode_image(pictures)
    with torch.autocast("cpu", torch.bfloat16):
        low = clip.encode_text(row(3, 4)), clip.encode_image(pictures)
    for a, b in zip(wide, low, strict=True):
        assert (a * b.float()).sum(dim=1).min() > 0.99
