"""Clean rows of the room evidence, for six neurons."""

from typing import Any

import polars as pl

AUROC = {"auroc": 0.7, "auroc_low": 0.5, "auroc_high": 0.8}
SCORES: dict[str, Any] = {
    "clips": 100, "high_clips": 10, "score": 0.8, "score_low": 0.7, "score_high": 0.9, "score_against_lowest": 0.9,
    "nearest_precision": 0.5, "rank_correlation": 0.3, "p_value": 0.001, "shuffled_score": 0.5,
}  # fmt: skip
DETECTED: dict[str, Any] = {
    "clips": 20, "high_clips": 10, "score": 0.8, "score_low": 0.6, "score_high": 0.9, "p_value": 0.01,
    "answer_ids": [f"{5:032x}"],
}  # fmt: skip
TESTED = {
    "held_out_score": 0.8,
    "scorer": "words",
    "clips": 100,
    "p_value": 0.001,
    "q_value": 0.002,
    "is_description_supported": True,
}
DOG = "A dog; also barks that are not loud."
TRUST = {"trust": 0.8, "trust_low": 0.7, "trust_high": 0.9, "trust_missing_reason": None}


def evidence(predictions: pl.DataFrame) -> dict[str, dict]:
    """Tables of the room; ``predictions`` are the rows of ``concept_predictions``."""
    neurons = range(predictions["neuron_id"].n_unique())
    significance = predictions.drop("score").with_columns(
        concept_clips=3, p_value=0.4, q_value=0.5, is_significant=False, **{n: pl.lit(v) for n, v in AUROC.items()}
    )
    words = [
        {"neuron_id": n, "rank": r, "word": w, "word_clips": 5, "auroc": 0.9, "p_value": 0.001, "q_value": 0.002,
         "is_in_description": True} for n, r, w in ((0, 1, "dog"), (0, 2, "bark"), (1, 1, "rain"))
    ]  # fmt: skip
    scores = [{"neuron_id": n, "scorer": s, "claim": "A dog."} | SCORES for n in neurons
              for s in ("embedding", "words")]  # fmt: skip
    scores += [{"neuron_id": n, "scorer": "detection", "claim": "dog", **DETECTED} for n in neurons]
    scores[-1] |= {"score": None, "score_low": None, "score_high": None, "missing_reason": "unparsable: No verdicts."}
    halves = [
        {"neuron_id": n, "half": h, "clips": 2 + h, "summary": "A dog. It barks.", "lowest_summary": "It barks.",
         "description": "A dog.", "describer": "counting", "missing_reason": None,
         "answer_ids": [f"{6:032x}"] if n == h == 0 else None} for n in neurons for h in (0, 1)
    ]  # fmt: skip
    halves[-1] |= {"summary": None, "description": None, "missing_reason": "A half is too small."}
    stability = [
        {"neuron_id": n, "first_description": "A dog.", "second_description": "A bark.", "cosine": 0.6,
         "word_overlap": 0.2, "chance_cosine": 0.4, "chance_word_overlap": 0.1} for n in neurons
    ]  # fmt: skip
    planted = [(0, "loudness", "quality", "loud"), (1, "dog", "class", "dog"), (2, "zero", "dead", None)]
    columns = ["neuron_id", "function", "kind", "expected_words"]
    frame = pl.DataFrame(planted, schema=columns, orient="row").with_columns(part=0, is_denied=False)
    return {
        "concept_significance": significance.to_dict(),
        "evident_words": pl.DataFrame(words).to_dict(),
        "half_descriptions": pl.DataFrame(halves, infer_schema_length=None).to_dict(),
        "description_scores": pl.DataFrame(scores, infer_schema_length=None).to_dict(),
        "neuron_sentences": pl.DataFrame([_sentence(n) for n in neurons], infer_schema_length=None).to_dict(),
        "neuron_verdicts": pl.DataFrame([_verdict(n) for n in neurons], infer_schema_length=None).to_dict(),
        "description_stability": pl.DataFrame(stability).to_dict(),
        "planted_neurons": frame.to_dict(),
    }


def _sentence(neuron: int) -> dict[str, Any]:
    """Neuron 0 has a line of an LLM, 4 that of the rule, since the LLM's was of no use."""
    row = dict.fromkeys(("sentence", "writer", "rule_sentence", "answer_id"))
    row |= {"neuron_id": neuron, "missing_reason": "No label holds."}
    if neuron == 0:
        row |= {"sentence": DOG, "writer": "llm:tiny", "rule_sentence": "Dogs; also barks, not loud."}
        row |= {"answer_id": f"{7:032x}", "missing_reason": None}
    if neuron == 4:
        row |= {"sentence": "Dogs.", "writer": "rule", "rule_sentence": "Dogs."}
        row |= {"missing_reason": "unparsable: It leaves out dog of the label."}
    return row


def _verdict(neuron: int) -> dict[str, Any]:
    row = dict.fromkeys((*TESTED, *TRUST, "statement", "description", "evident_words"))
    row |= {"neuron_id": neuron, "clips": 0, "verdict": "no_evidence", "is_described": False, "reason": "Nothing."}
    row |= {"trust_missing_reason": "Nothing is stated."}
    if neuron in (0, 4):
        row |= (
            TESTED
            | TRUST
            | {
                "verdict": "labelled",
                "is_described": True,
                "statement": DOG if neuron == 0 else "Dogs.",
                "held_out_score": 0.6,
            }
        )
    if neuron == 1:
        row |= TESTED | TRUST | {"verdict": "described", "is_described": True, "statement": "A dog."}
    return row | ({"verdict": "dead"} if neuron == 2 else {})
