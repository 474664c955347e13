"""Every room that is a map gives the same table whoever does it, also when a worker is lost in the middle of it."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
import soundfile
import torch
from polars.testing import assert_frame_equal

from dagster_and.dissection import Activations, Dissection, load_file
from dagster_and.engine import HERE, Engine
from dagster_and.foundation.errors import UserError
from dagster_and.foundation.home import REPOSITORY, Home
from dagster_and.lake.store import Lake, Stamp
from dagster_and.lake.tables import ACTIVATIONS, PROBING_CLIPS, TABLES
from dagster_and.method.closed_concepts.predictions import predict
from dagster_and.method.pruning.cuts import Cut
from dagster_and.targets.cutting.evaluating import logits_after
from dagster_and.targets.hearing.feature_cache import FeatureCache
from dagster_and.targets.opening import open_dissected
from dagster_and.targets.recording.activations import record
from dagster_and.targets.target import Target
from tests.engine.conftest import Dask

NETWORK = """
import torch
from torch import nn

class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(1600, 32)
        self.layers = nn.ModuleList([nn.Sequential(nn.Linear(32, 32), nn.ReLU()) for _ in range(3)])
        self.head = nn.Linear(32, 3)

    def forward(self, sound):
        heard = self.first(sound)
        for layer in self.layers:
            heard = heard + layer(heard)
        return self.head(heard)

def make():
    torch.manual_seed(0)
    return Network()
"""
TINY = """
probing: {layout: folder, path: ., window_s: 0.1}
captions: {captioner: annotations}
target:
  family: module
  factory: ./network.py:make
  sample_rate_hz: 16000
  layers: [[layers.0.0], [layers.1.0], [layers.2.0], [head]]
  class_labels: [dog, rain, siren]
"""
CLIPS = 40
PLANTED = """
probing: {layout: soundbank, clips_per_class: 6, window_s: 0.5}
captions: {captioner: dataset}
target: {family: planted}
top_clips: {k: 3}
closed_concepts: {concepts: labels}
"""
CUTTABLE = PLANTED.replace(
    "{family: planted}",
    """
  family: module
  factory: ./network.py:make
  sample_rate_hz: 16000
  layers: [[layers.0.0], [layers.1.0], [layers.2.0], [head]]
  class_labels: [dog bark, rain, siren]
  held_out_fold: 2""",
)


@pytest.fixture
def dissection(tmp_path: Path) -> Dissection:
    (tmp_path / "network.py").write_text(NETWORK)
    (tmp_path / "tiny.yaml").write_text(TINY)
    return load_file(tmp_path / "tiny.yaml")


@pytest.fixture
def target(dissection: Dissection) -> Target:
    return open_dissected(dissection, f"{dissection.folder / 'network.py'}:make")


@pytest.fixture
def clips(tmp_path: Path) -> pl.DataFrame:
    random = np.random.default_rng(0)
    paths = [tmp_path / f"{i}.wav" for i in range(CLIPS)]
    for path in paths:
        soundfile.write(path, random.normal(0, 0.1, 1600), 16000)
    return pl.DataFrame(
        {"path": list(map(str, paths)), "sha256": [f"{i:064x}" for i in range(CLIPS)], "duration_s": [0.1] * CLIPS}
    )


def killing(workers: Dask) -> Callable[[str], None]:
    """Kills a worker as soon as the first units have been handed out."""
    told: list[str] = []

    def kill(line: str) -> None:
        told.append(line)
        if len(told) == 1:
            workers.workers[1].kill()

    return kill


def test_activations_survive_a_worker(
    two_workers: Dask, lake: Lake, target: Target, clips: pl.DataFrame, tmp_path: Path
):
    def recorded(engine: Engine, folder: str) -> np.ndarray:
        features, settings = FeatureCache(tmp_path / "features", target.frontend, 0.1), Activations(batch_size=4)
        batches = list(record(target, clips, features, settings, tmp_path / folder, "mine", engine))
        return np.concatenate([b.column("activation").flatten().to_numpy().reshape(b.num_rows, -1) for b in batches])

    here = recorded(HERE, "here")
    there = recorded(two_workers.engine(lake, killing(two_workers)), "there")
    np.testing.assert_allclose(there, here, rtol=1e-6, atol=1e-6)
    assert len(list((tmp_path / "there").glob("*/*.safetensors"))) == 5  # of eight shares, each of whole batches
    assert np.array_equal(recorded(HERE, "there"), there)  # nothing is heard again


def test_closed_concepts_survive_a_worker(two_workers: Dask, lake: Lake):
    random = np.random.default_rng(0)
    activation = random.normal(size=(90, 60)).astype(np.float32)
    write(lake, activation, 40)
    layout = pl.DataFrame({"layer_name": ["a"] * 30 + ["b"] * 50 + ["c"] * 10})
    matches = {
        "DB": (np.arange(50), torch.softmax(torch.from_numpy(random.normal(size=(50, 6))), dim=1)),
        "TAB": (np.arange(60), torch.softmax(torch.from_numpy(random.normal(size=(60, 6))), dim=1)),
    }

    def predicted(engine: Engine) -> pa.Table:
        return pa.Table.from_batches(predict(engine.activations(lake, "tiny", "closed concepts"), layout, matches))

    here, there = predicted(HERE), predicted(two_workers.engine(lake, killing(two_workers)))
    same = pl.DataFrame(here).drop("score").equals(pl.DataFrame(there).drop("score"))
    assert same
    np.testing.assert_allclose(there["score"], here["score"], rtol=1e-12)


def test_pruning_survives_a_worker(two_workers: Dask, lake: Lake, target: Target, clips: pl.DataFrame, tmp_path: Path):
    random = np.random.default_rng(0)
    names = [layer.name for layer in target.layers[:-1]]
    cuts: list[Cut] = ["body", {}]
    for _ in range(30):
        chosen = random.choice(names, 2, replace=False).tolist()
        cuts.append({name: sorted(random.choice(32, 5, replace=False).tolist()) for name in chosen})
    features = FeatureCache(tmp_path / "features", target.frontend, 0.1)
    before, after = logits_after(target, clips, features, cuts, 8, 64)
    engine = two_workers.engine(lake, killing(two_workers))
    before_there, after_there = logits_after(target, clips, features, cuts, 8, 64, engine)
    np.testing.assert_allclose(before_there, before, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(after_there, after, rtol=1e-6, atol=1e-6)
    assert not np.allclose(after[5], after[6])


def test_a_worker_with_other_weights_is_refused(two_workers: Dask, lake: Lake, target: Target, clips: pl.DataFrame,
                                                tmp_path: Path, dissection: Dissection):  # fmt: skip
    (tmp_path / "network.py").write_text(NETWORK.replace("manual_seed(0)", "manual_seed(1)"))
    features = FeatureCache(tmp_path / "features", target.frontend, 0.1)
    with pytest.raises(
        UserError, match=r"network\.py:make holds other weights on .*: give every worker the same files"
    ):
        logits_after(target, clips, features, [{}], 8, 64, two_workers.engine(lake))


ROOMS_ALONE = """
from dagster import DagsterInstance, materialize
from dagster_and.room_definitions import DISSECT, room_definitions

