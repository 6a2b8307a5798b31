import json
import sys
import textwrap
from pathlib import Path

import pytest

from primacy.results.spec import AuditSpec
from primacy.run.audit import audit

PLANTED = "null:planted?first=0.3&category=1&cluster=0.3"


@pytest.fixture
def small():
    """A spec that runs in about a second."""

    def make(encoder=PLANTED, **changes):
        fields = {"vocabulary": "simco", "objects": (3,), "sets": 40, "sentences": 150} | changes
        return AuditSpec(encoder=encoder, **fields)

    return make


@pytest.fixture
def run(tmp_path, small):
    def go(encoder=PLANTED, out=None, cache=None, **changes):
        return audit(small(encoder, **changes), out=out or tmp_path / "runs", cache=cache or tmp_path / "cache")

    return go


@pytest.fixture
def slow_encoder(tmp_path, monkeypatch):
    """`python:slow_words:encoder`: word vectors that depend on order, a pause a call, a log line a text encoded."""
    (tmp_path / "slow_words.py").write_text(
        textwrap.dedent("""
        import hashlib, os, time
        import numpy as np

        class Encoder:
            fingerprint = "slow words 1"

            def encode_text(self, texts):
                time.sleep(float(os.environ.get("SLOW", "0")))
                rows = []
                for text in texts:
                    parts = [self.word(w) * 0.8**i for i, w in enumerate(text.split())]
                    rows.append(np.sum(parts, axis=0) if parts else np.zeros(32))
                with open(os.environ["ENCODED"], "a") as log:
                    log.writelines(t.replace("\\n", " ") + "\\n" for t in texts)
                return np.array(rows, dtype=np.float32)

            def word(self, word):
                seed = int.from_bytes(hashlib.sha256(word.encode()).digest()[:8], "little")
                return np.random.default_rng(seed).standard_normal(32)

        encoder = Encoder()
        """)
    )
    log = tmp_path / "encoded.txt"
    monkeypatch.setenv("ENCODED", str(log))
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return log


@pytest.fixture
def command():
    """The command line in a child process of this environment."""
    return [sys.executable, "-m", "primacy"]


@pytest.fixture
def coco_val() -> Path:
    path = Path(__file__).parents[3] / "shared/data/coco_val2017/captions_val2017.json.gz"
    if not path.is_file():
        pytest.skip("COCO val2017 captions are not on this machine")
    return path


IMAGES = {"scenes": "simco", "sets": 4, "ladder_sets": 3, "ioc_sets": 12, "foils": 3, "size": 64}


@pytest.fixture(scope="session")
def shown(tmp_path_factory):
    """Audit with few and small pictures (`images` changes them); the same call is run once a session."""
    root, done = tmp_path_factory.mktemp("pictures"), {}

    def go(encoder, images=None, out="runs", cache=None, **changes):
        fields = {"vocabulary": "simco", "objects": (3,), "sets": 12, "sentences": 60, "untrained": 0} | changes
        spec = AuditSpec(encoder=encoder, images=IMAGES | (images or {}), **fields)
        key = (spec.model_dump_json(), str(out), cache)
        if key not in done:
            done[key] = audit(spec, out=root / out, cache=cache)
        return done[key]

    return go


@pytest.fixture(scope="session")
def tiny_clip(tmp_path_factory):
    """`open_clip:local-dir:...`: a random tiny checkpoint with its configuration, as training would leave it."""
    torch = pytest.importorskip("torch")
    open_clip = pytest.importorskip("open_clip")
    folder = tmp_path_factory.mktemp("tiny-clip")
    model = {
        "embed_dim": 16,
        "vision_cfg": {"layers": 2, "width": 32, "head_width": 16, "patch_size": 8, "image_size": 32},
        "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 1},
    }
    torch.manual_seed(0)
    torch.save(open_clip.CLIP(**model).state_dict(), folder / "open_clip_pytorch_model.bin")
    (folder / "open_clip_config.json").write_text(json.dumps({"model_cfg": model}))
    return f"open_clip:local-dir:{folder}"
