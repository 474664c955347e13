"""Training of the embedded target: a small Audio Spectrogram Transformer, on the probing set itself."""

import json
import shutil
import uuid
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from dagster_and.devices.placement import ON_CPU, Placement
from dagster_and.dissection import EmbeddedAst
from dagster_and.foundation.progress import progress
from dagster_and.hub.quiet import quiet_transformers
from dagster_and.lake.shared import ALONE, Shared
from dagster_and.targets.hearing.feature_cache import FeatureCache
from dagster_and.targets.training.folds import commonest_share, split
from dagster_and.targets.transformers.frontends import FbankFrontend

if TYPE_CHECKING:
    from dagster_and.targets.training.augmentation import Strength
    from dagster_and.targets.training.choosing import Choice
    from dagster_and.targets.training.fitting import Examples

REPORT = "training.json"
BATCH = 16
FRAMES_PER_S = 100
PATCH = 16


def train(
    clips: pl.DataFrame, section: EmbeddedAst, window_s: float, cache: Path, checkpoint: Path,
    placement: Placement = ON_CPU, shared: Shared = ALONE,
) -> dict[str, Any]:  # fmt: skip
    """Train, evaluate on the held-out fold, and save as a transformers folder; an existing folder is used as it is.

    Args:
        clips: rows of ``probing_clips``.
        section: architecture, folds, epochs, augmentation, seed.
        window_s: what the network hears of a clip, in seconds.
        cache: folder of the feature cache.
        checkpoint: folder to make; its name should hold the key of everything above.
        placement: where it is trained; the checkpoint lies on no device.
        shared: with whom features are shared.

    Returns:
        held_out_clips; held_out_accuracy, chance_accuracy and training_accuracy (0..1); augmentation, and
        trial_accuracies (0..1) of the strengths that were tried for it; epochs, and accuracies_by_epochs (0..1) of the
        numbers that were tried.
    """
    if (checkpoint / REPORT).exists():
        return json.loads((checkpoint / REPORT).read_text())
    import torch

    from dagster_and.targets.training.fitting import fit

    training, held_out = split(clips, section)
    labels = sorted(training["label"].unique().to_list())
    config, extractor = _architecture(section, labels, frames_heard(clips, window_s))
    features = FeatureCache(cache, FbankFrontend(extractor, config), window_s, shared)
    examples = _examples(features, training, labels)
    _normalise(examples, extractor)

    def make() -> Any:
        torch.manual_seed(section.seed)
        return _initial(config)

    with torch.random.fork_rng(devices=[]):  # weights are drawn on the CPU
        choice = _augmentation(make, examples, training, section, placement)
        epochs, tried = _epochs(make, examples, training, section, choice.strength, placement)
        model = make()
        fit(model, examples, epochs, section.seed, choice.strength, placement=placement)
    report = _evaluate(model, features, extractor, training, held_out, placement)
    report |= {"augmentation": choice.strength, "trial_accuracies": choice.accuracies}
    report |= {"epochs": epochs, "accuracies_by_epochs": tried}
    _save(model.cpu(), extractor, report, checkpoint)
    return report


def frames_of_window(window_s: float) -> int:
    """Frames in a window of so many seconds, at least two patches."""
    return max(2 * PATCH, round(window_s * FRAMES_PER_S))


