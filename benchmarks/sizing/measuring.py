"""Units of work, measured one by one on this machine: ``python -m benchmarks.sizing --measure HOME DISSECTION``.

The units are those of a finished dissection. To see what more clips cost, its clips are repeated with noise: a unit of
as many values as the rooms take at a time, at 2,000 clips and at ten and a hundred times as many. Seconds are those of
one core, and of the processor, so that other programs on the machine matter little.
"""

import datetime
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.activations_speed import seconds_of
from benchmarks.sizing.asking import asked
from benchmarks.sizing.forward import counted, measured_forward
from dagster_and.foundation.home import Home
from dagster_and.lake.store import Lake
from dagster_and.lake.tables import (
    ACTIVATIONS,
    CLIP_ACOUSTICS,
    CLIP_CAPTIONS,
    CONCEPTS,
    HALF_DESCRIPTIONS,
    PROBING_CLIPS,
    SUMMARY_SENTENCES,
    TABLES,
)
from dagster_and.method.arrays.batches import CHUNK, CHUNK_VALUES
from dagster_and.method.labels.atoms import Atoms, atoms_of
from dagster_and.method.labels.labelling import NEURONS_AT_ONCE, labelled

CLIPS = (2000, 20_000, 200_000)
CONCEPTS_TRIED = 50
WORDS_TRIED = 200
FEWEST_NEURONS = 8
NOISE = 0.3
"""Standard deviations that are added to repeated clips, so that no two are equal."""
SENTENCES = (1000, 8000)
TEXTS = 256
UNITS = 16
DIMENSIONS = 384


