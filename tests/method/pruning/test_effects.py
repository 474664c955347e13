"""Delta A, Delta R and their gap, by hand and against a naive loop; intervals and the paired test."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_and.lake.tables import PRUNING_EFFECTS, PRUNING_OUTCOMES
from dagster_and.method.pruning.effects import Uncertainty, effects, resample, sign_flip_p
from dagster_and.method.pruning.outcomes import outcome_rows, softmax

CLASSES = ["cow", "dog", "rain"]
LABELS = ["cow", "cow", "dog", "dog", "dog", "rain"]
CLIPS = pl.DataFrame({"clip_id": range(6), "label": LABELS}, schema={"clip_id": pl.Int32, "label": pl.String})
CONCEPTS = pl.DataFrame(
    {"concept_id": [0, 1, 2], "label": CLASSES}, schema={"concept_id": pl.Int32, "label": pl.String}
)
QUICK = Uncertainty(samples=200)


def tables(after: dict[tuple[str, int, int], np.ndarray], before: np.ndarray, clips: pl.DataFrame = CLIPS):
    """prunings and outcomes of cuts given as (strategy, concept, seed) -> logits "clip class".

    A strategy is as large as itself, random as OCP; "random DB" is random cuts as large as DB.
    """
    key = ["strategy", "concept_id", "seed"]
    cuts = pl.DataFrame(list(after), schema=key, orient="row").with_columns(pl.col("concept_id", "seed").cast(pl.Int32))
    strategy, _, size_of = (pl.col("strategy").str.splitn(" ", 2).struct[i] for i in (0, 0, 1))
    default = pl.when(strategy == "random").then(pl.lit("OCP")).otherwise(strategy)
    cuts = cuts.with_columns(strategy=strategy, size_of=size_of.fill_null(default))
    prunings = cuts.with_columns(
        neurons=pl.lit(3, pl.Int32), eligible_neurons=pl.lit(9, pl.Int32), note=pl.lit(None, pl.String)
    )
    labelled = cuts.join(CONCEPTS, on="concept_id", maintain_order="left")
    return prunings, outcome_rows(labelled, clips, CLASSES, before, np.stack(list(after.values())), range(len(after)))


def value(
    frame: pl.DataFrame, strategy: str, concept: int | None, measure: str, scale: str = "logit", column="estimate"
):
    is_row = (pl.col("strategy") == strategy) & (pl.col("scale") == scale) & (pl.col("measure") == measure)
    return frame.filter(is_row & pl.col("concept_id").eq_missing(pl.lit(concept, pl.Int32))).row(0, named=True)[column]


def test_table_4_by_hand():
    """Dog's logits fall by 1, 2, 3, cow's by 0.5 each, rain's by 1.5: Delta A -2, Delta R (-0.5 - 1.5) / 2 = -1."""
    before = np.full((6, 3), 5.0)
    after = before.copy()
    after[[2, 3, 4], 1] -= [1, 2, 3]
    after[[0, 1], 0] -= 0.5
    after[5, 2] -= 1.5
    prunings, outcomes = tables({("OCP", 1, 0): after}, before)
    found = effects(prunings, outcomes, CLIPS, CONCEPTS, QUICK)
    assert value(found, "OCP", 1, "delta_ablated") == pytest.approx(-2)
    assert value(found, "OCP", 1, "delta_retained") == pytest.approx(-1)
    assert value(found, "OCP", 1, "gap") == pytest.approx(1)
    assert value(found, "OCP", None, "gap") == pytest.approx(1)
    assert value(found, "OCP", 1, "ablated_before") == pytest.approx(5)
    assert found.schema == PRUNING_EFFECTS.frame_schema


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_estimates_equal_a_naive_loop(seed: int):
    random = np.random.default_rng(seed)
    before = random.normal(size=(6, 3))
    cuts = {
        (s, c, k): random.normal(size=(6, 3))
        for s, n in (("OCP", 1), ("random", 3))
        for c in range(3)
        for k in range(n)
    }
    prunings, outcomes = tables(cuts, before)
    found = effects(prunings, outcomes, CLIPS, CONCEPTS, Uncertainty(samples=100))
    gaps = {}
    for strategy, seeds in (("OCP", 1), ("random", 3)):
        for concept in range(3):
            per_seed = []
            for k in range(seeds):
                change = [
                    np.mean(
                        [cuts[strategy, concept, k][j, c] - before[j, c] for j in range(6) if LABELS[j] == CLASSES[c]]
                    )
                    for c in range(3)
                ]
                others = np.mean([change[c] for c in range(3) if c != concept])
                per_seed.append(abs(change[concept]) - abs(others))
            gaps[strategy, concept] = np.mean(per_seed)
            assert value(found, strategy, concept, "gap") == pytest.approx(gaps[strategy, concept])
    over = [gaps["OCP", c] - gaps["random", c] for c in range(3)]
    assert value(found, "OCP", None, "gap_over_random") == pytest.approx(np.mean(over))
    right = [np.argmax(before[j]) == CLASSES.index(LABELS[j]) for j in range(6)]
    assert value(found, "OCP", 1, "ablated_before", "accuracy") == pytest.approx(np.mean(right[2:5]))
    share = softmax(before)[[0, 1], 0].mean()
    assert value(found, "OCP", 0, "ablated_before", "probability") == pytest.approx(share)


