import pytest

from primacy.corpus.faults import Fault, Faults
from primacy.errors import CorpusError


def test_kinds_are_counted_in_the_order_in_which_they_are_met():
    faults = Faults()
    faults.add("late", ["a"])
    faults.add("early", ["b", "c"])
    faults.add("late", ["d", "e", "f"])
    assert list(faults) == [Fault("late", 4, ("a", "d", "e")), Fault("early", 2, ("b", "c"))]
    assert (faults.count("late"), faults.count("early"), faults.count("never"), len(faults)) == (4, 2, 0, 2)


def test_many_of_which_some_are_shown():
    faults = Faults()
    faults.add("many", ["a"], count=1000)
    faults.add("many", count=5)
    faults.add("none", [])
    faults.add("none", ["x"], count=0)
    assert list(faults) == [Fault("many", 1005, ("a",))]


def test_examples_are_short_whatever_the_corpus_holds():
    faults = Faults()
    faults.add("long", ["x" * 10_000_000])
    assert [len(example) for example in next(iter(faults)).examples] == [200]


def test_examples_can_be_printed_whatever_files_are_called():
    faults = Faults()
    faults.add("odd", ["a\udcff é"])
    assert next(iter(faults)).examples == ("a\\udcff é",)


def test_parts_add_up_whichever_are_merged_first():
    def part(*kinds):
        faults = Faults()
        for kind in kinds:
            faults.add(kind, [f"{kind} of {'+'.join(kinds)}"])
        return faults

    def merged(*parts):
        faults = Faults()
        for one in parts:
            faults.merge(one)
        return faults

    def abc():
        return part("a", "b"), part("b", "c", "b"), part("a", "c")

    a, b, c = abc()
    left = list(merged(merged(a, b), c))
    assert left == list(merged(a, merged(b, c))) == list(merged(a, b, c))
    assert [fault.kind for fault in left] == ["a", "b", "c"] and [fault.times for fault in left] == [2, 3, 2]
    assert [list(one) for one in (a, b, c)] == [list(one) for one in abc()]  # the parts stay as they were


def test_strict_names_the_first():
    Faults().refuse()
    faults = Faults()
    faults.add("empty caption", ["row 7"], count=1200)
    with pytest.raises(CorpusError, match=r"^1,200 x empty caption \(first: row 7\)$") as error:
        faults.refuse()
    assert "--strict" in error.value.hint
    faults.add("truncated file", ["x.gz"])
    with pytest.raises(CorpusError, match=r"row 7\), and 1 more kind of fault$"):
        faults.refuse()
    faults.add("orphan", count=2)
    with pytest.raises(CorpusError, match=r"row 7\), and 2 more kinds of fault$"):
        faults.refuse()
