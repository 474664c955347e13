"""Is a description true of sounds that did not make it? (beyond AND: the paper scores no description)

Every neuron is described from either half of the clips (:mod:`.halves`), and each description is put to the other half:
clips that activate the neuron highly should be nearer to it than the rest. All clips of that half take part, the most
active ones, too, so that a neuron is judged where it is active. No clip has a say in the description that is held
against it. Pairs lie within one half: a pair across would set clips under one description against clips under another.

High is a tenth of the half, or fewer where fewer clips carry the activation, but at least three. Of a neuron that fires
on one clip in fifty, most of the highest tenth would be clips that it ignores. Clips are counted by the square of what
lies above the median (its effective size): by the activation itself, a little noise on each of many clips would count
for more than three clips that it fires on. Of a normally distributed activation a sixth counts, so a tenth is high.

Nearness is chosen without a look at the activation, so a description that knows nothing scores 0.5 on average. What is
nearest although the neuron stays low on it, the hard negatives, is among the rest.

Two things must hold at once, and the larger p value counts (intersection-union): nearer than the rest, and nearer than
the lowest tenth. The second keeps out neurons that follow size, not sign: a random projection of the samples is largest
on loud clips, and smallest there, too.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from dagster_and.method.arrays.batches import Chunk, Rows, each_chunk
from dagster_and.method.evidence.halves import Halves, described_by_half
from dagster_and.method.evidence.tables import DESCRIPTION_SCORES
from dagster_and.method.labels.sample import effective_size
from dagster_and.method.statistics.auroc import SMALLEST_GROUP, contrast, contrast_with_rest, stratified_interval
from dagster_and.method.statistics.auroc import midranks as ranks_of
from dagster_and.method.text.caption_words import CaptionVectors, WordNearness
from dagster_and.method.text.paragraphs import Encode, Paragraphs

HIGH_SHARE = 0.1
FEWEST_CLIPS = 10
NO_DESCRIPTION = "No sentence of its summary is left after calibration, or it has no summary."
NO_SPREAD = "In no half that could be scored do three clips stand out from the others."
TOO_FEW_CLIPS = f"A half has fewer than {FEWEST_CLIPS} captioned clips."

Nearness = Callable[[Sequence[str], np.ndarray], np.ndarray]
"""How near each text is to the captions of some clips, by their places among the captioned ones: "text clip"."""


@dataclass(frozen=True)
class Ends:
    """Which clips activate the neuron highly, and which least: both bool "neuron clip"."""

    high: np.ndarray
    low: np.ndarray


def ends(activation: np.ndarray) -> Ends:
    """The high clips and the lowest tenth.

    Where equal activations straddle the border, the clips beyond it count, or, where they are under three, those on it
    as well; a neuron that can't be split that way has neither.

    Args:
        activation: "neuron clip".
    """
    clips, ordered = activation.shape[1], np.sort(activation, axis=1)
    tenth = np.full(len(activation), max(SMALLEST_GROUP, round(HIGH_SHARE * clips)))
    median = ordered[:, (clips - 1) // 2 : clips // 2 + 1].mean(axis=1, keepdims=True)
    above = np.maximum(activation - median, 0)
    carriers = np.rint(effective_size(np.square(above))[:, 0]).astype(np.int64)
    count = np.clip(carriers, SMALLEST_GROUP, tenth)
    high, low = _highest(activation, ordered, count, tenth), _highest(-activation, -ordered[:, ::-1], tenth, tenth)
    is_split = np.asarray(~(high & low).any(axis=1) & (high.sum(axis=1) <= clips - tenth))
    return Ends(high & is_split[:, None], low & is_split[:, None])


def _highest(values: np.ndarray, ordered: np.ndarray, count: np.ndarray, most: np.ndarray) -> np.ndarray:
    """About ``count`` clips of each row, equal ones together; ``ordered`` are the values of each row, sorted."""
    border = np.take_along_axis(ordered, values.shape[1] - count[:, None], axis=1)
    beyond, on = values > border, values >= border
    straddles = beyond.any(axis=1) & (on.sum(axis=1) > most)
    is_enough = beyond.sum(axis=1) >= SMALLEST_GROUP
    return np.where((straddles & is_enough)[:, None], beyond, on)


@dataclass(frozen=True)
class Half:
    """What is known of some neurons on one half of the clips, whatever is said of them.

    ``ends``: from :func:`ends`; ``ranks``: mid-ranks of the activation, "neuron clip".
    """

    ends: Ends
    ranks: np.ndarray

    @classmethod
    def of(cls, activation: np.ndarray) -> "Half":
        """Of activations "neuron clip"."""
        return cls(ends(activation), ranks_of(activation))


def score(near: Sequence[np.ndarray], halves: Sequence[Half], is_told: np.ndarray) -> dict[str, np.ndarray]:
    """Columns of ``description_scores``, of both halves together.

    Args:
        near: how near the clips of either half are to the description that the other half made, "neuron clip".
        halves: the activation on either half.
        is_told: whether there is such a description, bool "half neuron"; a half without one has no say.
    """
    ranks, high = [ranks_of(half) for half in near], _told(halves, is_told)
    low = [half.ends.low & own.any(axis=1, keepdims=True) for half, own in zip(halves, high, strict=True)]
    against_rest = [contrast_with_rest(*pair) for pair in zip(ranks, high, strict=True)]
    pooled = against_rest[0] + against_rest[1]
    lowest = contrast(near[0], high[0], low[0]) + contrast(near[1], high[1], low[1])
    size, others = (np.stack([getattr(half, side) for half in against_rest]) for side in ("size", "others"))
    ends_of_it = stratified_interval(pooled.area, size, others)
    clips = (size + others).sum(axis=0)
    return {
        "clips": clips, "high_clips": size.sum(axis=0),
        "score": pooled.area, "score_low": ends_of_it[0], "score_high": ends_of_it[1],
        "score_against_lowest": lowest.area,
        "nearest_precision": _ratio(_hits(near[0], high[0]) + _hits(near[1], high[1]), size.sum(axis=0)),
        "rank_correlation": _correlation(ranks, [half.ranks for half in halves], size + others),
        "p_value": np.maximum(pooled.p_value, lowest.p_value),
    }  # fmt: skip


def area_against_rest(near: Sequence[np.ndarray], halves: Sequence[Half], is_told: np.ndarray) -> np.ndarray:
    """The column ``score`` of :func:`score` alone."""
    high = _told(halves, is_told)
    first, second = (contrast_with_rest(ranks_of(half), own) for half, own in zip(near, high, strict=True))
    return (first + second).area


def _told(halves: Sequence[Half], is_told: np.ndarray) -> list[np.ndarray]:
    return [half.ends.high & told[:, None] for half, told in zip(halves, is_told, strict=True)]


def _hits(near: np.ndarray, high: np.ndarray) -> np.ndarray:
    """High clips among as many that are nearest; clips equally near share the last places."""
    count = high.sum(axis=1)
    ordered = np.sort(near, axis=1)
    border = np.take_along_axis(ordered, near.shape[1] - np.maximum(count, 1)[:, None], axis=1)
    beyond, on = near > border, near == border
    places = (count - beyond.sum(axis=1)) / np.maximum(on.sum(axis=1), 1)
    return (high & beyond).sum(axis=1) + places * (high & on).sum(axis=1)


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.where(whole > 0, part / np.maximum(whole, 1), np.nan)


def _correlation(near: Sequence[np.ndarray], activation: Sequence[np.ndarray], clips: np.ndarray) -> np.ndarray:
    """Of ranks. Mean over the halves that count ("half neuron": their clips), as far as it is defined there."""
    found = np.stack([_spearman(*pair) for pair in zip(near, activation, strict=True)])
    weight = np.where(np.isnan(found), 0, clips)
    return _ratio((np.nan_to_num(found) * weight).sum(axis=0), weight.sum(axis=0))


def _spearman(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Of mid-ranks, whose mean is that of all places."""
    a, b = (ranks - (ranks.shape[1] + 1) / 2 for ranks in (first, second))
    norm = np.sqrt(np.einsum("nc,nc->n", a, a) * np.einsum("nc,nc->n", b, b))
    return np.where(norm > 0, np.einsum("nc,nc->n", a, b) / np.where(norm > 0, norm, 1.0), np.nan)


