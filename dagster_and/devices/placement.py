"""A device and a precision: how a network and its inputs get there, how it computes there, and what comes back."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dagster_and.dissection.compute import Precision
from dagster_and.foundation.errors import UserError

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor, nn

WITHOUT_FLOAT64 = ("mps",)
"""Types of device that know no float64: what needs it is computed on the CPU."""


def knows_float64(device_type: str) -> bool:
    """Whether a type of device (``cpu``, ``cuda``, ``mps``) computes in float64."""
    return device_type not in WITHOUT_FLOAT64


@dataclass(frozen=True)
class Placement:
    """Where networks compute, and how exactly. On the CPU in float32 nothing here changes anything.

    ``device`` is a type of device; of several GPUs it is PyTorch's first.
    """

    device: str = "cpu"
    precision: Precision = "float32"

    @property
    def name(self) -> str:
        """The device in words."""
        if self.device == "cuda":
            import torch

            return torch.cuda.get_device_name() if torch.cuda.is_available() else "NVIDIA GPUs"  # those of workers
        return {"cpu": "the CPU", "mps": "the Apple GPU"}.get(self.device, self.device)

    @property
    def in_words(self) -> str:
        """Device and precision, for people."""
        kind = "" if self.is_cpu else f" ({self.device})"
        return f"{self.name.removeprefix('the ')}{kind}, {self.precision}"

    @property
    def is_cpu(self) -> bool:
        """Whether tensors stay where they are."""
        return self.device == "cpu"

    @property
    def exact_device(self) -> str:
        """Where float64 is computed: the device, or the CPU if it knows none."""
        return self.device if knows_float64(self.device) else "cpu"

    @property
    def is_lowered(self) -> bool:
        """Whether networks compute in half precision."""
        return self.precision != "float32"

    def placed(self, model: "nn.Module") -> "nn.Module":
        """The network itself, its weights moved to the device; they stay in their own precision."""
        return model if self.is_cpu else model.to(self.device)

    def moved(self, tensor: "Tensor") -> "Tensor":
        """A tensor of the CPU on the device; the copy to an NVIDIA GPU is not waited for."""
        if self.is_cpu:
            return tensor
        is_cuda = self.device == "cuda"
        return (tensor.pin_memory() if is_cuda else tensor).to(self.device, non_blocking=is_cuda)

    def fetched(self, tensor: "Tensor") -> Callable[[], "np.ndarray"]:
        """Start to bring a tensor to the CPU; what is given waits for it and gives it, half precision as float32."""
        import torch

        kept = tensor.float() if tensor.dtype in (torch.bfloat16, torch.float16) else tensor
        if self.device != "cuda":
            here = kept.cpu()
            return here.numpy
        here = kept.to("cpu", non_blocking=True)  # into pinned memory
        done = torch.cuda.Event()
        done.record()

        def arrived() -> "np.ndarray":
            done.synchronize()
            return here.numpy()

        return arrived

    @contextmanager
    def forward(self) -> Iterator[None]:
        """Forward passes without gradients, as :meth:`computing`."""
        import torch

        with torch.inference_mode(), self.computing():
            yield

    @contextmanager
    def computing(self) -> Iterator[None]:
        """Networks compute in the precision for as long as the block runs.

        In half precision matrix products and convolutions are made in it, what sums over many values (norms, softmax)
        in float32, and weights are kept in float32. Weights that were cast are not kept: somebody may cut rows out of
        them before the next pass. float32 on an NVIDIA GPU is float32: convolutions don't round to TF32.

        Raises:
            UserError: the network can't be run on the device or in the precision, by what PyTorch says.
        """
        import torch

        with ExitStack() as stack:
            if self.device == "cuda":
                stack.enter_context(torch.backends.cudnn.flags(enabled=True, deterministic=True, allow_tf32=False))
            if self.is_lowered:
                dtype = getattr(torch, self.precision)
                stack.enter_context(torch.autocast(self.device, dtype=dtype, cache_enabled=False))
            try:
                yield
            except (RuntimeError, TypeError) as error:
                said = self._obstacle(error)
                if said is None:
                    raise
                raise UserError(said) from error

    def _obstacle(self, error: Exception) -> str | None:
        """What of a network stands in the way of a device or precision; None where the error is another one."""
        text = " ".join(str(error).split())
        if "out of memory" in text or (self.is_cpu and not self.is_lowered):
            return None
        if "same device" in text:
            return (
                f"The target makes tensors on the CPU while it runs on {self.name} ({text[:200]}): make them on the "
                "device of its inputs, or write compute.device: cpu."
            )
        if "float64" in text and not knows_float64(self.device):
            return f"The target computes in float64, which {self.name} can't ({text[:200]}): write compute.device: cpu."
        if self.is_lowered and any(word in text for word in ("Half", "BFloat16", "dtype", "same type")):
            return f"The target can't be run in {self.precision} ({text[:200]}): write compute.precision: float32."
        return None


ON_CPU = Placement()


@contextmanager
def in_float32(tensor: "Tensor") -> Iterator[None]:
    """What is computed on the tensor's device is as exact as its operands, whatever precision networks run in."""
    import torch

    kind = tensor.device.type
    if not torch.is_autocast_enabled(kind):
        yield
        return
    with torch.autocast(kind, enabled=False):
        yield
