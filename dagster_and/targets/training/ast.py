"""Training of the embedded target: a small Audio Spectrogram Transformer, on the probing set itself."""

import json
import shutil
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from dagster_and.dissection import EmbeddedAst
from dagster_and.foundation.progress import progress
from dagster_and.hub.quiet import quiet_transformers
from dagster_and.targets.hearing.feature_cache import FeatureCache
from dagster_and.targets.layers import dissected_layers
from dagster_and.targets.target import Target
from dagster_and.targets.training.augmentation import augmented
from dagster_and.targets.training.folds import commonest_share, split
from dagster_and.targets.transformers.frontends import FbankFrontend

if TYPE_CHECKING:
    import torch

REPORT = "training.json"
BATCH = 16
PEAK_LEARNING_RATE = 1e-3
FRAMES_PER_S = 100


def train(clips: pl.DataFrame, section: EmbeddedAst, window_s: float, cache: Path, checkpoint: Path) -> dict[str, Any]:
    """Train, evaluate on the held-out fold, and save as a transformers folder; an existing folder is used as it is.

    Args:
        clips: rows of ``probing_clips``.
        section: architecture, folds, epochs, seed.
        window_s: what the network hears of a clip, in seconds.
        cache: folder of the feature cache.
        checkpoint: folder to make; its name should hold the key of everything above.

    Returns:
        held_out_clips, held_out_accuracy, chance_accuracy and training_accuracy (0..1).
    """
    if (checkpoint / REPORT).exists():
        return json.loads((checkpoint / REPORT).read_text())
    import torch

    training, held_out = split(clips, section)
    labels = sorted(training["label"].unique().to_list())
    with torch.random.fork_rng():
        torch.manual_seed(section.seed)
        model, extractor = _untrained(section, labels, window_s)
        features = FeatureCache(cache, FbankFrontend(extractor, model.config), window_s)
        heard = _heard(features, training, "features of the training folds")
        extractor.mean, extractor.std = float(heard.mean()), float(heard.std())
        classes = torch.tensor([labels.index(label) for label in training["label"]])
        _fit(model, (heard - extractor.mean) / (2 * extractor.std), classes, section)
    report = _evaluate(model.eval(), features, extractor, training, held_out)
    _save(model, extractor, report, checkpoint)
    return report


def untrained_target(
    section: EmbeddedAst, labels: list[str], requested_layers: Sequence[Sequence[str]] | None, window_s: float
) -> Target:
    """The embedded network before training, on the meta device: to look at its layers only.

    Args:
        section: its architecture.
        labels: the classes that it will be trained on.
        requested_layers: module names block by block; None for the known ones.
        window_s: what the network hears of a clip, in seconds.

    Raises:
        UserError: a requested layer is not there.
    """
    import torch

    with torch.device("meta"):
        model, extractor = _untrained(section, labels, window_s)
    layers = dissected_layers(model, requested_layers)
    return Target(section.family, "", model, FbankFrontend(extractor, model.config), layers, tuple(labels))


def _untrained(section: EmbeddedAst, labels: list[str], window_s: float) -> tuple[Any, Any]:
    from transformers import ASTConfig, ASTFeatureExtractor, ASTForAudioClassification

    frames = max(32, round(window_s * FRAMES_PER_S))
    config = ASTConfig(
        hidden_size=section.hidden_size, num_hidden_layers=section.blocks, num_attention_heads=section.heads,
        intermediate_size=4 * section.hidden_size, max_length=frames, frequency_stride=16, time_stride=16,
        id2label=dict(enumerate(labels)), label2id={name: i for i, name in enumerate(labels)},
    )  # fmt: skip
    with quiet_transformers():
        return ASTForAudioClassification(config), ASTFeatureExtractor(max_length=frames)


def _heard(features: FeatureCache, clips: pl.DataFrame, label: str) -> "torch.Tensor":
    """Log-mel energies "clip frame mel", not normalised; short clips are padded with zero, as the extractor does."""
    import torch

    frontend = features.frontend
    assert isinstance(frontend, FbankFrontend)
    padded: list[torch.Tensor] = []
    for batch in progress(features.batches(clips, BATCH), label, "batches", -(-clips.height // BATCH)):
        for clip in batch:
            kept = clip[: frontend.frames]
            padded.append(torch.nn.functional.pad(kept, (0, 0, 0, frontend.frames - len(kept))))
    return torch.stack(padded)


def _fit(model: Any, inputs: "torch.Tensor", classes: "torch.Tensor", section: EmbeddedAst) -> None:
    """AdamW on one cycle of the learning rate, with spectrograms shifted in time and masked in time and frequency."""
    import torch

    random = np.random.default_rng(section.seed)
    optimizer = torch.optim.AdamW(model.parameters(), lr=PEAK_LEARNING_RATE, weight_decay=0.05)
    steps = -(-len(inputs) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, PEAK_LEARNING_RATE, total_steps=steps * section.epochs)
    model.train()
    for _epoch in progress(range(section.epochs), "training", "epochs", section.epochs):
        for chosen in np.array_split(random.permutation(len(inputs)), steps):
            batch = torch.stack([augmented(inputs[i], random) for i in chosen])
            logits = model(input_values=batch).logits
            loss = torch.nn.functional.cross_entropy(logits, classes[chosen], label_smoothing=0.1)
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()


def _evaluate(
    model: Any, features: FeatureCache, extractor: Any, training: pl.DataFrame, held_out: pl.DataFrame
) -> dict[str, Any]:
    frontend = FbankFrontend(extractor, model.config)
    features = FeatureCache(features.folder, frontend, features.window_s)
    known = held_out.filter(pl.col("label").is_in(list(model.config.label2id)))
    return {
        "held_out_clips": known.height,
        "held_out_accuracy": _accuracy(model, features, known),
        "chance_accuracy": commonest_share(known),
        "training_accuracy": _accuracy(model, features, training),
    }


def _accuracy(model: Any, features: FeatureCache, clips: pl.DataFrame) -> float | None:
    import torch

    if clips.is_empty():
        return None
    predicted: list[str] = []
    with torch.inference_mode():
        for batch in features.batches(clips, BATCH):
            logits = model(**features.frontend.inputs(batch).arguments).logits
            predicted += [model.config.id2label[int(i)] for i in logits.argmax(dim=1)]
    return sum(p == label for p, label in zip(predicted, clips["label"], strict=True)) / clips.height


def _save(model: Any, extractor: Any, report: dict[str, Any], checkpoint: Path) -> None:
    """Under a temporary name first: a checkpoint is there whole or not at all."""
    temporary = checkpoint.with_name(f".{checkpoint.name}.{uuid.uuid4().hex}")
    try:
        model.save_pretrained(temporary)
        extractor.save_pretrained(temporary)
        (temporary / REPORT).write_text(json.dumps(report))
        if checkpoint.exists() and not (checkpoint / REPORT).exists():
            shutil.rmtree(checkpoint)  # somebody has deleted half of it
        temporary.replace(checkpoint)
    except OSError:
        if not (checkpoint / REPORT).exists():  # else another run has made the same checkpoint meanwhile
            raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
