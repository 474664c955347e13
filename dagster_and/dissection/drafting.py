"""The first draft of a dissection file, from the few things that only its owner knows."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dagster_and.dissection.probing import FOLD_FOLDER
from dagster_and.foundation.errors import UserError
from dagster_and.foundation.home import expanded

BY_NAME = {
    "ast": {"family": "embedded_ast"},
    "embedded_ast": {"family": "embedded_ast"},
    "beats": {"family": "embedded_beats", "training": "finetuned"},
    "embedded_beats": {"family": "embedded_beats", "training": "finetuned"},
    "planted": {"family": "planted"},
}
"""Networks that are trained or planted here."""
TRAINED = {name for name, target in BY_NAME.items() if target["family"] != "planted"}
FOLDS = 5
"""Made of a folder without any: a network that is trained here is judged on one of them."""
SOUNDBANK = "soundbank"
MARKS = {"esc50": "meta/esc50.csv", "urbansound8k": "metadata/UrbanSound8K.csv", "gtzan": "genres_original"}
"""By what a folder of that layout is known."""
_FACTORY = re.compile(r"(.+\.py|[A-Za-z_][\w.]*):[A-Za-z_]\w*")
_HUB = re.compile(r"[\w.-]+/[\w.-]+")
_WEIGHTS = (".pt", ".pth", ".safetensors")


@dataclass(frozen=True)
class Wanted:
    """What its owner says: sounds, network, and where an LLM is to describe, the server and the model."""

    sounds: str
    network: str
    layout: str | None = None
    window_s: float | None = None
    captions: str | None = None
    held_out_fold: int | None = None
    layers: Sequence[str] = ()
    sample_rate_hz: int | None = None
    class_labels: Sequence[str] = ()
    llm: str | None = None
    model: str | None = None
    max_calls: int | None = None


def draft(wanted: Wanted) -> dict[str, Any]:
    """The sections of a dissection file; paths are absolute, and what is not said is left to the defaults.

    Raises:
        UserError: something is missing or makes no sense, as far as the draft can tell.
    """
    probing = _probing(wanted)
    captions = wanted.captions or ("dataset" if probing["layout"] == SOUNDBANK else "annotations")
    if probing["layout"] == "folder" and wanted.network in TRAINED and not _has_folds(probing["path"]):
        probing["folds"] = FOLDS
    settings: dict[str, Any] = {"probing": probing, "captions": {"captioner": captions}, "target": _target(wanted)}
    if (wanted.llm is None) != (wanted.model is None):
        raise UserError("A server and a model go together: write both --llm URL and --model NAME, or neither.")
    if wanted.llm is not None:
        settings["describer"] = {"kind": "llm", "base_url": wanted.llm, "model": wanted.model}
        if wanted.max_calls is not None:
            settings["describer"]["max_calls"] = wanted.max_calls
    return settings


def is_factory(network: str) -> bool:
    """Whether a network is named by a function that returns it."""
    return bool(_FACTORY.fullmatch(network))


def _probing(wanted: Wanted) -> dict[str, Any]:
    window = {} if wanted.window_s is None else {"window_s": wanted.window_s}
    if wanted.sounds == SOUNDBANK:
        return {"layout": SOUNDBANK, **window}
    folder = expanded(wanted.sounds).absolute()
    if not folder.is_dir() and _HUB.fullmatch(wanted.sounds) and wanted.layout in (None, "huggingface"):
        return {"layout": "huggingface", "dataset": wanted.sounds, **window}
    if not folder.is_dir():
        raise UserError(
            f"There is no folder {folder}: write --sounds with the folder of the sounds, a data set of the hub "
            "(owner/name), or soundbank."
        )
    if wanted.layout in ("csv", "huggingface"):
        raise UserError(
            f"A set of the layout {wanted.layout} has settings of its own: write its dissection file by hand, as "
            "docs/probing.md shows."
        )
    found = next((layout for layout, mark in MARKS.items() if (folder / mark).exists()), "folder")
    return {"layout": wanted.layout or found, "path": str(folder), **window}


def _has_folds(folder: str) -> bool:
    return any(FOLD_FOLDER.fullmatch(place.name) for place in Path(folder).iterdir() if place.is_dir())


def _target(wanted: Wanted) -> dict[str, Any]:
    network = wanted.network
    fold = {} if wanted.held_out_fold is None else {"held_out_fold": wanted.held_out_fold}
    classes = {"class_labels": list(wanted.class_labels)} if wanted.class_labels else {}
    if network in BY_NAME:
        return BY_NAME[network] | fold
    if is_factory(network):
        if not wanted.layers or wanted.sample_rate_hz is None:
            raise UserError(
                f"{network} returns a network of yours: write which of its layers are dissected, one --layer a block, "
                "and --sample-rate in Hertz."
            )
        file, function = network.rsplit(":", 1)
        factory = f"{expanded(file).absolute()}:{function}" if file.endswith(".py") else network
        layers = [[layer] for layer in wanted.layers]
        return {"family": "module", "factory": factory, "sample_rate_hz": wanted.sample_rate_hz, "layers": layers,
                **classes, **fold}  # fmt: skip
    path = expanded(network)
    if path.exists():
        family = "beats" if path.suffix in _WEIGHTS else "transformers"
        return {"family": family, "checkpoint": str(path.absolute()), **classes, **fold}
    if _HUB.fullmatch(network) and not network.startswith("."):
        return {"family": "transformers", "checkpoint": network, **classes, **fold}
    raise UserError(
        f"There is no network {network!r}: write {', '.join(BY_NAME)}, a checkpoint's folder or file, one of the hub "
        "(owner/name), or file.py:function that returns a module."
    )
