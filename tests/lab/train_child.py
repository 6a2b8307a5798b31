"""Train in a process of its own, which may kill itself: train_child.py SPEC.json FOLDER KILL_AFTER.

KILL_AFTER: scenes after which the process gets SIGKILL.
"""

import os
import signal
import sys
from pathlib import Path

import torch

from primacy.encoders._torch import Placement
from primacy.lab.spec import LabSpec
from primacy.lab.train import train
from primacy.listener import Silent


class Killer(Silent):
    def __init__(self, after: int) -> None:
        self._left = after

    def advance(self, done: int) -> None:
        self._left -= done
        if self._left <= 0:
            os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    spec_file, folder, after = sys.argv[1:]
    torch.set_num_threads(1)
    spec = LabSpec.model_validate_json(Path(spec_file).read_text("utf-8"))
    place = Placement(torch.device("cpu"), torch.float32, "fp32")
    # 0.03 seconds are a few batches, so that a kill loses some.
    train(spec, Path(folder), place, save_every=0.03, listener=Killer(int(after)))
