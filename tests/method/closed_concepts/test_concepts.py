"""The concept set as a table."""

from dagster_and.method.closed_concepts.concepts import concept_table


def test_the_table_says_which_class_a_concept_names():
    table = concept_table(["Dog bark", "bell", "SEA_WAVES"], ["rain", "dog_bark", "rain", "Sea-Waves"])
    assert table.rows() == [(0, "Dog bark", "dog_bark"), (1, "bell", None), (2, "SEA_WAVES", "Sea-Waves")]
