"""Logs of trainings, and files that are none."""

import pytest

from primacy.errors import RunError
from primacy.lab.summary import summarise

HEADER = "samples,loss,scale,rate,samples_per_second\n"


def test_times_and_the_last_loss(tmp_path):
    (tmp_path / "log.csv").write_text(HEADER + "100,3,14,0.001,50\n400,2,14,0.001,100\n600,1,14,0,10\n", "utf-8")
    assert summarise(tmp_path) == (1.0, 2 + 3 + 20, 50.0)


def test_no_training(tmp_path):
    (tmp_path / "log.csv").write_text(HEADER, "utf-8")
    assert summarise(tmp_path) == (None, None, None)


@pytest.mark.parametrize(
    "text",
    ["", "garbage", "a\0b\n1\n", HEADER + "1,2,3,4,0\n", HEADER + "1,2\n", HEADER + "1,2,3,4,x\n"],
    ids=["empty", "garbage", "binary", "no speed", "cut", "no number"],
)
def test_a_damaged_log_is_told_of(tmp_path, text):
    (tmp_path / "log.csv").write_text(text, "utf-8")
    with pytest.raises(RunError, match=r"log\.csv cannot be read"):
        summarise(tmp_path)
