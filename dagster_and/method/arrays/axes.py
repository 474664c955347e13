"""Names of tensor axes, used in annotations such as ``Float[Tensor, "clip neuron"]``.

clip      probing clips, in the order of ``clip_id``
neuron    output units of one layer (or of all layers, in the order of ``neuron_id``)
concept   concepts of the concept set, in the order of ``concept_id``
token     positions that a layer's output has beside its units: patches, frames, special tokens
unit      output units of a module before pooling
frame     frames of a spectrogram
mel       mel bands
sample    samples of a waveform
"""
