"""Training of the embedded BEATs: a pretrained backbone, then a linear head on it or the whole network with labels."""

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import torch
from torch import Tensor, nn

from dagster_and.devices.descent import Descent
from dagster_and.devices.placement import ON_CPU, Placement
from dagster_and.dissection import Compute, EmbeddedBeats
from dagster_and.dissection.compute import Precision
from dagster_and.foundation.keys import digest
from dagster_and.foundation.progress import progress
from dagster_and.lake.shared import ALONE, Shared
from dagster_and.targets.beats.checkpoint import save_beats
from dagster_and.targets.beats.frontend import BeatsFrontend
from dagster_and.targets.beats.network import Beats, fbank, mean_token
from dagster_and.targets.hearing.feature_cache import FeatureCache
from dagster_and.targets.training.augmentation import augmented
from dagster_and.targets.training.folds import commonest_share, split
from dagster_and.targets.training.pretraining import BATCH, Sounds, batches, config_of, pretrained

VERSION = 1
HEAD = "predictor"
EXTRA = "training"
BACKBONE_SETTINGS = {
    "seed", "hidden_size", "blocks", "heads", "pretraining_epochs", "masked_share", "codes",
}  # fmt: skip
FINETUNING_RATE = 1e-3
PROBING_RATE = 1e-2
PROBING_PASSES = 8
"""The linear head is fitted on features that are computed once, so it is given this many steps for each epoch."""


def train(
    clips: pl.DataFrame, section: EmbeddedBeats, window_s: float, cache: Path, checkpoint: Path,
    placement: Placement = ON_CPU, shared: Shared = ALONE,
) -> dict[str, Any]:  # fmt: skip
    """Pretrain, train, evaluate on the held-out fold, and save in the published format; a file that is there is used.

    The backbone lies beside the checkpoint under the key of what it is made from, so that ``frozen`` and ``finetuned``
    start from the same one. Arguments as :func:`dagster_and.targets.training.ast.train`.

    Returns:
        what that gives, and pretraining_accuracy and pretraining_chance_accuracy (0..1).
    """
    if checkpoint.exists():
        return torch.load(checkpoint, weights_only=True)[EXTRA]
    training, held_out = split(clips, section)
    labels = sorted(training["label"].unique().to_list())
    known = held_out.filter(pl.col("label").is_in(labels))
    features = FeatureCache(cache, BeatsFrontend(Beats(config_of(section)), window_s), window_s, shared)
    heard, held = _heard(features, training), _heard(features, held_out)
    key = backbone_key(section, training, held_out, window_s, placement.precision)
    backbone = checkpoint.with_name(f"beats-backbone-{key}.pt")
    shared.bring_network(backbone)
    body, report = pretrained(section, heard, held, backbone, placement)
    shared.give_network(backbone)
    with torch.random.fork_rng(devices=[]):  # weights are drawn on the CPU
        torch.manual_seed(section.seed)
        model = _with_head(body, len(labels))
        placement.placed(model)
        classes = torch.tensor([labels.index(label) for label in training["label"]])
        (_probe if section.training == "frozen" else _finetune)(model, heard, classes, section, placement)
    model.eval()
    of_known = torch.tensor([label in labels for label in held_out["label"]])
    report |= {
        "held_out_clips": known.height,
        "held_out_accuracy": _accuracy(
            model, _part(held, of_known), [labels.index(label) for label in known["label"]], placement
        ),
        "chance_accuracy": commonest_share(known),
        "training_accuracy": _accuracy(model, heard, classes.tolist(), placement),
    }
    save_beats(model.cpu(), checkpoint, label_dict=dict(enumerate(labels)), **{EXTRA: report})
    return report


def backbone_key(
    section: EmbeddedBeats, training: pl.DataFrame, held_out: pl.DataFrame, window_s: float,
    precision: Precision = "float32",
) -> str:  # fmt: skip
    """Key of everything that the backbone and its evaluation are made from."""
    sounds = [training["sha256"].to_list(), held_out["sha256"].to_list()]
    computed = Compute(precision=precision).in_keys
    return digest(VERSION, section.model_dump(include=BACKBONE_SETTINGS), window_s, sounds, *computed)[:12]


