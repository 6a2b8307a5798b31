"""Attention of image towers against each library's own weights, and against torch's MultiheadAttention."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

torch = pytest.importorskip("torch")
open_clip = pytest.importorskip("open_clip")
transformers = pytest.importorskip("transformers")
timm = pytest.importorskip("timm")

from primacy.encoders.attention.explicit import ExplicitAttention  # noqa: E402
from primacy.encoders.attention.reader import TowerReader, checked_reader  # noqa: E402
from primacy.encoders.attention.towers import Tower, open_clip_tower, transformers_tower  # noqa: E402
from primacy.errors import EncoderError  # noqa: E402

VIT = {"layers": 2, "width": 32, "head_width": 16, "patch_size": 16, "image_size": 48}
POOL = {"attentional_pool": True, "attn_pooler_queries": 5, "attn_pooler_heads": 4}
TEXT = {"context_length": 8, "vocab_size": 50, "width": 16, "heads": 2, "layers": 1}
SMALL = {"hidden_size": 24, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}


def shaken(model, seed=0):
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():  # initial weights are so small that attention is all but flat
        for parameter in model.parameters():
            parameter.add_(0.2 * torch.randn(parameter.shape, generator=generator))
    return model.eval().requires_grad_(False)


def openclip(vision):
    torch.manual_seed(0)
    return shaken(open_clip.CLIP(embed_dim=24, vision_cfg=vision, text_cfg=TEXT))


def timm_clip(name, pool, proj="none", dim=32, **settings):
    """An open_clip model whose trunk is a small timm one."""
    vision = {"timm_model_name": name, "timm_pool": pool, "timm_proj": proj, "image_size": 48, **settings}
    torch.manual_seed(0)
    return shaken(open_clip.CustomTextCLIP(embed_dim=dim, vision_cfg=vision, text_cfg=TEXT))


def hf(kind):
    vision = {**SMALL, "image_size": 48, "patch_size": 16}
    text = {**SMALL, "vocab_size": 40, "max_position_embeddings": 8}
    config = getattr(transformers, f"{kind}Config")(text_config=text, vision_config=vision)
    torch.manual_seed(0)
    return shaken(getattr(transformers, f"{kind}Model")(config))


@pytest.fixture(scope="module", autouse=True)
def small_timm():
    """Small versions of two timm towers, under names of their own."""
    from timm.models import register_model
    from timm.models.eva import Eva
    from timm.models.vision_transformer import VisionTransformer

    sizes = {"img_size": 48, "patch_size": 16, "embed_dim": 32, "depth": 2, "num_heads": 2}

    def tiny_attention_vit(
        pretrained=False, pretrained_cfg=None, pretrained_cfg_overlay=None, cache_dir=None, **kwargs
    ):
        return VisionTransformer(**sizes, **kwargs)

    def tiny_attention_eva(
        pretrained=False, pretrained_cfg=None, pretrained_cfg_overlay=None, cache_dir=None, **kwargs
    ):
        return Eva(**sizes, use_rot_pos_emb=True, ref_feat_shape=(3, 3), qkv_fused=False, **kwargs)

    for entry in (tiny_attention_vit, tiny_attention_eva):
        entry.__module__ = __name__
        register_model(entry)


MODELS = {
    "open_clip": lambda: openclip(VIT),
    "open_clip, registers of its own block": lambda: openclip({**VIT, "block_type": "custom", "qk_norm": True}),
    "open_clip, pooled": lambda: openclip({**VIT, **POOL}),
    "timm, class token": lambda: timm_clip("tiny_attention_vit", "token"),
    "timm, map pooling": lambda: timm_clip("tiny_attention_vit", "map"),
    "timm, eva": lambda: timm_clip("tiny_attention_eva", "token"),
    "transformers, clip": lambda: hf("CLIP"),
    "transformers, siglip": lambda: hf("Siglip"),
}


def tower_of(model) -> Tower:
    found = transformers_tower(model) if hasattr(model, "config") else open_clip_tower(model)
    assert isinstance(found, Tower), found
    return found


@pytest.fixture(scope="module", params=MODELS)
def case(request) -> tuple[str, torch.nn.Module, Tower, TowerReader]:
    model = MODELS[request.param]()
    tower = tower_of(model)
    reader = checked_reader(tower)
    assert not isinstance(reader, str), reader
    return request.param, model, tower, reader


@pytest.fixture(scope="module")
def pixels():
    return torch.from_numpy(np.random.default_rng(3).standard_normal((3, 3, 48, 48), dtype=np.float32))


def seen_weights(tower, pixels):
    """Explicit weights of every call, and the embedding."""
    seen: list[torch.Tensor] = []

    def take(weights):
        seen.append(weights)
        return weights

    with torch.inference_mode(), ExplicitAttention(take):
        vectors = tower.encode(pixels)
    return seen, vectors


def test_the_embedding_is_the_towers_own_and_weights_sum_to_one(case, pixels):
    name, _, tower, _ = case
    with torch.inference_mode():
        own = tower.encode(pixels)
    seen, vectors = seen_weights(tower, pixels)
    assert len(seen) == tower.calls
    np.testing.assert_allclose(vectors.numpy(), own.numpy(), atol=1e-5, rtol=1e-5)
    for weights in seen:
        np.testing.assert_allclose(weights.sum(dim=-1).numpy(), 1, atol=1e-5)
    assert seen[0].std() > 0.01, name  # the weights differ, so that a mix-up would show


def test_rows_are_the_querys_and_what_is_missing_is_no_patch(case, pixels):
    _, _, tower, reader = case
    maps = reader.read(list(pixels))
    seen, _ = seen_weights(tower, pixels)
    assert maps.weights.shape == (3, len(reader.layers), reader.heads, 3, 3)
    assert maps.weights.dtype == maps.rollout.dtype == np.float32
    assert reader.grid == (3, 3)
    calls = seen[-1:] if tower.pooled else seen
    prefix = tower.prefix - tower.unpooled if tower.pooled else tower.prefix
    for layer, weights in enumerate(calls):
        row = weights[:, :, 0].numpy()
        np.testing.assert_allclose(maps.weights[:, layer].reshape(3, reader.heads, 9), row[..., prefix:], atol=1e-6)
    rest = 1 - maps.weights.sum(axis=(-1, -2))
    assert (rest < 1e-6).all() if prefix == 0 else (rest > 0.001).all()
    assert reader.layers == (("pool",) if tower.pooled else tuple(map(str, range(tower.blocks))))


def test_rollout_is_the_product_of_the_halved_layers(case, pixels):
    """Abnar & Zuidema 2020, written out with numpy, one picture at a time."""
    _, _, tower, reader = case
    maps = reader.read(list(pixels))
    seen, _ = seen_weights(tower, pixels)
    for i in range(3):
        product = np.eye(tower.tokens)
        for weights in seen[: tower.blocks]:
            product = (0.5 * weights[i].double().mean(0).numpy() + 0.5 * np.eye(tower.tokens)) @ product
        row = product[0]
        if tower.pooled:
            row = seen[-1][i, :, 0].double().mean(0).numpy() @ product[tower.unpooled :]
        assert row.sum() == pytest.approx(1)
        np.testing.assert_allclose(maps.rollout[i].ravel(), row[tower.prefix :], atol=1e-6)


def test_batches_do_not_matter(case, pixels, monkeypatch):
    _, _, tower, reader = case
    targets = np.random.default_rng(0).standard_normal((3, tower.encode(pixels).shape[1])).astype(np.float32)
    together = reader.read(list(pixels), targets)
    monkeypatch.setattr("primacy.encoders.attention.reader._CELLS", 1)
    alone = reader.read(list(pixels), targets)
    for name in ("weights", "rollout", "gradient"):
        np.testing.assert_allclose(getattr(together, name), getattr(alone, name), atol=1e-6)
    assert reader.read([], targets[:0]).gradient.shape == (0, 3, 3)
    assert reader.read([]).weights.shape == (0, *together.weights.shape[1:])


def cosine_with(tower, picture, target, change):
    """Cosine with every call's weights passed through `change(call, weights)`, in float64 where torch allows."""
    count = iter(range(1000))
    with torch.inference_mode(), ExplicitAttention(lambda weights: change(next(count), weights)):
        vector = tower.encode(picture[None])[0].double()
    return float(torch.nn.functional.cosine_similarity(vector, target.double(), dim=0))


