"""Faults of the kind that each of dbt's checks is for. They follow from a check's kind and arguments, so that a check
which is added later is put to the test by itself; one of SQL of its own needs a line in :data:`OWN`.
"""

from collections.abc import Callable, Iterator

from tests.dbt.planting import Check, Fault, Planted

NOT_FINITE = ("'nan'", "'inf'", "'-inf'")


def faults(check: Check, warehouse: Planted) -> list[Fault]:
    """What the check must find; nothing where nobody has said."""
    by_kind = KINDS.get(check.kind or "")
    return [by_kind(check, warehouse)] if by_kind else OWN.get(check.name, [])


def unproved(checks: list[Check], warehouse: Planted) -> Iterator[str]:
    """What is wrong with checks: they find fault where there is none, find none where there is one, or have none."""
    for check in checks:
        if found := warehouse.found(check):
            yield f"{check.name} finds {found} rows without a fault"
        planted = faults(check, warehouse)
        if not planted:
            yield f"nothing shows that {check.name} can fail: write its faults in tests/dbt/faults.py"
        for fault in planted:
            assert fault.model in check.reads, f"{check.name} does not read {fault.model}"
            with warehouse.planted(fault):
                found = warehouse.found(check)
            if not found or fault.finds not in (None, found):
                yield f"{check.name} finds {found} rows where {fault.model} has {fault.said}"


def _outside_a_range(check: Check, warehouse: Planted) -> Fault:
    low, high = check.arguments["low"], check.arguments["high"]
    types = warehouse.types(check.model)
    bad = [
        {column: value}
        for column in check.arguments["columns"]
        for value in (f"({low}) - 1", f"({high}) + 1", *(NOT_FINITE if types[column] in ("DOUBLE", "FLOAT") else ()))
    ]
    return warehouse.more_rows(check.model, bad)


def _unlisted(check: Check, warehouse: Planted) -> Fault:
    column, values = check.arguments["column_name"], check.arguments["values"]
    is_text = warehouse.types(check.model)[column] == "VARCHAR"
    strangers = ["'no such value'", "''", f"'{values[0]} '"] if is_text else [f"{max(values)} + 1"]
    return warehouse.more_rows(check.model, [{column: stranger} for stranger in strangers])


def _strangers(check: Check, warehouse: Planted) -> Fault:
    """One that is nowhere, and one that is known in another dissection only."""
    column = check.arguments["column_name"]
    stranger = "'no such'" if warehouse.types(check.model)[column] == "VARCHAR" else "-7"
    elsewhere = {column: f"coalesce({column}, {stranger})", "dissection": "'another'"}
    return warehouse.more_rows(check.model, [{column: stranger}, elsewhere])


def _twice(check: Check, warehouse: Planted) -> Fault:
    query = "from this union all from any_row union all from any_row"
    return Fault(check.model, "a row more than once", warehouse.with_any_row(check.model, query), finds=1)


KINDS: dict[str, Callable[[Check, Planted], Fault]] = {
    "is_between": _outside_a_range,
    "accepted_values": _unlisted,
    "refers_within_dissection": _strangers,
    "unique": _twice,
    "unique_combination": _twice,
}
"""By kind of check, as it is called in yml."""


def _own(model: str, *changes: tuple[str, str]) -> list[Fault]:
    return [Fault(model, said, query) for said, query in changes]


def _set(column: str, value: str, where: str = "true") -> str:
    return f"select * replace (if({where}, {value}, {column}) as {column}) from this"


def _another_clip(column: str, value: str) -> str:
    return f"from this union all by name select * replace (-1 as clip_id, {value} as {column}) from this"


OWN: dict[str, list[Fault]] = {
    "a_head_that_hears_nothing_leaves_chance": [
        *_own(
            "fct_pruning_outcomes",
            ("no control", "from this where strategy != 'body'"),
            ("a logit that goes with the clip", _another_clip("concept_logit_after", "concept_logit_after + 1e-3")),
            ("a class that goes with the clip", _another_clip("predicted_after", "'another'")),
        ),
        *_own("rpt_unlearning", ("a chance that the control is above", _set("chance_accuracy", "-1"))),
    ],
    "concepts_by_block_add_up_to_the_neurons": [
        *_own(
            "rpt_concepts_by_block",
            ("a neuron more", _set("neurons", "neurons + 1")),
            ("no row", "from this where false"),
        ),
        *_own("dim_neurons", ("no row", "from this where false")),
    ],
    "cutting_nothing_changes_nothing": _own(
        "fct_pruning_outcomes",
        ("another logit of the clip's class", _set("own_logit_after", "own_logit_after + 1e-3", "strategy = 'none'")),
        ("another logit", _set("concept_logit_after", "concept_logit_after + 1e-3", "strategy = 'none'")),
        ("another class", _set("predicted_after", "'another'", "strategy = 'none'")),
    ),
    "every_neuron_has_k_top_clips_either_way": _own(
        "fct_top_clips",
        ("a rank missing", "from this where neuron_id != 0 or rank != 1"),
        ("a gap", _set("rank", "rank + 1", "neuron_id = 0 and direction = 'lowest'")),
        ("one direction of a neuron missing", "from this where neuron_id != 0 or direction = 'highest'"),
        ("a neuron without clips", "from this where neuron_id != 0"),
    ),
    "first_rank_is_the_extreme_of_the_neuron": [
        *_own("fct_top_clips", ("another activation", _set("activation", "activation + 1e-3", "rank = 1"))),
        *_own(
            "dim_neurons",
            ("another maximum", _set("activation_maximum", "activation_maximum + 1e-3")),
            ("another minimum", _set("activation_minimum", "activation_minimum - 1e-3")),
        ),
    ],
    "random_is_as_large_as_its_strategy": _own(
        "fct_prunings",
        ("random cuts too large", _set("neurons", "neurons + 1 + neurons // 5", "strategy = 'random'")),
        ("random cuts too small", _set("neurons", "neurons - 1", "strategy = 'random'")),
        ("nothing to compare with", "from this where strategy = 'random'"),
    ),
    "scores_descend_with_rank": _own("fct_concept_predictions", ("scores that rise", _set("score", "rank"))),
    "the_head_is_spared": _own("fct_pruned_neurons", ("a neuron of the head", _set("sublayer", "'head'"))),
    "the_main_run_judges_as_the_neurons_are_judged": [
        fault
        for model in ("int_interpretability_runs_judged", "fct_neuron_interpretability")
        for fault in _own(model, ("the other verdict", _set("is_interpretable", "not is_interpretable")))
    ],
    "top5_is_never_below_top1": _own(
        "rpt_last_layer_accuracy", ("a top 5 below top 1", _set("top5_accuracy", "top1_accuracy - 0.1"))
    ),
    "uninterpretable_shares_rise_with_the_threshold": _own("fct_neuron_interpretability", (
        "neurons that asking for more makes interpretable",
        "select * replace (false as is_interpretable) from this union all by name "
        "select * replace (threshold + 100 as threshold, true as is_interpretable) from this",
    )),
}  # fmt: skip
"""By name of the check."""
