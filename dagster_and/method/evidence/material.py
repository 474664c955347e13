"""What a neuron's sentence is made of: its label, its second label, and caption words that have evidence beside them.

An evident word is a word whose clips activate the neuron more. What is said of it has to be true of the label's own
clips, too, so both are counted over all clips:

- An adjective is said with "often" if it holds on at least half of the label's clips, with "mostly" from nine in ten,
  and on a larger share of them than of the others.
- A noun is said with "such as" if nine in ten of its clips are clips of the label, and only where the label names no
  noun itself and is one alternative: "sharp sounds, such as clock ticks", "anything but rain, such as sirens".

Left out is what the label says or denies in any form of the word, what stands on a scale at the pole of a word of the
label (a synonym) or at the other one (an opposite), and words that fewer than seven in ten pairs of clips speak for.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import polars as pl

from dagster_and.method.evidence.reading import Said, content_keys, said
from dagster_and.method.labels.acoustic_cuts import qualities
from dagster_and.method.labels.atoms import truth_of
from dagster_and.method.labels.caption_atoms import known_clips
from dagster_and.method.labels.forms import clips_of
from dagster_and.method.sound.wording import RULES
from dagster_and.method.text.caption_words import word_presence
from dagster_and.method.text.names import name_key, name_words
from dagster_and.method.text.parts_of_speech import tag
from dagster_and.method.text.scales import POLES

LOWEST_AUROC = 0.7
OFTEN, MOSTLY = 0.5, 0.9
"""Shares of the label's clips from which an adjective is said to hold often, and mostly."""
WITHIN = 0.9
"""Share of a noun's clips that have to be the label's, for it to be an example of the label."""
ALIKE = 0.9
"""A word and a class whose clips overlap so much (intersection over union) are one thing: "tick" is a clock tick."""
MOST_WORDS = 2
MEASURED = {"hz": ("pitch",), "dbf": ("loudness",), "attack": ("attack",), "onset": ("rhythm",)}
"""Keys of what is measured, and the scales of which nothing is to be said beside it."""
NAMING = ("label", "concept", "phrase")
_ADJECTIVES = frozenset({rule.word for rule in RULES} | {"pitched"})


@dataclass(frozen=True)
class Material:
    """What may be said of a neuron. Evident words: adjectives with how often they hold, nouns as examples."""

    label: str
    second: str | None = None
    mostly: tuple[str, ...] = ()
    often: tuple[str, ...] = ()
    such_as: tuple[str, ...] = ()

    @property
    def evident(self) -> tuple[str, ...]:
        """All evident words."""
        return self.mostly + self.often + self.such_as


COLUMNS = pl.Schema(
    {
        "neuron_id": pl.Int32(),
        "label": pl.String(),
        "second": pl.String(),
        "mostly": pl.List(pl.String()),
        "often": pl.List(pl.String()),
        "such_as": pl.List(pl.String()),
    }
)


def materials(
    labels: pl.DataFrame, words: pl.DataFrame, atoms: pl.DataFrame, captions: Sequence[str | None],
    acoustics: pl.DataFrame,
) -> pl.DataFrame:  # fmt: skip
    """One row per labelled neuron, by neuron_id: the fields of :class:`Material`.

    Args:
        labels: the table ``neuron_labels``.
        words: the table ``evident_words``.
        atoms: the table ``atoms``.
        captions: of every clip, in the order of clip_id; None where missing.
        acoustics: the table ``clip_acoustics``; a clip that it lacks has unknown acoustics.
    """
    read = labels.filter(pl.col("label").is_not_null())
    forms = read.select("label", "form", "atom_ids").unique(["label", "form"]).sort("label", "form")
    read = read.join(forms.select("label", "form").with_row_index("place"), on=["label", "form"], how="left")
    second = read.filter(pl.col("mode") == 2).select("neuron_id", second="label")
    first = read.filter(pl.col("mode") == 1).select("neuron_id", "place", "label").join(
        second, on="neuron_id", how="left"
    )  # fmt: skip
    candidates = _candidates(first, forms, words, atoms, captions, acoustics)
    asked = first.join(candidates, on="neuron_id", how="left").sort("neuron_id")
    distinct = asked.select("label", "second", "word", "how").unique()
    chosen = [_material(*row) for row in distinct.iter_rows()]
    told = distinct.with_columns(**{
        name: pl.Series([list(getattr(one, name)) for one in chosen], dtype=pl.List(pl.String))
        for name in ("mostly", "often", "such_as")
    }, kept=pl.Series([one.second for one in chosen], dtype=pl.String))  # fmt: skip
    whole = asked.join(told, on=["label", "second", "word", "how"], how="left", nulls_equal=True)
    return whole.with_columns(second="kept").select(COLUMNS.names()).cast(COLUMNS).sort("neuron_id")


