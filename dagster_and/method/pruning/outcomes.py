"""What a cut network answers, clip by clip: logits and probabilities, both named as what they are.

The reference calls the raw logit "confidence" (docs/deviations.md, fault 5).
"""

from collections.abc import Sequence

import numpy as np
import polars as pl

from dagster_and.method.pruning.tables import PRUNING_OUTCOMES, PRUNINGS


def outcome_rows(
    cuts: pl.DataFrame,
    clips: pl.DataFrame,
    class_labels: Sequence[str],
    before: np.ndarray,
    after: np.ndarray,
    run_of: Sequence[int],
) -> pl.DataFrame:
    """The table ``pruning_outcomes``.

    Args:
        cuts: strategy, size_of, concept_id, seed, and label: the concept's class.
        clips: clip_id and label of the held-out clips.
        class_labels: in the order of the logits.
        before: logits of the whole network, "clip class".
        after: logits after each distinct cut, "run clip class".
        run_of: which of them each row of ``cuts`` is.
    """
    names = np.asarray(class_labels, dtype=object)
    own = np.array([class_labels.index(label) for label in clips["label"]])
    each = np.arange(len(own))
    frames: list[pl.DataFrame] = []
    probable_before = softmax(before)
    for cut, run in zip(cuts.iter_rows(named=True), run_of, strict=True):
        logits, concept = after[run], class_labels.index(cut["label"])
        probable = softmax(logits)
        columns = {name: [cut[name]] * len(own) for name in PRUNINGS.key}
        columns |= {"clip_id": clips["clip_id"].to_list()}
        for when, logit, probability in (("before", before, probable_before), ("after", logits, probable)):
            columns |= {
                f"concept_logit_{when}": logit[:, concept],
                f"concept_probability_{when}": probability[:, concept],
                f"own_logit_{when}": logit[each, own],
                f"own_probability_{when}": probability[each, own],
                f"predicted_{when}": names[logit.argmax(axis=1)].tolist(),
            }
        frames.append(pl.DataFrame(columns))
    return pl.concat(frames).select(PRUNING_OUTCOMES.schema.names).cast(PRUNING_OUTCOMES.frame_schema)


def softmax(logits: np.ndarray) -> np.ndarray:
    """Probabilities over the last axis."""
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)
