"""The target: a section of a dissection file in, a network with layers, neurons and a frontend out.

``opening`` is the way in for the rest of the house, ``target`` is what it gets; ``families`` say where a network comes
from, the other packages do the work that families share, and none of them knows a family.
"""
