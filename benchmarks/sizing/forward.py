"""What a clip costs a network: FLOPs by counting, seconds on one core by the published AST."""

from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.activations_speed import seconds_of
from benchmarks.sizing.sizes import ARCHITECTURES, Architecture
from benchmarks.workload import network, sounds
from dagster_and.hub.quiet import quiet_transformers
from dagster_and.targets.hearing.feature_cache import FeatureCache

CLASSES = 527
FRAMES, BANDS = 1024, 128
CLIPS, SECONDS = 6, 10.0


def counted() -> dict[str, dict[str, float]]:
    """Parameters and FLOPs a clip of each architecture, by name."""
    return {one.name: dict(zip(("parameters", "flops"), count(one), strict=True)) for one in ARCHITECTURES}


def count(architecture: Architecture, classes: int = CLASSES) -> tuple[int, int]:
    """Parameters, and FLOPs of a forward pass of one clip (a product and a sum are two), without weights in memory."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode
    from transformers import ASTConfig, ASTForAudioClassification

    eager: dict[str, Any] = {"attn_implementation": "eager", "num_labels": classes}  # products of eager are counted
    with torch.device("meta"), quiet_transformers():
        model = ASTForAudioClassification(ASTConfig(**eager, **architecture.configuration)).eval()
        with torch.no_grad(), FlopCounterMode(display=False) as counter:
            model(torch.empty(1, FRAMES, BANDS))
    return sum(parameter.numel() for parameter in model.parameters()), counter.get_total_flops()


def measured_forward(folder: Path) -> dict[str, float]:
    """Seconds of the published AST a clip on one core, of what it hears a clip, and how much forward passes vary."""
    import torch

    target = network(folder / "published", "published")
    table = sounds(folder / "sounds", CLIPS, SECONDS)
    features = FeatureCache(folder / "features", target.frontend, SECONDS)
    hearing = seconds_of(lambda: list(features.batches(table, 1)))[1]
    seconds = []
    with torch.inference_mode():
        for batch in (*features.batches(table, 1),) * 2:
            arguments = target.frontend.inputs(batch).arguments
            seconds.append(seconds_of(lambda given=arguments: target.model(**given))[1])
    seconds = seconds[1:]  # the first one loads libraries
    return {
        "clip_s": float(np.median(seconds)),
        "sigma": float(np.std(np.log(seconds))),
        "features_clip_s": hearing / table.height,
    }
