"""Room ``summaries``: what the captions of a neuron's clips have in common.

In: ``top_clips``, ``moments``, ``clip_captions``, ``probing_clips``, ``neurons``. Out: ``moment_captions`` (the moments
of its clips in words, where the dissection file asks for it; :mod:`stretches` says which part of a clip is heard),
``summaries`` (one row per neuron and direction). Who captions and who summarises are the seams'; :mod:`common_ground`
is what the embedded describer counts.
"""
