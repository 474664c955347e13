"""Activations as arrays: named axes, and rows of the table ``activations`` a bounded number at a time."""
