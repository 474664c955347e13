"""Module A, closed-concept identification: which concept of D_c does a neuron follow? (AND, section 3.1)

``DB`` (description based) compares concepts with captions through a text encoder. ``TAB`` (text-audio based) compares
them with the sounds themselves through a text-audio encoder.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl
import pyarrow as pa
import torch
from torch import Tensor

from dagster_and.method.activations.pooling import each_layer
from dagster_and.method.arrays.batches import Rows
from dagster_and.method.closed_concepts.similarity import SIMILARITIES, Layer, Match, refuse_other_clips
from dagster_and.method.closed_concepts.tables import CONCEPT_PREDICTIONS
from dagster_and.method.text.paragraphs import Encode

TEMPERATURE = 100.0
KEPT = 5


def description_match(concepts: Tensor, captions: Tensor) -> Tensor:
    """v_c[j] = softmax over concepts of 100 cos(text(c), text(d_j)).

    Args:
        concepts: unit embeddings, "concept dim".
        captions: unit embeddings, "clip dim".

    Returns:
        "clip concept"; each row sums to 1.
    """
    return torch.softmax(TEMPERATURE * (captions.double() @ concepts.double().T), dim=1)


def best_concepts(scores: Tensor, k: int = KEPT) -> tuple[Tensor, Tensor]:
    """Scores and concept indices of the k best concepts ("neuron rank"); ties by concept index."""
    ordered = torch.sort(scores, dim=1, descending=True, stable=True)
    return ordered.values[:, :k], ordered.indices[:, :k]


def captioned_match(
    captions: Sequence[str | None] | pl.Series,
    concepts: Sequence[str] | pl.Series,
    encode: Encode,
) -> tuple[np.ndarray, Tensor]:
    """Clips that have a caption, and how well each of these matches each concept (DB, "clip concept").

    A clip without a caption is left out on both sides: it says nothing about a concept.

    Raises:
        ValueError: not one clip has a caption.
    """
    captioned = np.array([i for i, caption in enumerate(captions) if caption is not None])
    if not len(captioned):
        raise ValueError("not one clip has a caption, so no concept can be compared with the activations")
    texts = list(concepts), [str(captions[int(i)]) for i in captioned]
    return captioned, description_match(*(torch.from_numpy(encode(own)) for own in texts))


def predict(
    rows: Rows, neurons: pl.DataFrame, matches: Mapping[str, tuple[np.ndarray, Tensor]], device: str = "cpu"
) -> Iterator[pa.RecordBatch]:  # fmt: skip
    """The table ``concept_predictions``, one record batch a layer and method.

    Args:
        rows: of ``activations``.
        neurons: the table ``neurons``.
        matches: by method, the clips that it compares, and how well each matches each concept, "clip concept".
        device: where scores are computed; one that knows float64.
    """
    widths = neurons.group_by("layer_name", maintain_order=True).len()["len"].to_list()
    for by_method in each_layer(_Predicting(matches, device), rows, widths):
        yield from by_method


@dataclass(frozen=True)
class _Predicting:
    """What is done with a layer; what it needs of the matches is computed once, by whoever does it."""

    matches: Mapping[str, tuple[np.ndarray, Tensor]]
    device: str

    @cached_property
    def _prepared(self) -> dict[str, tuple[np.ndarray, Match]]:
        return {method: (clips, Match(match.to(self.device))) for method, (clips, match) in self.matches.items()}

    def __call__(self, ids: np.ndarray, activation: np.ndarray) -> list[pa.RecordBatch]:
        """Rows of one layer by each method."""
        layers: dict[bytes, Layer] = {}  # the same clips are ranked once
        for clips, _ in self._prepared.values():
            if clips.tobytes() not in layers:
                layers[clips.tobytes()] = Layer(torch.from_numpy(activation[:, clips]).to(self.device))
        own = ((method, layers[clips.tobytes()], match) for method, (clips, match) in self._prepared.items())
        return [_predictions(ids, layer, match, method) for method, layer, match in own]


def _predictions(ids: np.ndarray, layer: Layer, match: Match, method: str) -> pa.RecordBatch:
    """Rows of one layer, by all similarity functions."""
    refuse_other_clips(match, layer)
    frames: list[pl.DataFrame] = []
    for similarity, function in SIMILARITIES.items():
        score, concept = (values.cpu() for values in best_concepts(function(match, layer)))
        kept = score.shape[1]
        frames.append(
            pl.DataFrame(
                {
                    "neuron_id": np.repeat(ids, kept),
                    "rank": np.tile(np.arange(1, kept + 1, dtype=np.int32), len(ids)),
                    "concept_id": concept.reshape(-1).numpy().astype(np.int32),
                    "score": score.reshape(-1).numpy(),
                }
            ).with_columns(method=pl.lit(method), similarity=pl.lit(similarity))
        )
    rows = pl.concat(frames).select(CONCEPT_PREDICTIONS.schema.names).to_arrow()
    return rows.cast(CONCEPT_PREDICTIONS.schema).combine_chunks().to_batches()[0]
