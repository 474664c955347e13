"""The pruning room end to end on a tiny network: tables, edge cases, export, and what is refused."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import soundfile
import torch
from typer.testing import CliRunner

from dagster_and.cli import app
from dagster_and.dissection import Dissection, load_file
from dagster_and.errors import UserError
from dagster_and.home import Home
from dagster_and.lake import Lake, Stamp
from dagster_and.method.tables import (
    ABLATION_OUTCOMES,
    ACTIVATIONS,
    CONCEPT_PREDICTIONS,
    CONCEPTS,
    NEURONS,
    PROBING_CLIPS,
    PRUNED_NEURONS,
    PRUNING_EFFECTS,
    PRUNING_OUTCOMES,
    PRUNINGS,
    TARGETS,
    Table,
)
from dagster_and.method.tables.open_concepts import NEURON_WORDS
from dagster_and.pruning.choosing import select_neurons
from dagster_and.pruning.exporting import export, find_cut
from dagster_and.pruning.measuring import feature_importance, measured, outcomes
from dagster_and.pruning.scope import check_fold, eligible_neurons, pruned_concepts
from dagster_and.targets.evaluating import rows_of
from dagster_and.targets.quiet import quiet_transformers
from dagster_and.targets.recording import neurons
from dagster_and.targets.target import open_target

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
        for table, made in zip((PRUNINGS, PRUNED_NEURONS), select_neurons(self.dissection, self.lake), strict=True):
            self.set(table, made)
        self.set(PRUNING_OUTCOMES, outcomes(self.dissection, self.lake, self.home))
        self.set(PRUNING_EFFECTS, measured(self.dissection, self.lake))
        self.set(ABLATION_OUTCOMES, feature_importance(self.dissection, self.lake, self.home))
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
    target = open_target(network)
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


def test_every_strategy_has_rows_and_every_gap_a_value_or_a_note(ran: Room):
    effects = ran.lake.read(PRUNING_EFFECTS, "tiny")
    assert set(effects["strategy"]) == {"OCP", "DB", "TAB", "ICL", "random", "activation_gap", "none", "all", "body"}
    assert estimate(effects, "OCP", 0, "gap")[0] is not None
    assert estimate(effects, "OCP", 1, "gap") == (None, "no eligible neuron is tied to the concept by OCP")
    assert "concept_choices" in str(estimate(effects, "ICL", None, "gap")[1])
    assert "names no class" in str(estimate(effects, "none", 3, "gap")[1])
    assert estimate(effects, "all", 2, "gap") == (None, "no held-out clip is of this class")
    one_clip = effects.filter((pl.col("strategy") == "DB") & (pl.col("concept_id") == 1) & (pl.col("measure") == "gap"))
    assert one_clip["estimate"].null_count() == 0
    assert one_clip["low"].null_count() == 3
    assert effects.filter(pl.col("estimate").is_null() & pl.col("note").is_null()).is_empty()
    assert not effects["estimate"].is_nan().any()


def test_the_controls_do_what_is_known_beforehand(ran: Room):
    effects = ran.lake.read(PRUNING_EFFECTS, "tiny")
    for measure in ("delta_ablated", "delta_retained", "gap"):
        assert estimate(effects, "none", None, measure)[0] == 0
    for control in ("all", "body"):  # every layer of this network that says anything is recorded, so both are alike
        silenced = ran.lake.read(PRUNING_OUTCOMES, "tiny").filter(pl.col("strategy") == control)
        assert silenced["predicted_after"].n_unique() == 1
        assert (silenced.group_by("concept_id").n_unique()["concept_logit_after"] == 1).all()
        assert estimate(effects, control, None, "gap")[0] is not None


def test_a_dissection_without_a_held_out_fold_has_rows_that_say_so(room: Room):
    section = room.dissection.target.model_copy(update={"held_out_fold": None})
    room.dissection = room.dissection.model_copy(update={"target": section})
    effects = room.run()
    assert effects["estimate"].null_count() == effects.height
    assert room.lake.read(PRUNING_OUTCOMES, "tiny").is_empty()
    ablated = room.lake.read(ABLATION_OUTCOMES, "tiny")
    assert ablated["accuracy"].null_count() == ablated.height
    assert "no training folds" in str(
        room.lake.read(PRUNINGS, "tiny").filter(
            (pl.col("strategy") == "activation_gap") & (pl.col("concept_id") == 0)
        )["note"][0]
    )  # fmt: skip


def test_layers_and_blocks_can_be_chosen(room: Room):
    layout = room.lake.read(NEURONS, "tiny")

    def eligible(**settings) -> pl.DataFrame:
        pruning = room.dissection.pruning.model_copy(update=settings)
        return eligible_neurons(room.dissection.model_copy(update={"pruning": pruning}), layout)

    assert set(eligible()["sublayer"]) == {"attention_output", "intermediate", "output"}
    assert set(eligible(sublayers=("output",), blocks=(1,)).select("sublayer", "block_index").rows()) == {("output", 1)}
    with pytest.raises(UserError, match="the head is always spared"):
        eligible(sublayers=("head",))
    with pytest.raises(UserError, match=r"pruning\.blocks names 2, but the target's are 0, 1"):
        eligible(blocks=(2,))


def test_concepts_and_folds_that_are_not_there_are_refused(room: Room):
    def named(**settings) -> Dissection:
        return room.dissection.model_copy(update={"pruning": room.dissection.pruning.model_copy(update=settings)})

    concepts = room.lake.read(CONCEPTS, "tiny")
    assert pruned_concepts(named(concepts=("Dog",)), concepts, LABELS)["concept"].to_list() == ["dog"]
    with pytest.raises(UserError, match="'cat', which is not in the concept set"):
        pruned_concepts(named(concepts=("cat",)), concepts, LABELS)
    with pytest.raises(UserError, match="'bell', which is no class of the target"):
        pruned_concepts(named(concepts=("bell",)), concepts, LABELS)
    with pytest.raises(
        UserError, match=r"pruning.held_out_fold is 4, but the probing set lacks it: its folds are \[1, 2\]"
    ):
        check_fold(named(held_out_fold=4), [1, 2, None])
    with pytest.raises(UserError, match=r"target\.held_out_fold is 2, but .* it has none"):
        check_fold(room.dissection, [None])


def test_the_exported_network_gives_the_logits_of_the_cut_one(ran: Room, network: str, tmp_path: Path):
    cut = find_cut(ran.dissection, ran.lake, "Dog", "OCP")
    target = open_target(network)
    folder = export(cut, target, tmp_path / "out" / "no-dog")
    loaded = open_target(str(folder))
    x = target.frontend.inputs([torch.randn(50, 128)]).arguments
    with torch.inference_mode():
        assert torch.equal(loaded.model(**x).logits, target.model(**x).logits)
        assert not torch.equal(loaded.model(**x).logits, open_target(network).model(**x).logits)
    layout = ran.lake.read(NEURONS, "tiny")
    original, pruned = open_target(network).model.state_dict(), loaded.model.state_dict()
    zeroed = rows_of(layout.head(10))
    for name, tensor in original.items():
        expected = tensor.clone()
        expected[zeroed.get(name.rsplit(".", 1)[0], [])] = 0
        assert torch.equal(pruned[name], expected), name
    card = (folder / "README.md").read_text()
    assert "10 of 112 neurons" in card
    assert "its calibrated summary" in card or "calibrated summary names the concept" in card
    gap = estimate(ran.lake.read(PRUNING_EFFECTS, "tiny"), "OCP", 0, "gap")[0]
    assert f"| gap, \\|Delta A\\| - \\|Delta R\\| | {gap:.3f} (" in card
    assert pl.read_csv(folder / "pruned_neurons.csv")["neuron_id"].to_list() == list(range(10))
    with pytest.raises(UserError, match="is there already"):
        export(cut, target, folder)
    assert [p.name for p in folder.parent.iterdir()] == ["no-dog"]


def test_a_network_of_ones_own_is_saved_as_a_state_dict(ran: Room, network: str, tmp_path: Path):
    from dataclasses import replace

    from safetensors.torch import load_file as load_weights

    target = open_target(network)

    class Own(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.audio_spectrogram_transformer = target.model.audio_spectrogram_transformer

    own = replace(target, model=Own())
    folder = export(find_cut(ran.dissection, ran.lake, "dog", "OCP"), own, tmp_path / "own")
    saved = load_weights(folder / "model.safetensors")
    assert saved.keys() == own.model.state_dict().keys()
    assert (saved[f"{target.layers[0].name}.weight"][:10] == 0).all()


@pytest.mark.parametrize(
    ("concept", "strategy", "seed", "sentence"),
    [("cat", "OCP", 0, "prunes no concept 'cat'"), ("dog", "guess", 0, "no cut by strategy 'guess'"),
     ("dog", "random", 2, "seeds of random are 0 to 1"), ("rain", "OCP", 0, "cuts nothing"),
     ("dog", "all", 0, "no cut by"), ("dog", "body", 0, "no cut by")],
)  # fmt: skip
def test_a_cut_that_is_not_there_is_refused(ran: Room, concept: str, strategy: str, seed: int, sentence: str):
    with pytest.raises(UserError, match=sentence):
        find_cut(ran.dissection, ran.lake, concept, strategy, seed)


def test_the_command_says_what_would_go_and_cuts(ran: Room, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("AND_HOME", str(ran.home.root))
    dry = CliRunner().invoke(app, ["prune", "tiny", "--concept", "dog", "--dry-run", "--out", str(tmp_path / "new")])
    assert dry.exit_code == 0, dry.output
    assert not (tmp_path / "new").exists()
    done = CliRunner().invoke(app, ["prune", "tiny", "--concept", "dog", "--out", str(tmp_path / "new")])
    assert done.exit_code == 0, done.output
    assert (tmp_path / "new" / "model.safetensors").exists()
    assert CliRunner().invoke(app, ["prune", "tiny", "--concept", "dog"]).exit_code == 1
    assert CliRunner().invoke(app, ["prune", "tiny", "--concept", "dog", "--out", str(tmp_path / "new")]).exit_code == 1
