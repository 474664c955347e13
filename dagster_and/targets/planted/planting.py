"""Planting a network on a probing set: its folder, and the table of what its neurons are."""

from pathlib import Path

import polars as pl

from dagster_and.audio.reading import read_waveform
from dagster_and.foundation.progress import progress
from dagster_and.lake.tables import PLANTED_NEURONS
from dagster_and.targets.planted.checkpoint import is_planted, load_planted, save_planted

PLANTED_VERSION = 3
"""Raised whenever a planted network would compute something else on the same clips."""


def plant_on(clips: pl.DataFrame, folder: Path) -> None:
    """Fit the class readouts on ``probing_clips`` and save the network, unless it is there."""
    import torch

    from dagster_and.targets.planted.network import SAMPLE_RATE_HZ, plant

    if is_planted(folder):
        return
    rows = clips.select("path", "window_s").iter_rows()
    heard = (
        torch.from_numpy(read_waveform(Path(path), SAMPLE_RATE_HZ, window_s))
        for path, window_s in progress(rows, "sounds to plant", "clips", clips.height)
    )
    save_planted(plant(heard, clips["label"].to_list()), folder)


def planted_neurons(checkpoint: str, neurons: pl.DataFrame) -> pl.DataFrame:
    """The table ``planted_neurons`` from the table ``neurons``; no rows for a network that nobody planted."""
    schema = PLANTED_NEURONS.frame_schema
    if not is_planted(Path(checkpoint)):
        return pl.DataFrame(schema=schema)
    plan = load_planted(Path(checkpoint)).plan.neurons()
    rows = []
    for neuron_id, layer, index in neurons.select("neuron_id", "layer_name", "neuron_index").iter_rows():
        planted = plan[layer][index]
        for part, words in enumerate(planted.expected or ((),)):
            names = ", ".join(words) or None
            rows.append((neuron_id, part, planted.function, planted.kind, names, planted.is_denied))
    return pl.DataFrame(rows, schema=schema, orient="row")
