"""The whole line on small designs: what lands in the run folder, and that it can be trusted."""

import json

import numpy as np
import polars as pl
import pytest

from primacy.errors import DesignError, RunError, VocabularyError
from primacy.results.record import RunResult
from primacy.results.store import RunFolder, find_run, list_runs, read_result
from primacy.run.audit import audit


def values(result, metric, group="mention_position", probe="tor", template="*"):
    return {
        e.level: e
        for e in result.estimates
        if (e.metric, e.group, e.probe, e.template) == (metric, group, probe, template)
    }


def test_run_folder_is_complete(run):
    outcome = run()
    names = {path.name for path in outcome.folder.path.iterdir()} - {".lock"}
    assert names == {
        "spec.json",
        "result.json",
        "report.html",
        "log.jsonl",
        "trials.parquet",
        "null_trials.parquet",
        "toc_trials.parquet",
    }
    assert RunResult.model_validate_json(outcome.folder.file("result.json").read_text()) == outcome.result
    events = [json.loads(line)["event"] for line in outcome.folder.file("log.jsonl").read_text().splitlines()]
    assert events[0] == "started" and events[-1] == "complete"


def test_estimates_can_be_computed_from_the_trials_by_hand(run):
    outcome = run(templates=("and", "articles"))
    trials = pl.read_parquet(outcome.folder.file("trials.parquet"))
    assert len(trials) == 2 * 40 * 3 * 3  # templates x sets x rotations x gallery positions
    assert trials.select("trial_id", "gallery_position").n_unique() == len(trials)
    credit = np.array(trials["winner_credit"].to_list())
    shares = values(outcome.result, "winner_share")
    for p in range(3):
        assert shares[str(p + 1)].value == pytest.approx(credit[:, p].mean(), abs=1e-12)
    assert sum(e.value for e in shares.values()) == pytest.approx(1)
    one = trials.filter(template="articles")
    assert values(outcome.result, "winner_share", template="articles")["1"].value == pytest.approx(
        np.array(one["winner_credit"].to_list())[:, 0].mean()
    )
    ranks = np.array(trials["ranks"].to_list())
    assert values(outcome.result, "mean_rank")["2"].value == pytest.approx(ranks[:, 1].mean())
    paper = values(outcome.result, "paper_share")["1"]
    right = trials["topn_correct"].to_numpy()
    assert paper.value == pytest.approx((credit[:, 0] * right).sum() / right.sum())
    assert paper.n == pytest.approx(right.sum() / 3)
    table = values(outcome.result, "winner_share", "mention_position*gallery_position")
    second = trials.filter(gallery_position=2)
    assert table["1*2"].value == pytest.approx(np.array(second["winner_credit"].to_list())[:, 0].mean())
    winners = trials["winner_position"].to_numpy()
    rows = ~np.isnan(winners.astype(float))
    assert (credit[rows].argmax(axis=1) + 1 == winners[rows]).all()


def test_toc_estimates_can_be_computed_from_the_trials_by_hand(run):
    outcome = run(probes=("toc",))
    trials = pl.read_parquet(outcome.folder.file("toc_trials.parquet")).filter(encoder=outcome.result.spec.encoder)
    correct = np.array([[np.nan if c is None else c for c in row] for row in trials["correct"].to_list()])
    for p in range(3):
        accuracy = values(outcome.result, "probe_accuracy", probe="toc")[str(p + 1)]
        assert accuracy.value == pytest.approx(np.nanmean(correct[:, p]))
        assert accuracy.n == np.isfinite(correct[:, p]).sum()
    assert outcome.result.curves[-1].value == values(outcome.result, "probe_accuracy", probe="toc")["3"].value


def test_nulls_are_estimated_on_the_same_trials(run):
    result = run().result
    assert [null.name for null in result.nulls] == ["constant", "bag", "weighted-bag"]
    for null in result.nulls:
        shares = [e.value for e in null.estimates if e.metric == "winner_share" and e.group == "mention_position"]
        assert shares == pytest.approx([1 / 3] * 3, abs=1e-12)
    verdict = result.verdicts[0]
    assert (verdict.kind, verdict.effect) == ("bias", "first-last")
    assert {n.name for n in verdict.nulls} == {"constant", "bag", "weighted-bag"}