def shuffled(descriptions: Sequence[str | None], seed: int = 0) -> list[str | None]:
    """The descriptions, each handed to another neuron of those that have one; the same where there is only one."""
    described = [place for place, text in enumerate(descriptions) if text is not None]
    order = np.random.default_rng(seed).permutation(len(described))
    mixed = list(descriptions)
    for place, giver in zip(order, np.roll(order, 1), strict=True):
        mixed[described[place]] = descriptions[described[giver]]
    return mixed


def scorers(captions: Sequence[str], descriptions: Sequence[str | None], encode: Encode) -> dict[str, Nearness]:
    """How near descriptions are to captions, by shared words and by sentence embedding.

    Args:
        captions: of the captioned clips.
        descriptions: that will be asked about.
        encode: texts to unit embeddings, "text dim".
    """
    vector_of = Paragraphs(["", *(text for text in descriptions if text)], encode)
    heard = CaptionVectors(encode(captions))

    def by_embedding(texts: Sequence[str], clips: np.ndarray) -> np.ndarray:
        return heard.products(vector_of(texts), clips)

    return {"words": WordNearness(captions), "embedding": by_embedding}


def description_scores(
    rows: Rows,
    descriptions: Sequence[str | None],
    half_descriptions: pl.DataFrame,
    parts: Halves,
    scorers: Mapping[str, Nearness],
) -> pl.DataFrame:
    """The table ``description_scores``, without detection.

    Args:
        rows: of ``activations``.
        descriptions: of every neuron, in the order of neuron_id; None where there is none.
        half_descriptions: the table.
        parts: clip_ids of either half.
        scorers: by name, how near texts are to captioned clips.
    """
    made = described_by_half(half_descriptions)
    texts = [rows["description"].to_list() for rows in made]
    # what one half says of a neuron is put to the other half
    told = _Told(descriptions, texts[::-1], made[0]["missing_reason"].to_list())
    others = [shuffled(half, seed) for seed, half in enumerate(told.by_half)]
    captioned = np.sort(np.concatenate(parts))
    places = [np.searchsorted(captioned, part) for part in parts]
    is_enough = min(map(len, parts)) >= FEWEST_CLIPS

    def work(chunk: Chunk) -> list[pl.DataFrame]:
        ids, activation = chunk
        if not is_enough:
            return [_rows(ids, told, {}, name) for name in scorers]
        known = [Half.of(activation[:, part]) for part in parts]
        own, foreign = ([[half[i] for i in ids] for half in side] for side in (told.by_half, others))
        frames: list[pl.DataFrame] = []
        for name, nearness in scorers.items():
            near, is_told = _near(nearness, own, places)
            columns = score(near, known, is_told)
            near, is_told = _near(nearness, foreign, places)
            columns["shuffled_score"] = area_against_rest(near, known, is_told)
            frames.append(_rows(ids, told, columns, name))
        return frames

    frames = [frame for own in each_chunk(work, rows) for frame in own]
    return pl.concat(frames).sort(DESCRIPTION_SCORES.key)


