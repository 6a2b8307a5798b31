"""Draws docs/figures/prefix-tree.svg from the real planner: `python docs/figures/prefix_tree.py`."""

from __future__ import annotations

from pathlib import Path

import matplotlib
import numpy as np

matplotlib.use("svg")
import matplotlib.pyplot as plt
from matplotlib.patches import Rectangle

from primacy.encoders.prefix_tree import TokenSequences, build_tree, sort_sequences

CAPTIONS = ["a cat and a cup", "a dog and a cat", "a cat", "a cat and a dog"]
ROW = 6
INK, BLUE, ORANGE, GREY = "#1f2933", "#2b6cb0", "#dd6b20", "#cbd2d9"


def main() -> None:
    """Three panels: captions with what they share, their tree, and who looks at whom."""
    words = ["start", *dict.fromkeys(" ".join(CAPTIONS).split()), "end"]
    rows = [[words.index(word) for word in ("start", *caption.split(), "end")] for caption in CAPTIONS]
    lengths = np.array([len(row) for row in rows])
    ids = np.array([row + [0] * (lengths.max() - len(row)) for row in rows])
    ordered = sort_sequences(TokenSequences(ids, lengths))
    tree = build_tree(ordered, slice(0, len(rows)), ROW)
    figure, axes = plt.subplots(1, 3, figsize=(14.5, 4.6), gridspec_kw={"width_ratios": [1.15, 1.15, 1]})
    node_of = draw_captions(axes[0], ordered, words)
    draw_tree(axes[1], tree, node_of, words)
    draw_mask(axes[2], tree, words)
    figure.tight_layout(w_pad=2)
    with plt.rc_context({"svg.hashsalt": "primacy", "svg.fonttype": "none"}):
        figure.savefig(Path(__file__).with_name("prefix-tree.svg"), metadata={"Date": None})


def draw_captions(axis, ordered, words) -> dict[tuple[int, int], int]:
    """Sorted captions; returns the node at (caption, depth)."""
    node_of: dict[tuple[int, int], int] = {}
    count = 0
    for k, (row, length, shared) in enumerate(zip(ordered.ids, ordered.lengths, ordered.shared, strict=True)):
        for d in range(length):
            new = d >= shared
            node_of[k, d] = count if new else node_of[k - 1, d]
            count += new
            axis.add_patch(Rectangle((d, -k), 0.94, 0.62, fc=BLUE if new else "white", ec=BLUE if new else GREY))
            axis.text(d + 0.47, -k + 0.31, words[row[d]], ha="center", va="center", color="white" if new else "#7b8794")
    axis.set(xlim=(-0.1, 7.1), ylim=(-3.6, 1.0))
    axis.set_title(
        "1  sort: a beginning that the caption above has\n(white) is not computed again", loc="left", fontsize=11
    )
    axis.text(0, -3.45, f"{count} states in place of 4 x 77 = 308", color=INK)
    axis.axis("off")
    return node_of


def draw_tree(axis, tree, node_of, words) -> None:
    """The tree, nodes numbered depth first."""
    place = {}
    for (k, d), node in node_of.items():
        place.setdefault(node, (d, -k))
    parent: dict[int, int] = {}
    for (k, d), node in node_of.items():
        if d:
            parent[node] = node_of[k, d - 1]
    for node, above in parent.items():
        (x0, y0), (x1, y1) = place[above], place[node]
        axis.plot([x0, x0 + 0.5, x1], [y0, y1, y1] if y0 != y1 else [y0, y0, y1], color=GREY, lw=1.5, zorder=1)
    for node, (x, y) in place.items():
        pooled = node in set(tree.leaf.tolist())
        axis.scatter([x], [y], s=330, color=ORANGE if pooled else BLUE, zorder=2)
        axis.text(x, y, str(node), ha="center", va="center", color="white", zorder=3, fontsize=9)
        axis.text(x, y + 0.25, words[tree.token[node]], ha="center", color=INK, fontsize=9)
    axis.set(xlim=(-0.5, 6.5), ylim=(-3.6, 1.0))
    axis.set_title(
        "2  number the prefixes depth first: whatever\ndescends from a node follows it, up to end[j]",
        loc="left",
        fontsize=11,
    )
    axis.text(-0.3, -3.45, "orange: where a caption is pooled", color=INK)
    axis.axis("off")


def draw_mask(axis, tree, words) -> None:
    """Queries down, keys across; rows of ROW nodes, carried keys in orange."""
    n = tree.n_nodes
    for i in range(n):
        start = i - i % ROW
        for j in range(i + 1):
            if i < tree.end[j]:
                colour = ORANGE if j < start else BLUE
                axis.add_patch(Rectangle((j, i), 0.92, 0.92, color=colour))
    for start in range(0, n, ROW):
        stop = min(start + ROW, n)
        axis.add_patch(Rectangle((start - 0.04, start - 0.04), stop - start, stop - start, fill=False, ec=INK, lw=1.2))
    axis.set(xlim=(-0.3, n), ylim=(n, -0.3), aspect="equal")
    labels = [f"{words[tree.token[i]]} {i}" for i in range(n)]
    axis.set_yticks(np.arange(n) + 0.46, labels, fontsize=8)
    axis.set_xticks(np.arange(n) + 0.46, range(n), fontsize=8)
    axis.tick_params(length=0)
    for side in axis.spines.values():
        side.set_visible(False)
    axis.set_title(
        "3  node i looks at key j if j <= i < end[j];\nrows carry keys (orange) from before them",
        loc="left",
        fontsize=11,
    )


if __name__ == "__main__":
    main()
