"""What must never change by accident: the stimuli of a spec, and that old results load."""

from pathlib import Path

import pytest

from primacy.results.record import RunResult
from primacy.results.spec import AuditSpec
from primacy.results.store import read_result
from primacy.run.plan import count_words, make_plan, stimuli_hash

HERE = Path(__file__).parent
STIMULI = {
    "default": ({}, "8bb3368984ac5ced5afa08e8d670a43b68380a8e766ee8608994001f5704b022"),
    "published": (
        {"protocol": "paper", "orders": "combinations", "gallery": "bare", "sets": 50},
        "6f49cea76b7d15bf986bccc0d2ef4d0384c696d4c3926a23e6ae42ada0c914bf",
    ),
    "prose": (
        {"templates": ("inventory",), "objects": (5,), "orders": "williams", "sets": 30},
        "c351349cf77bc4a1c0635f3cfcc1e2a1f09b7499080509a57ef4089ff73e4b34",
    ),
    "size": (
        {"design": "size-category", "probes": ("tor",), "sets": 30},
        "397d22f6e006b3cd2c914519ee21243701242744e9cdfc848f9fcce2f0bb6f45",
    ),
}


@pytest.mark.parametrize("name", STIMULI)
def test_stimuli_are_the_same_on_every_machine(name):
    changes, want = STIMULI[name]
    spec = AuditSpec(encoder="null:constant", **changes)
    spec = spec.model_copy(update={"probes": spec.asks_for(pictures=False)})
    assert stimuli_hash(spec, make_plan(spec, count_words)) == want


@pytest.mark.parametrize("path", sorted(HERE.glob("result_v*.json")), ids=lambda p: p.stem)
def test_results_of_every_version_load_for_ever(path):
    result = read_result(path)
    assert isinstance(result, RunResult)
    assert result.verdicts and result.estimates and result.nulls


def test_there_is_a_sample_of_the_present_version():
    from primacy.results.record import SCHEMA_VERSION

    assert (HERE / f"result_v{SCHEMA_VERSION}.json").is_file()
