"""Waveforms in, what a network takes out: the frontend that stands between them, and features kept by clip."""
