"""Is a description true of sounds that did not make it? (beyond AND: the paper scores no description)

On clips outside a neuron's top and bottom K, those of the highest tenth of activations should be nearer to the
description than the rest. All held-out clips are used, so every activation decile counts alike, and the captions that
are nearest to the description although the neuron stays low on them, the hard negatives, are among the rest. Nearness
is chosen without a look at the activation, so a description that knows nothing scores 0.5 on average.

Two things must hold at once, and the larger p value counts (intersection-union): nearer than the rest, and nearer than
the lowest tenth. The second keeps out neurons that follow size, not sign: a random projection of the samples is largest
on loud clips, and smallest there, too.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pyarrow as pa

from dagster_and.method.arrays.batches import chunks
from dagster_and.method.evidence.tables import DESCRIPTION_SCORES
from dagster_and.method.statistics.auroc import SMALLEST_GROUP, auroc_interval, contrast
from dagster_and.method.statistics.auroc import midranks as ranks_of
from dagster_and.method.text.caption_words import WordNearness
from dagster_and.method.top_clips.ranking import top_clips

if TYPE_CHECKING:
    from torch import Tensor

HIGH_SHARE = 0.1
FEWEST_CLIPS = 20
NO_DESCRIPTION = "No sentence of its summary is left after calibration, or it has no summary."
NO_SPREAD = "Outside its top and bottom clips the activation hardly varies."
TOO_FEW_CLIPS = f"Fewer than {FEWEST_CLIPS} captioned clips lie outside the top and bottom K."

Nearness = Callable[[Sequence[str]], np.ndarray]
"""How near each text is to each captioned clip: texts to "text clip"."""


@dataclass(frozen=True)
class HeldOut:
    """Held-out clips of some neurons: columns in the order of activation, lowest first ("neuron clip")."""

    clips: np.ndarray
    activation: np.ndarray
    high: np.ndarray
    low: np.ndarray


def held_out(activation: np.ndarray, k: int) -> HeldOut:
    """The clips outside the top and bottom K, and which of them are high and low: a tenth each.

    Where equal activations straddle the border of a tenth, the clips beyond it count, or, where they are under three,
    those on it as well; a neuron that can't be split that way has neither.

    Args:
        activation: "neuron clip", with more than 2 K clips.
        k: clips kept as evidence at either end.
    """
    ends = top_clips(activation, k)
    hidden = np.zeros(activation.shape, dtype=bool)
    for clips in ends.values():
        np.put_along_axis(hidden, clips, True, axis=1)
    kept = activation.shape[1] - 2 * k
    order = np.argsort(np.where(hidden, np.inf, activation), axis=1, kind="stable")[:, :kept]
    values = np.take_along_axis(activation, order, axis=1)
    tenth = max(SMALLEST_GROUP, round(HIGH_SHARE * kept))
    high, low = _beyond(values, values[:, -tenth]), _beyond(-values, -values[:, tenth - 1])
    is_split = np.asarray(~(high & low).any(axis=1) & (high.sum(axis=1) <= kept - tenth))
    return HeldOut(order, values, high & is_split[:, None], low & is_split[:, None])


def _beyond(values: np.ndarray, border: np.ndarray) -> np.ndarray:
    beyond, on = values > border[:, None], values >= border[:, None]
    straddles = beyond.any(axis=1) & (on.sum(axis=1) > max(SMALLEST_GROUP, round(HIGH_SHARE * values.shape[1])))
    is_enough = beyond.sum(axis=1) >= SMALLEST_GROUP
    return np.where((straddles & is_enough)[:, None], beyond, on)


def score(near: np.ndarray, held: HeldOut) -> dict[str, np.ndarray]:
    """Columns of ``description_scores`` from how near the clips are to each neuron's description ("neuron clip")."""
    near = np.take_along_axis(near, held.clips, axis=1)
    area, p = contrast(near, held.high, ~held.high & np.any(held.high, axis=1, keepdims=True))
    against_lowest, p_lowest = contrast(near, held.high, held.low)
    size = held.high.sum(axis=1)
    low, high = auroc_interval(area, np.maximum(size, 1), np.maximum(near.shape[1] - size, 1))
    return {
        "score": area, "score_low": low, "score_high": high, "score_against_lowest": against_lowest,
        "nearest_precision": _precision(near, held.high), "rank_correlation": _spearman(near, held.activation),
        "p_value": np.maximum(p, p_lowest),
    }  # fmt: skip