def frames_heard(clips: pl.DataFrame, window_s: float) -> int:
    """Frames that the network hears: the window, or whole patches up to the end of the longest clip.

    A window that no clip fills would be padding mostly, which takes time and teaches nothing.

    Args:
        clips: all of them (column duration_s), trained on or not.
        window_s: the most that it hears of a clip, in seconds.
    """
    longest_s = min(window_s, clips.select(pl.col("duration_s").max()).item())
    patches = -(-round(longest_s * FRAMES_PER_S) // PATCH)
    return min(frames_of_window(window_s), max(2, patches) * PATCH)


def _architecture(section: EmbeddedAst, labels: list[str], frames: int) -> tuple[Any, Any]:
    from transformers import ASTConfig, ASTFeatureExtractor

    config = ASTConfig(
        hidden_size=section.hidden_size, num_hidden_layers=section.blocks, num_attention_heads=section.heads,
        intermediate_size=4 * section.hidden_size, max_length=frames, frequency_stride=PATCH, time_stride=PATCH,
        id2label=dict(enumerate(labels)), label2id={name: i for i, name in enumerate(labels)},
    )  # fmt: skip
    with quiet_transformers():
        return config, ASTFeatureExtractor(max_length=frames)


def _initial(config: Any) -> Any:
    """Drawn from torch's global generator."""
    from transformers import ASTForAudioClassification

    from dagster_and.targets.training.initialising import initialise

    with quiet_transformers():
        model = ASTForAudioClassification(config)
    initialise(model)
    return model


def _examples(features: FeatureCache, clips: pl.DataFrame, labels: list[str]) -> "Examples":
    """Log-mel energies, not normalised; short clips are padded with zero, as the extractor does it."""
    import torch

    from dagster_and.targets.training.fitting import Examples

    frontend = features.frontend
    assert isinstance(frontend, FbankFrontend)
    padded: list[torch.Tensor] = []
    lengths: list[int] = []
    batches = features.batches(clips, BATCH)
    for batch in progress(batches, "features of the training folds", "batches", -(-clips.height // BATCH)):
        for clip in batch:
            kept = clip[: frontend.frames]
            lengths.append(len(kept))
            padded.append(torch.nn.functional.pad(kept, (0, 0, 0, frontend.frames - len(kept))))
    classes = torch.tensor([labels.index(label) for label in clips["label"]])
    return Examples(torch.stack(padded), torch.tensor(lengths), classes)


def _normalise(examples: "Examples", extractor: Any) -> None:
    """In place, by mean and deviation of what is sound, which the extractor is told."""
    import torch

    spectrograms = examples.spectrograms
    heard = spectrograms[torch.arange(spectrograms.shape[1]) < examples.frames[:, None]]
    extractor.mean, extractor.std = float(heard.mean()), float(heard.std())
    spectrograms.sub_(extractor.mean).div_(2 * extractor.std)


def _augmentation(
    make: Callable[[], Any], examples: "Examples", training: pl.DataFrame, section: EmbeddedAst, placement: Placement
) -> "Choice":
    from dagster_and.targets.training.choosing import EPOCHS, Choice, choose, set_apart

    if section.augmentation != "auto":
        return Choice(section.augmentation)
    epochs = EPOCHS if section.epochs == "auto" else section.epochs
    return choose(make, examples, set_apart(training, section.seed), epochs, section.seed, placement)


def _epochs(
    make: Callable[[], Any], examples: "Examples", training: pl.DataFrame, section: EmbeddedAst, strength: "Strength",
    placement: Placement,
) -> tuple[int, dict[int, float]]:  # fmt: skip
    from dagster_and.targets.training.choosing import EPOCHS, choose_epochs, set_apart

    if section.epochs != "auto":
        return section.epochs, {}
    tried = choose_epochs(make, examples, set_apart(training, section.seed), strength, section.seed, placement)
    return max(tried, key=lambda epochs: tried[epochs], default=EPOCHS), tried


def _evaluate(
    model: Any, features: FeatureCache, extractor: Any, training: pl.DataFrame, held_out: pl.DataFrame,
    placement: Placement,
) -> dict[str, Any]:  # fmt: skip
    frontend = FbankFrontend(extractor, model.config)
    features = replace(features, frontend=frontend)
    known = held_out.filter(pl.col("label").is_in(list(model.config.label2id)))
    return {
        "held_out_clips": known.height,
        "held_out_accuracy": _accuracy(model, features, known, placement),
        "chance_accuracy": commonest_share(known),
        "training_accuracy": _accuracy(model, features, training, placement),
    }


def _accuracy(model: Any, features: FeatureCache, clips: pl.DataFrame, placement: Placement) -> float | None:
    if clips.is_empty():
        return None
    predicted: list[str] = []
    with placement.forward():
        for batch in features.batches(clips, BATCH):
            arguments = features.frontend.inputs(batch).arguments
            logits = model(**{name: placement.moved(tensor) for name, tensor in arguments.items()}).logits
            predicted += [model.config.id2label[i] for i in logits.argmax(dim=1).tolist()]
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
