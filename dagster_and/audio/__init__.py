"""Sound files in: waveforms, judged and measured, out."""
