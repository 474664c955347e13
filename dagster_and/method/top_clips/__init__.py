"""Room ``top_clips``: the evidence for each neuron.

In: ``activations``. Out: ``top_clips`` (one row per neuron, direction and rank: the K clips at either end),
``moments`` (one row per row of these whose neuron has time: when it fires).
"""
