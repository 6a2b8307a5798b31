"""A prefix tree through a causal tower."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from primacy.encoders.prefix_tree.tree import PrefixTree

if TYPE_CHECKING:
    import torch

    from primacy.encoders.prefix_tree.towers import CausalTower


class _Rows(NamedTuple):
    """What attention needs to know of a tree: `carried` (R x P,) the nodes whose keys a row borrows, `mask` (R, 1, T, P
    + T) added to the scores, for rows of T nodes."""

    carried: torch.Tensor
    mask: torch.Tensor


def tower_states(tower: CausalTower, tree: PrefixTree) -> torch.Tensor:
    """Embeddings (n, dim) of the tree's n sequences, as the tower gives them (not normalised); in inference mode."""
    import torch

    device, dtype = tower.weight.device, tower.weight.dtype
    token, depth, leaf = (torch.from_numpy(part).to(device) for part in (tree.token, tree.depth, tree.leaf))
    rows = _rows(tree, device, dtype)
    x = tower.token_embedding(token).to(dtype) + tower.positional_embedding[depth].to(dtype)
    for layer, kernels in zip(tower.layers, tower.kernels, strict=True):
        attended = _attention(kernels.qkv(layer.norm_1(x)), rows, layer.heads)
        if layer is tower.layers[-1]:  # no other node's state is read from here on
            x, attended = x[leaf], attended[leaf]
        x = kernels.add_mlp(kernels.add_attended(x, attended))
    x = tower.final_norm(x)
    if isinstance(tower.projection, torch.nn.Module):
        return tower.projection(x)
    return x if tower.projection is None else x @ tower.projection


def _rows(tree: PrefixTree, device: torch.device, dtype: torch.dtype) -> _Rows:
    """Keys of a row are the nodes that it carries, then its own; node i sees key j if j <= i < end[j]."""
    import torch

    carried, end = torch.from_numpy(tree.carried).to(device), torch.from_numpy(tree.end).to(device)
    query = torch.arange(len(tree.token), device=device).view(len(tree.carried), -1)
    key = torch.cat([carried, query], dim=1)[:, None, :]
    query = query[:, :, None]
    seen = (key >= 0) & (key <= query) & (query < end[key.clamp(min=0)])
    seen |= key == query  # padding sees itself, as a softmax over nothing is no number
    mask = torch.zeros(seen.shape, dtype=dtype, device=device).masked_fill_(~seen, float("-inf"))
    return _Rows(carried.clamp(min=0).flatten(), mask[:, None])


def _attention(qkv: torch.Tensor, rows: _Rows, heads: int) -> torch.Tensor:
    """Softmax attention (M, width) of queries, keys and values (M, 3 width), row by row."""
    import torch
    from torch.nn import functional

    nodes, width = qkv.shape[0], qkv.shape[1] // 3
    n_rows = len(rows.mask)
    query, own = qkv.split([width, 2 * width], dim=1)
    borrowed = own[rows.carried].view(n_rows, -1, 2 * width)
    pairs = torch.cat([borrowed, own.view(n_rows, -1, 2 * width)], dim=1).view(n_rows, -1, 2, heads, width // heads)
    key, value = pairs.transpose(1, 3).unbind(dim=2)
    query = query.view(n_rows, -1, heads, width // heads).transpose(1, 2)
    attended = functional.scaled_dot_product_attention(query, key, value, attn_mask=rows.mask)
    return attended.transpose(1, 2).reshape(nodes, width)
