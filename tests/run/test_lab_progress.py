"""A run of the lab, followed from its untrained model on."""

import numpy as np
import pytest
import torch

from primacy.encoders._torch import placement
from primacy.encoders.base import EncoderOptions
from primacy.encoders.lab import names
from primacy.encoders.load import load_encoder
from primacy.lab.spec import LabSpec
from primacy.lab.train import initial_model, train
from primacy.results.spec import AuditSpec
from primacy.run.audit import audit
from primacy.run.checkpoints import checkpoints
from primacy.run.progress import follow

TOWER = {"width": 16, "layers": 1, "heads": 1}
RECIPE = {
    "model": {"image": TOWER, "text": TOWER, "side": 16, "dim": 8, "context": 24},
    "scenes": {"library": "simco", "objects": {2: 1.0, 3: 1.0}},
    "train": {"samples": 96, "batch": 16, "checkpoints": (32,)},
    "seed": 5,
}


@pytest.fixture(scope="module")
def lab_run(tmp_path_factory):
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("lab") / "run"
    train(LabSpec.model_validate(RECIPE), folder, placement(EncoderOptions("cpu")))
    torch.set_num_threads(before)
    return folder


@pytest.fixture
def go(tmp_path):
    def call(asked):
        spec = AuditSpec(encoder="-", vocabulary="simco", objects=(3,), sets=6, probes=("tor",), untrained=1)

        def run(spec, which):
            return audit(spec, out=tmp_path / "runs", cache=tmp_path / "cache", device="cpu")

        return follow(checkpoints([str(asked)]), spec, run)

    return call


def test_the_left_end_are_the_weights_that_training_began_with(lab_run):
    first = checkpoints([str(lab_run)])[0]
    encoder = load_encoder(first.name, EncoderOptions("cpu"))
    began = initial_model(LabSpec.model_validate(RECIPE), len(encoder.words)).state_dict()
    drawn = encoder.model.state_dict()
    assert began.keys() == drawn.keys()
    assert all(torch.equal(began[name], drawn[name]) for name in began)
    trained = load_encoder(checkpoints([str(lab_run)])[-1].name, EncoderOptions("cpu"))
    texts = ["a cube and a cone", "a cone and a cube"]
    assert not np.allclose(encoder.encode_text(texts), trained.encode_text(texts), atol=1e-3)


def test_a_run_is_followed_from_its_untrained_model(lab_run, go):
    progress = go(lab_run)
    assert progress.failures == progress.notes == ()
    (series,) = progress.series
    assert [point.x for point in series.points] == [0, 32, 96]
    assert series.untrained == ()  # the run's own untrained model is there
    assert series.trend.n_points == 2
    ends = series.points[0], series.points[-1]
    assert series.trend.since_untrained.value == pytest.approx(ends[1].effect.value - ends[0].effect.value)
    assert "untrained#0" in {null.name for null in series.points[-1].nulls}


def test_a_shipped_model_with_its_checkpoints(lab_run, monkeypatch, tmp_path):
    models = tmp_path / "models"
    (models / "tiny").mkdir(parents=True)
    (models / "tiny.safetensors").write_bytes((lab_run / "model.safetensors").read_bytes())
    for samples in (32, 96):  # the last one again
        source = lab_run / "checkpoints" / "0000000032.safetensors"
        (models / "tiny" / f"{samples:010d}.safetensors").write_bytes(source.read_bytes())
    monkeypatch.setattr(names, "MODELS", models)
    found = checkpoints(["lab:tiny"])
    assert [(c.name, c.x) for c in found] == [
        ("lab:tiny/untrained?seed=5", 0), ("lab:tiny@32", 32), ("lab:tiny", 96)
    ]  # fmt: skip
    for checkpoint in found:
        assert load_encoder(checkpoint.name, EncoderOptions("cpu")).encode_text(["a cube"]).shape == (1, 8)
