"""The target of a dissection: which checkpoint it means, made ready, opened, and its facts.

What the rest of the house uses. Heavy libraries are loaded when a network is made or opened, not before.
"""

import platform
from dataclasses import replace
from functools import partial
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import polars as pl

from dagster_and.devices.placement import Placement
from dagster_and.dissection import Dissection
from dagster_and.foundation.errors import UserError
from dagster_and.foundation.home import Home
from dagster_and.foundation.keys import digest
from dagster_and.lake.shared import ALONE, Shared
from dagster_and.lake.tables import TARGETS
from dagster_and.targets.checkpoints import has_changed, note, set_aside
from dagster_and.targets.family import Family, Foreseen
from dagster_and.targets.registry import find_family

if TYPE_CHECKING:
    from dagster_and.targets.target import Target

_SCHEMA = TARGETS.frame_schema
_OPENING = Lock()
_reopened: dict[tuple, "Target"] = {}
"""What a worker keeps: the one target that it works with."""


def checkpoint_of(dissection: Dissection, clips: pl.DataFrame, home: Home) -> str:
    """Hub id, folder, file or factory of the network. One made here is named after all that it is made from."""
    return _family(dissection).checkpoint(dissection, clips, home)


def fingerprint(dissection: Dissection, checkpoint: str) -> str:
    """What a local checkpoint's files hold, so that changed weights are seen; a hub id speaks for itself.

    Empty for a network made here, since its name covers what it is made from. Of a factory in a file the file is seen,
    but not what that imports or reads.
    """
    return _family(dissection).fingerprint(dissection, checkpoint)


def identity(dissection: Dissection, checkpoint: str) -> str:
    """What tells the target apart beside its weights: equal only where the network, opened anew, computes the same.

    Weights alone don't say it: heads of attention, strides and the code of a factory have none.
    """
    section = dissection.target.model_dump(mode="json", exclude={"held_out_fold"})
    return digest(section, Path(checkpoint).name, fingerprint(dissection, checkpoint))


def see_to(dissection: Dissection, clips: pl.DataFrame, home: Home) -> None:
    """Make a network anew that was made in this home and is no longer as it was: cut short, overwritten, edited.

    What lies there is called ``<name>.changed``, in place of an earlier one. Where nothing was noted of a network, or
    it is gone, nothing is done.
    """
    checkpoint = Path(checkpoint_of(dissection, clips, home))
    if has_changed(checkpoint):
        set_aside(checkpoint)
        prepare(dissection, clips, home)


def prepare(dissection: Dissection, clips: pl.DataFrame, home: Home) -> pl.DataFrame:
    """The table ``targets``: makes the network unless its checkpoint is given or there, then opens and judges it.

    Raises:
        UserError: the checkpoint can't be opened, or the probing set can't train one.
    """
    checkpoint, shared = checkpoint_of(dissection, clips, home), Shared.of(home)
    shared.bring_network(Path(checkpoint))
    if Path(checkpoint).is_relative_to(home.checkpoints) and not Path(checkpoint).exists():
        clips = shared.heard_here(clips)
    results = _family(dissection).make_ready(dissection, clips, home, checkpoint)
    shared.give_network(Path(checkpoint))
    if Path(checkpoint).is_relative_to(home.checkpoints) and not fingerprint(dissection, checkpoint):
        note(Path(checkpoint))
    target = open_dissected(dissection, checkpoint)
    facts, fold = _facts(dissection, target), dissection.target.held_out_fold
    if target.head and fold is not None and "held_out_accuracy" not in results:
        results = results | _judged(dissection, target, clips, fold, home)
    return pl.DataFrame([{name: (facts | results).get(name) for name in _SCHEMA}], schema=_SCHEMA)


def open_dissected(
    dissection: Dissection, checkpoint: str, *, weights: bool = True, shared: Shared = ALONE
) -> "Target":
    """Open the target of a dissection file.

    Args:
        dissection: the file.
        checkpoint: where its network is, as ``targets.checkpoint`` says it.
        weights: False leaves the weights out, to look at the layers only; the network of a factory is always as the
            factory makes it.
        shared: the homes that a network made in one of them is brought from, if it isn't here.

    Raises:
        UserError: it can't be found or read, would run code, lacks a layer, or a factory doesn't give such a network.
    """
    shared.bring_network(Path(checkpoint))
    opened = _family(dissection).open(dissection, checkpoint, weights=weights)
    return replace(opened, reopen=partial(reopened, dissection, shared))


def reopened(
    dissection: Dissection, shared: Shared, checkpoint: str, placement: Placement, weights_sha256: str
) -> "Target":
    """A target that another process has opened, opened here once and kept: of one target, the last one asked for.

    Raises:
        UserError: it can't be opened here, or other weights lie here.
    """
    key = (dissection.model_dump_json(), str(dissection.folder), checkpoint, placement, weights_sha256)
    with _OPENING:
        if key not in _reopened:
            from dagster_and.targets.target import weights_sha256 as digest_of

            _reopened.clear()
            target = open_dissected(dissection, checkpoint, shared=shared)
            if digest_of(target.model) != weights_sha256:
                raise UserError(
                    f"{checkpoint} holds other weights on {platform.node()} than where the run was started: give every "
                    "worker the same files."
                )
            _reopened[key] = target.placed(placement)
        return _reopened[key]


def foresee(dissection: Dissection, clips: pl.DataFrame, home: Home) -> Foreseen:
    """The target before any work: without its weights, and in words.

    Args:
        dissection: the file.
        clips: label and fold of every clip.
        home: where what was seen of a checkpoint is kept.

    Raises:
        UserError: the target can't be opened, or these clips can't train it.
    """
    return _family(dissection).foresee(dissection, clips, home)


def _family(dissection: Dissection) -> Family:
    return find_family(dissection.target.family)


def _judged(dissection: Dissection, target: "Target", clips: pl.DataFrame, fold: int, home: Home) -> dict[str, Any]:
    from dagster_and.devices.choosing import placement_of
    from dagster_and.targets.hearing.feature_cache import FeatureCache
    from dagster_and.targets.judging import judged

    target = target.placed(placement_of(dissection.compute))
    features = FeatureCache(home.cache / "features", target.frontend, dissection.window_s, Shared.of(home))
    return judged(target, clips, fold, features)


def _facts(dissection: Dissection, target: "Target") -> dict[str, Any]:
    """Columns of ``targets`` that every family has."""
    from dagster_and.targets.target import weights_sha256

    return {
        "target": target.name,
        "family": dissection.target.family,
        "architecture": type(target.model).__name__,
        "checkpoint": target.checkpoint,
        "weights_sha256": weights_sha256(target.model),
        "parameters": sum(p.numel() for p in target.model.parameters()),
        "blocks": target.blocks,
        "layers": len(target.layers),
        "neurons": target.neurons,
        "classes": target.head.width if target.head else None,
        "held_out_fold": dissection.target.held_out_fold,
    }
