"""What layers put out, read while a network runs."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from torch import Tensor, nn

from dagster_and.method.activations.moments import Moments, moments
from dagster_and.method.activations.pooling import pool, read
from dagster_and.method.activations.reading import PLAIN, Pooling, Reading
from dagster_and.method.activations.timeline import Timeline


class Recorder:
    """Pooled outputs of named layers, read by forward hooks while a batch runs through the network.

    With a timeline of the tokens also when in a clip they fire; layers without time are not among ``moments``.
    """

    def __init__(self, pooling: Pooling, timeline: Timeline | None = None):
        self.sound_tokens: Tensor | None = None
        self.pooled: dict[str, Tensor] = {}
        self.moments: dict[str, Moments] = {}
        self._pooling: Pooling = pooling
        self._timeline = timeline

    @contextmanager
    def listening(self, model: nn.Module, layers: Sequence[str] | Mapping[str, Reading]) -> Iterator["Recorder"]:
        """Hook the layers for as long as the block runs; the network is left as it was found."""
        readings = layers if isinstance(layers, Mapping) else dict.fromkeys(layers, PLAIN)
        handles = [
            model.get_submodule(reading.module or name).register_forward_hook(self._hook(name, reading))
            for name, reading in readings.items()
        ]
        try:
            yield self
        finally:
            for handle in handles:
                handle.remove()

    def _hook(self, name: str, reading: Reading):
        def record(_module: nn.Module, _inputs: object, output: Tensor | tuple[Tensor, ...]) -> None:
            tensor = output[0] if isinstance(output, tuple) else output
            assert self.sound_tokens is not None, "set sound_tokens before the forward pass"
            tokens, heard = read(tensor, self.sound_tokens, reading)
            self.pooled[name] = pool(tokens, self._pooling, heard)
            if self._timeline is not None:
                found = moments(tensor, self.sound_tokens, reading, self._timeline, self._pooling)
                if found is not None:
                    self.moments[name] = found

        return record
