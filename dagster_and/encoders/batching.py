"""What every text encoder does with its texts: each distinct one once, in batches."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from dagster_and.foundation.progress import progress

if TYPE_CHECKING:
    import torch

BATCH = 64


def encode_distinct(texts: Sequence[str], encode_batch: Callable[[list[str]], "torch.Tensor"]) -> "torch.Tensor":
    """Embeddings of ``texts`` in their order, float32 "text dim"; equal texts are encoded once."""
    import torch

    # alike in length, so that batches hold little padding; then by the alphabet, so that batches are always the same:
    # what a text is batched with shows in the last digits of its embedding
    distinct = sorted(set(texts), key=lambda text: (len(text), text))
    batches = [distinct[start : start + BATCH] for start in range(0, len(distinct), BATCH)]
    encoded = [encode_batch(batch).float().cpu() for batch in progress(batches, "encoding texts", "batches")]
    places = {text: place for place, text in enumerate(distinct)}
    return torch.cat(encoded)[[places[text] for text in texts]].clone()
