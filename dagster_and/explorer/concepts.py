"""What a concept's page shows: the class that it names, the neurons that carry it, what cutting it does."""

from typing import Any

from dagster_and.explorer.cuts import ACCURACIES, CONTROLS
from dagster_and.explorer.searching import CARRIES, COLUMNS
from dagster_and.explorer.warehouse import Reader, Row

CARRIERS = 15
CLIPS = 5


def concept(reader: Reader, name: str, number: int, strategy: str) -> dict[str, Any]:
    """Everything on the page of a concept.

    Args:
        reader: of the warehouse.
        name: of the dissection.
        number: concept_id.
        strategy: whose cut is shown in detail; another one where there is none of that name.

    Raises:
        NotThereError: there is no such concept.
    """
    found = reader.row("from dim_concepts where dissection = ? and concept_id = ?", name, number)
    asked = (name, name, found["concept"])
    cuts = _cuts(reader, name, number)
    shown = next((cut for cut in cuts if cut["strategy"] == strategy), cuts[0] if cuts else None)
    of_shown = (name, number, shown["strategy"]) if shown else None
    return {
        "concept": found,
        "carriers": reader.rows(
            f"""
            select {COLUMNS} from neuron_descriptions where dissection = ? and {CARRIES}
            order by
                lower(replace(class_label, '_', ' ')) = lower(replace(?, '_', ' ')) desc nulls last,
                lower(label) = lower(?) desc nulls last,
                trust desc nulls last, neuron_id
            limit {CARRIERS}
            """,
            name, *asked, found["concept"], found["concept"],
        ),
        "layers": reader.rows(
            f"""
            select block_index, sublayer, count(*) filter (where {CARRIES}) as carriers, count(*) as neurons
            from neuron_descriptions where dissection = ? group by block_index, sublayer order by min(neuron_id)
            """,
            *asked, name,
        ),
        "cuts": cuts,
        "shown": shown,
        "classes": reader.rows(
            """
            from rpt_unlearning_by_class
            where dissection = ? and concept_id = ? and strategy = ? and size_of = strategy order by rank_of_loss
            """,
            *of_shown,
        ) if of_shown else [],
        "unlearned": reader.rows(
            """
            select clip_id, filename, outcomes.label as clip_label, clips.caption, own_probability_before,
                own_probability_after, predicted_before, predicted_after
            from fct_pruning_outcomes as outcomes
            inner join dim_clips as clips using (dissection, clip_id, filename)
            where outcomes.dissection = ? and concept_id = ? and strategy = ? and size_of = strategy
                and is_of_the_concept
            order by own_probability_after - own_probability_before, clip_id limit 12
            """,
            *of_shown,
        ) if of_shown else [],
        "clips": reader.rows(
            """
            select clip_id, filename, label as clip_label, caption from dim_clips
            where dissection = ? and list_contains(labels, ?) order by clip_id limit ?
            """,
            name, found["class_label"] or found["concept"], CLIPS,
        ),
    }  # fmt: skip


def _cuts(reader: Reader, name: str, number: int) -> list[Row]:
    """By every strategy that is no control: how many neurons go, and accuracy before and after, with intervals."""
    return reader.rows(
        f"""
        from ({ACCURACIES}) where concept_id = ? and strategy = size_of and not list_contains(?, strategy)
        order by list_position(['OCP', 'DB', 'TAB', 'ICL'], strategy) nulls last, strategy
        """,
        name, number, list(CONTROLS),
    )  # fmt: skip
