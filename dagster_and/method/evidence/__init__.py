"""Room ``evidence``: how far each claim about a neuron can be trusted (beyond AND).

In: ``activations``, ``clip_captions``, ``summary_sentences``, the tables of ``labels`` and the answers of
``closed_concepts``. Out: ``concept_significance`` (one row per closed-concept answer), ``evident_words`` (one row per
neuron and word that its activation follows), ``half_descriptions`` (one row per neuron and half of the clips),
``description_scores`` (one row per neuron and scorer), ``neuron_sentences`` and ``neuron_verdicts`` (one row per neuron
each),
``description_stability`` (one row per neuron), ``planted_neurons`` (one row per neuron of a planted network and thing
that it follows).
"""
