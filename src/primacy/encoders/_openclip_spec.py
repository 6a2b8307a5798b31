"""What an `open_clip:` name asks for, resolved to architecture, activation and local files.

Forms of the name after the colon:
    ARCH/TAG                            pretrained tag, e.g. ViT-B-32-quickgelu/openai
    ARCH/weights.pt, ARCH//abs/w.pt     a local checkpoint (.pt .pth .bin .ckpt .safetensors)
    ARCH/untrained?seed=0               fresh random weights
    hf-hub:org/name[@revision]          configuration and weights from the hub
    local-dir:/path                     the same from a folder with open_clip_config.json
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from primacy.encoders import _hub
from primacy.encoders._names import MAX_SEED, split_query, split_revision
from primacy.errors import (
    ActivationMismatchError,
    EncoderError,
    ModelUnavailableError,
    UnknownNameError,
    UsageError,
)

CHECKPOINT_SUFFIXES = (".pt", ".pth", ".bin", ".ckpt", ".safetensors")
QUICK = "-quickgelu"


class OpenClipSpec(NamedTuple):
    """Everything needed to build a model with no further look at the network.

    `config` is open_clip's model configuration, with `quick_gelu` as it will be built; `weights` is None for
    an untrained model of `seed`; `activation_from` says how the activation is known; `preprocess` is what the
    checkpoint says of its transform (further keys are ignored), over open_clip's defaults.
    """

    source: str
    config: dict[str, Any]
    weights: Path | None
    seed: int
    activation_from: str
    folder: Path | None = None
    preprocess: Mapping[str, Any] = MappingProxyType({})


def resolve(rest: str, *, allow_mismatch: bool) -> OpenClipSpec:
    """Turn the name into a spec, fetching weights where they are not local.

    Raises:
        UsageError: the name says no weights, or its seed is not a whole number.
        UnknownNameError: architecture or tag unknown.
        ActivationMismatchError: the tag's weights were trained with the other activation (checked before any
            download), unless `allow_mismatch`.
        ModelUnavailableError: a file is neither here nor reachable.
    """
    if rest.startswith("local-dir:"):
        return _from_folder(Path(rest.removeprefix("local-dir:")), "open_clip:local-dir")
    if rest.startswith("hf-hub:"):
        repo, revision = split_revision(rest.removeprefix("hf-hub:"))
        return _from_folder(_hub.fetch(repo, revision, _hub.open_clip_files), f"open_clip:hf-hub:{repo}")
    architecture, _, weights = rest.partition("/")
    config = architecture_config(architecture)
    if not weights:
        raise UsageError(
            f"open_clip:{rest} does not say which weights",
            hint=f"Write open_clip:{architecture}/TAG, or a path to a checkpoint for TAG. "
            f"Known tags: {', '.join([*_tags(architecture), 'untrained'])}.",
        )
    source = f"open_clip:{architecture}"
    if weights.endswith(CHECKPOINT_SUFFIXES):
        return OpenClipSpec(source, config, Path(weights).expanduser(), 0, "architecture name")
    tag, settings = split_query(weights, ("seed",))
    if tag == "untrained":
        return OpenClipSpec(source, config, None, _whole(settings.get("seed", "0")), "architecture name")
    return _from_tag(architecture, config, tag, allow_mismatch=allow_mismatch)


def architecture_config(name: str) -> dict[str, Any]:
    """A copy of the architecture's configuration; NAME-quickgelu works for every NAME.

    Raises:
        UnknownNameError: open_clip has no such architecture.
    """
    import open_clip

    known = open_clip.list_models()
    base = name.removesuffix(QUICK)
    if name not in known and base not in known:
        raise UnknownNameError("open_clip architecture", name, known)
    config = deepcopy(open_clip.get_model_config(name if name in known else base))
    config["quick_gelu"] = bool(config.get("quick_gelu")) or name.endswith(QUICK)
    return config


def _from_tag(architecture: str, config: dict[str, Any], tag: str, *, allow_mismatch: bool) -> OpenClipSpec:
    import open_clip

    base = architecture.removesuffix(QUICK)
    pretrained = open_clip.get_pretrained_cfg(architecture, tag) or open_clip.get_pretrained_cfg(base, tag)
    if not pretrained:
        raise UnknownNameError(f"pretrained tag of {architecture}", tag, [*_tags(architecture), "untrained"])
    # a tag that is silent on its activation was trained with that of its architecture
    usual = architecture_config(base)["quick_gelu"]
    trained, built = bool(pretrained.get("quick_gelu", usual)), config["quick_gelu"]
    if trained != built and not allow_mismatch:
        right = base if trained == usual else base + QUICK
        kinds = {True: "QuickGELU", False: "GELU"}
        raise ActivationMismatchError(
            f"open_clip:{architecture}/{tag}: these weights were trained with {kinds[trained]}, "
            f"but {architecture} is built with {kinds[built]}; the right name is open_clip:{right}/{tag}",
            hint=f"Use open_clip:{right}/{tag}, or --allow-activation-mismatch if you mean it.",
        )
    known_from = "pretrained tag" if trained == built else "architecture name, against the pretrained tag"
    source, weights = f"open_clip:{architecture}/{tag}", _fetch_tag(pretrained)
    return OpenClipSpec(source, config, weights, 0, known_from, preprocess=pretrained)


def _tags(architecture: str) -> list[str]:
    import open_clip

    return open_clip.list_pretrained_tags_by_model(architecture)


def _fetch_tag(pretrained: dict[str, Any]) -> Path:
    import open_clip

    where = pretrained.get("hf_hub", "")
    if not where:
        try:
            return Path(open_clip.download_pretrained(pretrained))
        except OSError as error:
            raise ModelUnavailableError(
                f"{pretrained.get('url')} could not be fetched ({error})",
                hint="Check the network, or give a local checkpoint: open_clip:ARCH//path/to/weights.pt",
            ) from error
    repo, _, filename = where.rpartition("/")
    if not filename:
        return find_weights(_hub.fetch(repo, None, _hub.open_clip_files))
    path = _hub.fetch(repo, None, _hub.one_file(filename)) / filename
    safe = path.with_suffix(".safetensors")
    return safe if safe.is_file() else path


def find_weights(folder: Path) -> Path:
    """The weights file of a folder: safetensors first, open_clip's own names first.

    Raises:
        ModelUnavailableError: there is none.
        EncoderError: there are several that could be meant.
    """
    found = [path for path in sorted(folder.iterdir()) if path.suffix in CHECKPOINT_SUFFIXES]
    rank = {path: (path.suffix != ".safetensors", not path.name.startswith("open_clip_")) for path in found}
    found.sort(key=rank.__getitem__)
    if not found:
        raise ModelUnavailableError(
            f"{folder} holds no weights ({', '.join('*' + suffix for suffix in CHECKPOINT_SUFFIXES)})",
            hint="Put open_clip_model.safetensors beside open_clip_config.json.",
        )
    if len(found) > 1 and rank[found[0]] == rank[found[1]]:
        shown = ", ".join(path.name for path in found)
        raise EncoderError(
            f"{folder} holds several weights files ({shown}) and none has open_clip's own name",
            hint="Rename the one that is meant to open_clip_model.safetensors, or to open_clip_model.pt.",
        )
    return found[0]


def _from_folder(folder: Path, source: str) -> OpenClipSpec:
    path = folder.expanduser() / "open_clip_config.json"
    if not path.is_file():
        raise ModelUnavailableError(
            f"{path} does not exist", hint="The folder must hold open_clip_config.json and weights."
        )
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        config, preprocess = found["model_cfg"], found.get("preprocess_cfg") or {}
    except (ValueError, KeyError, TypeError) as error:
        raise EncoderError(
            f"{path} is not an open_clip configuration: expected JSON with the key 'model_cfg'"
        ) from error
    if not isinstance(preprocess, dict):
        raise EncoderError(f"{path}: 'preprocess_cfg' is {preprocess!r}, expected a dictionary")
    config["quick_gelu"] = bool(config.get("quick_gelu"))
    weights = find_weights(path.parent)
    return OpenClipSpec(source, config, weights, 0, "model configuration", path.parent, preprocess)


def _whole(text: str) -> int:
    try:
        seed = int(text)
    except ValueError:
        raise UsageError(f"seed {text!r} is not a whole number") from None
    if abs(seed) > MAX_SEED:
        raise UsageError(f"seed {text} is above {MAX_SEED}, the largest that there is")
    return seed
