"""What cutting a concept out does to the network, one row a strategy and concept."""

CONTROLS = ("none", "all", "body")
ACCURACIES = """
    select
        dissection, strategy, size_of, concept_id, any_value(neurons) as neurons, any_value(clips) as clips,
        any_value(note) as note,
        max(estimate) filter (where measure = 'ablated_before') as ablated_before,
        max(estimate) filter (where measure = 'ablated_after') as ablated_after,
        max(low) filter (where measure = 'ablated_after') as ablated_low,
        max(high) filter (where measure = 'ablated_after') as ablated_high,
        max(estimate) filter (where measure = 'retained_before') as retained_before,
        max(estimate) filter (where measure = 'retained_after') as retained_after,
        max(low) filter (where measure = 'retained_after') as retained_low,
        max(high) filter (where measure = 'retained_after') as retained_high
    from fct_pruning_effects where dissection = ? and scale = 'accuracy' group by all
"""
"""Accuracy on the concept and on all others before and after each cut of a dissection, with intervals."""
