"""What a neuron's page shows, from the warehouse; its activations are in :mod:`dagster_and.explorer.activations`."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from dagster_and.explorer.cuts import ACCURACIES, CONTROLS
from dagster_and.explorer.warehouse import NotThereError, Reader, Row

MOMENT = (
    "moment_start_s, moment_end_s, profile, profile_start_s, profile_end_s, heard_start_s, heard_end_s, "
    "moment_caption, moment_missing_reason"
)
OF_THEM = "dissection = ? and neuron_id between ? and ? and list_contains(?, neuron_id)"
"""The bounds, too: by these whole stretches of a table are passed over."""


def neurons(reader: Reader, name: str, numbers: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Everything on the pages of some neurons, by neuron_id.

    Raises:
        NotThereError: there is no such neuron.
    """
    asked = (name, min(numbers), max(numbers), list(numbers))

    def each(query: str, *values: object) -> dict[int, list[Row]]:
        found: dict[int, list[Row]] = {number: [] for number in numbers}
        for row in reader.rows(query, *(values or asked)):
            found[row["neuron_id"]].append(row)
        return found

    told = each(f"from neuron_descriptions where {OF_THEM}")
    if missing := [number for number in numbers if not told[number]]:
        raise NotThereError(f"{name} has no neuron {missing[0]}.")
    labels = each(f"from fct_neuron_labels where {OF_THEM} order by mode")
    clips = each(
        f"""
        select top.neuron_id, top.direction, top.rank, top.activation, top.clip_id, top.filename,
            top.label as clip_label, top.caption, {MOMENT}, least(clips.duration_s, clips.window_s) as heard_s
        from (from fct_top_clips where {OF_THEM}) as top
        inner join dim_clips as clips using (dissection, clip_id)
        order by top.direction, top.rank
        """
    )
    sentences = each(f"from fct_summary_sentences where {OF_THEM} order by direction, sentence_index")
    words = each(f"from fct_neuron_words where {OF_THEM} order by part_of_speech, occurrences desc, lemma")
    evident = each(
        f"""
        from fct_evident_words where {OF_THEM} and q_value < 0.05
        qualify row_number() over (partition by neuron_id order by rank) <= 12 order by rank
        """
    )
    concepts = each(
        f"""
        select predictions.*, tests.auroc, tests.auroc_low, tests.auroc_high, tests.q_value, tests.is_significant
        from (from fct_concept_predictions where {OF_THEM}) as predictions
        left join (from fct_concept_significance where {OF_THEM}) as tests
            using (dissection, neuron_id, method, similarity, rank)
        order by predictions.method, predictions.similarity, predictions.rank
        """,
        *asked, *asked,
    )  # fmt: skip
    answers = each(
        f"""
        select named.neuron_id, named.about, answers.* from (from fct_neuron_answers where {OF_THEM}) as named
        inner join fct_answers as answers using (dissection, answer_id)
        where answers.dissection = ? order by named.task_order, named.about
        """,
        *asked, name,
    )  # fmt: skip
    cuts = each(
        f"""
        with cuts as (
            select
                dissection, neuron_id, strategy, size_of, concept_id, concept, any_value(reason) as reason
            from fct_pruned_neurons where {OF_THEM} and strategy = size_of and not list_contains(?, strategy)
            group by all
        ),

        effects as ({ACCURACIES})

        select cuts.*, effects.* exclude (dissection, strategy, size_of, concept_id)
        from cuts left join effects using (dissection, strategy, size_of, concept_id)
        order by cuts.strategy, cuts.concept
        """,
        *asked, list(CONTROLS), name,
    )  # fmt: skip
    last = reader.row("select max(neuron_id) as number from dim_neurons where dissection = ?", name)["number"]
    return {
        number: {
            "told": told[number][0],
            "labels": labels[number],
            "clips": _by(clips[number], "direction"),
            "concepts": _by(concepts[number], "method", "similarity"),
            "evident": evident[number],
            "words": words[number],
            "kept": [row for row in sentences[number] if row["direction"] == "highest" and row["is_kept"]],
            "dropped": [row for row in sentences[number] if row["direction"] == "highest" and not row["is_kept"]],
            "answers": answers[number],
            "cuts": cuts[number],
            "neighbours": {"before": number - 1 if number else None, "after": number + 1 if number < last else None},
        }
        for number in numbers
    }


def _by(rows: list[Row], *columns: str) -> dict[Any, list[Row]]:
    """Rows that stand together, by what they have in one column, or in several."""

    def key(row: Row) -> Any:
        values = tuple(row[column] for column in columns)
        return values if len(columns) > 1 else values[0]

    return {of: list(found) for of, found in groupby(rows, key=key)}
