"""Room ``open_concepts``: the words of each neuron's description (AND, module C).

In: ``summary_sentences``. Out: ``adjectives`` (one row per distinct adjective, with its verdict), ``neuron_words``
(one row per neuron, part of speech and lemma).
"""
