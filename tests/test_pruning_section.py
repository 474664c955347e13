"""The section ``pruning``: what is refused before work."""

from pathlib import Path

import pytest

from dagster_and.dissection import load_file
from dagster_and.errors import UserError

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
        ("{strategies: [DB, random]}", "which is not among strategies; add OCP"),
        ("{top: 6}", "less than or equal to 5"),
        ("{cut: 1}", "unknown key pruning.cut"),
    ],
)  # fmt: skip
def test_a_section_that_is_wrong_is_refused(tmp_path: Path, pruning: str, sentence: str):
    file = tmp_path / "mine.yaml"
    file.write_text(SETTINGS.split("pruning:")[0] + f"pruning: {pruning}\n")
    with pytest.raises(UserError, match=sentence):
        load_file(file)
