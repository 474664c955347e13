"""The concept set: classes, a list, or a file."""

from pathlib import Path
from typing import Any

import pytest

from dagster_and.dissection import ClosedConcepts, Dissection, concept_words, load_file
from dagster_and.foundation.errors import UserError
from dagster_and.foundation.home import REPOSITORY

LABELS = ["rain", "dog_bark", "rain", "Sea-Waves"]


def dissection(concepts: Any, folder: Path = Path()) -> Dissection:
    demo = load_file(REPOSITORY / "dissections" / "ast-demo.yaml")
    return demo.model_copy(update={"closed_concepts": ClosedConcepts(concepts=concepts), "folder": folder})


def test_labels_are_the_classes_in_words_each_once():
    assert concept_words(dissection("labels"), LABELS) == ["Sea Waves", "dog bark", "rain"]


def test_a_list_keeps_its_order_and_loses_repeats():
    assert concept_words(dissection((" rain ", "a bell", "rain")), LABELS) == ["rain", "a bell"]


def test_a_file_has_one_concept_a_line_beside_the_dissection_file(tmp_path: Path):
    (tmp_path / "words.txt").write_text("# concepts\n\nbell\n  rain \nbell\nöl\n", encoding="utf-8")
    assert concept_words(dissection("words.txt", tmp_path), LABELS) == ["bell", "rain", "öl"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "can't be read as text"), (b"", "is empty: write one concept a line"),
        (b"\n # nothing\n\n", "is empty"), (b"\xff\xfe\x00", "can't be read as text"),
    ],
)  # fmt: skip
def test_a_file_without_concepts_is_refused_in_one_line(tmp_path: Path, content: bytes | None, message: str):
    if content is not None:
        (tmp_path / "words.txt").write_bytes(content)
    with pytest.raises(UserError, match=message) as caught:
        concept_words(dissection("words.txt", tmp_path), LABELS)
    assert "\n" not in str(caught.value)
