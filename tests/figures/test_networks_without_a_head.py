"""A network that gives features only has no head: figures about heads are not drawn, and say why."""

import polars as pl
import pytest

from dagster_and.figures import NothingToDrawError, head_predictions, last_layer_accuracy


def test_figures_about_heads_say_that_there_is_none():
    neurons = pl.DataFrame({"neuron_id": [0], "sublayer": ["output"], "class_label": [None]})
    predictions = pl.DataFrame(
        {"neuron_id": [0], "method": ["DB"], "similarity": ["cosine"], "rank": [1], "concept_id": [0]}
    )
    concepts = pl.DataFrame({"concept_id": [0], "concept": ["dog"]})
    with pytest.raises(NothingToDrawError, match="no head"):
        head_predictions(predictions, neurons, concepts)
    with pytest.raises(NothingToDrawError, match="a head"):
        last_layer_accuracy(pl.DataFrame({"dissection": []}))
