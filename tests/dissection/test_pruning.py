"""The section ``pruning``: what is refused before work."""

from pathlib import Path

import polars as pl
import pytest

from dagster_and.dissection import load_file
from dagster_and.foundation.errors import UserError
from dagster_and.method.pruning.scope import training_clips

SETTINGS = """
probing: {layout: folder, path: ., window_s: 1.0}
captions: {captioner: annotations}
target: {family: transformers, checkpoint: ./net, held_out_fold: 2}
pruning: {seeds: 2, bootstrap_samples: 100, fractions: [0.5], ablation_seeds: 2}
"""


@pytest.mark.parametrize(
    ("pruning", "sentence"),
    [
        ("{concepts: []}", "an empty concept"), ("{fractions: [2]}", "at most 1"), ("{strategies: []}", "at least 1"),
        ("{strategies: [DB, activation_gap]}", "which is not among strategies; add OCP"),
        ("{strategies: [random]}", "add at least one of OCP, DB, TAB, ICL"),
        ("{top: 6}", "less than or equal to 5"),
        ("{cut: 1}", "unknown key pruning.cut"),
    ],
)  # fmt: skip
def test_a_section_that_is_wrong_is_refused(tmp_path: Path, pruning: str, sentence: str):
    file = tmp_path / "mine.yaml"
    file.write_text(SETTINGS.split("pruning:")[0] + f"pruning: {pruning}\n")
    with pytest.raises(UserError, match=sentence):
        load_file(file)


@pytest.mark.parametrize("family", ["embedded_ast", "embedded_beats, training: frozen"])
def test_the_training_folds_of_a_target_trained_here_are_heeded(tmp_path: Path, family: str):
    file = tmp_path / "mine.yaml"
    target = f"{{family: {family}, training_folds: [1, 3], held_out_fold: 2}}"
    file.write_text(f"probing: {{layout: soundbank}}\ncaptions: {{captioner: dataset}}\ntarget: {target}\n")
    clips = pl.DataFrame({"clip_id": range(5), "fold": [1, 2, 3, 4, None]})
    dissection = load_file(file)
    trained_on = training_clips(clips, dissection.held_out_fold, dissection.training_folds)
    assert trained_on is not None
    assert trained_on.to_list() == [True, False, True, False, False]
