"""open_clip adapter against open_clip itself, on tiny random checkpoints loaded through the real path."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
open_clip = pytest.importorskip("open_clip")

from primacy.encoders.base import (  # noqa: E402
    CountsTokens,
    EncoderOptions,
    EncodesInPieces,
    HasUntrainedTwin,
    gather,
)
from primacy.encoders.load import load_encoder  # noqa: E402
from primacy.encoders.prefix_tree import execute  # noqa: E402
from primacy.errors import (  # noqa: E402
    ActivationMismatchError,
    EncoderError,
    ModelUnavailableError,
    UnknownNameError,
    UsageError,
)
from primacy.testing import check_encoder  # noqa: E402

CPU = EncoderOptions(device="cpu")
TOWERS = {
    "tiny-clip": ({}, True),
    "tiny-custom": ({"custom": True}, True),
    "tiny-eos": ({"custom": True, "pool_type": "eos", "eos_id": 49407}, True),
    "tiny-bias": ({"custom": True, "proj_bias": True}, True),
    "tiny-noproj": ({"custom": True, "proj_type": "none", "width": 24}, True),
    "tiny-both-ways": ({"custom": True, "no_causal_mask": True, "pool_type": "last"}, False),
    "tiny-both-ways-clip": ({"no_causal_mask": True}, False),
    "tiny-last": ({"custom": True, "pool_type": "last"}, True),
    "tiny-cls": ({"custom": True, "embed_cls": True}, False),
}


def own_vectors(encoder, texts):
    """The model's own encode_text at full context, by open_clip alone."""
    tokens = open_clip.get_tokenizer("ViT-B-32")(texts)
    with torch.inference_mode():
        return encoder.model.encode_text(tokens, normalize=True).numpy()


def random_model(name: str, seed: int = 7):
    torch.manual_seed(seed)
    model = open_clip.create_model(name, pretrained_text=False)
    with torch.no_grad():  # the initial projections are so small that towers hardly mix positions
        for parameter in model.parameters():
            parameter.add_(0.2 * torch.randn_like(parameter))
    return model.eval()


@pytest.fixture(scope="module")
def tiny(tiny_architecture):
    return tiny_architecture("tiny-plain")