with DagsterInstance.ephemeral() as instance:
    defs, asked = room_definitions(), DISSECT.selection.without_checks()
    for name in ("planted", "cuttable"):
        materialize([*defs.assets], selection=asked, resources=defs.resources, partition_key=name, instance=instance)
"""


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_networks_are_dissected_to_the_same_tables(two_workers: Dask, tmp_path: Path):
    def dissected(folder: str, scheduler: str) -> dict[str, pl.DataFrame]:
        home = Home(tmp_path / folder)
        home.dissections.mkdir(parents=True)
        (home.dissections / "network.py").write_text(NETWORK.replace("1600", "8000"))
        (home.dissections / "planted.yaml").write_text(PLANTED)
        (home.dissections / "cuttable.yaml").write_text(CUTTABLE)
        told = {"PYTHONPATH": str(REPOSITORY), "AND_HOME": str(home.root), "AND_SCHEDULER": scheduler}
        ended = subprocess.run(
            [sys.executable, "-c", ROOMS_ALONE], capture_output=True, text=True, check=False, cwd=REPOSITORY,
            env=os.environ | told,
        )  # fmt: skip
        assert ended.returncode == 0, ended.stderr[-4000:]
        assert ("2 workers" in ended.stderr) == (scheduler != "local")
        lake, every = Lake(home.lake), [(table, name) for table in TABLES for name in ("planted", "cuttable")]
        return {f"{t.name} of {n}": lake.read(t, n).drop("path", "checkpoint", strict=False) for t, n in every}

    here, there = dissected("here", "local"), dissected("there", two_workers.scheduler.address)
    assert {name: frame.height for name, frame in there.items()} == {name: f.height for name, f in here.items()}
    assert [name for name, frame in there.items() if not _alike(frame, here[name])] == []
    assert here["pruning_outcomes of cuttable"].height > here["pruning_outcomes of planted"].height == 0


def _alike(one: pl.DataFrame, other: pl.DataFrame) -> bool:
    try:
        assert_frame_equal(one, other, rel_tol=1e-9, abs_tol=1e-9)
    except AssertionError:
        return False
    return True


def write(lake: Lake, activation: np.ndarray, group: int) -> None:
    """The tables ``activations``, in row groups of so many neurons, and ``probing_clips``, of which only rows count."""
    neurons, clips = activation.shape
    batches = []
    for start in range(0, neurons, group):
        some = activation[start : start + group]
        column = pa.FixedSizeListArray.from_arrays(some.reshape(-1), clips).cast(pa.list_(pa.float32()))
        zeros = np.zeros(len(some))
        measured = dict.fromkeys(("mean", "standard_deviation", "minimum", "maximum"), zeros)
        ids = np.arange(start, start + len(some), dtype=np.int32)
        rows = {"neuron_id": ids, "activation": column, **measured}
        batches.append(pa.RecordBatch.from_pydict(rows, schema=ACTIVATIONS.schema))
    lake.write(ACTIVATIONS, "tiny", batches, Stamp("a", {}))
    schema = PROBING_CLIPS.frame_schema
    filler = {name: pl.Series([_filled(kind)] * clips, dtype=kind) for name, kind in schema.items()}
    frame = pl.DataFrame({**filler, "clip_id": range(clips)}, schema=schema)
    lake.write(PROBING_CLIPS, "tiny", frame, Stamp("a", {}))


def _filled(kind: pl.DataType) -> object:
    return "" if kind == pl.String else [] if isinstance(kind, pl.List) else False if kind == pl.Boolean else 0
