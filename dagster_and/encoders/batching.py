"""What every text encoder does with its texts: each distinct one once, in batches of one shape.

In whose company a text is encoded shows in the last digits of its vector: padding changes sums, the shape of a matrix
changes the order in which a library adds, and so do threads. So a batch holds texts of one number of tokens, always as
many of them, and is worked on by one thread: a text's vector is that of the text, whatever else is encoded.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import groupby

import numpy as np

from dagster_and.foundation.cores import usable_cores
from dagster_and.foundation.progress import progress

BATCH = 16


def encode_distinct(
    texts: Sequence[str], length_of: Callable[[str], int], encode_batch: Callable[[list[str]], np.ndarray]
) -> np.ndarray:
    """Embeddings of ``texts`` in their order, float32 "text dim"; equal texts are encoded once.

    Args:
        texts: at least one.
        length_of: how many tokens a text has.
        encode_batch: embeddings of :data:`BATCH` texts of one length.
    """
    import torch

    lengths = {text: length_of(text) for text in set(texts)}
    distinct = sorted(lengths, key=lambda text: (lengths[text], text))
    batches: list[list[str]] = []
    for _, alike in groupby(distinct, key=lengths.__getitem__):
        own = list(alike)
        batches += [own[start : start + BATCH] for start in range(0, len(own), BATCH)]
    encode, threads = partial(_filled, encode_batch=encode_batch), torch.get_num_threads()
    try:
        with ThreadPoolExecutor(usable_cores(), initializer=torch.set_num_threads, initargs=(1,)) as pool:
            encoded = list(progress(pool.map(encode, batches), "encoding texts", "batches", len(batches)))
    finally:
        torch.set_num_threads(threads)  # a part of what one thread sets is set for all
    places = {text: place for place, text in enumerate(distinct)}
    return np.concatenate(encoded)[[places[text] for text in texts]]


def _filled(batch: list[str], encode_batch: Callable[[list[str]], np.ndarray]) -> np.ndarray:
    """Of the texts of a batch that is filled up with the first of them."""
    filled = [*batch, *batch[:1] * (BATCH - len(batch))]
    return np.asarray(encode_batch(filled), dtype=np.float32)[: len(batch)]
