"""Module C on sentences worked out by hand."""

import polars as pl

from dagster_and.method.open_concepts.words import distinct_adjectives, judge_adjectives, neuron_words, words_of


def lemmas(sentence: str, part: str = "adjective") -> list[str]:
    return [found.lemma for found in words_of(sentence) if found.part_of_speech == part]


def test_adjectives_without_negation_and_stop_words():
    assert lemmas("The sounds are loud, muffled and not very clear.") == ["loud", "muffled"]
    assert lemmas("Various recorded sounds are louder.") == ["loud"]


def test_high_and_low_only_of_quality():
    assert lemmas("It is of high quality and low volume.") == ["high-quality"]
    assert lemmas("A low quality recording, high-pitched and high.") == ["low-quality", "high-pitched"]
    assert lemmas("It is not of high quality.") == []


def test_nouns_verbs_and_prepositions():
    sentence = "Two dogs bark in the rain."
    assert lemmas(sentence, "noun") == ["dog", "rain"] or lemmas(sentence, "noun") == ["dog", "bark", "rain"]
    assert lemmas(sentence, "preposition") == ["in"]


def test_words_are_counted_over_kept_sentences_alone():
    rows = [(0, 0, "Every one of them is loud.", True), (0, 1, "It is a loud dog indeed.", True),
            (0, 2, "It is a harsh cat indeed.", False), (1, 0, "Every one of them is loud.", True)]  # fmt: skip
    schema = {"neuron_id": pl.Int32, "sentence_index": pl.Int32, "sentence": pl.String, "is_kept": pl.Boolean}
    words = neuron_words(pl.DataFrame(rows, schema=schema, orient="row"), {"loud": True})
    adjectives = words.filter(pl.col("part_of_speech") == "adjective")
    assert adjectives.select("neuron_id", "lemma", "occurrences", "is_acoustic").rows() == [
        (0, "loud", 2, True),
        (1, "loud", 1, True),
    ]
    assert "cat" not in words["lemma"].to_list()


def test_each_adjective_is_asked_about_once():
    asked: list[str] = []

    def ask(words):
        asked.extend(words)
        return [(True, None, None) if word == "loud" else (None, None, "refused") for word in words]

    adjectives = distinct_adjectives(["It is loud.", "It is loud and odd.", "It is loud."])
    table = judge_adjectives(adjectives, ask, "test", lambda word: f"list of {word}")
    assert asked == ["loud", "odd"]
    assert table.select("adjective", "is_acoustic", "missing_reason").rows() == [
        ("loud", True, None),
        ("odd", None, "refused"),
    ]


def test_a_number_is_a_noun_only_by_name():
    nouns = [
        found.lemma for found in words_of("Three of the clips are of a number five.") if found.part_of_speech == "noun"
    ]
    assert nouns == ["number", "five"]
