"""The seam of probing sets: where clips come from. One module a layout; all give a ``Listing``, which ``probe`` reads
and judges.
"""
