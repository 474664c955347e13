"""A tiny network in a home with all that the pruning room reads, before the room is run and after."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import soundfile
import torch

from assets.pruning import (
    feature_importance,
    measured_effects,
    outcomes,
    planned_ablations,
    planned_cuts,
    select_neurons,
)
from dagster_and.dissection import Dissection, load_file
from dagster_and.foundation.home import Home
from dagster_and.hub.quiet import quiet_transformers
from dagster_and.lake.store import Lake, Stamp
from dagster_and.lake.tables import (
    ABLATION_OUTCOMES,
    ACTIVATIONS,
    CONCEPT_PREDICTIONS,
    CONCEPTS,
    NEURON_WORDS,
    NEURONS,
    PROBING_CLIPS,
    PRUNED_NEURONS,
    PRUNING_EFFECTS,
    PRUNING_OUTCOMES,
    PRUNINGS,
    TARGETS,
    Table,
)
from dagster_and.resources import House
from dagster_and.targets.recording.neurons import neurons
from dagster_and.targets.transformers.opening import open_transformers

LABELS = ("dog", "rain", "siren")
SETTINGS = """
probing: {layout: folder, path: ., window_s: 1.0}
captions: {captioner: annotations}
target: {family: transformers, checkpoint: ./net, held_out_fold: 2}
pruning: {seeds: 2, bootstrap_samples: 100, fractions: [0.5], ablation_seeds: 2}
"""


@dataclass
class Room:
    home: Home
    lake: Lake
    dissection: Dissection

    def set(self, table: Table, frame: pl.DataFrame) -> None:
        whole = frame.select(frame[c] if c in frame.columns else pl.lit(None).alias(c) for c in table.frame_schema)
        self.lake.write(table, "tiny", whole.cast(table.frame_schema), Stamp("made", {}))

    def run(self) -> pl.DataFrame:
        """All tables of the room; returns the effects."""
        house = House(root=str(self.home.root))
        for table, made in zip((PRUNINGS, PRUNED_NEURONS), select_neurons(self.dissection, house), strict=True):
            self.set(table, made)
        self.lake.note_file(PRUNINGS, "tiny", self.dissection.fingerprint(self.home))
        self.set(PRUNING_OUTCOMES, outcomes(self.dissection, house, planned_cuts(self.dissection, self.lake)))
        self.set(PRUNING_EFFECTS, measured_effects(self.dissection, self.lake))
        ablations = planned_ablations(self.dissection, self.lake)
        self.set(ABLATION_OUTCOMES, feature_importance(self.dissection, house, ablations))
        return self.lake.read(PRUNING_EFFECTS, "tiny")


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> str:
    from transformers import ASTConfig, ASTFeatureExtractor, ASTForAudioClassification

    folder = tmp_path_factory.mktemp("net")
    torch.manual_seed(0)
    with quiet_transformers():
        ASTForAudioClassification(
            ASTConfig(hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=24, max_length=64,
                      id2label=dict(enumerate(LABELS)), label2id={name: i for i, name in enumerate(LABELS)})
        ).save_pretrained(folder)  # fmt: skip
        ASTFeatureExtractor(max_length=64).save_pretrained(folder)
    return str(folder)


@pytest.fixture
def room(network: str, tmp_path: Path) -> Room:
    """Before the room is run."""
    return furnish(network, tmp_path)


@pytest.fixture(scope="module")
def ran(network: str, tmp_path_factory: pytest.TempPathFactory) -> Room:
    """After it; to look at only."""
    room = furnish(network, tmp_path_factory.mktemp("ran"))
    room.run()
    return room


def furnish(network: str, tmp_path: Path) -> Room:
    """Nine clips of three classes; fold 2 holds two dogs, one rain, no siren. Neurons 0..9 say dog, none says rain."""
    home = Home(tmp_path)
    home.dissections.mkdir()
    (home.dissections / "tiny.yaml").write_text(SETTINGS)
    made = Room(home, Lake(home.lake), load_file(home.dissections / "tiny.yaml"))
    random = np.random.default_rng(0)
    target = open_transformers(network)
    layout = neurons(target)
    labels, folds = ["dog", "rain", "siren"] * 2 + ["dog", "dog", "rain"], [1] * 6 + [2] * 3
    paths = [str(tmp_path / f"{i}.wav") for i in range(9)]
    for path in paths:
        soundfile.write(path, random.normal(0, 0.1, 8000), 16000)
    clips = {
        "clip_id": range(9),
        "path": paths,
        "label": labels,
        "labels": [[name] for name in labels],
        "fold": folds,
        "sha256": [f"{i:064x}" for i in range(9)],
    }
    filled = {"filename": "x", "duration_s": 0.5, "window_s": 1.0, "is_cropped": False, "is_padded": True,
              "sample_rate_hz": 16000, "channels": 1, "rms_dbfs": -20.0}  # fmt: skip
    made.set(PROBING_CLIPS, pl.DataFrame(clips).with_columns(**{k: pl.lit(v) for k, v in filled.items()}))
    made.set(NEURONS, layout)
    made.set(
        CONCEPTS, pl.DataFrame({"concept_id": [0, 1, 2, 3], "concept": [*LABELS, "bell"], "label": [*LABELS, None]})
    )
    activation = random.normal(size=(layout.height, 9))
    values = pl.DataFrame({"neuron_id": layout["neuron_id"], "activation": activation.tolist()})
    made.set(ACTIVATIONS, values.with_columns(mean=0.0, standard_deviation=1.0, minimum=0.0, maximum=1.0))
    ranked = {"method": "DB", "similarity": "cosine_cubed", "rank": 1, "score": 0.5}
    made.set(CONCEPT_PREDICTIONS, layout.select("neuron_id", concept_id=pl.col("neuron_id") % 2).with_columns(
        **{k: pl.lit(v) for k, v in ranked.items()}))  # fmt: skip
    word = {"part_of_speech": "noun", "lemma": "dog", "word": "dog", "occurrences": 1}
    made.set(NEURON_WORDS, layout.head(10).select("neuron_id", **{k: pl.lit(v) for k, v in word.items()}))
    facts = {"target": "tiny-ast", "family": "transformers", "architecture": "AST", "checkpoint": network,
             "weights_sha256": "0" * 64, "parameters": 1, "blocks": 2, "layers": 7, "neurons": layout.height,
             "classes": 3, "held_out_fold": 2}  # fmt: skip
    made.set(TARGETS, pl.DataFrame([facts]))
    return made


def estimate(
    effects: pl.DataFrame, strategy: str, concept: int | None, measure: str
) -> tuple[float | None, str | None]:
    is_row = (pl.col("strategy") == strategy) & (pl.col("measure") == measure) & (pl.col("scale") == "logit")
    row = effects.filter(is_row & pl.col("concept_id").eq_missing(pl.lit(concept, pl.Int32))).row(0, named=True)
    return row["estimate"], row["note"]
