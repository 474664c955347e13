"""A target and clips in, the tables ``neurons`` and ``activations`` out."""
