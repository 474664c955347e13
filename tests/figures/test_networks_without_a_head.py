"""A network that gives features only has no head: the figures about heads say so."""

import polars as pl

from dagster_and.figures.closed_concepts import head_predictions, last_layer_accuracy


def words(figure) -> str:
    return " ".join(text.get_text() for axis in figure.axes for text in axis.texts)


def test_figures_about_heads_say_that_there_is_none():
    neurons = pl.DataFrame({"neuron_id": [0], "sublayer": ["output"], "class_label": [None]})
    predictions = pl.DataFrame(
        {"neuron_id": [0], "method": ["DB"], "similarity": ["cosine"], "rank": [1], "concept_id": [0]}
    )
    concepts = pl.DataFrame({"concept_id": [0], "concept": ["dog"]})
    assert "no head" in words(head_predictions(predictions, neurons, concepts))
    assert "a head" in words(last_layer_accuracy(pl.DataFrame({"dissection": []})))
