"""Room ``probing``: which sounds the target is asked about.

In: the files of a probing set. Out: ``probing_clips`` (one row per usable clip), ``rejected_clips`` (one row per file
that could not be used). Reading them is the seam's, ``dagster_and/probing_sets``.
"""
