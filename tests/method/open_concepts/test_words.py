"""Module C on sentences worked out by hand."""

import polars as pl

from dagster_and.method.open_concepts.tables import ADJECTIVES, NEURON_WORDS
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
    assert words_of("It is of higher quality.")[1].word == "higher quality"


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


def test_every_word_has_a_row_as_it_first_stands_with_how_often_and_adjectives_with_their_verdict():
    odd = "The night is loud and odd, and it growls."
    rows = [(3, 1, odd, True), (3, 0, "It is louder in the rain.", True), (1, 0, odd, True), (2, 0, odd, False)]
    schema = {"neuron_id": pl.Int32, "sentence_index": pl.Int32, "sentence": pl.String, "is_kept": pl.Boolean}
    table = neuron_words(pl.DataFrame(rows, schema=schema, orient="row"), {"loud": True, "odd": None})
    assert table.schema == NEURON_WORDS.frame_schema
    assert table.rows() == [
        (1, "adjective", "loud", "loud", 1, True), (1, "adjective", "odd", "odd", 1, None),
        (1, "noun", "night", "night", 1, None), (1, "verb", "growl", "growls", 1, None),
        (3, "adjective", "loud", "louder", 2, True), (3, "adjective", "odd", "odd", 1, None),
        (3, "noun", "night", "night", 1, None), (3, "noun", "rain", "rain", 1, None),
        (3, "preposition", "in", "in", 1, None), (3, "verb", "growl", "growls", 1, None),
    ]  # fmt: skip
    nothing = neuron_words(pl.DataFrame(rows[3:], schema=schema, orient="row"), {})
    assert nothing.is_empty()
    assert nothing.schema == NEURON_WORDS.frame_schema


def test_what_says_nothing_of_a_sound_is_left_out():
    found = words_of("They may hear one kind of thing, because it seems that a dog barks as loud as other dogs.")
    assert [(f.part_of_speech, f.lemma) for f in found if f.part_of_speech != "preposition"] == [
        ("noun", "dog"), ("verb", "bark"), ("adjective", "loud"), ("noun", "dog"),
    ]  # fmt: skip
    assert lemmas("They may hear one kind of thing, because it is as loud as a dog.", "preposition") == ["of"]


def test_each_adjective_is_asked_about_once():
    asked: list[str] = []

    def ask(words):
        asked.extend(words)
        return [(True, None, None) if word == "loud" else (None, None, "refused") for word in words]

    adjectives = distinct_adjectives(["It is loud.", "It is loud and odd.", "It is loud."])
    table = judge_adjectives(adjectives, ask, "test", lambda word: f"list of {word}")
    assert asked == ["loud", "odd"]
    assert table.select(ADJECTIVES.frame_schema.names()).schema == ADJECTIVES.frame_schema
    assert table.select("describer", "source").rows() == [("test", "list of loud"), ("test", "list of odd")]
    assert table.select("adjective", "is_acoustic", "missing_reason").rows() == [
        ("loud", True, None),
        ("odd", None, "refused"),
    ]


def test_a_number_is_a_noun_only_by_name():
    nouns = [
        found.lemma for found in words_of("Three of the clips are of a number five.") if found.part_of_speech == "noun"
    ]
    assert nouns == ["number", "five"]
