"""transformers adapter against transformers itself, on tiny random models written to disk."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from primacy.encoders.base import EncoderOptions  # noqa: E402
from primacy.encoders.load import load_encoder  # noqa: E402
from primacy.errors import EncoderError, ModelUnavailableError, UnknownNameError  # noqa: E402
from primacy.testing import check_encoder  # noqa: E402

CPU = EncoderOptions(device="cpu")
SMALL = {"hidden_size": 24, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
IMAGE = {**SMALL, "image_size": 32, "patch_size": 16}


def shake(model):
    with torch.no_grad():  # initial weights are so small that positions hardly mix
        for parameter in model.parameters():
            parameter.add_(0.2 * torch.randn_like(parameter))
    return model.eval()


def unit(vectors):
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.fixture(scope="module")
def clip_folder(tmp_path_factory, write_tokenizer) -> Path:
    folder = tmp_path_factory.mktemp("clip")
    write_tokenizer(folder, before="<s>", after="</s>", limit=77)
    text = {**SMALL, "vocab_size": 40, "bos_token_id": 2, "eos_token_id": 3, "max_position_embeddings": 77}
    text["projection_dim"] = 16
    config = transformers.CLIPConfig(text_config=text, vision_config=IMAGE, projection_dim=16)
    torch.manual_seed(0)
    shake(transformers.CLIPModel(config)).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module", params=["siglip", "siglip2"])
def siglip_folder(request, tmp_path_factory, write_tokenizer) -> Path:
    folder = tmp_path_factory.mktemp(request.param)
    write_tokenizer(folder, before="", after="</s>", limit=1000, case=True)
    text = {**SMALL, "vocab_size": 40, "max_position_embeddings": 64, "projection_size": 24}
    kind = {"siglip": "Siglip", "siglip2": "Siglip2"}[request.param]
    vision = IMAGE if request.param == "siglip" else {**SMALL, "patch_size": 16, "num_patches": 4}
    config = getattr(transformers, f"{kind}Config")(text_config=text, vision_config=vision)
    torch.manual_seed(0)
    shake(getattr(transformers, f"{kind}Model")(config)).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def bert_folder(tmp_path_factory, write_tokenizer) -> Path:
    folder = tmp_path_factory.mktemp("bert")
    write_tokenizer(folder, before="[CLS]", after="[SEP]", limit=48)
    config = transformers.BertConfig(**SMALL, vocab_size=40, max_position_embeddings=48)
    torch.manual_seed(0)
    shake(transformers.BertModel(config)).save_pretrained(folder)
    return folder


def tokens_at_full_length(folder, texts, length):
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    return tokenizer(texts, padding="max_length", max_length=length, truncation=True, return_tensors="pt")


def test_clip_equals_get_text_features_at_full_length(clip_folder, hostile):
    tokens = tokens_at_full_length(clip_folder, hostile, 77)
    model = transformers.CLIPModel.from_pretrained(clip_folder)
    with torch.inference_mode():
        own = model.get_text_features(tokens["input_ids"], tokens["attention_mask"])
    own = unit(getattr(own, "pooler_output", own).numpy())
    encoder = load_encoder(f"hf:{clip_folder}", CPU)
    np.testing.assert_allclose(encoder.encode_text(hostile), own, atol=1e-5)
    assert encoder.encode_text(hostile).shape[1] == 16
    assert check_encoder(encoder).unit_norm


def test_a_text_tower_alone_gives_the_whole_models_vectors(clip_folder, tmp_path, write_tokenizer, hostile):
    transformers.CLIPTextModelWithProjection.from_pretrained(clip_folder).save_pretrained(tmp_path)
    write_tokenizer(tmp_path, before="<s>", after="</s>", limit=77)
    whole, tower = load_encoder(f"hf:{clip_folder}", CPU), load_encoder(f"hf:{tmp_path}", CPU)
    np.testing.assert_allclose(tower.encode_text(hostile), whole.encode_text(hostile), atol=1e-6)


def test_siglip_keeps_its_padding(siglip_folder, hostile):
    texts = [text.lower() for text in hostile]
    tokens = tokens_at_full_length(siglip_folder, texts, 64)
    model = transformers.AutoModel.from_pretrained(siglip_folder)
    with torch.inference_mode():
        own = model.get_text_features(input_ids=tokens["input_ids"])
        cut = model.get_text_features(input_ids=tokens["input_ids"][:1, :6])
    own, cut = (unit(getattr(x, "pooler_output", x).numpy()) for x in (own, cut))
    encoder = load_encoder(f"hf:{siglip_folder}", CPU)
    np.testing.assert_allclose(encoder.encode_text(texts), own, atol=1e-5)
    assert (cut[0] @ own[0]) < 0.99  # what shortening would have done
    check_encoder(encoder)


def test_only_siglip2_is_lower_cased(siglip_folder):
    encoder = load_encoder(f"hf:{siglip_folder}", CPU)
    lower, upper = encoder.encode_text(["a dog", "A DOG"])
    assert np.array_equal(lower, upper) == (siglip_folder.name.startswith("siglip2"))


@pytest.mark.parametrize("pooling", ["mean", "cls"])
def test_auto_model_with_pooling(bert_folder, pooling, hostile):
    tokens = tokens_at_full_length(bert_folder, hostile, 48)
    model = transformers.BertModel.from_pretrained(bert_folder)
    with torch.inference_mode():
        hidden = model(**tokens).last_hidden_state
    mask = tokens["attention_mask"][..., None]
    own = hidden[:, 0] if pooling == "cls" else (hidden * mask).sum(1) / mask.sum(1)
    encoder = load_encoder(f"hf:{bert_folder}?pooling={pooling}", CPU)
    np.testing.assert_allclose(encoder.encode_text(hostile), unit(own.numpy()), atol=1e-5)
    assert encoder.identity["pooling"] == pooling
    check_encoder(encoder)


def test_mean_is_the_default_and_pooling_enters_the_fingerprint(bert_folder):
    plain, mean, cls = (load_encoder(f"hf:{bert_folder}{q}", CPU) for q in ("", "?pooling=mean", "?pooling=cls"))
    assert plain.fingerprint == mean.fingerprint != cls.fingerprint


def test_the_fingerprint_does_not_change_with_use(bert_folder, siglip_folder, hostile):
    for folder in (bert_folder, siglip_folder):
        encoder, again = load_encoder(f"hf:{folder}", CPU), load_encoder(f"hf:{folder}", CPU)
        encoder.encode_text(hostile)
        used = type(encoder)(encoder.spec, encoder.model, encoder.tokenizer, encoder._place)
        assert used.fingerprint == again.fingerprint == encoder.fingerprint


def test_a_folders_place_is_no_identity_but_its_tokenizer_is(bert_folder, tmp_path, write_tokenizer):
    import shutil

    moved = tmp_path / "elsewhere"
    shutil.copytree(bert_folder, moved)
    assert load_encoder(f"hf:{moved}", CPU).fingerprint == load_encoder(f"hf:{bert_folder}", CPU).fingerprint
    write_tokenizer(moved, before="[CLS]", after="[SEP]", limit=48, case=True)
    assert load_encoder(f"hf:{moved}", CPU).fingerprint != load_encoder(f"hf:{bert_folder}", CPU).fingerprint


@pytest.mark.parametrize(("precision", "tolerance"), [("bf16", 5e-2), ("fp16", 1e-2)])
def test_low_precision_is_near_and_named(clip_folder, bert_folder, precision, tolerance, hostile):
    for folder in (clip_folder, bert_folder):
        exact = load_encoder(f"hf:{folder}", CPU)
        low = load_encoder(f"hf:{folder}", EncoderOptions(device="cpu", precision=precision))
        assert low.fingerprint != exact.fingerprint
        assert low.identity["weights"] == exact.identity["weights"]
        assert 0 < np.abs(low.encode_text(hostile) - exact.encode_text(hostile)).max() < tolerance


def test_half_precision_weights_are_read_as_float32(bert_folder, tmp_path, write_tokenizer):
    transformers.BertModel.from_pretrained(bert_folder).half().save_pretrained(tmp_path)
    write_tokenizer(tmp_path, before="[CLS]", after="[SEP]", limit=48)
    encoder = load_encoder(f"hf:{tmp_path}", CPU)
    assert {parameter.dtype for parameter in encoder.model.parameters()} == {torch.float32}


def test_twins(clip_folder, siglip_folder, bert_folder, hostile):
    for folder in (clip_folder, siglip_folder, bert_folder):
        encoder = load_encoder(f"hf:{folder}", CPU)
        before = torch.random.get_rng_state()
        twin, same, other = (encoder.untrained_twin(seed) for seed in (0, 0, 1))
        assert torch.equal(torch.random.get_rng_state(), before)
        assert len({encoder.fingerprint, twin.fingerprint, other.fingerprint}) == 3
        assert same.fingerprint == twin.fingerprint
        assert np.array_equal(same.encode_text(hostile), twin.encode_text(hostile))
        assert np.abs(other.encode_text(hostile) - twin.encode_text(hostile)).max() > 0.1
        shapes = [{k: v.shape for k, v in e.model.state_dict().items()} for e in (encoder, twin)]
        assert shapes[0] == shapes[1]


def test_tokens_are_counted_without_special_ones(bert_folder):
    encoder = load_encoder(f"hf:{bert_folder}", CPU)
    counts = encoder.count_tokens(["", "dog", "a dog and a cat", "dog " * 90])
    assert counts.dtype == np.int64
    assert counts.tolist() == [0, 1, 5, 90]


def test_bin_weights_load_and_code_is_refused(bert_folder, tmp_path, hostile):
    import shutil

    folder = tmp_path / "bin"
    shutil.copytree(bert_folder, folder)
    (folder / "model.safetensors").unlink()
    state = transformers.BertModel.from_pretrained(bert_folder).state_dict()
    torch.save(state, folder / "pytorch_model.bin")
    safe = load_encoder(f"hf:{bert_folder}", CPU)
    assert load_encoder(f"hf:{folder}", CPU).fingerprint == safe.fingerprint

    class Mine:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "ran"),)

    torch.save({"embeddings.word_embeddings.weight": Mine()}, folder / "pytorch_model.bin")
    with pytest.raises(EncoderError, match=r"refused.*none of it was run"):
        load_encoder(f"hf:{folder}", CPU)
    assert not (tmp_path / "ran").exists()


def test_missing_weights_are_not_filled_in_silently(bert_folder, tmp_path):
    import shutil

    from safetensors.torch import load_file, save_file

    folder = tmp_path / "few"
    shutil.copytree(bert_folder, folder)
    state = load_file(folder / "model.safetensors")
    save_file({k: v for k, v in state.items() if "layer.1" not in k}, folder / "model.safetensors", {"format": "pt"})
    with pytest.raises(EncoderError, match=r"16 missing \(encoder\.layer\.1"):
        load_encoder(f"hf:{folder}", CPU)


def test_names_that_lead_nowhere(bert_folder, tmp_path, offline):
    with pytest.raises(ModelUnavailableError, match=r"org/none@v2.*HF_HUB_OFFLINE"):
        load_encoder("hf:org/none@v2")
    with pytest.raises(ModelUnavailableError, match="does not exist"):
        load_encoder(f"hf:{tmp_path}/none")
    with pytest.raises(ModelUnavailableError, match="no model"):
        load_encoder(f"hf:{tmp_path}")
    with pytest.raises(UnknownNameError, match="'max'"):
        load_encoder(f"hf:{bert_folder}?pooling=max")


def test_a_dead_network_falls_back_on_the_cache(bert_folder, offline, monkeypatch, hostile):
    import shutil

    import huggingface_hub

    def dead(*args, **kwargs):
        raise ConnectionError("no route to host")

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(huggingface_hub.HfApi, "model_info", dead)
    with pytest.raises(ModelUnavailableError, match="no route to host"):
        load_encoder("hf:org/bert", CPU)
    repository = offline / "models--org--bert"
    shutil.copytree(bert_folder, repository / "snapshots" / "abc")
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text("abc")
    cached, local = load_encoder("hf:org/bert", CPU), load_encoder(f"hf:{bert_folder}", CPU)
    assert np.array_equal(cached.encode_text(hostile), local.encode_text(hostile))


def test_hub_cache_with_a_revision(bert_folder, offline, hostile):
    import shutil

    repository = offline / "models--org--bert"
    shutil.copytree(bert_folder, repository / "snapshots" / "abc")
    (repository / "refs").mkdir()
    (repository / "refs" / "v2").write_text("abc")
    cached = load_encoder("hf:org/bert@v2", CPU)
    assert np.array_equal(cached.encode_text(hostile), load_encoder(f"hf:{bert_folder}", CPU).encode_text(hostile))
    with pytest.raises(ModelUnavailableError):
        load_encoder("hf:org/bert@v3", CPU)
