"""Room ``pruning``: a concept cut out of the target, and what it then forgets and keeps (AND, Table 4, Fig 4, Fig 10).

In: what the rooms before know of each neuron. :mod:`scope` says which concepts, neurons and clips it is about,
:mod:`selection` which neurons go, :mod:`cuts` what has to be run. Out: ``prunings`` (one row per cut),
``pruned_neurons`` (one row per cut and neuron), ``pruning_outcomes`` (one row per cut and held-out clip),
``pruning_effects`` (one row per strategy, concept, scale and measure), ``ablation_outcomes`` (one row per feature,
fraction and seed). Cutting itself is the seam's, ``dagster_and/targets/cutting``.
"""