def test_gradient_times_attention_against_finite_differences(case, pixels):
    """Each weight nudged by itself; then the published rule with numpy."""
    _, model, tower, reader = case
    dim = tower.encode(pixels[:1]).shape[1]
    target = torch.from_numpy(np.random.default_rng(1).standard_normal(dim, dtype=np.float32))
    # float32 leaves few digits for differences of single weights, so the whole tower is taken in float64
    wide = tower_of(model.double())
    try:
        picture = pixels[0].double()
        seen, _ = seen_weights(wide, picture[None])
        product, step = np.eye(tower.tokens), 1e-3
        for call, weights in enumerate(seen):
            heads, queries, keys = weights.shape[1:]
            queries = 1 if call >= tower.blocks else queries
            helping = np.zeros((queries, keys))
            for h in range(heads):
                for q in range(queries):
                    for k in range(keys):

                        def nudged(sign, at=(h, q, k), which=call):
                            def change(number, found):
                                if number != which:
                                    return found
                                found = found.clone()
                                found[0][at] += sign * step
                                return found

                            return cosine_with(wide, picture, target, change)

                        slope = (nudged(1) - nudged(-1)) / (2 * step)
                        helping[q, k] += max(slope * float(weights[0, h, q, k]), 0) / heads
            product = product + helping @ product if call < tower.blocks else helping @ product[tower.unpooled :]
        expected = product[0, tower.prefix :]
    finally:
        model.float()
    found = reader.read([pixels[0]], target[None].numpy()).gradient.ravel()
    assert expected.max() > 0
    np.testing.assert_allclose(found, expected, atol=2e-3 * expected.max())


