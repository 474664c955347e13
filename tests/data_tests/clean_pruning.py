"""Clean rows of the pruning room."""

import polars as pl


def pruning() -> dict[str, dict]:
    """Concept 0 is cut by OCP, DB and twice at random as either, concept 1 by nothing but the control; clip 5 is the
    held-out one.
    """
    chosen = {
        ("OCP", "OCP", 0, 0): (0, 1), ("random", "OCP", 0, 0): (1, 2), ("random", "OCP", 0, 1): (0, 3),
        ("DB", "DB", 0, 0): (3,), ("random", "DB", 0, 0): (2,), ("random", "DB", 0, 1): (1,),
        ("activation_gap", "OCP", 0, 0): (2, 3),
    }  # fmt: skip
    sizes_of_controls = {"none": 0, "all": 4, "body": 4}
    controls = {(name, name, concept, 0): size for name, size in sizes_of_controls.items() for concept in (0, 1)}
    empty = [(strategy, size_of, 1, seed) for strategy, size_of, _, seed in chosen]
    sizes = {key: len(neurons) for key, neurons in chosen.items()} | controls | dict.fromkeys(empty, 0)
    key = ("strategy", "size_of", "concept_id", "seed")
    prunings = [
        dict(zip(key, cut, strict=True))
        | {"neurons": size, "eligible_neurons": 4, "note": None if size else "none has it"}
        for cut, size in sizes.items()
    ]  # fmt: skip
    pruned = [
        dict(zip(key, cut, strict=True)) | {"neuron_id": n, "reason": "a reason", "score": 1.0}
        for cut, neurons in chosen.items() for n in neurons
    ]  # fmt: skip
    answer = {
        f"{what}_{when}": value
        for when in ("before", "after")
        for what, value in {
            "concept_logit": 1.0, "concept_probability": 0.5, "own_logit": 2.0, "own_probability": 0.5,
            "predicted": "rain",
        }.items()
    }  # fmt: skip
    outcomes = [dict(zip(key, cut, strict=True)) | {"clip_id": 5} | answer for cut in [*chosen, *controls]]
    after = {"ablated_before": 0.5, "ablated_after": 0.5, "retained_before": 0.5, "retained_after": 0.5}
    measures = after | {"delta_ablated": 0.0, "delta_retained": 0.0, "gap": 0.0}
    effects = [
        {
            "strategy": strategy, "size_of": strategy, "concept_id": concept, "scale": scale, "measure": measure,
            "estimate": 2 * value if scale == "logit" else value, "low": 0.0, "high": 1.0, "concepts": 1, "clips": 1,
        }
        for strategy in ("OCP", "none") for concept in (0, None) for scale in ("logit", "probability", "accuracy")
        for measure, value in measures.items()
    ]  # fmt: skip
    ablations = [
        {
            "panel": "a", "feature": feature, "fraction": fraction, "seed": seed, "neurons": int(4 * fraction),
            "tied_neurons": 0, "clips": 1, "correct": 1 if feature == "random" else None, "chance_accuracy": 1.0,
            "accuracy": 1.0 if feature == "random" else None,
            "missing_reason": None if feature == "random" else "no words",
        }
        for feature in ("random", "nouns") for fraction in (0.0, 0.5) for seed in (0, 1)
    ]  # fmt: skip
    tables = {
        "prunings": prunings, "pruned_neurons": pruned, "pruning_outcomes": outcomes, "pruning_effects": effects,
        "ablation_outcomes": ablations,
    }  # fmt: skip
    return {name: pl.DataFrame(rows, infer_schema_length=None).to_dict() for name, rows in tables.items()}
