"""Room ``calibration``: which sentences of a summary say something about this neuron (AND, module B).

In: ``summaries``. Out: ``summary_sentences`` (one row per neuron, direction and sentence, with its verdict); the kept
ones of the highest clips are the neuron's description.
"""