@pytest.mark.parametrize("name", TOWERS)
def test_equals_the_models_own_full_context(name, tiny_architecture, tmp_path, hostile):
    settings, cut = TOWERS[name]
    tiny_architecture(name, **settings)
    torch.save(random_model(name).state_dict(), tmp_path / "w.pt")
    encoder = load_encoder(f"open_clip:{name}/{tmp_path}/w.pt", CPU)
    assert (encoder.tower is not None) == cut
    vectors = encoder.encode_text(hostile)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(vectors, own_vectors(encoder, hostile), atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    assert check_encoder(encoder).unit_norm


def test_a_local_checkpoint_is_the_same_in_every_wrapping(tiny, tmp_path, hostile):
    from safetensors.torch import save_file

    state = random_model(tiny).state_dict()
    save_file(state, tmp_path / "w.safetensors")
    torch.save(state, tmp_path / "w.pt")
    wrapped = {"epoch": 3, "name": "negclip", "state_dict": {f"module.{k}": v for k, v in state.items()}}
    torch.save(wrapped, tmp_path / "negclip.pt")
    loaded = [load_encoder(f"open_clip:{tiny}/{tmp_path / f}", CPU) for f in ("w.safetensors", "w.pt", "negclip.pt")]
    assert len({encoder.fingerprint for encoder in loaded}) == 1
    for encoder in loaded[1:]:
        assert np.array_equal(encoder.encode_text(hostile), loaded[0].encode_text(hostile))
    assert loaded[0].identity["activation"] == "gelu"
    assert loaded[0].identity["activation_known_from"] == "architecture name"
    assert str(tmp_path) not in json.dumps(loaded[0].identity)


def test_a_relative_path_is_a_path(tiny, tmp_path, monkeypatch):
    torch.save(random_model(tiny).state_dict(), tmp_path / "w.pt")
    monkeypatch.chdir(tmp_path)
    absolute = load_encoder(f"open_clip:{tiny}/{tmp_path}/w.pt", CPU)
    assert load_encoder(f"open_clip:{tiny}/w.pt", CPU).fingerprint == absolute.fingerprint


def write_local_dir(folder: Path, name: str) -> None:
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    config = {"model_cfg": open_clip.get_model_config(name), "preprocess_cfg": {}}
    (folder / "open_clip_config.json").write_text(json.dumps(config))
    save_file(random_model(name).state_dict(), folder / "open_clip_model.safetensors")


def test_local_dir_and_hub_cache_without_network(tiny, tmp_path, offline, hostile):
    write_local_dir(tmp_path / "model", tiny)
    local = load_encoder(f"open_clip:local-dir:{tmp_path}/model", CPU)
    np.testing.assert_allclose(local.encode_text(hostile), own_vectors(local, hostile), atol=1e-6)

    repository = offline / "models--org--tiny"
    write_local_dir(repository / "snapshots" / "abc", tiny)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text("abc")
    cached = load_encoder("open_clip:hf-hub:org/tiny", CPU)
    assert cached.identity["weights"] == local.identity["weights"]
    assert np.array_equal(cached.encode_text(hostile), local.encode_text(hostile))


def test_several_weights_in_a_folder_are_not_guessed_between(tiny, tmp_path):
    write_local_dir(tmp_path, tiny)
    (tmp_path / "open_clip_model.safetensors").rename(tmp_path / "a.safetensors")
    (tmp_path / "b.pt").write_bytes(b"")
    load_encoder(f"open_clip:local-dir:{tmp_path}", CPU)  # safetensors before pickles
    (tmp_path / "c.safetensors").write_bytes((tmp_path / "a.safetensors").read_bytes())
    with pytest.raises(EncoderError, match=r"several weights files \(a\.safetensors, c\.safetensors"):
        load_encoder(f"open_clip:local-dir:{tmp_path}", CPU)


def test_activation_changes_vectors_and_fingerprint(tiny, tmp_path, hostile):
    torch.save(random_model(tiny).state_dict(), tmp_path / "w.pt")
    plain = load_encoder(f"open_clip:{tiny}/{tmp_path}/w.pt", CPU)
    quick = load_encoder(f"open_clip:{tiny}-quickgelu/{tmp_path}/w.pt", CPU)
    assert plain.identity["weights"] == quick.identity["weights"]
    assert plain.fingerprint != quick.fingerprint
    assert np.abs(plain.encode_text(hostile) - quick.encode_text(hostile)).max() > 1e-4


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("ViT-B-32/openai", "ViT-B-32-quickgelu/openai"),
        ("RN50/openai", "RN50-quickgelu/openai"),
        ("ViT-B-32-quickgelu/laion2b_s34b_b79k", "ViT-B-32/laion2b_s34b_b79k"),
        ("ViT-H-14-worldwide/metaclip2_worldwide", "ViT-H-14-worldwide-quickgelu/metaclip2_worldwide"),
    ],
)
def test_activation_mismatch_is_refused_before_any_download(wrong, right, offline, monkeypatch):
    def no_download(*args, **kwargs):
        raise AssertionError("tried to download")

    with monkeypatch.context() as patched:
        patched.setattr("primacy.encoders._hub.fetch", no_download)
        with pytest.raises(ActivationMismatchError, match=right):
            load_encoder(f"open_clip:{wrong}", CPU)
    for name, options in ((right, CPU), (wrong, EncoderOptions(allow_activation_mismatch=True))):
        with pytest.raises(ModelUnavailableError):  # past the check, stopped by the missing network only
            load_encoder(f"open_clip:{name}", options)


