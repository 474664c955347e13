"""What the page of a whole dissection shows: its network as a map, what was found, the last layer, unlearning."""

from typing import Any

from dagster_and.explorer.warehouse import Reader, Row

COMMONEST = 16
VERDICTS = ("labelled", "described", "no_evidence", "dead")
"""Those that are known, best first; others follow by the alphabet."""


def dissections(reader: Reader) -> list[Row]:
    """All dissections, with the share of their neurons that have a label."""
    return reader.rows(
        """
        select dim_dissections.*, labelled.labelled, labelled.trust
        from dim_dissections
        left join (
            select dissection, count(label) as labelled, avg(trust) as trust
            from neuron_descriptions group by dissection
        ) as labelled using (dissection)
        order by dissection
        """
    )


def names(reader: Reader) -> list[str]:
    """The dissections' names."""
    return reader.column("select dissection from dim_dissections order by dissection")


def dissection(reader: Reader, name: str) -> Row:
    """One dissection.

    Raises:
        NotThereError: there is none of that name.
    """
    return reader.row("from dim_dissections where dissection = ?", name)


def overview(reader: Reader, name: str) -> dict[str, Any]:
    """Everything on the page of a dissection."""
    layers = layer_facts(reader, name)
    verdicts = reader.rows(
        "select verdict, count(*) as neurons from neuron_descriptions where dissection = ? group by verdict", name
    )
    return {
        "dissection": dissection(reader, name),
        "sublayers": list(dict.fromkeys(layer["sublayer"] for layer in layers)),
        "blocks": _by_block(layers),
        "verdicts": best_first(verdicts),
        "labels": reader.rows(
            """
            select label, count(*) as neurons, avg(trust) as trust from neuron_descriptions
            where dissection = ? and label is not null
            group by label order by neurons desc, label limit ?
            """,
            name, COMMONEST,
        ),
        "adjectives": reader.rows(
            "from rpt_adjective_counts where dissection = ? order by rank, adjective limit ?", name, COMMONEST
        ),
        "concepts": reader.rows("from dim_concepts where dissection = ? order by concept_id", name),
        "head": reader.rows(
            """
            select neuron_id, class_label, label, trust, trust_low, trust_high, top_concept_db, top_concept_icl
            from neuron_descriptions where dissection = ? and class_label is not null order by neuron_id limit 100
            """,
            name,
        ),
        "last_layer": reader.rows(
            "from rpt_last_layer_accuracy where dissection = ? order by method, top1_accuracy desc, similarity", name
        ),
        "unlearning": reader.rows(
            """
            from rpt_unlearning where dissection = ? and scale = 'accuracy' and strategy = size_of and not is_control
            order by gap desc nulls last, strategy
            """,
            name,
        ),
    }  # fmt: skip


def layer_facts(reader: Reader, name: str) -> list[Row]:
    """Every layer in the network's order: neurons, those with a label, the mean trust of those with any."""
    return reader.rows(
        """
        select
            block_index, sublayer, min(neuron_id) as first_neuron, any_value(layer_name) as layer_name,
            count(*) as neurons, count(label) as labelled, avg(trust) as trust,
            count(*) filter (where verdict = 'dead') as dead
        from neuron_descriptions where dissection = ?
        group by block_index, sublayer order by first_neuron
        """,
        name,
    )


def best_first(rows: list[Row]) -> list[Row]:
    """Rows of one verdict each, in their order."""
    return sorted(rows, key=lambda row: (_place(row["verdict"]), row["verdict"]))


def _by_block(layers: list[Row]) -> dict[int, dict[str, Row]]:
    blocks: dict[int, dict[str, Row]] = {}
    for layer in layers:
        blocks.setdefault(layer["block_index"], {})[layer["sublayer"]] = layer
    return blocks


def _place(verdict: str) -> int:
    return VERDICTS.index(verdict) if verdict in VERDICTS else len(VERDICTS)
