"""Room ``target``: the network under dissection.

In: ``probing_clips``. Out: ``targets`` (one row: the network and its accuracies). Opening and training are the
seam's, ``dagster_and/targets``.
"""
