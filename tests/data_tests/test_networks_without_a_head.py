"""A network that gives features only has no classes: its table is clean all the same."""

from dagster_and.lake.tables import TARGETS
from data_tests.validation import validate


def test_a_target_without_classes_passes(soil):
    result = validate(TARGETS, soil(TARGETS, "update this set classes = null"), "tiny")
    assert result.success, [failure.sentence for failure in result.failures]