def _candidates(
    first: pl.DataFrame, forms: pl.DataFrame, words: pl.DataFrame, atoms: pl.DataFrame,
    captions: Sequence[str | None], acoustics: pl.DataFrame,
) -> pl.DataFrame:  # fmt: skip
    """Of every neuron the evident words that are true of its label's clips, best first: lists ``word`` and ``how``."""
    vocabulary, presence = word_presence(captions, 1, 1.0)
    held = presence.astype(np.float64)
    clips = _held(forms, atoms, captions, acoustics).astype(np.float64)
    both, own, size = clips @ held, held.sum(axis=0), clips.sum(axis=1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        inside, outside = both / size, (own - both) / (len(captions) - size)
        within = both / own
    listed = words.select("neuron_id", "rank", "word", "auroc").join(
        first.select("neuron_id", "place", is_open=pl.col("label").is_in(_open_labels(first["label"], atoms))),
        on="neuron_id",
    )  # fmt: skip
    known = {word: place for place, word in enumerate(vocabulary)}
    used = [word for word in listed["word"].unique().sort() if word in known]
    names = [_named(word, presence[:, known[word]], atoms) for word in used]
    called = pl.DataFrame(
        {"word": used, "column": [known[word] for word in used], "name": [one[0] for one in names],
         "is_noun": [one[1] for one in names]},
        schema={"word": pl.String, "column": pl.Int64, "name": pl.String, "is_noun": pl.Boolean},
    )  # fmt: skip
    listed = listed.join(called, on="word").filter(pl.col("auroc") >= LOWEST_AUROC)
    at = listed["place"].to_numpy(), listed["column"].to_numpy()
    listed = listed.with_columns(
        inside=pl.Series(inside[at]), outside=pl.Series(outside[at]), within=pl.Series(within[at])
    )
    is_more = (pl.col("inside") > pl.col("outside")) | pl.col("outside").is_nan()
    how = (
        pl.when(pl.col("is_noun"))
        .then(pl.when((pl.col("within") >= WITHIN) & pl.col("is_open")).then(pl.lit("such_as")))
        .when(is_more & (pl.col("inside") >= MOSTLY)).then(pl.lit("mostly"))
        .when(is_more & (pl.col("inside") >= OFTEN)).then(pl.lit("often"))
    )  # fmt: skip
    return (
        listed.with_columns(how=how)
        .drop_nulls(["how", "name"])
        .sort("neuron_id", "rank")
        .unique(["neuron_id", "name"], keep="first", maintain_order=True)
        .group_by("neuron_id", maintain_order=True)
        .agg(word="name", how="how")
    )


def _held(
    forms: pl.DataFrame, atoms: pl.DataFrame, captions: Sequence[str | None], acoustics: pl.DataFrame
) -> np.ndarray:
    """The clips on which each form holds, bool "form clip"; none of no form. What is not known of a clip does not hold
    there, and neither does its negation.
    """
    clips = pl.DataFrame({"clip_id": range(len(captions))}, schema={"clip_id": acoustics.schema["clip_id"]})
    measured = qualities(clips.join(acoustics, on="clip_id", how="left", maintain_order="left"))
    is_captioned = known_clips(captions)
    held = np.zeros((len(forms), len(captions)), dtype=bool)
    for place, (form, ids) in enumerate(forms.select("form", "atom_ids").iter_rows()):
        used = [atoms.row(atom, named=True) for atom in ids]
        held[place] = clips_of(form, [(atom["atom"], truth_of(atom, is_captioned, measured)) for atom in used])
    return held


def _named(word: str, clips: np.ndarray, atoms: pl.DataFrame) -> tuple[str | None, bool]:
    """How an evident word is said, and whether it is a noun: a class or phrase that it stands for, else as it is."""
    key = name_key(word)
    for name, ids in atoms.filter(pl.col("kind").is_in(NAMING)).select("atom", "clip_ids").iter_rows():
        if key in map(name_key, name_words(name)):
            own = np.zeros(len(clips), dtype=bool)
            own[ids] = True
            if (own & clips).sum() >= ALIKE * (own | clips).sum():
                return name, True
    kind = part_of_speech(word)
    return (word if kind else None), kind == "noun"


@lru_cache(maxsize=4096)
def part_of_speech(word: str) -> str | None:
    """adjective or noun; None for other words, which no sentence takes."""
    if word in _ADJECTIVES or word in POLES or word.endswith("-pitched"):
        return "adjective"
    tagged = tag(word)
    if not tagged or len(tagged[0]) != 1:
        return None
    return "adjective" if tagged[0][0].is_adjective else "noun" if tagged[0][0].is_noun else None


def _open_labels(labels: pl.Series, atoms: pl.DataFrame) -> list[str]:
    """Labels that name no noun and are one alternative: nouns are examples of them."""
    nouns = {name_key(word) for name in atoms.filter(pl.col("kind").is_in(NAMING))["atom"] for word in name_words(name)}
    words = atoms.filter(pl.col("kind") == "word")["atom"]
    nouns |= {name_key(word) for word in words if part_of_speech(word) != "adjective"}
    return [
        label for label in labels.unique()
        if not re.search(r", | or |\d", label.replace("anything but", ""))
        and not any(one.key in nouns for one in said(label) if not one.is_denied)
    ]  # fmt: skip


def _material(label: str, second: str | None, words: Sequence[str] | None, how: Sequence[str] | None) -> Material:
    """At most two of the words, in their order; a second label only if it repeats no word of the first."""
    keys = content_keys(label)
    if second is not None and keys & content_keys(second):
        second = None
    spoken = list(said(label)) + (list(said(second)) if second else [])
    measured = {scale for one in spoken for scale in MEASURED.get(one.key, ())}
    taken: dict[str, list[str]] = {"mostly": [], "often": [], "such_as": []}
    for word, kind in zip(words or (), how or (), strict=True):
        own = list(said(word))
        if sum(map(len, taken.values())) == MOST_WORDS or (kind == "such_as" and taken["such_as"]):
            continue
        is_measured = any(scale in measured for one in own for scale, _ in POLES.get(one.text, ()))
        if own and not is_measured and not any(_is_bound(one, other) for one in own for other in spoken):
            taken[kind].append(word)
            spoken += own
    return Material(label, second, *(tuple(taken[kind]) for kind in ("mostly", "often", "such_as")))


def _is_bound(one: Said, other: Said) -> bool:
    """Whether a word says again, or against, what another one says: the same word, or both on one scale."""
    scales = {scale for scale, _ in POLES.get(one.text, ())}
    return one.key == other.key or bool(scales & {scale for scale, _ in POLES.get(other.text, ())})
