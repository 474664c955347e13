"""When a neuron's words name a concept: whole lemmas, never parts of words.

The reference implementation looks for substrings, so that the noun "rain" cuts for the class "train" and "hen" for
"kitchen" (docs/deviations.md, fault 4). The rule here:

- A concept's words are matched one by one, function words ("of", "the") left out, and all of them have to be found:
  "clock tick" is named by a neuron that says "clock" and "tick", not by one that only says "clock".
- A word is found among the neuron's nouns, by whole lemma. A word in -ing ("sneezing", "crackling fire") is found among
  its verbs and adjectives, too, since taggers are of two minds about gerunds.
- The concept's word may be inflected: it is compared in every form that it could have as a lemma.
"""

import polars as pl

from dagster_and.method.text.names import name_in_words

FUNCTION_WORDS = frozenset({"a", "an", "the", "of", "in", "on", "at", "and", "or", "with", "to", "from", "by"})
IRREGULAR = {
    "teeth": "tooth", "feet": "foot", "geese": "goose", "mice": "mouse", "children": "child", "men": "man",
    "women": "woman", "wolves": "wolf", "leaves": "leaf", "knives": "knife", "people": "person", "oxen": "ox",
}  # fmt: skip


def content_words(concept: str) -> list[str]:
    """The concept's words in lower case that have to be found, in order, each once."""
    words = name_in_words(concept).lower().split()
    return list(dict.fromkeys([word for word in words if word not in FUNCTION_WORDS] or words))


def possible_lemmas(word: str) -> frozenset[str]:
    """The word and whatever it could be an inflected form of. Some are no words; those match nothing.

    >>> sorted(possible_lemmas("waves"))
    ['wav', 'wave', 'waves']
    >>> sorted(possible_lemmas("sneezing"))
    ['sneez', 'sneeze', 'sneezing']
    """
    forms = {word, IRREGULAR.get(word, word)}
    if word.endswith("s") and not word.endswith(("ss", "us", "is")) and len(word) > 3:
        forms.add(word[:-1])
        if word.endswith("es"):
            forms.add(word[:-2])
        if word.endswith("ies"):
            forms.add(word[:-3] + "y")
    if word.endswith("ing") and len(word) > 5:
        stem = word[:-3]
        forms |= {stem, stem + "e"}
        if stem[-1] == stem[-2]:
            forms.add(stem[:-1])
    return frozenset(forms)


def neurons_that_name(concept: str, words: pl.DataFrame) -> pl.DataFrame:
    """The neurons whose calibrated words name a concept.

    Args:
        concept: in words, as in the table ``concepts``.
        words: rows of ``neuron_words``.

    Returns:
        neuron_id, reason (the words that were found) and score (occurrences of the rarest of them), by neuron_id.
    """
    wanted = content_words(concept)
    found = [_found(word, words).with_columns(part=pl.lit(i)) for i, word in enumerate(wanted)]
    per_part = pl.concat(found).group_by("neuron_id", "part").agg(
        pl.col("lemma").sort().first(), pl.col("occurrences").sum()
    )  # fmt: skip
    return (
        per_part.sort("neuron_id", "part")
        .group_by("neuron_id", maintain_order=True)
        .agg(
            parts=pl.len(),
            reason=pl.lit("its calibrated summary says ") + pl.col("lemma").str.join(" and "),
            score=pl.col("occurrences").min().cast(pl.Float64),
        )
        .filter(pl.col("parts") == len(wanted))
        .select("neuron_id", "reason", "score")
    )


def _found(word: str, words: pl.DataFrame) -> pl.DataFrame:
    allowed = ["noun", "verb", "adjective"] if word.endswith("ing") else ["noun"]
    return words.filter(
        pl.col("part_of_speech").is_in(allowed) & pl.col("lemma").str.to_lowercase().is_in(list(possible_lemmas(word)))
    ).select("neuron_id", "lemma", "occurrences")
