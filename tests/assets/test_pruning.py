"""The pruning room end to end on a tiny network: tables, edge cases, and what is refused."""

import polars as pl
import pytest

from assets.pruning import ablations_saved, planned_ablations, planned_cuts
from dagster_and.dissection import Dissection
from dagster_and.foundation.errors import UserError
from dagster_and.lake.tables import (
    ABLATION_OUTCOMES,
    CONCEPTS,
    NEURONS,
    PRUNED_NEURONS,
    PRUNING_EFFECTS,
    PRUNING_OUTCOMES,
    PRUNINGS,
)
from dagster_and.method.pruning.cuts import saved
from dagster_and.method.pruning.scope import eligible_neurons, pruned_concepts
from dagster_and.preflight.checking import check_fold
from tests.assets.pruning_room import LABELS, Room, estimate, network, ran, room

__all__ = ["network", "ran", "room"]


def test_every_strategy_has_rows_and_every_gap_a_value_or_a_note(ran: Room):
    effects = ran.lake.read(PRUNING_EFFECTS, "tiny")
    assert set(effects["strategy"]) == {"OCP", "DB", "TAB", "ICL", "random", "activation_gap", "none", "all", "body"}
    assert estimate(effects, "OCP", 0, "gap")[0] is not None
    assert estimate(effects, "OCP", 1, "gap") == (None, "no calibrated summary says rain")
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


def test_metadata_say_how_many_cuts_were_saved(ran: Room):
    planned = planned_cuts(ran.dissection, ran.lake)
    outcomes = ran.lake.read(PRUNING_OUTCOMES, "tiny").select(PRUNINGS.key).unique()
    told = saved(len(planned.run_of), len(planned.runs))
    assert told["cuts asked"] == outcomes.height
    listed = ran.lake.read(PRUNED_NEURONS, "tiny").group_by(PRUNINGS.key).agg(pl.col("neuron_id").sort())
    listed = listed.filter(pl.col("concept_id") < 3)
    assert told["distinct cuts run"] == listed["neuron_id"].n_unique() + len(("none", "all", "body"))
    assert told["cuts saved"] > 0
    ablations = planned_ablations(ran.dissection, ran.lake)
    table = ran.lake.read(ABLATION_OUTCOMES, "tiny")
    told = ablations_saved(table, ablations)
    assert told["cuts asked"] == table["correct"].count()
    assert told["distinct cuts run"] == len({a.places.tobytes() for a in ablations if a.feature.score is not None})
    assert told["distinct cuts run"] < told["cuts asked"]
    assert ablations_saved(table.with_columns(correct=None), ablations)["cuts asked"] == 0


def test_layers_and_blocks_can_be_chosen(room: Room):
    layout = room.lake.read(NEURONS, "tiny")

    def eligible(sublayers=None, blocks=None) -> pl.DataFrame:
        return eligible_neurons(layout, sublayers, blocks)

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
    assert pruned_concepts(("Dog",), concepts, LABELS)["concept"].to_list() == ["dog"]
    with pytest.raises(UserError, match="'cat', which is not in the concept set"):
        pruned_concepts(("cat",), concepts, LABELS)
    with pytest.raises(UserError, match="'bell', which is no class of the target"):
        pruned_concepts(("bell",), concepts, LABELS)
    with pytest.raises(
        UserError, match=r"pruning.held_out_fold is 4, but the probing set lacks it: its folds are \[1, 2\]"
    ):
        check_fold(named(held_out_fold=4), [1, 2, None])
    with pytest.raises(UserError, match=r"target\.held_out_fold is 2, but .* it has none"):
        check_fold(room.dissection, [None])
