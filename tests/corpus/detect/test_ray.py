"""Detection on a Ray cluster of two workers on this machine: what one process finds."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import pytest
from polars.testing import assert_frame_equal

pytest.importorskip("torch")
pytest.importorskip("transformers")

from primacy.corpus.areas.detect import parts as parts_module
from primacy.corpus.areas.detect.images import list_images
from primacy.corpus.areas.detect.parts import divide
from primacy.corpus.areas.detect.run import Cluster, DetectJob, collect, detect_on_ray, detect_shard
from primacy.corpus.areas.detect.spec import DetectSpec
from primacy.corpus.faults import Faults
from primacy.design.vocabulary import parse_vocabulary
from primacy.errors import ModelUnavailableError

pytestmark = pytest.mark.xdist_group("ray")  # one cluster is enough for this machine


@pytest.fixture
def cluster():
    ray = pytest.importorskip("ray", reason="ray is not installed")
    logging.getLogger("ray").setLevel(logging.ERROR)
    ray.init(
        num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level=logging.ERROR,
        object_store_memory=80_000_000,
    )  # fmt: skip
    yield
    ray.shutdown()


def test_a_cluster_finds_what_one_process_finds(cluster, checkpoint, pictures, tmp_path, monkeypatch):
    monkeypatch.setattr(parts_module, "IMAGES", 2)
    monkeypatch.chdir(tmp_path)
    for k, image in enumerate(pictures):
        image.save(f"{k}.png")
    Path("bad.png").write_bytes(b"no image")
    words = parse_vocabulary("words", "cat\nfire hydrant\nperson\ncouch\ntraffic light\n")
    images = list_images(["*.png"], Faults())
    assert len(images) == 6
    # relative paths, which mean something else in Ray's own processes
    Path("detector").symlink_to(checkpoint("detr"))
    spec = DetectSpec("hf:./detector", words, threshold=0.1, device="cpu")
    job = DetectJob(spec, tuple(divide(images, len(words), None)), Path("far"))
    done = detect_on_ray(job, Cluster(tasks=2))
    assert (done.computed, done.kept) == (6, 0)
    faults, near_faults = Faults(), Faults()
    far = collect(job, done.fingerprint, faults)
    near_job = replace(job, folder=Path("near"))
    near = collect(near_job, detect_shard(near_job).fingerprint, near_faults)
    assert far is not None
    assert near is not None
    assert_frame_equal(far, near, abs_tol=1e-4)
    assert [(fault.kind, fault.times) for fault in faults] == [("images that cannot be read (left out)", 1)]
    assert list(near_faults) == list(faults)
    # what is wrong is said as if it had gone wrong here
    broken = DetectJob(DetectSpec("hf:/no/such/folder", words), job.parts, Path("far"))
    with pytest.raises(ModelUnavailableError, match="does not exist"):
        detect_on_ray(broken, Cluster(tasks=2))
