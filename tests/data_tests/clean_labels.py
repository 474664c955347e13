"""Clean rows of the room labels, for six neurons and six clips."""

from typing import Any

import polars as pl

LABELLED: dict[str, Any] = {
    "verdict": "labelled", "label": "dog", "form": "dog", "atom_ids": [0], "auroc": 0.8, "auroc_low": 0.7,
    "auroc_high": 0.9, "p_value": 0.001, "q_value": 0.002, "iou": 0.5, "accounts_for": 0.75, "precision": 0.6,
    "missing_reason": None,
}  # fmt: skip
WITHOUT: dict[str, Any] = dict.fromkeys(LABELLED) | {"missing_reason": "No form holds."}
BARK = {"mode": 2, "label": "bark, not loud", "form": "bark AND NOT loud", "atom_ids": [2, 3], "auroc": 0.75}
OF_ALL = {
    "mode": 1,
    "forms_tried": 40,
    "clips": 6,
    "effective_clips": 3.0,
    "part_agreement": 0.6,
    "runner_up": None,
    "runner_up_auroc": None,
}


def labels() -> dict[str, dict]:
    """Tables of the room: neurons 0 and 4 are labelled, 0 twice; 2 is dead."""
    atoms = [
        {"atom": "dog", "kind": "label", "clip_ids": [0, 2, 4]},
        {"atom": "rain", "kind": "label", "clip_ids": [1, 3, 5]},
        {"atom": "bark", "kind": "word", "clip_ids": [1, 2, 3, 4, 5], "known_clips": 5},
        {"atom": "loud", "kind": "acoustic", "quality": "loudness", "unit": "dBFS", "low": -20.0, "clip_ids": [1, 2]},
    ]
    frame = pl.DataFrame(atoms, infer_schema_length=None).with_row_index("atom_id")
    frame = frame.with_columns(
        clips=pl.col("clip_ids").list.len(), known_clips=pl.col("known_clips").fill_null(6), high=None
    )
    rows = [OF_ALL | {"neuron_id": n} | (_found(n)) for n in range(6)]
    rows.insert(1, OF_ALL | {"neuron_id": 0} | LABELLED | BARK)
    rows[0] |= {"runner_up": "loud", "runner_up_auroc": 0.78}
    parts = [
        {"neuron_id": n, "part": part, "label": "dog", "form": "dog", "atom_ids": [0], "auroc": 0.75, "clips": 3,
         "form_clips": 1, "missing_reason": None} for n in (0, 1, 3, 4, 5) for part in (0, 1)
    ]  # fmt: skip
    parts[-1] |= dict.fromkeys(("label", "form", "atom_ids", "auroc")) | {"form_clips": 0, "missing_reason": "None."}
    return {
        "atoms": frame.to_dict(),
        "neuron_labels": pl.DataFrame(rows, infer_schema_length=None).to_dict(),
        "label_parts": pl.DataFrame(parts, infer_schema_length=None).to_dict(),
    }


def _found(neuron: int) -> dict[str, Any]:
    if neuron in (0, 4):
        return LABELLED
    if neuron == 2:
        return WITHOUT | {"verdict": "dead", "effective_clips": None, "part_agreement": None, "forms_tried": 0}
    return WITHOUT | {"verdict": "no_label", "auroc": 0.55, "p_value": 0.3, "q_value": 0.4}
