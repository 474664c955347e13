"""The rooms from a target to its evidence, on two clips of which the second is shorter than the window."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import soundfile
import torch

from dagster_and.audio.reading import file_sha256
from dagster_and.dissection import Activations
from dagster_and.hub.quiet import quiet_forward
from dagster_and.lake.store import Lake, Stamp
from dagster_and.lake.tables import ACTIVATIONS, NEURONS, TOP_CLIPS
from dagster_and.method.top_clips.ranking import rank_clips
from dagster_and.targets.hearing.feature_cache import FeatureCache
from dagster_and.targets.recording.activations import record
from dagster_and.targets.recording.neurons import neurons
from dagster_and.targets.target import Target

WINDOW_S = 0.5
SHORT_S = 0.2


@dataclass(frozen=True)
class Evidence:
    """The three tables, and activations by layer as "clip unit"."""

    neurons: pl.DataFrame
    activations: pl.DataFrame
    top_clips: pl.DataFrame
    by_layer: dict[str, np.ndarray]


def sounds(folder: Path, rate: int = 16_000) -> pl.DataFrame:
    rows = []
    for i, seconds in enumerate((WINDOW_S, SHORT_S, 2 * WINDOW_S)):
        path = folder / f"{i}.wav"
        soundfile.write(path, np.random.default_rng(i).normal(0, 0.1, int(seconds * rate)), rate, subtype="FLOAT")
        rows.append({"clip_id": i, "path": str(path), "sha256": file_sha256(path)})
    return pl.DataFrame(rows)


def run(target: Target, folder: Path, pooling: str = "default", batch_size: int = 2) -> Evidence:
    """Through the lake, so that every row keeps its table's contract."""
    clips = sounds(folder)
    features = FeatureCache(folder / "features", target.frontend, WINDOW_S)
    lake, stamp = Lake(folder / "lake"), Stamp("test", {})
    settings = Activations(pooling=pooling, batch_size=batch_size)
    lake.write(NEURONS, "test", neurons(target).cast(dict(NEURONS.frame_schema)), stamp)
    lake.write(ACTIVATIONS, "test", record(target, clips, features, settings, folder / "shards"), stamp)
    lake.write(TOP_CLIPS, "test", rank_clips(lake.batches(ACTIVATIONS, "test"), 1), stamp)
    listed, values = lake.read(NEURONS, "test"), lake.read(ACTIVATIONS, "test")
    joined = listed.join(values, on="neuron_id", maintain_order="left")
    by_layer = {
        str(name): np.array(rows["activation"].to_list(), dtype=np.float32).T
        for (name,), rows in joined.group_by("layer_name", maintain_order=True)
    }
    return Evidence(listed, values, lake.read(TOP_CLIPS, "test"), by_layer)


def check_tables(target: Target, evidence: Evidence) -> None:
    """What must hold of every target: a row a neuron, three clips each, and the top clip is the extreme one."""
    assert evidence.neurons.height == evidence.activations.height == target.neurons > 0
    assert evidence.neurons["neuron_id"].to_list() == list(range(target.neurons))
    labelled = evidence.neurons.filter(pl.col("class_label").is_not_null())
    assert set(labelled["sublayer"]) == ({"head"} if target.head else set())
    for row in evidence.top_clips.filter(pl.col("direction") == "highest").iter_rows(named=True):
        values = evidence.activations["activation"][row["neuron_id"]].to_numpy()
        assert row["clip_id"] == values.argmax()
        assert np.isclose(row["activation"], values.max())


def outputs(model: torch.nn.Module, arguments: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """What every module puts out, by plain hooks."""
    seen: dict[str, torch.Tensor] = {}

    def hook(name: str):
        def keep(_module: object, _inputs: object, output: object) -> None:
            seen[name] = output[0] if isinstance(output, tuple) else output

        return keep

    handles = [m.register_forward_hook(hook(n)) for n, m in model.named_modules()]
    with torch.inference_mode(), quiet_forward():
        model(**arguments)
    for handle in handles:
        handle.remove()
    return seen
