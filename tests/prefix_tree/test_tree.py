"""The planner against brute force: prefixes as tuples, ancestors by walking parents."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from primacy.encoders.prefix_tree.sequences import TokenSequences, count_nodes, cut, sort_sequences
from primacy.encoders.prefix_tree.tree import ROW, build_tree

# few tokens and many sequences, so that beginnings are shared, repeated and nested
SEQUENCES = st.lists(st.lists(st.integers(0, 3), min_size=1, max_size=9), min_size=1, max_size=60)


def sequences_of(rows: list[list[int]], pad: int = 7) -> TokenSequences:
    lengths = np.array([len(row) for row in rows])
    ids = np.full((len(rows), int(lengths.max()) + 2), pad)
    for i, row in enumerate(rows):
        ids[i, : len(row)] = row
    return TokenSequences(ids, lengths)


def prefixes(rows: list[list[int]]) -> set[tuple[int, ...]]:
    return {tuple(row[: i + 1]) for row in rows for i in range(len(row))}


@given(SEQUENCES)
def test_sorted_sequences_share_their_longest_common_prefix(rows):
    found = sort_sequences(sequences_of(rows))
    ordered = [rows[i] for i in found.order]
    assert ordered == sorted(rows)
    for k in range(1, len(rows)):
        before, here = ordered[k - 1], ordered[k]
        common = next((i for i, (a, b) in enumerate(zip(before, here, strict=False)) if a != b), None)
        assert found.shared[k] == (min(len(before), len(here)) if common is None else common)


@given(SEQUENCES)
def test_nodes_are_the_distinct_prefixes(rows):
    assert count_nodes(sequences_of(rows)) == len(prefixes(rows))


@given(SEQUENCES, st.integers(1, 40))
def test_runs_cover_all_and_keep_to_their_size(rows, nodes):
    found = sort_sequences(sequences_of(rows))
    runs = list(cut(found, nodes))
    assert [i for run in runs for i in range(run.start, run.stop)] == list(range(len(rows)))
    for run in runs:
        members = [rows[i] for i in found.order[run]]
        assert len(prefixes(members)) <= nodes or run.stop - run.start == 1
    for run, after in pairwise(runs):  # and are no shorter than need be
        assert len(prefixes([rows[i] for i in found.order[run.start : after.start + 1]])) > nodes


@settings(deadline=None)
@given(SEQUENCES, st.sampled_from([1, 5, ROW]))
def test_tree_against_walking_parents(rows, length):
    found = sort_sequences(sequences_of(rows))
    tree = build_tree(found, slice(0, len(rows)), length)
    n = tree.n_nodes
    assert n == len(prefixes(rows))
    assert len(tree.token) == length * len(tree.carried)

    latest: dict[int, int] = {}  # depth -> node: the path of a depth-first walk
    spelled, above = [], []
    for i in range(n):
        depth = int(tree.depth[i])
        latest[depth] = i
        path = [latest[d] for d in range(depth + 1)]
        above.append(set(path))
        spelled.append(tuple(int(tree.token[j]) for j in path))
    assert len(set(spelled)) == n
    assert set(spelled) == prefixes(rows)
    assert [spelled[leaf] for leaf in tree.leaf] == [tuple(rows[i]) for i in found.order]
    for i in range(n):
        seen = {j for j in range(n) if j <= i < tree.end[j]}
        assert seen == above[i]
    assert not tree.end[n:].any()  # nothing looks at padding

    for row, carried in enumerate(tree.carried.tolist()):
        first = row * length
        assert {j for j in carried if j >= 0} == above[first] - {first}
        for i in range(first, min(first + length, n)):
            assert above[i] <= set(carried) | set(range(first, first + length))


@given(SEQUENCES, st.integers(1, 20))
def test_a_runs_tree_is_that_of_its_sequences_alone(rows, nodes):
    found = sort_sequences(sequences_of(rows))
    for run in cut(found, nodes):
        alone = sort_sequences(sequences_of([rows[i] for i in found.order[run]]))
        whole = build_tree(alone, slice(0, run.stop - run.start))
        for mine, theirs in zip(build_tree(found, run), whole, strict=True):
            assert np.array_equal(mine, theirs)


def test_one_sequence_is_a_causal_mask():
    tree = build_tree(sort_sequences(sequences_of([[5, 4, 3, 2]])), slice(0, 1))
    i = np.arange(4)
    seen = (i <= i[:, None]) & (i[:, None] < tree.end[:4])
    assert np.array_equal(seen, np.tril(np.ones((4, 4), dtype=bool)))


@pytest.mark.parametrize("lengths", [[0, 2], [1, 9]])
def test_lengths_outside_of_the_ids_are_refused(lengths):
    with pytest.raises(ValueError, match="lengths are between"):
        sort_sequences(TokenSequences(np.zeros((2, 3), int), np.array(lengths)))


def test_no_sequence_is_no_run():
    empty = sort_sequences(TokenSequences(np.zeros((0, 3), int), np.zeros(0, int)))
    assert list(cut(empty, 10)) == []
    assert count_nodes(TokenSequences(np.zeros((0, 3), int), np.zeros(0, int))) == 0
