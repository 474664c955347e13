"""The target room: which checkpoint a dissection means, made if need be, and its facts."""

import hashlib
from pathlib import Path
from typing import Any

import polars as pl

from dagster_and.dissection import (
    BeatsTarget,
    Dissection,
    Embedded,
    EmbeddedAst,
    EmbeddedBeats,
    ModuleTarget,
    PlantedTarget,
    TransformersTarget,
)
from dagster_and.foundation.home import Home
from dagster_and.foundation.keys import digest
from dagster_and.lake.tables import TARGETS
from dagster_and.targets.planted.planting import PLANTED_VERSION, plant_on

TRAINING_VERSION = 1
"""Raised whenever training would give other weights from the same clips and settings."""

_VERSIONS = {"planted": PLANTED_VERSION}
_SCHEMA = TARGETS.frame_schema


def checkpoint_of(dissection: Dissection, clips: pl.DataFrame, home: Home) -> str:
    """Hub id, folder, file or factory of the network. An embedded one is named after all that it is trained from."""
    section = dissection.target
    if isinstance(section, TransformersTarget):
        return section.location
    if isinstance(section, BeatsTarget):
        return str(dissection.resolve(section.checkpoint))
    if isinstance(section, ModuleTarget):
        where, colon, function = section.factory.rpartition(":")
        return f"{dissection.resolve(where)}{colon}{function}" if where.endswith(".py") else section.factory
    key = digest(
        _VERSIONS.get(section.family, TRAINING_VERSION),
        section.model_dump(),
        dissection.window_s,
        clips.select("sha256", "label", "fold").rows(),
    )
    name = f"{section.family}-{section.training}" if isinstance(section, EmbeddedBeats) else section.family
    return str(home.checkpoints / f"{name}-{key[:12]}{'.pt' if isinstance(section, EmbeddedBeats) else ''}")


def fingerprint(dissection: Dissection, checkpoint: str) -> str:
    """What a local checkpoint's files hold, so that changed weights are seen; a hub id speaks for itself.

    An embedded target needs none: its name covers what it is trained from. Of a factory in a file the file is seen, but
    not what that imports or reads.
    """
    if isinstance(dissection.target, Embedded | PlantedTarget):
        return ""
    place = Path(checkpoint.rpartition(":")[0] if isinstance(dissection.target, ModuleTarget) else checkpoint)
    files = [place] if place.is_file() else sorted(place.glob("*")) if place.is_dir() else []
    labels = getattr(dissection.target, "class_labels", None)
    if isinstance(labels, str) and dissection.resolve(labels).is_file():
        files.append(dissection.resolve(labels))
    kept = [p for p in files if p.is_file() and (len(files) <= 2 or p.suffix in (".json", ".safetensors"))]
    return digest([(p.name, _sha256(p)) for p in kept])


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def train(dissection: Dissection, clips: pl.DataFrame, home: Home, checkpoint: Path) -> dict[str, Any]:
    """Train the embedded network unless its checkpoint is there; its accuracies by column of ``targets``.

    Raises:
        UserError: the probing set can't train one.
    """
    from dagster_and.targets.training import ast as training
    from dagster_and.targets.training import beats as training_beats

    home.checkpoints.mkdir(parents=True, exist_ok=True)
    section, cache = dissection.target, home.cache / "features"
    if isinstance(section, EmbeddedBeats):
        return training_beats.train(clips, section, dissection.window_s, cache, checkpoint)
    assert isinstance(section, EmbeddedAst)
    return training.train(clips, section, dissection.window_s, cache, checkpoint)


def prepare(dissection: Dissection, clips: pl.DataFrame, home: Home) -> pl.DataFrame:
    """The table ``targets``: trains the embedded network unless its checkpoint is there, then opens it.

    Raises:
        UserError: the checkpoint can't be opened, or the probing set can't train one.
    """
    from dagster_and.targets.target import open_dissected, weights_sha256

    section = dissection.target
    checkpoint = checkpoint_of(dissection, clips, home)
    results = train(dissection, clips, home, Path(checkpoint)) if isinstance(section, Embedded) else {}
    if isinstance(section, PlantedTarget):
        plant_on(clips, Path(checkpoint))
    target = open_dissected(dissection, checkpoint)
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
        "classes": target.head.width if target.head else None,
        "held_out_fold": section.held_out_fold,
    }
    return pl.DataFrame([{name: (facts | results).get(name) for name in _SCHEMA}], schema=_SCHEMA)
