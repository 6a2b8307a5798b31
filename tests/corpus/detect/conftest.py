"""Tiny detectors and mask models with random weights, written to disk as their repositories are."""

from __future__ import annotations

import json
import string
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

WORDS = ("cat", "dog", "hot", "fire", "hydrant", "bench", "a", "photo", "of", "an", "person", "##s", "dogs")


def _bert_tokenizer(folder: Path) -> None:
    """A BERT vocabulary with the ids that Grounding DINO knows: [CLS] 101, [SEP] 102, "." 1012, "?" 1029."""
    import transformers

    fixed = {0: "[PAD]", 100: "[UNK]", 101: "[CLS]", 102: "[SEP]", 103: "[MASK]", 1012: ".", 1029: "?"}
    rest = iter([*WORDS, *string.ascii_lowercase[1:], *(f"##{c}" for c in string.ascii_lowercase)])
    words = [fixed.get(k) or next(rest, f"[unused{k}]") for k in range(1040)]
    (folder / "vocab.txt").write_text("\n".join(words))
    transformers.BertTokenizerFast(str(folder / "vocab.txt"), model_max_length=512).save_pretrained(folder)


def _clip_tokenizer(folder: Path) -> None:
    """Letters as tokens, "!" of id 0 for padding, as OWL's tokenizers have it."""
    import transformers

    letters = string.ascii_lowercase
    words = ["!", *letters, *(f"{c}</w>" for c in letters), "<|startoftext|>", "<|endoftext|>"]
    (folder / "vocab.json").write_text(json.dumps({word: k for k, word in enumerate(words)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    transformers.CLIPTokenizerFast(
        str(folder / "vocab.json"), str(folder / "merges.txt"), model_max_length=40, **{"pad_token": "!"}
    ).save_pretrained(folder)


def _swin():
    import transformers

    return transformers.SwinConfig(
        image_size=32, embed_dim=8, depths=[1, 1, 1], num_heads=[1, 2, 2], window_size=2,
        out_features=["stage2", "stage3"], out_indices=[2, 3],
    )  # fmt: skip


def _grounding(folder: Path, kind: str = "GroundingDino"):
    import transformers

    _bert_tokenizer(folder)
    text = transformers.BertConfig(
        vocab_size=1040, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16,
        max_position_embeddings=64,
    )  # fmt: skip
    config = getattr(transformers, f"{kind}Config")(
        backbone_config=_swin(), text_config=text, d_model=32, encoder_layers=1, decoder_layers=2,
        encoder_ffn_dim=16, decoder_ffn_dim=16, encoder_attention_heads=2, decoder_attention_heads=2, num_queries=12,
        num_feature_levels=2, encoder_n_points=2, decoder_n_points=2, max_text_len=32,
    )  # fmt: skip
    processor = transformers.GroundingDinoImageProcessor(size={"shortest_edge": 32, "longest_edge": 64})
    return getattr(transformers, f"{kind}ForObjectDetection")(config), processor


def _owl(folder: Path, kind: str):
    import transformers

    _clip_tokenizer(folder)
    names = {"owlv2": "Owlv2", "owlvit": "OwlViT"}
    text = {"vocab_size": 55, "hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1,
            "num_attention_heads": 2, "max_position_embeddings": 40, "pad_token_id": 0,
            "bos_token_id": 53, "eos_token_id": 54}  # fmt: skip
    vision = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2,
              "image_size": 32, "patch_size": 8}  # fmt: skip
    config = getattr(transformers, f"{names[kind]}Config")(text_config=text, vision_config=vision, projection_dim=16)
    square = {"height": 32, "width": 32}
    processor = getattr(transformers, f"{names[kind]}ImageProcessor")(size=square, do_center_crop=False)
    return getattr(transformers, f"{names[kind]}ForObjectDetection")(config), processor


LABELS = {0: "N/A", 1: "Person", 2: "sofa", 3: "traffic_light", 4: "space ship", 5: "cat"}


def _labels() -> dict[str, object]:
    return {"id2label": LABELS, "label2id": {name: k for k, name in LABELS.items()}}


def _detr(folder: Path):
    import transformers

    resnet = transformers.ResNetConfig(
        embedding_size=8, hidden_sizes=[8, 16], depths=[1, 1], layer_type="basic", out_features=["stage2"]
    )
    config = transformers.DetrConfig(
        backbone_config=resnet, d_model=16,
        encoder_layers=1, decoder_layers=1, encoder_ffn_dim=16, decoder_ffn_dim=16, encoder_attention_heads=2,
        decoder_attention_heads=2, num_queries=9, **_labels(),
    )  # fmt: skip
    processor = transformers.DetrImageProcessor(size={"shortest_edge": 32, "longest_edge": 64})
    return transformers.DetrForObjectDetection(config), processor


def _yolos(folder: Path):
    import transformers

    config = transformers.YolosConfig(
        hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16, image_size=[32, 48],
        patch_size=16, num_detection_tokens=9, use_mid_position_embeddings=False, **_labels(),
    )  # fmt: skip
    processor = transformers.YolosImageProcessor(size={"shortest_edge": 32, "longest_edge": 64})
    return transformers.YolosForObjectDetection(config), processor


def _sam2(folder: Path):
    import transformers

    backbone = {"hidden_size": 8, "num_attention_heads": 1, "image_size": [64, 64], "blocks_per_stage": [1, 1, 2, 1],
                "embed_dim_per_stage": [8, 16, 24, 32], "num_attention_heads_per_stage": [1, 1, 1, 1],
                "window_size_per_stage": [4, 4, 4, 2], "global_attention_blocks": [3],
                "window_positional_embedding_background_size": [4, 4]}  # fmt: skip
    vision = transformers.Sam2VisionConfig(
        backbone_config={"model_type": "sam2_hiera_det_model", **backbone}, backbone_channel_list=[32, 24, 16, 8],
        backbone_feature_sizes=[[16, 16], [8, 8], [4, 4]], fpn_hidden_size=16,
    )  # fmt: skip
    config = transformers.Sam2Config(
        vision_config=vision,
        prompt_encoder_config={"hidden_size": 16, "image_size": 64, "patch_size": 16, "mask_input_channels": 4},
        mask_decoder_config={"hidden_size": 16, "mlp_dim": 16, "num_attention_heads": 2, "num_hidden_layers": 1,
                             "iou_head_hidden_dim": 16, "iou_head_depth": 2},
    )  # fmt: skip
    square = {"height": 64, "width": 64}
    return transformers.Sam2Model(config), transformers.Sam2ImageProcessor(size=square)


def _sam(folder: Path):
    import transformers

    config = transformers.SamConfig(
        vision_config={"hidden_size": 16, "output_channels": 16, "num_hidden_layers": 1, "num_attention_heads": 2,
                       "image_size": 64, "patch_size": 16, "window_size": 2, "global_attn_indexes": [0],
                       "mlp_dim": 16, "num_pos_feats": 8},
        prompt_encoder_config={"hidden_size": 16, "image_size": 64, "patch_size": 16, "mask_input_channels": 4},
        mask_decoder_config={"hidden_size": 16, "mlp_dim": 16, "num_attention_heads": 2, "num_hidden_layers": 1,
                             "iou_head_hidden_dim": 16, "iou_head_depth": 2},
    )  # fmt: skip
    processor = transformers.SamImageProcessor(size={"longest_edge": 64}, pad_size={"height": 64, "width": 64})
    return transformers.SamModel(config), processor


MAKERS: dict[str, Callable] = {
    "grounding": _grounding,
    "mm-grounding": lambda folder: _grounding(folder, "MMGroundingDino"),
    "owlv2": lambda folder: _owl(folder, "owlv2"),
    "owlvit": lambda folder: _owl(folder, "owlvit"),
    "detr": _detr,
    "yolos": _yolos,
    "sam2": _sam2,
    "sam": _sam,
}


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory) -> Callable[[str], Path]:
    """The folder of a tiny checkpoint; it is written when it is first asked for."""
    torch = pytest.importorskip("torch")
    pytest.importorskip("transformers")
    made: dict[str, Path] = {}

    def folder(kind: str) -> Path:
        if kind not in made:
            path = tmp_path_factory.mktemp(kind)
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(7)
                model, processor = MAKERS[kind](path)
                for name, values in model.named_parameters():
                    if values.ndim > 1 and "position" not in name:
                        torch.nn.init.normal_(values, std=0.5)
            model.save_pretrained(path)
            processor.save_pretrained(path)
            made[kind] = path
        return made[kind]

    return folder


@pytest.fixture(scope="session")
def pictures() -> list[Image.Image]:
    """Noise of several shapes, wide and tall."""
    rng = np.random.default_rng(0)
    sizes = [(60, 40), (40, 60), (60, 40), (50, 50), (90, 30)]
    return [Image.fromarray(rng.integers(0, 256, (h, w, 3), dtype=np.uint8)) for w, h in sizes]
