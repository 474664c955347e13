"""A neuron's description out of the sentences that calibration kept."""

import polars as pl

from dagster_and.method.calibration.descriptions import descriptions


def test_a_description_is_the_kept_sentences_of_the_highest_clips_in_their_order():
    rows = [(7, "highest", 1, "It is loud.", True), (7, "highest", 0, "It is a dog.", True),
            (7, "highest", 2, "It is short.", False), (7, "lowest", 3, "It is rain.", True),
            (2, "highest", 0, "It is a cat.", True), (5, "highest", 0, "It is nothing.", False)]  # fmt: skip
    schema = ["neuron_id", "direction", "sentence_index", "sentence", "is_kept"]
    sentences, neurons = pl.DataFrame(rows, schema=schema, orient="row"), pl.DataFrame({"neuron_id": [7, 5, 2, 9]})
    assert descriptions(sentences, neurons) == ["It is a cat.", None, "It is a dog. It is loud.", None]
