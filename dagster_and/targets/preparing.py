"""The target room: which checkpoint a dissection means, made if need be, and its facts."""

import hashlib
from pathlib import Path
from typing import Any

import polars as pl

from dagster_and.dissection import Dissection, EmbeddedAst
from dagster_and.home import Home
from dagster_and.lake import digest
from dagster_and.method.tables import TARGETS

TRAINING_VERSION = 1
"""Raised whenever training would give other weights from the same clips and settings."""

_SCHEMA = TARGETS.frame_schema


def checkpoint_of(dissection: Dissection, clips: pl.DataFrame, home: Home) -> str:
    """Folder or hub id of the network. An embedded one's folder is named after everything it is trained from."""
    section = dissection.target
    if not isinstance(section, EmbeddedAst):
        return section.location
    key = digest(
        TRAINING_VERSION, section.model_dump(), dissection.window_s, clips.select("sha256", "label", "fold").rows()
    )
    return str(home.checkpoints / f"{section.family}-{key[:12]}")


def fingerprint(dissection: Dissection) -> str:
    """What a local checkpoint's files hold, so that changed weights are seen; a hub id speaks for itself.

    An embedded target needs none: its folder's name covers what it is trained from.
    """
    section = dissection.target
    folder = None if isinstance(section, EmbeddedAst) else Path(section.location)
    if folder is None or not folder.is_dir():
        return ""
    files = sorted(p for p in folder.iterdir() if p.suffix in (".json", ".safetensors"))
    return digest([(p.name, hashlib.sha256(p.read_bytes()).hexdigest()) for p in files])


def prepare(dissection: Dissection, clips: pl.DataFrame, home: Home) -> pl.DataFrame:
    """The table ``targets``: trains the embedded network unless its checkpoint is there, then opens it.

    Raises:
        UserError: the checkpoint can't be opened, or the probing set can't train one.
    """
    from dagster_and.targets.target import open_target, weights_sha256
    from dagster_and.targets.training import train

    section = dissection.target
    checkpoint = checkpoint_of(dissection, clips, home)
    results: dict[str, Any] = {}
    if isinstance(section, EmbeddedAst):
        home.checkpoints.mkdir(parents=True, exist_ok=True)
        results = train(clips, section, dissection.window_s, home.cache / "features", Path(checkpoint))
    revision = None if isinstance(section, EmbeddedAst) else section.revision
    target = open_target(checkpoint, dissection.activations.layers, revision)
    facts = {
        "target": target.name,
        "family": section.family,
        "architecture": type(target.model).__name__,
        "checkpoint": checkpoint,
        "weights_sha256": weights_sha256(target.model),
        "parameters": sum(p.numel() for p in target.model.parameters()),
        "blocks": target.blocks,
        "layers": len(target.layers),
        "neurons": target.neurons,
        "classes": target.layers[-1].width,
        "held_out_fold": section.held_out_fold,
    }
    return pl.DataFrame([{name: (facts | results).get(name) for name in _SCHEMA}], schema=_SCHEMA)
