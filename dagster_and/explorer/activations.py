"""A neuron's activation on every clip, from the lake, and which of the clips its label holds on."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from dagster_and.explorer.warehouse import Reader, Row
from dagster_and.lake.store import Lake
from dagster_and.lake.tables import ACTIVATIONS, CLIP_ACOUSTICS
from dagster_and.method.labels.acoustic_cuts import qualities
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


def activations(lake: Lake, name: str, number: int, facts: Row) -> np.ndarray | None:
    """A neuron's activation on every clip, float32 "clip"; None where the lake is not what the warehouse tells of.

    Only the row groups that may hold the neuron are read.

    Args:
        lake: with the table ``activations``.
        name: of the dissection.
        number: the neuron's.
        facts: its row of ``dim_neurons``.
    """
    if not lake.has(ACTIVATIONS, name):
        return None
    table = pl.scan_parquet(lake.path(ACTIVATIONS, name), hive_partitioning=False, glob=False)
    found = table.filter(pl.col("neuron_id") == number).select("activation", "mean").collect()
    if found.height != 1 or not np.isclose(found["mean"][0], facts["activation_mean"], equal_nan=True):
        return None
    return found["activation"][0].to_numpy()


def most_alike(lake: Lake, name: str, number: int, values: np.ndarray) -> dict[int, float]:
    """The neurons whose activations go most with a neuron's, in any layer: neuron_id to Pearson's r.

    Args:
        lake: with the table ``activations``, which is read once, a row group at a time.
        name: of the dissection.
        number: the neuron's, which is left out.
        values: its activations, float32 "clip".
    """
    own = values.astype(np.float64) - values.mean(dtype=np.float64)
    ids, found = [], []
    for batch in lake.batches(ACTIVATIONS, name):
        rows = batch.column("activation").flatten().to_numpy().reshape(batch.num_rows, -1)
        scale = batch.column("standard_deviation").to_numpy() * values.std(dtype=np.float64) * len(values)
        with np.errstate(divide="ignore", invalid="ignore"):
            found.append(np.where(scale > 0, rows @ own.astype(np.float32) / scale, -1))
        ids.append(batch.column("neuron_id").to_numpy())
    numbers, alike = np.concatenate(ids), np.nan_to_num(np.concatenate(found), nan=-1)
    best = [place for place in np.argsort(-alike, kind="stable")[: ALIKE + 1] if numbers[place] != number][:ALIKE]
    return {int(numbers[place]): float(np.clip(alike[place], -1, 1)) for place in best if alike[place] > 0}


def label_clips(reader: Reader, name: str, labels: list[Row]) -> np.ndarray | None:
    """The clips that a neuron's first label holds on, bool "clip" by clip_id; None where it has none.

    Args:
        reader: of the warehouse.
        name: of the dissection.
        labels: the neuron's rows of ``fct_neuron_labels``.
    """
    first = next((row for row in labels if row["mode"] == 1 and row["form"] and row["atom_ids"]), None)
    if first is None:
        return None
    measures = [column.name for column in CLIP_ACOUSTICS.columns]
    clips = pl.DataFrame(
        reader.rows("select * from dim_clips where dissection = ? order by clip_id", name), infer_schema_length=None
    )
    measured = qualities(clips.select(column for column in measures if column in clips.columns))
    atoms = {
        atom["atom_id"]: atom
        for atom in reader.rows(
            "from dim_atoms where dissection = ? and list_contains(?, atom_id)", name, first["atom_ids"]
        )
    }
    if set(first["atom_ids"]) - set(atoms):
        return None
    used = [(atom["atom"], _truth(atom, clips, measured)) for atom in (atoms[i] for i in first["atom_ids"])]
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


def _truth(atom: Row, clips: pl.DataFrame, measured: dict[str, np.ndarray]) -> np.ndarray:
    """Of every clip, int8 "clip": 1, 0, or -1 where it is not known whether the atom holds."""
    truth = np.zeros(clips.height, dtype=np.int8)
    if atom["known_clips"] < clips.height:
        of_words = atom["kind"] != "acoustic" or atom["quality"] not in measured
        unknown = clips["caption"].is_null().to_numpy() if of_words else np.isnan(measured[atom["quality"]])
        truth[unknown] = -1
    truth[np.asarray(atom["clip_ids"], dtype=np.int64)] = 1
    return truth