@dataclass(frozen=True)
class _Told:
    """Every neuron's description, those that either half is told, and why there are none."""

    claims: Sequence[str | None]
    by_half: list[list[str | None]]
    reasons: list[str | None]


def _near(
    nearness: Nearness, texts: list[list[str | None]], places: list[np.ndarray]
) -> tuple[list[np.ndarray], np.ndarray]:
    near = [nearness([text or "" for text in half], place) for half, place in zip(texts, places, strict=True)]
    return near, np.array([[text is not None for text in half] for half in texts])


def _rows(ids: np.ndarray, told: _Told, columns: dict[str, np.ndarray], scorer: str) -> pl.DataFrame:
    claims = [told.claims[i] for i in ids]
    is_told = [any(half[i] is not None for half in told.by_half) for i in ids]
    none = np.zeros(len(ids))
    counted = {name: columns.get(name, none).astype(np.int32) for name in ("clips", "high_clips")}
    why_none = NO_SPREAD if columns else TOO_FEW_CLIPS
    missing = [
        NO_DESCRIPTION if claim is None else told.reasons[i] if not is_there else None if high else why_none
        for i, claim, is_there, high in zip(ids, claims, is_told, counted["high_clips"], strict=True)
    ]
    is_missing = np.array([reason is not None for reason in missing])
    measured = {name: np.where(is_missing, np.nan, values) for name, values in columns.items() if name not in counted}
    frame = pl.DataFrame(
        {
            "neuron_id": ids,
            "scorer": [scorer] * len(ids),
            "claim": pl.Series(claims, dtype=pl.String),
            **{name: np.where(is_missing, 0, values) for name, values in counted.items()},
            **measured,
            "missing_reason": pl.Series(missing, dtype=pl.String),
        }
    ).with_columns(pl.selectors.float().fill_nan(None))
    schema = DESCRIPTION_SCORES.frame_schema
    absent = [pl.lit(None, dtype).alias(n) for n, dtype in schema.items() if n not in frame.columns]
    return frame.with_columns(absent).select(schema.names()).cast(schema)
