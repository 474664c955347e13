"""What the marts and reports say of labels, worked out by hand for the clean lake of tests/data_tests."""

from tests.dbt.conftest import Built


def test_rpt_labels_by_block(warehouse: Built):
    """Wilson of 1 of 4 is 0.046 to 0.699, that of 1 of 2 is 0.095 to 0.905; three of six clips carry each neuron."""
    query = """
        select
            block_index, is_head, neurons, labelled_neurons, unlabelled_neurons, dead_neurons, twice_labelled_neurons,
            share_labelled, round(share_labelled_low, 3), round(share_labelled_high, 3), auroc_median,
            effective_clips_median, share_of_clips_median
        from rpt_labels_by_block where dissection = 'tiny' order by block_index
    """
    assert warehouse.rows(query) == [
        (0, False, 4, 1, 2, 1, 1, 0.25, 0.046, 0.699, 0.8, 3.0, 0.5),
        (1, True, 2, 1, 1, 0, 0, 0.5, 0.095, 0.905, 0.8, 3.0, 0.5),
    ]


def test_the_label_of_a_neuron_its_second_one_and_the_reason_for_none(warehouse: Built):
    """Neuron 0 is labelled twice, 1 is described without a label, 2 is dead: trust is that of what is stated."""
    query = """
        select neuron_id, label, second_label, label_auroc, verdict, trust, trust_clips, label_missing_reason
        from neuron_descriptions where dissection = 'tiny' and neuron_id < 3 order by neuron_id
    """
    assert warehouse.rows(query) == [
        (0, "dog", "bark, not loud", 0.8, "labelled", 0.8, 6, None),
        (1, None, None, 0.55, "described", 0.8, 100, "No form holds."),
        (2, None, None, None, "dead", None, 0, "No form holds."),
    ]
    told = warehouse.rows("select what, detail from neuron_story('tiny', 0) where part = 'label'")
    assert told == [
        ("dog", "dog, AUROC 0.8 (0.7 to 0.9), accounts for 75 %, fires on about 3 clips, or: loud (AUROC 0.78)"),
        ("bark, not loud", "bark AND NOT loud, AUROC 0.75 (0.7 to 0.9), accounts for 75 %, fires on about 3 clips"),
    ]


def test_dim_atoms(warehouse: Built):
    """Bark and loud are of neuron 0's second label, and dog of two first ones."""
    query = "select atom, clips, known_clips, neurons from dim_atoms where dissection = 'tiny' order by atom_id"
    assert warehouse.rows(query) == [("dog", 3, 6, 2), ("rain", 3, 6, 0), ("bark", 5, 5, 1), ("loud", 2, 6, 1)]