class World:
    """A finished dissection with its clips repeated up to ``clips``."""

    def __init__(self, lake: Lake, name: str, clips: int, neurons: int):
        random = np.random.default_rng(clips)
        known = lake.read(PROBING_CLIPS, name).sort("clip_id")
        self.places = np.arange(clips) % known.height
        rows = pl.DataFrame(pa.Table.from_batches(list(lake.batches(ACTIVATIONS, name))))
        rows = rows.gather_every(max(1, rows.height // neurons)).head(neurons)
        values = np.stack(rows["activation"].to_list())[:, self.places]
        spread = values.std(axis=1, keepdims=True) * NOISE * (np.arange(clips) >= known.height)
        self.activation = (values + spread * random.standard_normal(values.shape, dtype=np.float32)).astype(np.float32)
        self.folds = known["fold"].gather(self.places).to_list()
        captions = lake.read(CLIP_CAPTIONS, name).sort("clip_id")
        self.captions = [text or "" for text in captions["caption"].gather(self.places)]
        own = atoms_of(known, lake.read(CLIP_ACOUSTICS, name), captions, lake.read(CONCEPTS, name))
        self.atoms = Atoms(own.table, own.truth[self.places])
        self.told = lake.read(SUMMARY_SENTENCES, name)["sentence"].drop_nulls().unique().sort().to_list()
        self.match = random.dirichlet(np.ones(CONCEPTS_TRIED), clips)

    @cached_property
    def scorers(self) -> dict[str, Any]:
        """Made once for all neurons, as in the room."""
        from dagster_and.method.evidence.description_scores import scorers

        return scorers(self.captions, self.told, _vectors)

    def batch(self, neurons: int) -> pa.RecordBatch:
        """The first neurons as rows of ``activations``."""
        values = self.activation[:neurons]
        offsets = pa.array(np.arange(len(values) + 1, dtype=np.int32) * values.shape[1])
        column = pa.ListArray.from_arrays(offsets, pa.array(values.reshape(-1)))
        return pa.record_batch({"neuron_id": pa.array(np.arange(len(values), dtype=np.int32)), "activation": column})


def measure(home: Home, name: str) -> dict[str, Any]:
    """Everything that the sizing takes from this machine, as it is kept in ``benchmarks/results/``."""
    import torch

    from benchmarks.real_workers import trials

    torch.set_num_threads(1)
    lake = Lake(home.lake)
    with tempfile.TemporaryDirectory(prefix="sizing-") as folder:
        overhead, found = trials(Path(folder) / "dask")
        return {
            "date": datetime.datetime.now(tz=datetime.UTC).strftime("%Y-%m-%d"),
            "dissection": name,
            "task_s": overhead,
            "trials": [asdict(one) for one in found],
            "per_value_s": {str(clips): per_value(lake, name, clips) for clips in CLIPS},
            "sigma": {"neurons": _spread_of_units(lake, name)},
            "forward": measured_forward(Path(folder)),
            "architectures": counted(),
            "per_text_s": _per_text_s(),
            "per_sentence_and_run_s": {str(count): _per_sentence_s(count) for count in SENTENCES},
            "shard_opening_s": _shard_opening_s(Path(folder) / "shards"),
            "asking": asked(home, name),
            "tables": tables(lake, name),
        }


def per_value(lake: Lake, name: str, clips: int) -> dict[str, float]:
    """Seconds that a neuron more costs, by clip; of what compares concepts or atoms, and by each of these."""
    neurons = max(FEWEST_NEURONS, min(CHUNK, CHUNK_VALUES // clips))
    world = World(lake, name, clips, neurons)
    concepts = clips * CONCEPTS_TRIED
    return {
        "top_clips": _marginal(partial(_top_clips, world), neurons) / clips,
        "concept_predictions": _marginal(partial(_predictions, world), neurons) / concepts,
        "concept_significance": _marginal(partial(_significance, world, CONCEPTS_TRIED), neurons) / concepts,
        "evident_words": _marginal(partial(_significance, world, WORDS_TRIED), neurons) / (clips * WORDS_TRIED),
        "description_scores": _marginal(partial(_scores, world), neurons) / clips,
        "labelling": _marginal(partial(_labels, world), min(neurons, NEURONS_AT_ONCE))
        / (clips * world.atoms.table.height),
    }


def _marginal(work: Callable[[int], object], neurons: int) -> float:
    """Seconds that each neuron adds: what is made once for all neurons is left out.

    Raises:
        RuntimeError: more neurons took no longer than a few.
    """
    few = max(1, neurons // 8)
    added = _seconds(lambda: work(neurons)) - _seconds(lambda: work(few))
    if added <= 0:
        raise RuntimeError(f"{neurons} neurons took no longer than {few}: measure again on a quieter machine")
    return added / (neurons - few)


def _labels(world: World, neurons: int) -> None:
    labelled([world.batch(neurons)], world.atoms, world.folds)


def _top_clips(world: World, neurons: int) -> None:
    from dagster_and.method.top_clips.ranking import rank_clips

    rank_clips([world.batch(neurons)], 5)


def _predictions(world: World, neurons: int) -> None:
    """Of two methods, as in the room."""
    import torch

    from dagster_and.method.closed_concepts.predictions import predict

    match = (np.arange(len(world.match)), torch.from_numpy(world.match))
    for _ in predict(
        [world.batch(neurons)], pl.DataFrame({"layer_name": ["layer"] * neurons}), {"DB": match, "TAB": match}
    ):
        pass


def _significance(world: World, groups: int, neurons: int) -> None:
    """Of groups of clips: those of a concept, or those whose captions have a word."""
    from dagster_and.method.evidence.significance import concept_aurocs

    group = np.arange(len(world.match)) % groups
    concept_aurocs([world.batch(neurons)], group[:, None] == np.arange(groups))


def _scores(world: World, neurons: int) -> None:
    from dagster_and.method.evidence.description_scores import description_scores

    texts = [world.told[i % len(world.told)] for i in range(neurons)]
    rows: dict[str, Any] = {
        "neuron_id": [*range(neurons), *range(neurons)], "half": [0] * neurons + [1] * neurons,
        "description": [*texts, *texts], "missing_reason": None,
    }  # fmt: skip
    made = pl.DataFrame(rows, schema={column: HALF_DESCRIPTIONS.frame_schema[column] for column in rows})
    parts = np.arange(len(world.captions))[::2], np.arange(len(world.captions))[1::2]
    description_scores([world.batch(neurons)], texts, made, parts, world.scorers)


def _vectors(texts: Any) -> np.ndarray:
    """Encoding is measured apart."""
    distinct, places = np.unique(np.array(list(texts), dtype=object), return_inverse=True)
    made = np.random.default_rng(0).standard_normal((len(distinct), DIMENSIONS), dtype=np.float32)
    return (made / np.linalg.norm(made, axis=1, keepdims=True))[places.reshape(-1)]


def _spread_of_units(lake: Lake, name: str) -> float:
    """Standard deviation of the logarithm of units' seconds: real labelling, some neurons a unit, no clip repeated."""
    clips = lake.read(PROBING_CLIPS, name).height
    world = World(lake, name, clips, UNITS * NEURONS_AT_ONCE)
    seconds = []
    for unit in np.array_split(world.activation, UNITS):
        world.activation = unit
        seconds.append(_seconds(partial(_labels, world, len(unit)), times=1))
    return float(np.std(np.log(seconds)))


def _per_text_s() -> float:
    from dagster_and.encoders import open_text_encoder

    encode = open_text_encoder("minilm").encode
    texts = [f"The sound of dog number {i} that barks. It is loud and sharp." for i in range(TEXTS)]
    encode(texts[:16])
    return _seconds(lambda: encode(texts), times=1) / TEXTS


def _per_sentence_s(sentences: int) -> float:
    """Seconds a sentence of one run of K-means, on clusters that are there but not clear."""
    from dagster_and.method.interpretability.clusters import Distinct, cluster_sentences

    random = np.random.default_rng(0)
    centres = random.standard_normal((CONCEPTS_TRIED, DIMENSIONS))
    vectors = centres[random.integers(CONCEPTS_TRIED, size=sentences)] + random.standard_normal((sentences, DIMENSIONS))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    distinct = Distinct.of(vectors, np.arange(sentences))
    return _seconds(lambda: cluster_sentences(distinct, 11, 0), times=1) / sentences


def _shard_opening_s(folder: Path) -> float:
    """Seconds to take a few neurons out of one shard of 32 clips."""
    from dagster_and.targets.recording.shards import Shards

    neurons, clips, count = 1024, 32, 64
    shards, random = Shards(folder, neurons), np.random.default_rng(0)
    names = [[f"{shard}-{clip}" for clip in range(clips)] for shard in range(count)]
    for own in names:
        shards.write(own, [[random.standard_normal((clips, neurons), dtype=np.float32)]])
    wanted = [clip for own in names for clip in own]
    pieces = shards.read(wanted, range(neurons), 8 * 4 * len(wanted))
    return _seconds(lambda: sum(len(piece) for piece in pieces), times=1) / (neurons // 8 * count)


def tables(lake: Lake, name: str) -> dict[str, dict[str, int]]:
    """Rows and bytes of every table of the dissection."""
    found = {}
    for table in TABLES:
        path = lake.path(table, name)
        if path.exists():
            found[table.name] = {"rows": pq.read_metadata(path).num_rows, "bytes": path.stat().st_size}
    return found


def _seconds(work: Callable[[], object], times: int = 2) -> float:
    """Of the processor, the least of some times."""
    return min(seconds_of(work)[1] for _ in range(times))
