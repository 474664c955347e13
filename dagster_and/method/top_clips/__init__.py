"""Room ``top_clips``: the evidence for each neuron.

In: ``activations``. Out: ``top_clips`` (one row per neuron, direction and rank: the K clips at either end), ``moments``
(when in them the neuron fires).
"""
