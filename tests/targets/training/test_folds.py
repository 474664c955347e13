"""Which clips train an embedded network and which judge it; and sets of clips that can't."""

import polars as pl
import pytest

from dagster_and.dissection import EmbeddedAst
from dagster_and.foundation.errors import UserError
from dagster_and.targets.training.folds import commonest_share, split, split_in_words

SECTION = EmbeddedAst(family="embedded_ast")


@pytest.fixture
def clips() -> pl.DataFrame:
    """Three classes in each of five folds."""
    rows = [(label, fold) for label in ("clock_tick", "rain", "siren") for fold in range(1, 6)]
    return pl.DataFrame(rows, schema={"label": pl.String, "fold": pl.Int32}, orient="row")


def test_the_held_out_fold_is_never_trained_on(clips: pl.DataFrame):
    chosen, held_out = split(clips, SECTION)
    assert sorted(chosen["fold"].unique()) == [1, 2, 3, 4]
    assert held_out["fold"].unique().to_list() == [5]
    chosen, _ = split(clips, SECTION.model_copy(update={"training_folds": (1, 3)}))
    assert sorted(chosen["fold"].unique()) == [1, 3]


@pytest.mark.parametrize(
    ("change", "section", "message"),
    [
        (
            {},
            {"held_out_fold": 9},
            r"held_out_fold is 9, but the probing set lacks it: its folds are \[1, 2, 3, 4, 5\]",
        ),
        ({"fold": None}, {}, "it has none"),
        ({}, {"training_folds": (1, 7)}, r"training_folds names \[7\]"),
        ({"label": "rain"}, {}, "at least two classes"),
    ],
)
def test_clips_that_cannot_train_a_network_are_refused(clips: pl.DataFrame, change, section, message):
    changed = clips.with_columns(pl.lit(value, clips.schema[name]).alias(name) for name, value in change.items())
    with pytest.raises(UserError, match=message):
        split(changed, SECTION.model_copy(update=section))


def test_either_side_is_counted_in_words(clips: pl.DataFrame):
    assert split_in_words(*split(clips, SECTION), SECTION) == "trained on 12 clips, 3 held out (fold 5)"


def test_chance_is_the_share_of_the_commonest_label_and_unknown_without_clips():
    assert commonest_share(pl.DataFrame({"label": ["a", "b", "a", "a"]})) == 0.75
    assert commonest_share(pl.DataFrame({"label": []})) is None
