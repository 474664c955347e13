"""A second type of device on the CPU: its tensors hold values, and meet no tensor of the CPU, as those of a GPU don't.

PyTorch keeps one device type free for others (``privateuseone``). Here it is named ``other``, and a tensor on it wraps
one of the CPU. To put a tensor there or to fetch it takes a copy that the code asks for. What is computed from tensors
of both devices is refused in PyTorch's words; so are indices of the CPU, which a GPU would fetch and wait for; and such
a tensor is no numpy array. So what passes here leaves nothing on the wrong device.

``OTHER`` says what the device has besides: memory, float64, and how often somebody waited for it. It is not seen by
``auto``, and autocast works on it as on a GPU, for the operations that these networks are made of.
"""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
from torch.utils import _pytree as pytree
from torch.utils.backend_registration import (
    _DummyBackendModule,
    _DummyPrivateUse1Hook,
    _setup_privateuseone_for_python_backend,
)

from dagster_and.devices.placement import Placement
from dagster_and.dissection.compute import Precision

NAME = "other"
MIXED = "Expected all tensors to be on the same device, but found at least two devices, other:0 and cpu!"
aten = torch.ops.aten
COPIES = {aten.copy_.default, aten._to_copy.default}
QUESTIONS = {aten._has_compatible_shallow_copy_type.default}
LOWERED = ("linear", "matmul", "bmm", "addmm", "baddbmm", "conv1d", "conv2d", "scaled_dot_product_attention")
RAISED = ("layer_norm", "softmax.int", "log_softmax.int", "cross_entropy_loss")
"""What autocast makes in half precision, and what in float32; everything else is made as it comes."""


@dataclass
class State:
    """What a test may set, and what it may look at afterwards."""

    knows_float64: bool = True
    memory: int | None = None
    """Bytes that its largest tensor may have; None: any."""
    peak: int = 0
    """Bytes of the largest tensor since this was last forgotten."""
    waits: int = 0
    """How often somebody asked for a value and had to wait for it."""


OTHER = State()


class Module(_DummyBackendModule):
    """``torch.other``: what the house asks of ``torch.cuda``."""

    def is_available(self) -> bool:
        return False  # nobody is to find it by chance

    def get_amp_supported_dtype(self) -> list[torch.dtype]:
        return [torch.bfloat16, torch.float16]

    def mem_get_info(self) -> tuple[int, int]:
        memory = 1 << 40 if OTHER.memory is None else OTHER.memory
        return memory, memory

    def memory_reserved(self) -> int:
        return 0

    def max_memory_allocated(self) -> int:
        return OTHER.peak

    def reset_peak_memory_stats(self) -> None:
        OTHER.peak = 0


class Hook(_DummyPrivateUse1Hook):
    def is_available(self) -> bool:
        return False


class Other(torch.Tensor):
    """A tensor on the second device; ``held`` is its value on the CPU."""

    held: torch.Tensor

    @staticmethod
    def __new__(cls, held: torch.Tensor) -> "Other":
        if held.dtype == torch.float64 and not OTHER.knows_float64:
            raise TypeError("the second device doesn't support float64")
        size = held.numel() * held.element_size()
        if OTHER.memory is not None and size > OTHER.memory:
            raise torch.OutOfMemoryError(f"the second device is out of memory: {size} bytes")
        OTHER.peak = max(OTHER.peak, size)
        made = torch.Tensor._make_wrapper_subclass(
            cls, held.shape, held.stride(), held.storage_offset(), dtype=held.dtype, device=torch.device(NAME, 0)
        )
        made.held = held
        return made

    def __repr__(self, *, tensor_contents: Any = None) -> str:
        return f"Other({self.held!r})"

    def numpy(self, *_: Any, **__: Any) -> Any:
        raise TypeError("can't convert other:0 device type tensor to numpy. Use Tensor.cpu() first")

    def tolist(self) -> Any:
        return self.cpu().tolist()

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func.name().startswith("aten::to."):  # in inference mode it comes whole: a copy, or nothing at all
            return func.decompose(*args, **(kwargs or {}))
        with torch.inference_mode(False), torch.no_grad():  # a view of a weight is no inference tensor
            return _run(func, args, dict(kwargs or {}))


