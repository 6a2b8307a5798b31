"""The transform of an open_clip model, as `open_clip.create_model_and_transforms` would make it."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from primacy.encoders._image_transform import Framing
from primacy.encoders._openclip_spec import OpenClipSpec
from primacy.errors import EncoderError

if TYPE_CHECKING:
    from open_clip.transform import PreprocessCfg

RESIZE_MODES = ("shortest", "longest", "squash")
INTERPOLATIONS = ("bicubic", "bilinear", "random")  # open_clip takes "random" for bicubic outside training


def preprocessing(spec: OpenClipSpec, model: Any) -> PreprocessCfg:
    """What open_clip does to a picture: its defaults, then what the checkpoint says, then the tower's own size.

    Raises:
        EncoderError: the checkpoint's configuration asks for what open_clip cannot do.
    """
    from open_clip.transform import PreprocessCfg, merge_preprocess_dict

    merged = merge_preprocess_dict(PreprocessCfg(), spec.preprocess)
    size = getattr(model.visual, "image_size", None)
    if size is not None:
        merged["size"] = size
    for key, known in (("resize_mode", RESIZE_MODES), ("interpolation", INTERPOLATIONS), ("mode", ("RGB",))):
        if merged[key] not in known:
            raise EncoderError(
                f"{spec.source}: {key} of the preprocessing is {merged[key]!r}, expected one of {', '.join(known)}"
            )
    return PreprocessCfg(**merged)


def framing(cfg: PreprocessCfg) -> Framing:
    """The geometry of the transform."""
    tall, wide = cfg.size if isinstance(cfg.size, (tuple, list)) else (cfg.size, cfg.size)
    return Framing((int(tall), int(wide)), cfg.resize_mode)


def image_identity(cfg: PreprocessCfg) -> dict[str, Any]:
    """What a fingerprint says of the preprocessing; Pillow resizes, so its version belongs to it."""
    import PIL

    size = cfg.size if isinstance(cfg.size, int) else [int(side) for side in cfg.size]
    return asdict(cfg) | {"size": size, "mean": list(cfg.mean), "std": list(cfg.std), "pillow": PIL.__version__}
