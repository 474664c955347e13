"""A neuron's activation on every clip, from the lake, and which of the clips its label holds on."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from dagster_and.explorer.warehouse import Reader, Row
from dagster_and.lake.store import Lake
from dagster_and.lake.tables import ACTIVATIONS, CLIP_ACOUSTICS
from dagster_and.method.labels.acoustic_cuts import qualities
from dagster_and.method.labels.atoms import truth_of
from dagster_and.method.labels.caption_atoms import known_clips
from dagster_and.method.labels.forms import clips_of

BINS = 40
ALIKE = 8


@dataclass(frozen=True)
class Histogram:
    """Counts of clips in bins of equal width, "bin" each: of the label, and all others."""

    low: float
    high: float
    of_label: list[int]
    others: list[int]
    label_clips: int
    label_mean: float | None
    other_mean: float | None

    @property
    def tallest(self) -> int:
        """Clips in the fullest bin."""
        return max(1, *(a + b for a, b in zip(self.of_label, self.others, strict=True)))


def activations(lake: Lake, name: str, facts: Mapping[int, Row]) -> dict[int, np.ndarray]:
    """Activations of some neurons on every clip, by neuron_id, float32 "clip".

    A neuron of which the lake is not what the warehouse tells of is left out.

    Only the row groups that may hold one of them are read.

    Args:
        lake: with the table ``activations``.
        name: of the dissection.
        facts: their rows of ``dim_neurons`` by neuron_id.
    """
    if not lake.has(ACTIVATIONS, name):
        return {}
    table = pl.scan_parquet(lake.path(ACTIVATIONS, name), hive_partitioning=False, glob=False)
    asked = (pl.col("neuron_id") >= min(facts)) & (pl.col("neuron_id") <= max(facts)) & pl.col("neuron_id").is_in(facts)
    found = table.filter(asked).select("neuron_id", "activation", "mean").collect()
    return {
        number: values.to_numpy()
        for number, values, mean in zip(found["neuron_id"], found["activation"], found["mean"], strict=True)
        if np.isclose(mean, facts[number]["activation_mean"], equal_nan=True)
    }


def most_alike(lake: Lake, name: str, values: Mapping[int, np.ndarray]) -> dict[int, dict[int, float]]:
    """Of some neurons those whose activations go most with theirs, in any layer: neuron_id to neuron_id to Pearson's r.

    Args:
        lake: with the table ``activations``, which is read once, a row group at a time.
        name: of the dissection.
        values: activations of some neurons by neuron_id, float32 "clip". A neuron is not alike to itself.
    """
    own = np.stack([one.astype(np.float64) - one.mean(dtype=np.float64) for one in values.values()])
    deviations, asked = own.std(axis=1) * own.shape[1], np.array(list(values))
    ids = alike = np.zeros((len(own), 0))
    for batch in lake.batches(ACTIVATIONS, name):
        rows = batch.column("activation").flatten().to_numpy().reshape(batch.num_rows, -1)
        scale = deviations[:, None] * batch.column("standard_deviation").to_numpy()
        with np.errstate(divide="ignore", invalid="ignore"):
            here = np.where(scale > 0, own.astype(np.float32) @ rows.T / scale, -1)
        numbers = batch.column("neuron_id").to_numpy()
        here = np.where(numbers == asked[:, None], -1, np.nan_to_num(here, nan=-1))
        ids = np.concatenate([ids, np.broadcast_to(numbers, here.shape)], axis=1)
        alike = np.concatenate([alike, here], axis=1)
        best = np.argsort(-alike, axis=1, kind="stable")[:, :ALIKE]  # of equal ones those of the earlier layer
        ids, alike = np.take_along_axis(ids, best, axis=1), np.take_along_axis(alike, best, axis=1)
    return {
        number: {int(i): float(min(r, 1)) for i, r in zip(found, near, strict=True) if r > 0}
        for number, found, near in zip(values, ids, alike, strict=True)
    }


class LabelClips:
    """The clips of a dissection and what is known of them, to say on which of them a label holds."""

    def __init__(self, reader: Reader, name: str):
        self._reader = reader
        self._name = name

    @cached_property
    def _clips(self) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        measures = [column.name for column in CLIP_ACOUSTICS.columns]
        rows = self._reader.rows("select * from dim_clips where dissection = ? order by clip_id", self._name)
        clips = pl.DataFrame(rows, infer_schema_length=None)
        measured = qualities(clips.select(column for column in measures if column in clips.columns))
        return known_clips(clips["caption"].to_list()), measured

    def of(self, labels: list[Row]) -> np.ndarray | None:
        """The clips that a neuron's first label holds on, bool "clip" by clip_id; None where it has none.

        Args:
            labels: the neuron's rows of ``fct_neuron_labels``.
        """
        first = next((row for row in labels if row["mode"] == 1 and row["form"] and row["atom_ids"]), None)
        if first is None:
            return None
        found = self._reader.rows(
            "from dim_atoms where dissection = ? and list_contains(?, atom_id)", self._name, first["atom_ids"]
        )
        atoms = {atom["atom_id"]: atom for atom in found}
        if set(first["atom_ids"]) - set(atoms):
            return None
        used = [(atom["atom"], truth_of(atom, *self._clips)) for atom in (atoms[i] for i in first["atom_ids"])]
        try:
            return clips_of(first["form"], used)
        except ValueError:  # a form that is written in another way than today's
            return None


def histogram(values: np.ndarray, label: np.ndarray | None) -> Histogram:
    """Of a neuron's finite activations.

    Args:
        values: activations, "clip".
        label: the clips of its label, bool "clip"; None where it has none.
    """
    finite = np.isfinite(values)
    label = np.zeros(len(values), dtype=bool) if label is None or len(label) != len(values) else label
    own, others = values[finite & label], values[finite & ~label]
    low, high = (float(values[finite].min()), float(values[finite].max())) if finite.any() else (0.0, 0.0)
    edges = np.linspace(low, high if high > low else low + 1, BINS + 1)
    return Histogram(
        low, high, np.histogram(own, edges)[0].tolist(), np.histogram(others, edges)[0].tolist(), len(own),
        float(own.mean()) if len(own) else None, float(others.mean()) if len(others) else None,
    )  # fmt: skip