def test_the_same_audit_is_shown_not_run_again(run):
    first, second = run(), run()
    assert not first.reused and second.reused
    assert first.result == second.result
    assert run(seed=1).folder.path != first.folder.path


def test_results_do_not_depend_on_cache_state_or_block_size(run, small, tmp_path, monkeypatch):
    warm = run()
    cold = audit(small(), out=tmp_path / "b", cache=None)
    monkeypatch.setattr("primacy.run.embedding.BLOCK", 7)
    odd = audit(small(), out=tmp_path / "c", cache=tmp_path / "other")
    for other in (cold, odd):
        assert other.result.verdicts == warm.result.verdicts
        for a, b in zip(warm.result.estimates, other.result.estimates, strict=True):
            assert a.value == pytest.approx(b.value, abs=1e-12)
        a, b = (pl.read_parquet(o.folder.file("trials.parquet")) for o in (warm, other))
        assert a.drop("cosines").equals(b.drop("cosines"))
        np.testing.assert_allclose(a["cosines"].to_list(), b["cosines"].to_list(), atol=1e-12)


def test_paper_protocol(run):
    result = run(
        "null:weighted-bag", protocol="paper", orders="combinations", gallery="bare", vocabulary="comco"
    ).result
    checks = {check.name: check.status for check in result.checks}
    assert checks["counter-balance"] == "warning" and checks["gallery balance"] == "warning"
    assert {e.protocol for e in result.estimates if e.probe == "toc"} == {"paper", "balanced"}
    first_last = next(v for v in result.verdicts if v.effect == "first-last" and v.probe == "tor")
    assert first_last.kind != "bias"  # the null says that the list order alone does it


def test_several_numbers_of_objects(run):
    result = run(objects=(2, 3), probes=("tor",)).result
    assert [(v.n_objects, v.effect) for v in result.verdicts] == [
        (2, "first-last"),
        (2, "largest_deviation"),
        (3, "first-last"),
        (3, "largest_deviation"),
    ]
    assert [a.n_objects for a in result.attribution] == [2, 3]


def test_size_category_design(run):
    result = run("null:planted?length=0", design="size-category", probes=("tor",), vocabulary="comco", sets=30).result
    cells = values(result, "winner_share", "size_level*mention_position")
    assert set(cells) == {f"{level}*{p}" for level in ("big", "small") for p in (1, 2, 3)}
    effects = {v.effect: v for v in result.verdicts}
    by_hand = cells["big*1"].value - cells["small*1"].value
    assert effects["big-small"].value == pytest.approx(by_hand)
    assert "weighted-bag" not in {n.name for n in effects["big-small"].nulls}
    heavy = run(
        "null:weighted-bag?gamma=1", design="size-category", probes=("tor",), vocabulary="comco", sets=30
    ).result
    assert {v.effect: v.value for v in heavy.verdicts}["big-small"] == pytest.approx(1.0)


def test_observed_captions(run, tmp_path):
    captions = [(i, t) for i in range(30) for t in (f"a dog on a bed {i}", f"two cats, one bus {i}", "a dog, alone")]
    path = tmp_path / "captions.json"
    path.write_text(json.dumps({"annotations": [{"image_id": i, "caption": t} for i, t in captions]}))
    result = run(
        "null:planted?first=1",
        design="captions",
        captions=str(path),
        objects=(2,),
        probes=("tor",),
        vocabulary="coco80",
    ).result
    share = values(result, "winner_share")["1"]
    assert share.n == 60 and share.n_clusters == 30
    assert next(c for c in result.checks if c.name == "counter-balance").status == "warning"


