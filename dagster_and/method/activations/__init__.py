"""Room ``activations``: what every neuron does on every clip.

In: ``targets``, ``probing_clips``. Out: ``neurons`` (one row per neuron), ``activations`` (one row per neuron: its
value on each clip, pooled over tokens by :mod:`pooling`).
"""