def test_reading_leaves_the_model_as_it_was(case, pixels):
    _, model, tower, reader = case

    def state():
        hooks = [len(m._forward_hooks) + len(m._forward_pre_hooks) for m in model.modules()]
        own = [sorted(vars(m)) for m in model.modules()]
        return hooks, own, [p.requires_grad for p in model.parameters()], [p.grad for p in model.parameters()]

    before, vectors = state(), tower.encode(pixels)
    dim = vectors.shape[1]
    reader.read(list(pixels), np.ones((3, dim), dtype=np.float32))
    with pytest.raises(EncoderError, match="dimension 5"):
        reader.read(list(pixels), np.ones((3, 5), dtype=np.float32))
    with pytest.raises(EncoderError, match="one vector each"):
        reader.read(list(pixels), np.ones((2, dim), dtype=np.float32))
    with pytest.raises(EncoderError, match=r"\(3, 16, 16\)"):
        reader.read([torch.zeros(3, 16, 16)])
    assert state() == before
    assert torch.equal(tower.encode(pixels), vectors)


@pytest.fixture
def one_thread():
    """Sums in one order: a new thread adds with as many threads as were set last in *any* thread, others do not."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("one_thread")
def test_inside_inference_mode_and_from_other_threads(case, pixels):
    from concurrent.futures import ThreadPoolExecutor

    _, _, tower, reader = case
    targets = np.ones((3, tower.encode(pixels).shape[1]), dtype=np.float32)
    alone = reader.read(list(pixels), targets)

    def work(kind):
        with torch.inference_mode():
            return reader.read(list(pixels), targets) if kind else tower.encode(pixels).numpy()

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(work, [1, 0] * 6))
    with torch.inference_mode():
        own = tower.encode(pixels).numpy()
    for maps, vectors in zip(found[::2], found[1::2], strict=True):
        np.testing.assert_allclose(maps.gradient, alone.gradient, atol=1e-7)
        assert np.array_equal(vectors, own)


def test_against_transformers_own_weights(pixels):
    for kind in ("CLIP", "Siglip"):
        model = hf(kind)
        tower = tower_of(model)
        seen, _ = seen_weights(tower, pixels)
        model.set_attn_implementation("eager")
        with torch.inference_mode():
            own = model.vision_model(pixel_values=pixels, output_attentions=True).attentions
        assert len(own) == tower.blocks
        for mine, theirs in zip(seen, own, strict=False):
            np.testing.assert_allclose(mine.numpy(), theirs.numpy(), atol=1e-6)
        reason = checked_reader(tower)
        assert isinstance(reason, str)
        assert "way of its own" in reason


@pytest.mark.parametrize("settings", [{}, {"bias": False}, {"kdim": 8, "vdim": 8}])
@pytest.mark.parametrize("batch_first", [True, False])
def test_against_multihead_attention(settings, batch_first):
    torch.manual_seed(0)
    module = shaken(torch.nn.MultiheadAttention(16, 4, batch_first=batch_first, **settings))
    query, key = torch.randn(2, 5, 16), torch.randn(2, 7, settings.get("kdim", 16))
    if not batch_first:
        query, key = query.transpose(0, 1), key.transpose(0, 1)
    seen: list[torch.Tensor] = []

    def take(weights):
        seen.append(weights)
        return weights

    with torch.inference_mode():
        own, theirs = module(query, key, key, need_weights=True, average_attn_weights=False)
        with ExplicitAttention(take):
            mine, _ = module(query, key, key, need_weights=False)
    np.testing.assert_allclose(mine.numpy(), own.numpy(), atol=1e-6)
    np.testing.assert_allclose(seen[0].numpy(), theirs.numpy(), atol=1e-6)


@pytest.mark.parametrize("kind", ["bool", "float"])
def test_masks_of_fused_attention(kind):
    torch.manual_seed(0)
    q, k, v = torch.randn(3, 2, 4, 6, 8)
    mask = torch.rand(2, 1, 6, 6) < 0.7
    mask[..., 0] = True
    mask = mask if kind == "bool" else torch.randn(2, 1, 6, 6)
    own = torch.nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=mask, scale=0.3)
    with ExplicitAttention(lambda weights: weights):
        mine = torch.nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=mask, scale=0.3)
    np.testing.assert_allclose(mine.numpy(), own.numpy(), atol=1e-6)


def test_what_cannot_be_read_says_why():
    reasons = {
        "ResNet": open_clip.CLIP(24, {"layers": [1, 1, 1, 1], "width": 8, "image_size": 32}, TEXT),
        "'avg'": openclip({**VIT, "pool_type": "avg"}),
        "pools twice": openclip({**VIT, **POOL, "attentional_pool": "cascade"}),
        "'avg': no single": timm_clip("tiny_attention_vit", "avg"),
        "no plain vision transformer": open_clip.CustomTextCLIP(
            24, {"timm_model_name": "resnet18", "timm_pool": "", "image_size": 32}, TEXT
        ),
    }
    for expected, model in reasons.items():
        reason = open_clip_tower(model)
        assert isinstance(reason, str)
        assert expected in reason
    assert "no image tower" in open_clip_tower(torch.nn.Linear(1, 1))
    other = SimpleNamespace(vision_config=transformers.FlavaImageConfig())
    assert "flava_image_model" in transformers_tower(SimpleNamespace(config=other))
    naflex = SimpleNamespace(vision_config=transformers.Siglip2VisionConfig())
    assert "NaFlex" in transformers_tower(SimpleNamespace(config=naflex))
