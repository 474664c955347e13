"""The concept set D_c as a table: which class of the probing set each concept names."""

from collections.abc import Sequence

import polars as pl

from dagster_and.method.text.names import class_of


def concept_table(concepts: Sequence[str], labels: Sequence[str]) -> pl.DataFrame:
    """The table ``concepts``.

    Args:
        concepts: in words, each once, in the order of concept_id.
        labels: classes of the probing set's clips, repeats allowed.
    """
    known = sorted(set(labels))
    return pl.DataFrame(
        {"concept": concepts, "label": [class_of(word, known) for word in concepts]},
        schema={"concept": pl.String, "label": pl.String},
    ).with_row_index("concept_id")
