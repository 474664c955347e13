"""A second type of device on the CPU: its tensors hold values, and meet no tensor of the CPU, as those of a GPU don't.

PyTorch keeps one device type free for others (``privateuseone``). Here it is named ``other``, and a tensor on it wraps one
of the CPU. What runs on a GPU runs on it: to put a tensor there or fetch it takes a copy that the code asks for; whatever
is computed from tensors of both devices is refused in PyTorch's words, indices included, which a GPU would fetch and wait
for; and such a tensor is no numpy array. So a test that passes here shows that nothing is left on the wrong device.

``OTHER`` holds what the device has besides: its memory, whether it knows float64, and how often it was waited for.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import torch
from torch.utils import _pytree as pytree
from torch.utils.backend_registration import _DummyBackendModule, _setup_privateuseone_for_python_backend

NAME = "other"
BOTH = "Expected all tensors to be on the same device, but found at least two devices, other:0 and cpu!"
aten = torch.ops.aten
COPIES = {aten.copy_.default, aten._to_copy.default, aten._copy_from.default}


@dataclass
class State:
    """What a test may set, and what it may look at afterwards."""

    knows_float64: bool = True
    largest: int | None = None
    """Bytes of the largest tensor that there is memory for."""
    waits: int = 0
    """How often a value came back to the CPU."""
    peak: int = 0
    operations: int = 0


OTHER = State()


class Module(_DummyBackendModule):
    """``torch.other``, with what ``torch.cuda`` has."""

    @staticmethod
    def get_amp_supported_dtype() -> list[torch.dtype]:
        return [torch.bfloat16, torch.float16]

    @staticmethod
    def get_device_name(_device: Any = None) -> str:
        return "second device on the CPU"


class Other(torch.Tensor):
    """A tensor on the second device; ``held`` is its value on the CPU."""

    held: torch.Tensor

    @staticmethod
    def __new__(cls, held: torch.Tensor, requires_grad: bool = False) -> "Other":
        _allocate(held)
        made = torch.Tensor._make_wrapper_subclass(
            cls, held.shape, held.stride(), held.storage_offset(), dtype=held.dtype, device=f"{NAME}:0",
            requires_grad=requires_grad,
        )  # fmt: skip
        made.held = held
        return made

    def __repr__(self) -> str:  # type: ignore[override]
        return f"Other({self.held!r})"

    def numpy(self, **_: Any) -> Any:  # type: ignore[override]
        raise TypeError("can't convert other:0 device type tensor to numpy. Use Tensor.cpu() first")

    def tolist(self) -> Any:
        return self.cpu().tolist()

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        with torch.inference_mode(False), torch.no_grad():  # a view of a weight is no inference tensor
            return _run(func, args, dict(kwargs or {}))


def _allocate(held: torch.Tensor) -> None:
    if held.dtype == torch.float64 and not OTHER.knows_float64:
        raise TypeError("the second device doesn't support float64")
    size = held.numel() * held.element_size()
    if OTHER.largest is not None and size > OTHER.largest:
        raise torch.OutOfMemoryError("the second device is out of memory")
    OTHER.peak = max(OTHER.peak, size)


def _run(func: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    OTHER.operations += 1
    flat, form = pytree.tree_flatten((args, kwargs))
    tensors = [value for value in flat if isinstance(value, torch.Tensor)]
    strangers = [value for value in tensors if not isinstance(value, Other)]
    if func not in COPIES and any(value.ndim for value in strangers):
        raise RuntimeError(f"{BOTH} ({func})")
    if func is aten._local_scalar_dense.default:
        OTHER.waits += 1
    wanted = kwargs.get("device")
    goes_back = func is aten._to_copy.default and wanted is not None and torch.device(wanted).type == "cpu"
    if goes_back or (func is aten.copy_.default and not isinstance(args[0], Other)):
        OTHER.waits += 1
    held = [value.held if isinstance(value, Other) else value for value in flat]
    held = [torch.device("cpu") if isinstance(value, torch.device) else value for value in held]
    plain_args, plain_kwargs = pytree.tree_unflatten(held, form)
    result = func(*plain_args, **plain_kwargs)
    if goes_back:
        return result
    known = {id(value.held): value for value in flat if isinstance(value, Other)}
    known |= {id(value): value for value in strangers}
    return pytree.tree_map_only(
        torch.Tensor, lambda value: known.get(id(value)) if id(value) in known else Other(value), result
    )


LOWERED = ("linear", "matmul", "bmm", "addmm", "baddbmm", "conv1d", "conv2d", "scaled_dot_product_attention")
RAISED = ("layer_norm", "softmax.int", "log_softmax.int", "cross_entropy_loss")
"""What autocast makes in half precision, and what in float32, as on a GPU; everything else is made as it comes."""


def _cast(operation: str, lowered: bool) -> Callable[..., Any]:
    name, _, overload = operation.partition(".")
    function = getattr(getattr(aten, name), overload or "default")

    def cast(value: Any) -> Any:
        is_cast = isinstance(value, torch.Tensor) and value.is_floating_point() and value.dtype != torch.float64
        return value.to(torch.get_autocast_dtype(NAME) if lowered else torch.float32) if is_cast else value

    def run(*args: Any, **kwargs: Any) -> Any:
        with torch._C._ExcludeDispatchKeyGuard(torch._C.DispatchKeySet(torch._C.DispatchKey.AutocastPrivateUse1)):
            return function(*pytree.tree_map(cast, args), **pytree.tree_map(cast, kwargs))

    return run


@cache
def registered() -> tuple[torch.library.Library, ...]:
    """Make the device known to PyTorch, once a process."""
    _setup_privateuseone_for_python_backend(NAME, backend_module=Module())
    library = torch.library.Library("aten", "IMPL")

    def empty(size, *, dtype=None, layout=None, device=None, pin_memory=None, memory_format=None):
        return Other(torch.empty(size, dtype=dtype))

    def empty_strided(size, stride, *, dtype=None, layout=None, device=None, pin_memory=None):
        return Other(torch.empty_strided(size, stride, dtype=dtype))

    def copy_from(source, target, non_blocking=False):
        return _run(aten.copy_.default, (target, source), {})

    library.impl("empty.memory_format", empty, "PrivateUse1")
    library.impl("empty_strided", empty_strided, "PrivateUse1")
    library.impl("_copy_from", copy_from, "PrivateUse1")
    everything = torch.library.Library("_", "IMPL")
    everything.fallback(torch.library.fallthrough_kernel, "AutocastPrivateUse1")
    for operations, lowered in ((LOWERED, True), (RAISED, False)):
        for operation in operations:
            library.impl(operation, _cast(operation, lowered), "AutocastPrivateUse1")
    return library, everything