def _heard(features: FeatureCache, clips: pl.DataFrame) -> Sounds:
    spectrograms: list[Tensor] = []
    padding: list[Tensor] = []
    for batch in progress(features.batches(clips, BATCH), "features", "batches", -(-clips.height // BATCH)):
        inputs = features.frontend.inputs(batch)
        spectrograms.append(fbank(inputs.arguments["waveform"]))
        padding.append(~inputs.sound_tokens)
    return Sounds(torch.cat(spectrograms), torch.cat(padding)) if padding else Sounds(torch.empty(0), torch.empty(0))


def _part(sounds: Sounds, chosen: Tensor) -> Sounds:
    return Sounds(sounds.features[chosen], sounds.padding[chosen])


def _with_head(body: Beats, classes: int) -> Beats:
    model = Beats(body.config, HEAD, classes)
    model.load_state_dict(body.state_dict(), strict=False)
    return model


def _hear(model: Beats, sounds: Sounds, placement: Placement) -> Tensor:
    """Mean token of each clip, "clip unit", on the device."""
    features, padding = placement.moved(sounds.features), placement.moved(sounds.padding)
    return mean_token(model.encoder(model.embed(features), padding), padding)


def _probe(model: Beats, sounds: Sounds, classes: Tensor, section: EmbeddedBeats, placement: Placement) -> None:
    """A linear head on the frozen backbone, by AdamW on standardised mean tokens; the standard is folded into it.

    The backbone computes in the precision, the head is fitted in float32.
    """
    model.eval()
    parts = torch.arange(len(sounds)).split(BATCH)
    with torch.no_grad(), placement.computing():
        tokens = torch.cat([_hear(model, _part(sounds, part), placement) for part in parts]).float()
    classes = placement.moved(classes)
    mean, scale = tokens.mean(dim=0), tokens.std(dim=0) + 1e-5
    head = model.get_submodule(HEAD)
    assert isinstance(head, nn.Linear)
    optimizer = torch.optim.AdamW(head.parameters(), lr=PROBING_RATE, weight_decay=0.1)
    passes = section.epochs * PROBING_PASSES
    for _step in progress(range(passes), "training the head", "passes", passes):
        loss = nn.functional.cross_entropy(head((tokens - mean) / scale), classes)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        head.weight.div_(scale)
        head.bias.sub_(head.weight @ mean)


def _finetune(model: Beats, sounds: Sounds, classes: Tensor, section: EmbeddedBeats, placement: Placement) -> None:
    """The whole network on one cycle of the learning rate, with augmented spectrograms."""
    random = np.random.default_rng(section.seed)
    optimizer = torch.optim.AdamW(model.parameters(), lr=FINETUNING_RATE, weight_decay=0.05)
    steps = -(-len(sounds) // BATCH) * section.epochs
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, FINETUNING_RATE, total_steps=steps)
    descent = Descent(optimizer, schedule, placement)
    head = model.get_submodule(HEAD)
    model.train()
    for _epoch in progress(range(section.epochs), "training", "epochs", section.epochs):
        for chosen in batches(len(sounds), random):
            varied = torch.stack([augmented(sounds.features[i], random) for i in chosen])
            with placement.computing():
                logits = head(_hear(model, Sounds(varied, sounds.padding[chosen]), placement))
                wanted = placement.moved(classes[chosen])
                loss = nn.functional.cross_entropy(logits, wanted, label_smoothing=0.1)
            descent.step(loss, model)


def _accuracy(model: Beats, sounds: Sounds, classes: list[int], placement: Placement) -> float | None:
    if not classes:
        return None
    head = model.get_submodule(HEAD)
    with placement.forward():
        parts = torch.arange(len(sounds)).split(BATCH)
        heard = (_hear(model, _part(sounds, part), placement) for part in parts)
        predicted = torch.cat([head(tokens).argmax(dim=1) for tokens in heard]).cpu()
    return int((predicted == torch.tensor(classes)).sum()) / len(classes)
