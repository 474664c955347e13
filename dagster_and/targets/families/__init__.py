"""One module a family, called as the dissection file calls it: a dissection in, its checkpoint or its target out.

A module says ``FAMILY``, an object of :class:`dagster_and.targets.family.Family`. Only the registry imports it.
"""