def test_every_strategy_is_compared_with_random_cuts_of_its_own_size():
    """Dog falls by 3 (OCP) and 4 (DB), at random by 1 where OCP's size is cut and by 3.5 where DB's is."""
    before = np.full((6, 3), 5.0)

    def dog_falls_by(loss: float) -> np.ndarray:
        after = before.copy()
        after[[2, 3, 4], 1] -= loss
        return after

    losses = {"OCP": 3, "DB": 4, "random OCP": 1, "random DB": 3.5, "none": 0}
    prunings, outcomes = tables({(name, 1, 0): dog_falls_by(loss) for name, loss in losses.items()}, before)
    found = effects(prunings, outcomes, CLIPS, CONCEPTS, QUICK)
    assert value(found, "OCP", None, "gap_over_random") == pytest.approx(2)
    assert value(found, "DB", None, "gap_over_random") == pytest.approx(0.5)
    compared = found.filter(pl.col("measure") == "gap_over_random")
    assert set(compared["strategy"]) == {"OCP", "DB"}  # no random cut is as large as a control
    gaps = found.filter((pl.col("strategy") == "random") & (pl.col("measure") == "gap") & (pl.col("scale") == "logit"))
    assert dict(gaps.filter(pl.col("concept_id") == 1).select("size_of", "estimate").rows()) == {"OCP": 1, "DB": 3.5}


def test_a_row_tells_how_many_neurons_are_cut_by_concept_and_on_average():
    """Dog's random cuts are of 2 and 4 neurons, rain's of 6 each."""
    before = np.zeros((6, 3))
    cuts = {("random", concept, seed): before for concept in (1, 2) for seed in (0, 1)}
    prunings, outcomes = tables(cuts, before)
    sizes = prunings.with_columns(neurons=pl.Series([2, 4, 6, 6], dtype=pl.Int32))
    found = effects(sizes, outcomes, CLIPS, CONCEPTS, QUICK)
    assert [value(found, "random", concept, "gap", column="neurons") for concept in (1, 2, None)] == [3, 6, 4.5]
    assert [value(found, "random", concept, "gap", column="clips") for concept in (1, 2, None)] == [3, 1, 4]


def test_the_interval_is_that_of_the_resampled_clips_and_repeats():
    random = np.random.default_rng(0)
    before = random.normal(size=(6, 3))
    prunings, outcomes = tables({("OCP", 1, 0): random.normal(size=(6, 3))}, before)
    found = effects(prunings, outcomes, CLIPS, CONCEPTS, Uncertainty(samples=4000))
    change = (outcomes["own_logit_after"] - outcomes["own_logit_before"]).to_numpy()[2:5]
    means = [np.mean(random.choice(change, 2)) for _ in range(4000)]  # n - 1 of n
    low, high = (value(found, "OCP", 1, "delta_ablated", column=end) for end in ("low", "high"))
    assert (low, high) == pytest.approx(tuple(np.quantile(means, [0.025, 0.975])), abs=0.1)
    again = effects(prunings, outcomes, CLIPS, CONCEPTS, Uncertainty(samples=4000))
    assert again.equals(found)


