"""Labelled clips in, a network whose neurons are known functions of sound out, and the list of what they are."""
