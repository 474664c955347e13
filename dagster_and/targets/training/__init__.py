"""Labelled clips and the settings of a network in, its checkpoint and accuracies out."""