class Mine:
    """Pickles into a call that leaves a mark when it is run."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self):
        return os.mkdir, (str(self.mark),)


@pytest.mark.parametrize("suffix", ["pt", "bin"])
def test_a_pickle_with_code_is_refused_and_not_run(tiny, tmp_path, suffix):
    torch.save({"state_dict": Mine(tmp_path / "ran")}, tmp_path / f"w.{suffix}")
    with pytest.raises(EncoderError, match=r"refused.*none of it was run") as caught:
        load_encoder(f"open_clip:{tiny}/{tmp_path}/w.{suffix}", CPU)
    assert "safetensors" in caught.value.hint
    assert not (tmp_path / "ran").exists()


def test_weights_that_do_not_fit_say_which(tiny, tiny_architecture, tmp_path):
    state = random_model(tiny).state_dict()
    torch.save({k: v for k, v in state.items() if "resblocks.1" not in k or "visual" in k}, tmp_path / "few.pt")
    with pytest.raises(EncoderError, match=r"12 missing \(transformer\.resblocks\.1.*\.\.\.\)"):
        load_encoder(f"open_clip:{tiny}/{tmp_path}/few.pt", CPU)
    torch.save({**state, "extra.weight": torch.zeros(1)}, tmp_path / "more.pt")
    with pytest.raises(EncoderError, match=r"1 unexpected \(extra\.weight\)"):
        load_encoder(f"open_clip:{tiny}/{tmp_path}/more.pt", CPU)
    short = tiny_architecture("tiny-short", context_length=32)
    torch.save(state, tmp_path / "long.pt")
    with pytest.raises(EncoderError, match=r"1 of another shape.*positional_embedding"):
        load_encoder(f"open_clip:{short}/{tmp_path}/long.pt", CPU)


@pytest.mark.parametrize("content", [b"", b"not weights at all", b"PK\x03\x04 half a zip"])
@pytest.mark.parametrize("suffix", ["pt", "safetensors"])
def test_a_damaged_file_is_said_to_be_one(tiny, tmp_path, content, suffix):
    (tmp_path / f"w.{suffix}").write_bytes(content)
    with pytest.raises(EncoderError, match=rf"w\.{suffix}"):
        load_encoder(f"open_clip:{tiny}/{tmp_path}/w.{suffix}", CPU)


def test_names_that_lead_nowhere(tiny, offline, tmp_path):
    with pytest.raises(UnknownNameError) as caught:
        load_encoder("open_clip:ViT-B-23/openai")
    assert "ViT-B-32" in caught.value.hint
    with pytest.raises(UnknownNameError) as caught:
        load_encoder("open_clip:ViT-B-32/opnai")
    assert "openai" in caught.value.hint
    with pytest.raises(UsageError, match="which weights") as caught:
        load_encoder("open_clip:ViT-B-32")
    assert "laion2b_s34b_b79k" in caught.value.hint
    with pytest.raises(UsageError, match="whole number"):
        load_encoder(f"open_clip:{tiny}/untrained?seed=x")
    with pytest.raises(ModelUnavailableError, match="does not exist"):
        load_encoder(f"open_clip:{tiny}/{tmp_path}/none.pt")
    with pytest.raises(ModelUnavailableError, match="open_clip_config"):
        load_encoder(f"open_clip:local-dir:{tmp_path}")
    with pytest.raises(ModelUnavailableError, match=r"timm/vit_base_patch32_clip_224\.openai"):
        load_encoder("open_clip:ViT-B-32-quickgelu/openai")


def test_a_dead_network_is_noticed_at_once(monkeypatch, tmp_path):
    import huggingface_hub

    calls = []

    def dead(self, *args, **kwargs):
        calls.append(kwargs)
        raise ConnectionError("[Errno -2] Name or service not known")

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(huggingface_hub.HfApi, "model_info", dead)
    start = time.perf_counter()
    with pytest.raises(ModelUnavailableError, match=r"org/x.*Name or service not known") as caught:
        load_encoder("open_clip:hf-hub:org/x")
    assert time.perf_counter() - start < 3
    assert len(calls) == 1 and calls[0]["timeout"] <= 10
    assert "local" in caught.value.hint


def test_untrained_is_a_function_of_the_seed(tiny, hostile):
    torch.manual_seed(1)
    before = torch.random.get_rng_state()
    first, again, other = (load_encoder(f"open_clip:{tiny}/untrained?seed={s}", CPU) for s in (0, 0, 1))
    assert torch.equal(torch.random.get_rng_state(), before)
    assert first.fingerprint == again.fingerprint != other.fingerprint
    assert np.array_equal(first.encode_text(hostile), again.encode_text(hostile))
    assert np.abs(first.encode_text(hostile) - other.encode_text(hostile)).max() > 0.1


def test_the_twin_is_fresh_and_seeded(tiny, tmp_path, hostile):
    torch.save(random_model(tiny).state_dict(), tmp_path / "w.pt")
    encoder = load_encoder(f"open_clip:{tiny}/{tmp_path}/w.pt", CPU)
    assert isinstance(encoder, HasUntrainedTwin)
    trained = encoder.encode_text(hostile)
    twin = encoder.untrained_twin(3)
    assert twin.fingerprint == encoder.untrained_twin(3).fingerprint != encoder.untrained_twin(4).fingerprint
    untrained = load_encoder(f"open_clip:{tiny}/untrained?seed=3", CPU)
    assert np.array_equal(twin.encode_text(hostile), untrained.encode_text(hostile))
    assert np.array_equal(encoder.encode_text(hostile), trained)


def test_tokens_are_counted_by_the_towers_tokenizer(tiny):
    encoder = load_encoder(f"open_clip:{tiny}/untrained", CPU)
    assert isinstance(encoder, CountsTokens)
    counts = encoder.count_tokens(["", "dog", "a dog", "fire truck", "dog " * 100])
    assert counts.dtype == np.int64
    assert counts.tolist() == [0, 1, 2, 2, 100]


def test_pieces_hold_each_text_once(tiny, hostile):
    encoder = load_encoder(f"open_clip:{tiny}/untrained", CPU)
    assert isinstance(encoder, EncodesInPieces)
    texts = hostile * 3
    pieces = list(encoder.encode_pieces(texts))
    assert sorted(np.concatenate([piece.rows for piece in pieces]).tolist()) == list(range(len(texts)))
    assert np.array_equal(gather(pieces, len(texts)), encoder.encode_text(texts))


def test_a_shared_beginning_is_computed_once(tiny, monkeypatch):
    encoder = load_encoder(f"open_clip:{tiny}/untrained", CPU)
    nodes = []
    build = execute.build_tree
    monkeypatch.setattr(execute, "build_tree", lambda *args: nodes.append(build(*args).n_nodes) or build(*args))
    encoder.encode_text(["a dog"] * 70 + ["dog"] * 3 + ["a dog and"])
    # start, a, dog, end | and, end | dog, end: not 74 x 77 positions
    assert sum(nodes) == 8


def test_a_tree_that_changes_vectors_is_not_used(tiny, monkeypatch, hostile, caplog):
    states = execute.tower_states
    monkeypatch.setattr(execute, "tower_states", lambda *args: states(*args) + 0.01)
    encoder = load_encoder(f"open_clip:{tiny}/untrained", CPU)
    assert encoder.tower is None
    assert "full context" in caplog.text
    np.testing.assert_allclose(encoder.encode_text(hostile), own_vectors(encoder, hostile), atol=1e-6)


@pytest.mark.parametrize(("precision", "tolerance"), [("bf16", 5e-2), ("fp16", 1e-2)])
def test_low_precision_is_near_and_named(tiny, precision, tolerance, hostile):
    exact = load_encoder(f"open_clip:{tiny}/untrained", CPU)
    low = load_encoder(f"open_clip:{tiny}/untrained", EncoderOptions(device="cpu", precision=precision))
    assert low.fingerprint != exact.fingerprint
    assert low.tower is not None
    difference = np.abs(low.encode_text(hostile) - exact.encode_text(hostile)).max()
    assert 0 < difference < tolerance


def test_hugging_face_tokenizer_and_text_tower(tiny_architecture, write_tokenizer, tmp_path, hostile):
    from transformers import RobertaConfig

    write_tokenizer(tmp_path, before="<s>", after="</s>", limit=77)
    RobertaConfig(
        vocab_size=40,
        hidden_size=24,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        pad_token_id=0,
    ).save_pretrained(tmp_path)
    settings = {
        "hf_model_name": str(tmp_path),
        "hf_tokenizer_name": str(tmp_path),
        "hf_pooler_type": "mean_pooler",
    }
    name = tiny_architecture("tiny-roberta", hf_proj_type="mlp", **settings)
    encoder = load_encoder(f"open_clip:{name}/untrained", CPU)
    tokens = open_clip.get_tokenizer(name)(hostile)
    with torch.inference_mode():
        own = encoder.model.encode_text(tokens, normalize=True).numpy()
    np.testing.assert_allclose(encoder.encode_text(hostile), own, atol=1e-6)
    assert encoder.count_tokens(["", "a dog"]).tolist() == [0, 2]
    check_encoder(encoder)


def test_untrained_vit_b_32_on_hostile_captions(hostile):
    encoder = load_encoder("open_clip:ViT-B-32/untrained?seed=0", CPU)
    assert encoder.tower is not None
    np.testing.assert_allclose(encoder.encode_text(hostile), own_vectors(encoder, hostile), atol=1e-6)


def test_a_tag_that_says_nothing_of_its_activation_follows_its_architecture(offline):
    with pytest.raises(ModelUnavailableError):  # open_clip's table is silent here, its configuration is not
        load_encoder("open_clip:roberta-ViT-B-32/laion2b_s12b_b32k", CPU)
