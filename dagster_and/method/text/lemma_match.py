"""When a neuron's words name a concept: whole lemmas, never parts of words.

The reference implementation looks for substrings, so that the noun "rain" cuts for the class "train" and "hen" for
"kitchen" (docs/deviations.md, fault 4). The rule here:

- A concept's words are matched one by one, function words ("of", "the") left out, and all of them have to be found:
  "clock tick" is named by a neuron that says "clock" and "tick", not by one that only says "clock".
- A word is found among the neuron's nouns, by whole lemma. A word in -ing ("sneezing", "crackling fire") is found among
  its verbs and adjectives, too, since taggers are of two minds about gerunds.
- Words and lemmas are compared by their keys (:func:`dagster_and.method.text.names.name_key`), as all names are: "dogs"
  is named by "dog", "3" by "three".
- A name without any word, such as LABEL_3, is named by nothing, and the answer says so.
"""

import polars as pl

from dagster_and.method.text.names import name_key, name_words, why_wordless

FUNCTION_WORDS = frozenset({"a", "an", "the", "of", "in", "on", "at", "and", "or", "with", "to", "from", "by"})


def content_words(concept: str) -> list[str]:
    """The concept's words in lower case that have to be found, in order, each once."""
    words = name_words(concept)
    return list(dict.fromkeys([word for word in words if word not in FUNCTION_WORDS] or words))


def neurons_that_name(concept: str, words: pl.DataFrame) -> pl.DataFrame:
    """The neurons whose calibrated words name a concept.

    Args:
        concept: in words, as in the table ``concepts``.
        words: rows of ``neuron_words``.

    Returns:
        neuron_id, reason (the words that were found) and score (occurrences of the rarest of them), by neuron_id.
    """
    wanted = [] if why_wordless(concept) else content_words(concept)
    if not wanted:
        return pl.DataFrame(schema={"neuron_id": words.schema["neuron_id"], "reason": pl.String, "score": pl.Float64})
    found = [_found(word, concept, words).with_columns(part=pl.lit(i)) for i, word in enumerate(wanted)]
    per_part = pl.concat(found).group_by("neuron_id", "part").agg(
        pl.col("lemma").sort().first(), pl.col("occurrences").sum()
    )  # fmt: skip
    return (
        per_part.sort("neuron_id", "part")
        .group_by("neuron_id", maintain_order=True)
        .agg(
            parts=pl.len(),
            reason=pl.lit("its calibrated summary says ")
            + pl.col("lemma").unique(maintain_order=True).str.join(" and "),
            score=pl.col("occurrences").min().cast(pl.Float64),
        )
        .filter(pl.col("parts") == len(wanted))
        .select("neuron_id", "reason", "score")
    )


def why_nobody_names(concept: str, words: pl.DataFrame) -> str | None:
    """Why no neuron names a concept; None where one does.

    Args:
        concept: in words.
        words: rows of ``neuron_words``.
    """
    wordless = why_wordless(concept)
    if wordless:
        return f"no word can name the concept: {wordless}"
    said = [(word, _found(word, concept, words)["neuron_id"]) for word in content_words(concept)]
    unsaid = [word for word, neurons in said if neurons.is_empty()]
    if unsaid:
        return f"no calibrated summary says {' or '.join(unsaid)}"
    if neurons_that_name(concept, words).is_empty():
        return f"no calibrated summary says all of {' and '.join(word for word, _ in said)}"
    return None


def _found(word: str, concept: str, words: pl.DataFrame) -> pl.DataFrame:
    """Where a word of a concept is said: by itself, or by a compound that is the whole concept (clock-tick)."""
    allowed = ["noun", "verb", "adjective"] if word.endswith("ing") else ["noun"]
    keys = {name_key(word), name_key(concept)}
    lemmas = [lemma for lemma in words["lemma"].unique() if name_key(lemma) in keys]
    return words.filter(pl.col("part_of_speech").is_in(allowed) & pl.col("lemma").is_in(lemmas)).select(
        "neuron_id", "lemma", "occurrences"
    )
