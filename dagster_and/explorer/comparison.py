"""What the page of two dissections shows: layers, verdicts, labels, adjectives and classes side by side, and neurons
where both are of one network.
"""

from typing import Any

import polars as pl

from dagster_and.explorer import overview
from dagster_and.explorer.cuts import ACCURACIES, CONTROLS
from dagster_and.explorer.searching import CARRIED
from dagster_and.explorer.warehouse import NotThereError, Reader, Row
from dagster_and.warehouse.comparison import MEASURES, sides

SHOWN = 12
CHANGED = 50
BINS = 10
"""Of trust, from chance to 1."""


def comparison(reader: Reader, first: str, second: str, measure: str, strategy: str) -> dict[str, Any]:
    """Everything on the page of two dissections.

    Args:
        reader: of the warehouse.
        first: a dissection, called a in what comes out.
        second: another one, called b.
        measure: of ``rpt_dissection_comparison``, that the layers are compared by; another where there is none such.
        strategy: whose cuts are shown; another one where there is none of that name.

    Raises:
        NotThereError: there is no such dissection, or both are the same.
    """
    both = [overview.dissection(reader, name) for name in (first, second)]
    if first == second:
        raise NotThereError(f"{first} is compared with itself: choose two dissections.")
    pair = (first, second)
    measured = _measured(reader, first, second)
    known = [one for one in MEASURES if any(row["measure"] == one and row["scope"] == "layer" for row in measured)]
    measure = measure if measure in known else next(iter(known), "")
    strategies = _strategies(reader, pair)
    strategy = strategy if strategy in strategies else next(iter(strategies), "")
    return {
        "first": first,
        "second": second,
        "both": both,
        "dissections": overview.names(reader),
        "measures": known,
        "measure": measure,
        "layers": _layers(reader, pair, [row for row in measured if row["measure"] == measure]),
        "verdicts": _shared(_verdicts(reader, pair), both),
        "trust": _shared(_trust(reader, pair), both),
        "labels": _labels(reader, pair),
        "adjectives": _adjectives(reader, pair),
        "blocks": _adjectives_by_block(reader, pair),
        "strategies": strategies,
        "strategy": strategy,
        "classes": _classes(reader, pair, strategy, measured),
        "neurons": _neurons(reader, pair) if _is_one_network(both) else None,
    }


def _shared(rows: list[Row], both: list[Row]) -> list[Row]:
    """Counts as shares of all neurons, too."""
    all_a, all_b = (one["neurons"] or 1 for one in both)
    return [{**row, "share_a": row["a"] / all_a, "share_b": row["b"] / all_b} for row in rows]


def _is_one_network(both: list[Row]) -> bool:
    return both[0]["weights_sha256"] is not None and both[0]["weights_sha256"] == both[1]["weights_sha256"]


def _measured(reader: Reader, first: str, second: str) -> list[Row]:
    rows = reader.rows(
        "from rpt_dissection_comparison where dissection_a = ? and dissection_b = ?", *sorted((first, second))
    )
    may_be_null = {"difference_low": pl.Float64, "difference_high": pl.Float64}
    report = pl.DataFrame(rows, schema_overrides=may_be_null, infer_schema_length=None)
    return sides(report, first, second).to_dicts() if rows else []


def _layers(reader: Reader, pair: tuple[str, str], measured: list[Row]) -> list[Row]:
    """Every layer of either, in the order of blocks, with what is measured of both."""
    found: dict[tuple[int, str], Row] = {}
    for side, name in zip("ab", pair, strict=True):
        for layer in overview.layer_facts(reader, name):
            found.setdefault((layer["block_index"], layer["sublayer"]), {"a": None, "b": None})[side] = layer
    rows = {row["part"]: row for row in measured if row["scope"] == "layer"}
    listed = [
        {"block_index": block, "sublayer": sublayer, "measured": rows.get(f"block {block} {sublayer}"), **layer}
        for (block, sublayer), layer in found.items()
    ]
    return sorted(listed, key=lambda row: row["block_index"])


def _verdicts(reader: Reader, pair: tuple[str, str]) -> list[Row]:
    rows = reader.rows(
        """
        select
            verdict, count(*) filter (where dissection = ?) as a, count(*) filter (where dissection = ?) as b
        from neuron_descriptions where dissection in (?, ?) group by verdict
        """,
        *pair, *pair,
    )  # fmt: skip
    return overview.best_first(rows)


def _trust(reader: Reader, pair: tuple[str, str]) -> list[Row]:
    """How many neurons of which anything is stated have a trust from ``low`` on; below chance is in the first."""
    rows = reader.rows(
        f"""
        select
            greatest(0, least({BINS} - 1, floor((trust - 0.5) * 2 * {BINS} + 1e-9)))::integer as bin,
            count(*) filter (where dissection = ?) as a, count(*) filter (where dissection = ?) as b
        from neuron_descriptions where dissection in (?, ?) and trust is not null group by bin
        """,
        *pair, *pair,
    )  # fmt: skip
    found = {row["bin"]: row for row in rows}
    none = {"a": 0, "b": 0}
    return [
        {**found.get(i, none), "low": 0.5 + i / (2 * BINS), "high": 0.5 + (i + 1) / (2 * BINS)} for i in range(BINS)
    ]