def _precision(near: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Share of high clips among the nearest tenth of captions; clips equally near share the last places."""
    tenth = max(1, round(HIGH_SHARE * near.shape[1]))
    border = np.partition(near, near.shape[1] - tenth, axis=1)[:, near.shape[1] - tenth, None]
    beyond, on = near > border, near == border
    places = (tenth - beyond.sum(axis=1)) / np.maximum(on.sum(axis=1), 1)
    hits = (high & beyond).sum(axis=1) + places * (high & on).sum(axis=1)
    return np.where(high.any(axis=1), hits / tenth, np.nan)


def _spearman(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    a, b = ranks_of(first), ranks_of(second)
    a, b = a - a.mean(axis=1, keepdims=True), b - b.mean(axis=1, keepdims=True)
    norm = np.sqrt(np.square(a).sum(axis=1) * np.square(b).sum(axis=1))
    return np.where(norm > 0, (a * b).sum(axis=1) / np.where(norm > 0, norm, 1.0), np.nan)


def shuffled(descriptions: Sequence[str | None], seed: int = 0) -> list[str | None]:
    """The descriptions, each handed to another neuron of those that have one; the same where there is only one."""
    described = [place for place, text in enumerate(descriptions) if text is not None]
    order = np.random.default_rng(seed).permutation(len(described))
    mixed = list(descriptions)
    for place, giver in zip(order, np.roll(order, 1), strict=True):
        mixed[described[place]] = descriptions[described[giver]]
    return mixed


def scorers(
    captions: Sequence[str], descriptions: Sequence[str | None], encode: "Callable[[Sequence[str]], Tensor]"
) -> dict[str, Nearness]:
    """How near descriptions are to captions, by shared words and by sentence embedding.

    Args:
        captions: of the captioned clips.
        descriptions: that will be asked about, so that each distinct one is encoded once.
        encode: texts to unit embeddings, "text dim".
    """
    distinct = sorted({text for text in descriptions if text} | {""})
    places = {text: place for place, text in enumerate(distinct)}
    embedded, heard = encode(distinct).numpy(), encode(captions).numpy()

    def by_embedding(texts: Sequence[str]) -> np.ndarray:
        return embedded[[places[text] for text in texts]] @ heard.T

    return {"words": WordNearness(captions), "embedding": by_embedding}


def description_scores(
    batches: Iterable[pa.RecordBatch],
    descriptions: Sequence[str | None],
    captioned: np.ndarray,
    scorers: Mapping[str, Nearness],
    k: int,
) -> pl.DataFrame:
    """The table ``description_scores``.

    Args:
        batches: rows of ``activations``.
        descriptions: of every neuron, in the order of neuron_id; None where there is none.
        captioned: ids of the clips that have a caption, "clip"; the others are left out.
        scorers: by name, how near texts are to these clips.
        k: clips kept as evidence at either end.
    """
    others = shuffled(descriptions)
    frames: list[pl.DataFrame] = []
    for ids, activation in chunks(batches):
        values = activation[:, captioned]
        own, foreign = [descriptions[i] for i in ids], [others[i] for i in ids]
        held = held_out(values, k) if values.shape[1] - 2 * k >= FEWEST_CLIPS else None
        for name, nearness in scorers.items():
            frames.append(_rows(ids, own, foreign, held, name, nearness))
    return pl.concat(frames).sort(DESCRIPTION_SCORES.key)


def _rows(
    ids: np.ndarray, own: list[str | None], foreign: list[str | None], held: HeldOut | None, name: str, near: Nearness
) -> pl.DataFrame:
    missing = np.array([NO_DESCRIPTION if text is None else None for text in own], dtype=object)
    columns: dict[str, np.ndarray] = {}
    clips = np.zeros(len(ids), dtype=np.int32)
    high = clips
    if held is None:
        missing[missing == None] = TOO_FEW_CLIPS  # noqa: E711 - element by element
    else:
        columns = score(near([text or "" for text in own]), held)
        columns["shuffled_score"] = score(near([text or "" for text in foreign]), held)["score"]
        clips, high = np.full(len(ids), held.clips.shape[1], np.int32), held.high.sum(axis=1).astype(np.int32)
        missing[(missing == None) & ~held.high.any(axis=1)] = NO_SPREAD  # noqa: E711
    is_missing = np.array([reason is not None for reason in missing])
    frame = pl.DataFrame(
        {
            "neuron_id": ids,
            "scorer": [name] * len(ids),
            "description": pl.Series(own, dtype=pl.String),
            "clips": clips,
            "high_clips": high,
            **{column: np.where(is_missing, np.nan, values) for column, values in columns.items()},
            "missing_reason": pl.Series(missing.tolist(), dtype=pl.String),
        }
    ).with_columns(pl.selectors.float().fill_nan(None))
    schema = DESCRIPTION_SCORES.frame_schema
    absent = [pl.lit(None, dtype).alias(n) for n, dtype in schema.items() if n not in frame.columns]
    return frame.with_columns(absent).select(schema.names()).cast(schema)
