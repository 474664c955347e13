"""Room ``summaries``: what the captions of a neuron's clips have in common.

In: ``top_clips``, ``clip_captions``, ``neurons``. Out: ``summaries`` (one row per neuron and direction). Who
summarises is the seam's, ``dagster_and/describers``; :mod:`common_ground` is what the embedded one counts.
"""
