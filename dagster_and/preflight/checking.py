"""Everything about a dissection that can be refused before any work."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from dagster_and.devices.choosing import placement_of
from dagster_and.dissection import (
    Dissection,
    LlmDescriber,
    SoundBank,
    concept_words,
)
from dagster_and.engine import engine_of
from dagster_and.foundation.errors import UserError
from dagster_and.foundation.home import Home
from dagster_and.lake.storage import Bucket
from dagster_and.lake.store import SCHEMA_PARTITION, Lake
from dagster_and.lake.tables import PROBING_CLIPS, TARGETS
from dagster_and.method.pruning.scope import check_named, eligible_neurons
from dagster_and.method.target.worth import Worth, unjudged_reason, worth_of
from dagster_and.method.text.names import class_of, why_wordless, wordless
from dagster_and.probing_sets.listing import Listing
from dagster_and.probing_sets.probe import list_files, nothing_usable
from dagster_and.probing_sets.soundbank import plan
from dagster_and.targets.training.folds import lacking

if TYPE_CHECKING:
    from dagster_and.targets.family import Foreseen

IN_MODE = {"live": "", "batch": ", in batches", "file": ", in files for `vllm run-batch`"}


def check_lake(home: Home) -> None:
    """Put, read back and remove a small object, where the lake lies beyond a URL; and see that no later version of
    this package has written to it.

    Raises:
        UserError: one of these fails; which URL, what the server said, and which variables it was asked by.
    """
    if home.lake_url:
        Bucket.of(home.lake_url, home.root).check()
    lake = Lake.of(home)
    for name in (*lake.dissections(), SCHEMA_PARTITION):
        lake.stamps(name)  # refuses what is of a later version


def check(dissection: Dissection, home: Home) -> list[str]:
    """What the dissection will do, one line each, after everything that can be wrong has been looked at.

    No sound is decoded and no weight is loaded; a hub checkpoint's configuration may be fetched.

    Raises:
        UserError: the first thing that is wrong, and what to write instead.
    """
    section, engine = dissection.probing, engine_of(dissection.compute, Lake.of(home))
    placement = placement_of(dissection.compute, engine.devices)
    listing = _listing(dissection, home)
    if not listing.files:
        raise nothing_usable(listing.rejected)
    labels = [label for file in listing.files for label in file.labels]
    captioner = _check_captions(dissection, listing, home)
    describer = _check_describer(dissection)
    concepts = concept_words(dissection, labels)
    _check_k(dissection, len(listing.files))
    _check_encoders(dissection)
    target, named, worth = _check_target(dissection, listing, concepts, home)
    classes, files = len(set(labels)), len(listing.files)
    rejected = f", {len(listing.rejected)} unusable" if listing.rejected else ""
    return [
        f"probing: {files} files of {classes} classes{rejected}, {section.window_s:g} s heard of each",
        f"captions: {captioner}",
        f"target: {target}",
        *worth,
        f"compute: {placement.in_words}",
        f"engine: {engine.in_words}",
        f"activations: pooling {dissection.activations.pooling}; top clips: K = {dissection.top_clips.k}",
        f"describer: {describer}",
        f"closed concepts: {len(concepts)} concepts by {dissection.closed_concepts.text_encoder}",
        f"names: {named}",
        f"interpretability: {dissection.interpretability.clusters} caption clusters, "
        f"and {len(dissection.interpretability.runs)} runs of K-means beside",
        f"pruning: {check_fold(dissection, [file.fold for file in listing.files])}",
    ]


@dataclass(frozen=True)
class Sizes:
    """How many clips and which neurons a dissection has, as far as can be told before any work."""

    clips: int
    neurons: pl.DataFrame
    """The table ``neurons``, as it will be."""


def sizes(dissection: Dissection, home: Home) -> Sizes:
    """The sizes; no sound is decoded and no weight is loaded.

    Raises:
        UserError: as :func:`check`.
    """
    from dagster_and.targets.recording.neurons import neurons

    listing = _listing(dissection, home)
    return Sizes(len(listing.files), neurons(_foresee(dissection, listing, home)))


def _listing(dissection: Dissection, home: Home) -> Listing:
    section = dissection.probing
    return plan(section) if isinstance(section, SoundBank) else list_files(section, home.cache)


def _check_describer(dissection: Dissection) -> str:
    section = dissection.describer
    if not isinstance(section, LlmDescriber):
        return section.kind
    from dagster_and.llm.client import ChatClient

    client = ChatClient(section)
    return f"{client.model} at {client.server}{IN_MODE[section.mode]}"


def _check_captions(dissection: Dissection, listing: Listing, home: Home) -> str:
    from dagster_and.captioners import open_captioner

    brings_its_own = isinstance(dissection.probing, SoundBank) or any(f.dataset_caption for f in listing.files)
    if dissection.captions.captioner == "dataset" and not brings_its_own:
        raise UserError(
            "captions.captioner is dataset, but the probing set brings no captions along: write annotations, file "
            "or audio_llm, or name a column of captions by probing.caption_column where the layout has one."
        )
    llm, moment_s = dissection.captions.llm, dissection.captions.moment_s
    about = "" if moment_s is None else f"; of described neurons also {moment_s:g} s about each moment"
    return f"{open_captioner(dissection, home).name}{IN_MODE[llm.mode] if llm else ''}{about}"


def _check_encoders(dissection: Dissection) -> None:
    from dagster_and.encoders import check_text_audio_encoder, check_text_encoder

    check_text_encoder(dissection.closed_concepts.text_encoder)
    check_text_audio_encoder(dissection.closed_concepts.text_audio_encoder)
    check_text_encoder(dissection.interpretability.sentence_encoder, "interpretability.sentence_encoder")


def _check_k(dissection: Dissection, files: int) -> None:
    k = dissection.top_clips.k
    if k > files:
        raise UserError(
            f"top_clips.k is {k}, but the probing set has only {files} clips: write a k of at most {files} "
            f"(the paper takes 5), or add sounds."
        )


def check_fold(dissection: Dissection, folds: Sequence[int | None]) -> str:
    """What pruning will be measured on, in words.

    Args:
        dissection: names the held-out fold, or none.
        folds: of every clip of the probing set.

    Raises:
        UserError: the fold is not in the probing set.
    """
    fold = dissection.held_out_fold
    if fold is None:
        return "not measured, since target.held_out_fold is not given"
    count = sum(f == fold for f in folds)
    if not count:
        section = "target" if dissection.pruning.held_out_fold is None else "pruning"
        raise lacking(section, fold, sorted({f for f in folds if f is not None}))
    return f"measured on {count} clips of fold {fold}"


def _check_target(
    dissection: Dissection, listing: Listing, concepts: list[str], home: Home
) -> tuple[str, str, Sequence[str]]:
    """What would be dissected, which concepts name a class of it, and a line of its worth where that is known."""
    from dagster_and.targets.cutting.obstacles import check_free
    from dagster_and.targets.recording.neurons import neurons
    from dagster_and.targets.recording.pooling import chosen_pooling

    target = _foresee(dissection, listing, home)
    head = "" if target.has_head else ", no head"
    pooling = chosen_pooling(dissection.activations, target.network, has_cls_token=target.has_cls_token)
    section = dissection.pruning
    eligible = eligible_neurons(neurons(target), section.sublayers, section.blocks)
    if target.has_head and dissection.held_out_fold is not None:
        check_free(target.obstacles, eligible)
    if dissection.pruning.concepts != "all":
        check_named(dissection.pruning.concepts, concepts, target.class_labels)
    what = f"{target.what}, {target.neurons} neurons in {len(target.layers)} layers{head}, pooling {pooling}"
    worth = _worth(dissection, home, has_head=target.has_head)
    return what, _names(concepts, target.class_labels), [f"worth: {said}" for said in worth]


def _names(concepts: Sequence[str], classes: Sequence[str]) -> str:
    """How many concepts name a class, and which names no word can ever match."""
    named = sum(class_of(concept, classes) is not None for concept in concepts)
    count = f"{named} of {len(concepts)} concepts name a class of the target"
    lines = [count if classes else "the target has no classes"]
    for what, names, instead in (
        ("concepts", concepts, "closed_concepts.concepts"),
        ("classes of the target", classes, "target.class_labels"),
    ):
        without = wordless(names)
        if without:
            lines.append(
                f"no word can match {len(without)} of {len(names)} {what} ({why_wordless(without[0])}), so nothing "
                f"that is said of a neuron names them: write names in {instead}"
            )
    return "; ".join(lines)


def _worth(dissection: Dissection, home: Home, *, has_head: bool) -> Sequence[str]:
    """Whether the target lies above chance: why that can't be judged, or what it was when it last ran."""
    reason = unjudged_reason(has_head=has_head, held_out_fold=dissection.target.held_out_fold)
    if reason:
        return [Worth(missing_reason=reason).sentence]
    lake = Lake.of(home)
    if lake.stamp(TARGETS, dissection.name) is None or lake.stamp(PROBING_CLIPS, dissection.name) is None:
        return []
    from dagster_and.targets.opening import checkpoint_of

    facts = lake.read(TARGETS, dissection.name).row(0, named=True)
    meant = checkpoint_of(dissection, lake.read(PROBING_CLIPS, dissection.name), home)
    return [f"when it last ran: {worth_of(facts).sentence}"] if facts["checkpoint"] == meant else []


def _foresee(dissection: Dissection, listing: Listing, home: Home) -> "Foreseen":
    """The target without its weights, and what it is in words."""
    from dagster_and.targets.opening import foresee

    clips = {"label": [file.label for file in listing.files], "fold": [file.fold for file in listing.files]}
    return foresee(dissection, pl.DataFrame(clips, schema={"label": pl.String, "fold": pl.Int32}), home)
