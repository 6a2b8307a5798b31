"""Tables in docs/lab are what scripts/lab_tables.py prints of the committed outcomes."""

import importlib.util
import re
from pathlib import Path

import pytest

from primacy.lab.outcome import read_outcome

ROOT = Path(__file__).parents[2]
PAGES = ["order", "size", "mitigation", "hard-negatives", "architecture"]


def load_script():
    spec = importlib.util.spec_from_file_location("lab_tables", ROOT / "scripts" / "lab_tables.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("page", PAGES)
def test_the_tables_of_a_page_are_those_of_its_outcome(page):
    outcome = read_outcome(ROOT / "docs" / "lab" / "results" / f"{page}.json")
    result = (ROOT / "docs" / "lab" / f"{page}.md").read_text("utf-8").split("\n## Result\n")[1]
    tables = re.findall(r"(?:^\|.*\n)+", result, re.MULTILINE)
    assert tables
    for shown in tables:
        head, *readings = [cell.strip() for cell in shown.split("\n")[0].strip("|").split("|")]
        assert load_script().table(outcome, readings, minus=head.startswith("minus ")) == shown.strip()
