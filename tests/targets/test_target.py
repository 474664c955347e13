"""Target: what is known of a network once it is open."""

import torch

from dagster_and.targets.target import weights_sha256
from dagster_and.targets.transformers.opening import open_transformers


def test_the_digest_of_the_weights_sees_one_changed_number(ast: str):
    model = open_transformers(ast).model
    before = weights_sha256(model)
    with torch.no_grad():
        model.classifier.dense.bias[0] += 1e-3
    assert weights_sha256(model) != before
