"""What a neuron's page shows, from the warehouse; its activations are in :mod:`dagster_and.explorer.activations`."""

from itertools import groupby
from typing import Any

from dagster_and.explorer.cuts import ACCURACIES, CONTROLS
from dagster_and.explorer.warehouse import Reader, Row

CLIP = "clip_id, filename, label as clip_label, caption"


def neuron(reader: Reader, name: str, number: int) -> dict[str, Any]:
    """Everything on the page of a neuron.

    Raises:
        NotThereError: there is no such neuron.
    """
    told = reader.row("from neuron_descriptions where dissection = ? and neuron_id = ?", name, number)
    key = (name, number)
    sentences = reader.rows(
        "from fct_summary_sentences where dissection = ? and neuron_id = ? order by direction, sentence_index", *key
    )
    return {
        "told": told,
        "labels": reader.rows("from fct_neuron_labels where dissection = ? and neuron_id = ? order by mode", *key),
        "clips": clips(reader, name, number),
        "concepts": _by_method(reader, key),
        "evident": reader.rows(
            """
            from fct_evident_words where dissection = ? and neuron_id = ? and q_value < 0.05 order by rank limit 12
            """,
            *key,
        ),
        "words": reader.rows(
            """
            from fct_neuron_words where dissection = ? and neuron_id = ?
            order by part_of_speech, occurrences desc, lemma
            """,
            *key,
        ),
        "kept": [row for row in sentences if row["direction"] == "highest" and row["is_kept"]],
        "dropped": [row for row in sentences if row["direction"] == "highest" and not row["is_kept"]],
        "lowest_sentences": [row for row in sentences if row["direction"] == "lowest"],
        "answers": reader.rows(
            """
            select named.about, answers.* from fct_neuron_answers as named
            inner join fct_answers as answers using (dissection, answer_id)
            where named.dissection = ? and named.neuron_id = ? order by named.task_order, named.about
            """,
            *key,
        ),
        "cuts": _cuts(reader, key),
        "neighbours": reader.row(
            """
            select
                max(neuron_id) filter (where neuron_id < ?) as before,
                min(neuron_id) filter (where neuron_id > ?) as after
            from dim_neurons where dissection = ?
            """,
            number, number, name,
        ),
    }  # fmt: skip


def clips(reader: Reader, name: str, number: int) -> dict[str, list[Row]]:
    """The highest and the lowest clips of a neuron, each with its caption."""
    rows = reader.rows(
        f"""
        select direction, rank, activation, {CLIP} from fct_top_clips
        where dissection = ? and neuron_id = ? order by direction, rank
        """,
        name, number,
    )  # fmt: skip
    return {direction: list(found) for direction, found in groupby(rows, key=lambda row: row["direction"])}


def _by_method(reader: Reader, key: tuple[str, int]) -> dict[tuple[str, str], list[Row]]:
    """The concepts by each method and similarity, best first, each with what its significance test said."""
    rows = reader.rows(
        """
        select predictions.*, tests.auroc, tests.auroc_low, tests.auroc_high, tests.q_value, tests.is_significant
        from fct_concept_predictions as predictions
        left join fct_concept_significance as tests
            using (dissection, neuron_id, method, similarity, rank)
        where predictions.dissection = ? and predictions.neuron_id = ?
            and tests.dissection = ? and tests.neuron_id = ?
        order by predictions.method, predictions.similarity, predictions.rank
        """,
        *key, *key,
    )  # fmt: skip
    return {
        of: list(found) for of, found in groupby(rows, key=lambda row: (str(row["method"]), str(row["similarity"])))
    }


def _cuts(reader: Reader, key: tuple[str, int]) -> list[Row]:
    """The cuts that take this neuron out with others, and what the network loses by each."""
    return reader.rows(
        f"""
        with cuts as (
            select dissection, strategy, size_of, concept_id, concept, any_value(reason) as reason
            from fct_pruned_neurons
            where dissection = ? and neuron_id = ? and strategy = size_of and not list_contains(?, strategy)
            group by all
        ),

        effects as ({ACCURACIES})

        select cuts.*, effects.* exclude (dissection, strategy, size_of, concept_id)
        from cuts left join effects using (dissection, strategy, size_of, concept_id)
        order by cuts.strategy, cuts.concept
        """,
        *key, list(CONTROLS), key[0],
    )  # fmt: skip
