"""What the benchmarks run on: clips of noise, and networks of known size with random weights."""

import uuid
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import soundfile

from dagster_and.dissection import Activations
from dagster_and.hub.quiet import quiet_transformers
from dagster_and.lake.store import Lake, Stamp
from dagster_and.lake.tables import ACTIVATIONS
from dagster_and.targets.hearing.feature_cache import FeatureCache
from dagster_and.targets.recording.activations import record
from dagster_and.targets.target import Target
from dagster_and.targets.transformers.opening import open_transformers

SAMPLE_RATE_HZ = 16000
DISTINCT = 24
LARGE_BLOCK_BYTES = 24 << 20


def settle_allocator() -> None:
    """Bring glibc's allocator to where the rooms before bring it in the pipeline.

    The largest block freed so far decides whether a forward pass hands its memory back and has it faulted in again by
    the next one. In a process that has freed none, that is a matter of luck, and of more than any ratio measured here.
    """
    import torch

    torch.ones(LARGE_BLOCK_BYTES, dtype=torch.uint8)  # freed at once


def network(folder: Path, size: str) -> Target:
    """An AST with random weights: ``demo`` as the pipeline trains it for 2 s clips, ``published`` as on the hub.

    ``short`` hears a third of a second, in next to no time.
    """
    import torch
    from transformers import ASTConfig, ASTFeatureExtractor, ASTForAudioClassification

    demo: dict[str, Any] = {
        "hidden_size": 96, "num_hidden_layers": 4, "num_attention_heads": 4, "intermediate_size": 384,
        "max_length": 200, "frequency_stride": 16, "time_stride": 16, "num_labels": 10,
    }  # fmt: skip
    short: dict[str, Any] = demo | {
        "hidden_size": 48, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 96, "max_length": 32,
    }  # fmt: skip
    sizes = {"short": short, "demo": demo, "published": {"num_labels": 50}}
    config = ASTConfig(**sizes[size])
    if not folder.exists():
        torch.manual_seed(0)
        with quiet_transformers():
            ASTForAudioClassification(config).save_pretrained(folder)
            ASTFeatureExtractor(max_length=config.max_length).save_pretrained(folder)
    return open_transformers(str(folder))


def sounds(folder: Path, clips: int, seconds: float) -> pl.DataFrame:
    """``clips`` rows with path and sha256 over a few distinct files; each row counts as a sound of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(0)
    files = [folder / f"{i}-{seconds:g}.wav" for i in range(min(clips, DISTINCT))]
    for file in files:
        if not file.exists():
            soundfile.write(file, random.normal(0, 0.1, int(seconds * SAMPLE_RATE_HZ)), SAMPLE_RATE_HZ)
    chosen = [files[i % len(files)] for i in range(clips)]
    return pl.DataFrame({"path": [str(f) for f in chosen], "sha256": [f"{seconds:g}-{i}" for i in range(clips)]})


def room(target: Target, clips: pl.DataFrame, features: FeatureCache, settings: Activations, scratch: Path) -> int:
    """The activations room as the pipeline runs it: cached features in, Parquet out, no clip known before.

    Returns the rows written.
    """
    rows = record(target, clips, features, settings, scratch / "shards" / uuid.uuid4().hex)
    return Lake(scratch / "lake").write(ACTIVATIONS, "bench", rows, Stamp("bench", {}))
