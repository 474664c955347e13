"""What layers put out, read while a network runs."""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from dagster_and.method.activations.moments import Moments, Steps, layout_of, moments, steps_of, trace
from dagster_and.method.activations.pooling import pool, read
from dagster_and.method.activations.reading import PLAIN, Pooling, Reading
from dagster_and.method.activations.timeline import Timeline

TOGETHER_BYTES = 4 << 20
"""Outputs over time of layers of one layout wait for each other up to this: of a small network's layers there is less
to compute than to ask for."""


class Recorder:
    """Pooled outputs of named layers, read by forward hooks while a batch runs through the network.

    With a timeline of the tokens also when in a clip they fire; layers without time are not among the moments.
    """

    def __init__(self, pooling: Pooling, timeline: Timeline | None = None):
        self.pooled: dict[str, Tensor] = {}
        self._sound_tokens: Tensor | None = None
        self._pooling: Pooling = pooling
        self._timeline = timeline
        self._steps: dict[Hashable, Steps | None] = {}
        self._waiting: list[tuple[str, Tensor]] = []
        self._held = 0
        self._common: Steps | None = None
        self._marked: list[tuple[tuple[str, ...], Moments]] = []

    def begin(self, sound_tokens: Tensor) -> None:
        """Forget the pass before; ``sound_tokens`` ("clip token", bool) are those of the next one."""
        self._sound_tokens = sound_tokens
        self.pooled.clear()
        self._steps.clear()
        self._waiting.clear()
        self._held = 0
        self._marked = []

    def moments(self) -> list[tuple[tuple[str, ...], Moments]]:
        """Of the pass that has been made: layers, and the moments of their units, one layer after the other."""
        self._mark()
        return self._marked

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
            assert self._sound_tokens is not None, "begin with the sound tokens before the forward pass"
            tokens, heard = read(tensor, self._sound_tokens, reading)
            self.pooled[name] = pool(tokens, self._pooling, heard)
            if self._timeline is not None:
                self._trace(name, tensor, reading)

        return record

    def _trace(self, name: str, output: Tensor, reading: Reading) -> None:
        """Have the layer wait for others of its layout."""
        steps = self._steps_of(output, reading)
        if steps is None:
            return
        if steps is not self._common:
            self._mark()
        traced = trace(output, steps, reading, self._pooling)
        self._waiting.append((name, traced))
        self._common = steps
        self._held += traced.nbytes
        if self._held >= TOGETHER_BYTES:
            self._mark()

    def _steps_of(self, output: Tensor, reading: Reading) -> Steps | None:
        """The same of all layers of one layout."""
        assert self._timeline is not None
        assert self._sound_tokens is not None
        layout = layout_of(output, reading)
        if layout is None:
            return None
        if layout not in self._steps:
            self._steps[layout] = steps_of(output, self._sound_tokens, reading, self._timeline)
        return self._steps[layout]

    def _mark(self) -> None:
        """The moments of the layers that wait."""
        if not self._waiting:
            return
        assert self._common is not None
        names = tuple(name for name, _ in self._waiting)
        traces = [traced for _, traced in self._waiting]
        self._waiting.clear()
        self._held = 0
        self._marked.append((names, moments(torch.cat(traces, dim=2) if len(traces) > 1 else traces[0], self._common)))
