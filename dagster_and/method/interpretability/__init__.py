"""Room ``interpretability``: whose top clips are about one thing (AND, section 4.4 and Fig 6).

In: ``clip_captions``, ``top_clips``. Out: ``caption_clusters`` (one row per clip and sentence), ``interpretability``
(one row per neuron and threshold), ``interpretability_runs`` (one row per run of K-means and neuron),
``interpretability_chance`` (one row per run of K-means and threshold).
"""
