"""The describer seam: who puts into words what a neuron's clips have in common."""
