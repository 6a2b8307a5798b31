"""Tables in docs/corpus.md are what scripts/corpus_tables.py prints of the committed result."""

import importlib.util
from pathlib import Path

import pytest

from primacy.results.corpus import CorpusResult

ROOT = Path(__file__).parents[2]
RESULT = ROOT / "docs" / "corpus" / "coco_val2017.json"


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("corpus_tables", ROOT / "scripts" / "corpus_tables.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def result():
    return CorpusResult.model_validate_json(RESULT.read_text("utf-8"))


def test_the_tables_of_the_page_are_those_of_the_result(script, result):
    page = (ROOT / "docs" / "corpus.md").read_text("utf-8")
    assert len(script.MARKED.findall(page)) == 5
    assert script.filled(page, result) == page


def test_figures_in_the_text_are_those_of_the_result(result):
    """What README and the page say in words."""
    whole, dropped = result.pairs[:2]
    said = [
        f"{100 * whole.larger_first.value:.1f} % [{100 * whole.larger_first.ci_low:.1f},"
        f" {100 * whole.larger_first.ci_high:.1f}] of {whole.n_pairs:,} pairs",
        f"{100 * whole.category_part.value:.1f} points go with category",
        f"{100 * whole.within_part.value:.1f} [{100 * whole.within_part.ci_low:.1f},"
        f" {100 * whole.within_part.ci_high:.1f}] are size",
        f"{100 * dropped.within_part.value:.1f} [{100 * dropped.within_part.ci_low:.1f},"
        f" {100 * dropped.within_part.ci_high:.1f}] points of size",
    ]
    for name in ("README.md", "docs/corpus.md"):
        text = " ".join((ROOT / name).read_text("utf-8").replace("*", "").split())
        assert [words for words in said if words not in text] == []
