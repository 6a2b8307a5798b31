"""Contrastive losses of a batch of pictures and texts."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


def infonce(image: Tensor, text: Tensor, negatives: Tensor, scale: Tensor) -> Tensor:
    """CLIP's symmetric cross entropy (Radford et al. 2021), with hard negatives beside the batch's own.

    Args:
        image: unit-norm (B, dim).
        text: unit-norm (B, dim), row i for picture i.
        negatives: unit-norm (N, dim): texts of no picture; every picture has all of them in its denominator, as in
            NegCLIP (Yuksekgonul et al. 2023).
        scale: what cosines are multiplied by.

    Returns:
        A scalar, in nats.
    """
    logits = scale * image @ torch.cat([text, negatives]).T
    target = torch.arange(len(image), device=image.device)
    return (functional.cross_entropy(logits, target) + functional.cross_entropy(logits[:, : len(text)].T, target)) / 2


def sigmoid(image: Tensor, text: Tensor, negatives: Tensor, scale: Tensor, bias: Tensor) -> Tensor:
    """SigLIP's loss (Zhai et al. 2023): each picture with each text a yes or no. Arguments as `infonce`'s."""
    logits = scale * image @ torch.cat([text, negatives]).T + bias
    sign = 2 * torch.eye(*logits.shape, device=logits.device) - 1
    return -functional.logsigmoid(sign * logits).sum() / len(image)
