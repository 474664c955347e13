"""``import dagster_and as and_``: the house in Python, made for notebooks. Reads only, but for ``run``."""

from dagster_and.notebook.dissected import Dissected
from dagster_and.notebook.house import OpenHouse, open_house
from dagster_and.notebook.neuron import Neuron

__all__ = ["Dissected", "Neuron", "OpenHouse", "open_house"]
