"""Forward passes that start in the middle: what lies before the first cut is computed once and played back.

One plain forward pass of a batch records what every block puts out, and every module that is done before the first
block begins (embeddings, convolutions). A later pass over the same batch plays these back up to the block that it
starts at and computes from there. The very same operations then run on the very same numbers, so the result is that of
a full pass bit for bit; where a family's forward doesn't allow it, the recording says so and full passes are made.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from dagster_and.targets.target import logits_of

if TYPE_CHECKING:
    import torch
    from torch import nn

_BLOCK = re.compile(r"^(?P<body>.*\blayers?)\.(?P<block>\d+)(?:\.|$)")


def block_of(layer_name: str) -> int | None:
    """Number of the block that a layer lies in, by its name: ``...layers.{i}.`` or ``...layer.{i}.``; None outside."""
    match = _BLOCK.match(layer_name)
    return int(match["block"]) if match else None


class Recording:
    """One batch, and what the network made of it before and in each block.

    Memory: the outputs of all blocks and of what comes before them, ``bytes`` in all; it grows with the batch only.
    """

    def __init__(self, model: "nn.Module", arguments: Mapping[str, "torch.Tensor"], layer_names: list[str]):
        self._model = model
        self._arguments = dict(arguments)
        self._outputs: dict[str, Any] = {}
        self._blocks = _blocks(model, layer_names)
        self.logits = self._record()

    @property
    def bytes(self) -> int:
        """What the recording holds."""
        return sum(_bytes(output) for output in self._outputs.values())

    def forward(self, start: int | None) -> "torch.Tensor":
        """Logits ("clip class") of the network as it is now, if nothing before block ``start`` has changed.

        Args:
            start: number of the first changed block; None where what changed lies in no block: a full pass.
        """
        if start is None or not self.can_start_at(start):
            return self._full()
        return self._resumed(start)

    def can_start_at(self, start: int) -> bool:
        """Whether a pass from this block may stand for a full one. True only if the recording covers all before it."""
        return (
            bool(self._blocks) and start < len(self._blocks) and all(n in self._outputs for n in self._blocks[:start])
        )

    def agrees_at(self, start: int) -> bool:
        """Whether a pass from this block gives the logits of the recorded full pass bit for bit; ask while uncut."""
        import torch

        return self.can_start_at(start) and torch.equal(self._resumed(start), self.logits)

    def _full(self) -> "torch.Tensor":
        return logits_of(self._model(**self._arguments))

    def _resumed(self, start: int) -> "torch.Tensor":
        before = [name for name in self._outputs if name not in self._blocks] + self._blocks[:start]
        with _playing_back(self._model, {name: self._outputs[name] for name in before}):
            return self._full()

    def _record(self) -> "torch.Tensor":
        """A plain pass with hooks; what is called twice can't be told apart and is left out."""
        calls: dict[str, int] = {}
        outputs: dict[str, Any] = {}
        has_begun = False

        def begin(*_: Any) -> None:
            nonlocal has_begun
            has_begun = True

        def keep(name: str, always: bool) -> Callable:
            def hook(_module: Any, _inputs: Any, output: Any) -> None:
                calls[name] = calls.get(name, 0) + 1
                if always or not has_begun:
                    outputs[name] = _copy(output)

            return hook

        with ExitStack() as stack:
            if self._blocks:
                first = self._model.get_submodule(self._blocks[0])
                stack.callback(first.register_forward_pre_hook(begin).remove)
            for name in [*self._blocks[:-1], *_beside(self._model, self._blocks)]:
                handle = self._model.get_submodule(name).register_forward_hook(keep(name, name in self._blocks))
                stack.callback(handle.remove)
            logits = self._full()
        self._outputs = {name: output for name, output in outputs.items() if calls[name] == 1}
        return logits


def _blocks(model: "nn.Module", layer_names: list[str]) -> list[str]:
    """Names of the block modules in order; none where the layers don't lie in one list of blocks."""
    from torch import nn

    bodies = {match["body"] for name in layer_names if (match := _BLOCK.match(name))}
    if len(bodies) != 1:
        return []
    (body,) = bodies
    blocks = model.get_submodule(body)
    return [f"{body}.{i}" for i in range(len(blocks))] if isinstance(blocks, nn.ModuleList | nn.Sequential) else []


def _beside(model: "nn.Module", blocks: list[str]) -> list[str]:
    """Children of the modules that hold the blocks: each either runs before the blocks, or after them."""
    if not blocks:
        return []
    parts = blocks[0].split(".")[:-1]
    holders = [".".join(parts[:depth]) for depth in range(len(parts))]
    names: list[str] = []
    for depth, holder in enumerate(holders):
        children = [child for child, _ in model.get_submodule(holder).named_children() if child != parts[depth]]
        names += [f"{holder}.{child}" if holder else child for child in children]
    return names


@contextmanager
def _playing_back(model: "nn.Module", outputs: Mapping[str, Any]) -> Iterator[None]:
    """The named modules return what was recorded; a copy, since some networks go on to write into it."""
    modules = [(model.get_submodule(name), output) for name, output in outputs.items()]
    try:
        for module, output in modules:
            module.forward = lambda *_args, _output=output, **_kwargs: _copy(_output)
        yield
    finally:
        for module, _ in modules:
            module.__dict__.pop("forward", None)


def _copy(output: Any) -> Any:
    import torch

    if isinstance(output, torch.Tensor):
        return output.clone()
    if isinstance(output, tuple | list) and type(output) in (tuple, list):
        return type(output)(_copy(part) for part in output)
    return output


def _bytes(output: Any) -> int:
    import torch

    if isinstance(output, torch.Tensor):
        return output.numel() * output.element_size()
    return sum(_bytes(part) for part in output) if isinstance(output, tuple | list) else 0
