"""Captions from what is known of a clip: its label, and its measured acoustics."""

import polars as pl

from dagster_and.method.sound.acoustics import Acoustics
from dagster_and.method.sound.wording import INSTEAD, RULES, sentence
from dagster_and.method.text.names import name_in_words, number_in_words

RULES_VERSION = 2


class AnnotationCaptioner:
    """Says the label and the acoustics that stand out; the clip's content seeds the choice among equal phrasings."""

    name = "annotations"
    fingerprint = repr((RULES_VERSION, RULES, INSTEAD))

    def captions(self, clips: pl.DataFrame, acoustics: pl.DataFrame) -> pl.DataFrame:
        """The table ``clip_captions``."""
        measured = {row.pop("clip_id"): Acoustics(**row) for row in acoustics.iter_rows(named=True)}
        written = [
            sentence(label, measured[clip_id], seed=int(sha256[:8], 16), name=_spoken(label))
            for clip_id, label, sha256 in clips.select("clip_id", "label", "sha256").iter_rows()
        ]
        return clips.select(
            "clip_id",
            caption=pl.Series(written, dtype=pl.String),
            captioner=pl.lit(self.name),
            answer_id=pl.lit(None, pl.String),
            missing_reason=pl.lit(None, pl.String),
        )


def _spoken(label: str) -> str:
    """The label as people say it: a bare "3" is a number, not a thing."""
    number = number_in_words(label.strip())
    return f"number {number}" if number else name_in_words(label)