def _labels(reader: Reader, pair: tuple[str, str]) -> dict[str, Any]:
    """Labels of the second alone, of the first alone, and of both, the most neurons or the largest change first."""
    rows = reader.rows(
        """
        with counted as (
            select
                label, count(*) filter (where dissection = ?) as a, count(*) filter (where dissection = ?) as b
            from neuron_descriptions where dissection in (?, ?) and label is not null group by label
        ),

        grouped as (
            select *, case when a = 0 then 'appeared' when b = 0 then 'vanished' else 'kept' end as change from counted
        )

        select
            *, count(*) over (partition by change) as labels,
            row_number() over (partition by change order by abs(a - b) desc, label) as rank
        from grouped qualify rank <= ? order by change, rank
        """,
        *pair, *pair, SHOWN,
    )  # fmt: skip
    return {change: [row for row in rows if row["change"] == change] for change in ("vanished", "appeared", "kept")}


def _adjectives(reader: Reader, pair: tuple[str, str]) -> list[Row]:
    """The acoustic adjectives whose share of the described neurons differs most."""
    return reader.rows(
        """
        select
            coalesce(a.adjective, b.adjective) as adjective, coalesce(a.neurons, 0) as neurons_a,
            coalesce(b.neurons, 0) as neurons_b, coalesce(a.share_of_described, 0) as share_a,
            coalesce(b.share_of_described, 0) as share_b
        from (from rpt_adjective_counts where dissection = ?) as a
        full join (from rpt_adjective_counts where dissection = ?) as b on a.adjective = b.adjective
        order by abs(share_b - share_a) desc, adjective limit ?
        """,
        *pair, SHOWN,
    )  # fmt: skip


def _adjectives_by_block(reader: Reader, pair: tuple[str, str]) -> list[Row]:
    """How many acoustic adjectives a neuron has, by block, with intervals; null where one has no such block."""
    columns = ("neurons", "adjectives_mean", "adjectives_mean_low", "adjectives_mean_high")
    told = ", ".join(f"{side}.{column} as {column}_{side}" for side in "ab" for column in columns)
    return reader.rows(
        f"""
        select coalesce(a.block_index, b.block_index) as block_index, {told}
        from (from rpt_adjectives_by_block where dissection = ? and adjectives = 'acoustic') as a
        full join (from rpt_adjectives_by_block where dissection = ? and adjectives = 'acoustic') as b
            on a.block_index = b.block_index
        order by 1
        """,
        *pair,
    )


def _strategies(reader: Reader, pair: tuple[str, str]) -> list[str]:
    return reader.column(
        """
        select strategy from fct_pruning_effects
        where dissection in (?, ?) and strategy = size_of and concept_id is not null
            and not list_contains(?, strategy)
        group by strategy order by list_position(['OCP', 'DB', 'TAB', 'ICL'], strategy) nulls last, strategy
        """,
        *pair, list(CONTROLS),
    )  # fmt: skip


def _classes(reader: Reader, pair: tuple[str, str], strategy: str, measured: list[Row]) -> list[Row]:
    """Every concept that names a class of either: its carriers, how often it is heard right before and after a cut."""
    heads = {row["part"]: row for row in measured if row["scope"] == "class" and row["measure"] == "label_auroc"}
    found: dict[str, Row] = {}
    for side, name in zip("ab", pair, strict=True):
        rows = reader.rows(
            f"""
            with carriers as (
                select concept, count(distinct neuron_id) as carriers from ({CARRIED}) group by concept
            ),

            cuts as (from ({ACCURACIES}) where strategy = ? and size_of = strategy)

            select
                concepts.concept_id, concepts.concept, concepts.class_label, coalesce(carriers.carriers, 0) as carriers,
                cuts.* exclude (dissection, strategy, size_of, concept_id)
            from dim_concepts as concepts
            left join carriers on lower(replace(concepts.concept, '_', ' ')) = carriers.concept
            left join cuts on concepts.concept_id = cuts.concept_id
            where concepts.dissection = ? and concepts.class_label is not null
            order by concepts.concept_id
            """,
            name, name, name, strategy, name,
        )  # fmt: skip
        for row in rows:
            key = row["concept"].lower().replace("_", " ")
            found.setdefault(key, {"concept": row["concept"], "a": None, "b": None, "head": None})[side] = row
            found[key]["head"] = found[key]["head"] or heads.get(row["class_label"])
    return list(found.values())


def _neurons(reader: Reader, pair: tuple[str, str]) -> dict[str, Any] | None:
    """Neuron by neuron, joined by layer and place in it; None where they have no neuron in common."""
    columns = ("neuron_id", "label", "statement", "verdict", "trust", "trust_low", "trust_high")
    told = ", ".join(f"{side}.{column} as {column}_{side}" for side in "ab" for column in columns)
    joined = f"""
        select
            a.block_index, a.sublayer, a.neuron_index, {told}, a.label is not distinct from b.label as is_same_label,
            coalesce(b.trust, 0.5) - coalesce(a.trust, 0.5) as change
        from (from neuron_descriptions where dissection = ?) as a
        inner join (from neuron_descriptions where dissection = ?) as b using (layer_name, neuron_index)
    """
    counts = reader.row(
        f"""
        select
            count(*) as neurons, count(*) filter (where is_same_label and label_a is not null) as same,
            count(*) filter (where is_same_label and label_a is null) as neither,
            count(*) filter (where not is_same_label and label_a is not null and label_b is not null) as other,
            count(*) filter (where not is_same_label and label_a is null) as gained,
            count(*) filter (where not is_same_label and label_b is null) as lost,
            count(*) filter (where verdict_a != verdict_b) as verdicts, avg(abs(change)) as change
        from ({joined})
        """,
        *pair,
    )
    if not counts["neurons"]:
        return None
    rows = reader.rows(
        f"""
        from ({joined}) where not is_same_label or verdict_a != verdict_b or abs(change) >= 0.005
        order by abs(change) desc, is_same_label, neuron_id_a limit {CHANGED}
        """,
        *pair,
    )
    return {"counts": counts, "rows": rows}
