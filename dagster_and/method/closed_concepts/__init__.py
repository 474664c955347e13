"""Room ``closed_concepts``: which concept of the set each neuron follows (AND, module A).

In: ``activations``, ``neurons``, ``probing_clips``, ``clip_captions``, ``summaries``. Out: ``concepts`` (one row per
concept), ``concept_predictions`` (one row per neuron, method DB or TAB, similarity function and rank),
``concept_choices`` (one row per neuron and rank of method ICL), ``concept_similarities`` (one row per concept and
class).
"""
