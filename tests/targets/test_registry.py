"""Families are found by their name."""

import pytest

from dagster_and.foundation.errors import UserError
from dagster_and.targets.registry import find_family


def test_a_family_that_is_not_there_is_refused_with_those_that_are():
    with pytest.raises(UserError, match="'wavenet', which is no family") as refusal:
        find_family("wavenet")
    assert str(refusal.value).endswith("beats, embedded_ast, embedded_beats, module, planted, transformers.")


def test_what_stands_beside_the_families_is_none():
    with pytest.raises(UserError, match="no family"):
        find_family("__init__")