def test_real_coco_captions(run, coco_val):
    """On val2017 the published rule keeps 11 of 25,014 captions (23.7 times as many on train2017 would be 260; the
    recovered denominators are 103 to 345), the lexicon keeps 191."""
    paper = run(
        "null:bag", design="captions", captions=str(coco_val), objects=(4,), probes=("tor",), vocabulary="comco",
        protocol="paper", orders="combinations", gallery="bare",
    ).result  # fmt: skip
    right = run(
        "null:bag", design="captions", captions=str(coco_val), objects=(4,), probes=("tor",), vocabulary="comco"
    ).result
    assert values(paper, "winner_share")["1"].n == 11
    assert values(right, "winner_share")["1"].n == 191


def test_names_without_tokens_are_refused(run, slow_encoder, tmp_path):
    (tmp_path / "fussy.py").write_text(
        "import numpy as np\n"
        "class E:\n"
        "    fingerprint = 'fussy'\n"
        "    def encode_text(self, texts): return np.ones((len(texts), 2), dtype=np.float32)\n"
        "    def count_tokens(self, texts): return np.array([0 if t == 'cone' else 1 for t in texts])\n"
        "encoder = E()\n"
    )
    with pytest.raises(VocabularyError, match="'cone'"):
        run("python:fussy:encoder")


def test_too_few_names(run):
    with pytest.raises(DesignError, match="19 objects"):
        run(objects=(19,))


def test_a_fresh_run_replaces_a_broken_result(run, small, tmp_path):
    outcome = run()
    outcome.folder.file("result.json").write_text('{"schema_version": 1')
    with pytest.raises(RunError, match="not JSON") as raised:
        run()
    assert "--fresh" in raised.value.hint
    again = audit(small(), out=tmp_path / "runs", cache=tmp_path / "cache", fresh=True)
    assert not again.reused and again.result.estimates == outcome.result.estimates
    assert run().reused


def test_an_interrupted_fresh_run_leaves_no_old_result(run, small, tmp_path, monkeypatch):
    outcome = run()

    def stop(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("primacy.run.audit.estimate_run", stop)
        with pytest.raises(KeyboardInterrupt):
            audit(small(), out=tmp_path / "runs", cache=tmp_path / "cache", fresh=True)
    assert outcome.folder.result() is None


def test_run_listing_and_lookup(run, tmp_path):
    outcome = run()
    out = tmp_path / "runs"
    broken = out / "feed000000-x"
    broken.mkdir()
    (broken / "spec.json").write_text("{}")
    (broken / "result.json").write_text('{"schema_version": 1, "verdicts": []}')
    assert {s.name: s.status for s in list_runs(out)} == {outcome.folder.path.name: "complete", broken.name: "broken"}
    assert find_run(out, outcome.result.run_id[:6]).path == outcome.folder.path
    assert find_run(out, str(outcome.folder.path)).path == outcome.folder.path
    assert find_run(out, str(outcome.folder.file("result.json"))).path == outcome.folder.path
    with pytest.raises(RunError, match="does not fit the schema"):
        RunFolder(broken).result()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not JSON"),
        ("[]", "schema_version None"),
        ('{"schema_version": 99}', "schema_version 99"),
        ("\xff", "JSON"),
    ],
)
def test_broken_results_are_named(tmp_path, text, said):
    path = tmp_path / "result.json"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(RunError, match=said):
        read_result(path)


def test_captions_longer_than_the_context_are_warned_of(run, slow_encoder, tmp_path):
    (tmp_path / "short.py").write_text(
        "import numpy as np\n"
        "class E:\n"
        "    fingerprint = 'short'\n"
        "    context_length = 6\n"
        "    def encode_text(self, texts):\n"
        "        return np.random.default_rng(0).standard_normal((len(texts), 8)).astype(np.float32)\n"
        "    def count_tokens(self, texts): return np.array([len(t.split()) for t in texts])\n"
        "encoder = E()\n"
    )
    result = run("python:short:encoder", probes=("tor",)).result
    check = next(c for c in result.checks if c.name == "context length")
    assert check.status == "warning" and "longest: 7" in check.message