def _run(func: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    flat, form = pytree.tree_flatten((args, kwargs))
    strangers = [value for value in flat if isinstance(value, torch.Tensor) and not isinstance(value, Other)]
    if func not in COPIES | QUESTIONS and any(value.ndim for value in strangers):
        raise RuntimeError(f"{MIXED} ({func})")
    to_cpu = func is aten._to_copy.default and kwargs.get("device") is not None
    to_cpu = to_cpu and torch.device(kwargs["device"]).type == "cpu"
    into_cpu = func is aten.copy_.default and not isinstance(args[0], Other)
    OTHER.waits += bool(to_cpu or into_cpu or func is aten._local_scalar_dense.default)
    held = [value.held if isinstance(value, Other) else value for value in flat]
    held = [torch.device("cpu") if isinstance(value, torch.device) else value for value in held]
    plain_args, plain_kwargs = pytree.tree_unflatten(held, form)
    result = func(*plain_args, **plain_kwargs)
    if to_cpu:
        return result
    known = {id(value.held) if isinstance(value, Other) else id(value): value for value in flat}
    resized = [value for value in known.values() if isinstance(value, Other) and value.shape != value.held.shape]
    if resized:
        raise RuntimeError(f"{func} resizes a tensor of the second device in place")
    return pytree.tree_map_only(
        torch.Tensor, lambda made: known[id(made)] if id(made) in known else Other(made), result
    )


def _cast(operation: str, *, is_lowered: bool) -> Callable[..., Any]:
    name, _, overload = operation.partition(".")
    function = getattr(getattr(aten, name), overload or "default")
    key = torch._C._dispatch_key_parse("AutocastPrivateUse1")

    def cast(value: Any) -> Any:
        is_cast = isinstance(value, torch.Tensor) and value.is_floating_point() and value.dtype != torch.float64
        return value.to(torch.get_autocast_dtype(NAME) if is_lowered else torch.float32) if is_cast else value

    def run(*args: Any, **kwargs: Any) -> Any:
        with torch._C._ExcludeDispatchKeyGuard(torch._C.DispatchKeySet(key)):
            return function(*pytree.tree_map(cast, args), **pytree.tree_map(cast, kwargs))

    return run


@cache
def _registered() -> tuple[torch.library.Library, ...]:
    """Make the device known to PyTorch, once a process."""
    _setup_privateuseone_for_python_backend(NAME, backend_module=Module(), hook=Hook())
    operations, fallback = torch.library.Library("aten", "IMPL"), torch.library.Library("_", "IMPL")

    def empty(size: Any, *, dtype: Any = None, **_: Any) -> Other:
        return Other(torch.empty(size, dtype=dtype))

    def empty_strided(size: Any, stride: Any, *, dtype: Any = None, **_: Any) -> Other:
        return Other(torch.empty_strided(size, stride, dtype=dtype))

    def factory(name: str) -> Callable[..., Other]:
        return lambda *sizes, dtype=None, **_: Other(getattr(torch, name)(*sizes, dtype=dtype))

    def copy_from(source: torch.Tensor, target: torch.Tensor, non_blocking: bool = False) -> Any:
        return _run(aten.copy_.default, (target, source), {})

    operations.impl("empty.memory_format", empty, "PrivateUse1")
    operations.impl("empty_strided", empty_strided, "PrivateUse1")
    operations.impl("_copy_from", copy_from, "PrivateUse1")  # torch.tensor(..., device=...) passes by the tensors
    for made in ("arange", "arange.start", "arange.start_step", "hann_window", "hann_window.periodic"):
        operations.impl(made, factory(made.partition(".")[0]), "PrivateUse1")  # PyTorch's begin empty and are resized
    fallback.fallback(torch.library.fallthrough_kernel, "AutocastPrivateUse1")
    for operation in LOWERED:
        operations.impl(operation, _cast(operation, is_lowered=True), "AutocastPrivateUse1")
    for operation in RAISED:
        operations.impl(operation, _cast(operation, is_lowered=False), "AutocastPrivateUse1")
    return operations, fallback


@contextmanager
def second_device(
    precision: Precision = "float32", *, memory: int | None = None, knows_float64: bool = True
) -> Iterator[Placement]:
    """The device, for as long as the block runs.

    Args:
        precision: that networks compute in.
        memory: bytes that its largest tensor may have.
        knows_float64: False refuses float64, as Apple's GPUs do.
    """
    gc.collect()
    OTHER.memory, OTHER.knows_float64, OTHER.peak, OTHER.waits = memory, knows_float64, 0, 0
    try:
        yield Placement(NAME, precision)
    finally:
        OTHER.memory, OTHER.knows_float64 = None, True


DEVICE = _registered()
"""At once: PyTorch counts devices when a process first trains, and every worker imports this before it runs a test."""
