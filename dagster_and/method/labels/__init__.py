"""Room ``labels``: the shortest form of atoms that a neuron's activation follows (beyond AND).

In: ``activations``, ``probing_clips``, ``clip_acoustics``, ``clip_captions``, ``concepts``. Out: ``atoms`` (one row per
atom), ``neuron_labels`` (one row per neuron and mode), ``label_parts`` (one row per neuron and part that did not
choose its form).
"""