def test_the_variance_of_a_resampled_mean_is_unbiased():
    weights = resample(np.array(["a"] * 4), 60_000, 0)[1:]
    x = np.array([1.0, 2.0, 4.0, 9.0])
    assert (weights @ x).var() == pytest.approx(x.var(ddof=1) / 4, rel=0.03)
    assert np.allclose(weights.sum(axis=1), 1)


def test_a_class_of_one_clip_has_a_value_and_no_interval():
    before = np.zeros((6, 3))
    prunings, outcomes = tables({("OCP", 2, 0): before - 1}, before)
    found = effects(prunings, outcomes, CLIPS, CONCEPTS, QUICK)
    assert value(found, "OCP", 2, "delta_ablated") == -1
    assert value(found, "OCP", 2, "delta_ablated", column="low") is None
    assert "one held-out clip" in value(found, "OCP", 2, "gap", column="note")
    assert value(found, "OCP", 2, "delta_retained", column="low") is not None


def test_what_cannot_be_measured_is_null_with_a_note_and_never_nan():
    before = np.zeros((6, 3))
    prunings, outcomes = tables({("OCP", 1, 0): before - 1}, before)
    none = prunings.with_columns(concept_id=pl.lit(0, pl.Int32), neurons=pl.lit(0, pl.Int32), note=pl.lit("no neuron"))
    both = pl.concat([prunings, none])
    found = effects(both, outcomes, CLIPS, CONCEPTS, QUICK)
    assert value(found, "OCP", 0, "gap") is None
    assert value(found, "OCP", 0, "gap", column="note") == "no neuron"
    assert value(found, "OCP", None, "gap", column="concepts") == 1
    nothing = effects(both, PRUNING_OUTCOMES.frame_schema.to_frame(), CLIPS.clear(), CONCEPTS, QUICK)
    assert nothing["estimate"].null_count() == nothing.height
    assert set(nothing["note"]) == {"there are no held-out clips to measure on"}
    for frame in (found, nothing):
        assert not any(frame[c].is_nan().any() for c in ("estimate", "low", "high", "p_value"))


def test_a_class_without_held_out_clips_is_not_measured():
    before = np.zeros((5, 3))
    without_rain = CLIPS.head(5)
    prunings, outcomes = tables({("OCP", 2, 0): before - 1, ("OCP", 1, 0): before - 1}, before, without_rain)
    found = effects(prunings, outcomes, without_rain, CONCEPTS, QUICK)
    assert value(found, "OCP", 2, "gap", column="note") == "no held-out clip is of this class"
    assert value(found, "OCP", None, "gap", column="concepts") == 1


def test_one_class_alone_has_no_others_to_keep():
    before = np.zeros((3, 3))
    dogs = CLIPS.filter(pl.col("label") == "dog")
    prunings, outcomes = tables({("OCP", 1, 0): before - 1}, before, dogs)
    found = effects(prunings, outcomes, dogs, CONCEPTS, QUICK)
    assert value(found, "OCP", 1, "delta_ablated") == -1
    assert value(found, "OCP", 1, "gap") is None
    assert "all of one class" in value(found, "OCP", 1, "gap", column="note")


def test_sign_flips_by_hand():
    """Of the 8 signs of (1, 2, 3) two reach |6|, of (1, -2, 3) those with |sum| >= 2: all but 0 and 0."""
    assert sign_flip_p([1, 2, 3]) == pytest.approx(2 / 8)
    assert sign_flip_p([1, -2, 3]) == pytest.approx(6 / 8)
    assert sign_flip_p([1]) is None
    assert sign_flip_p([0.1] * 20) == pytest.approx(1 / 10_000, abs=2e-4)
