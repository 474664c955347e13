"""Which device a dissection is computed on: what its file says, unless the environment says otherwise."""

import importlib.util
import os
import re
import sys
from collections.abc import Set
from functools import cache
from pathlib import Path
from typing import get_args

from dagster_and.devices.placement import Placement
from dagster_and.dissection.compute import Compute, DeviceName
from dagster_and.foundation.errors import UserError

VARIABLE = "AND_DEVICE"
KNOWN: tuple[str, ...] = get_args(DeviceName)


def placement_of(section: Compute, offered: Set[str] | None = None) -> Placement:
    """The device and the precision that a dissection's networks run in.

    Args:
        section: of the dissection.
        offered: devices of those who do the work; None where that is this machine, which is looked at.

    Raises:
        UserError: the device isn't there, doesn't know the precision, or the environment names one that nobody knows.
    """
    name, where = _asked(section)
    if offered is not None:
        return Placement(_offered(name, where, offered), section.precision)
    device = _best() if name == "auto" else name
    if not _is_there(device):
        raise UserError(f"{where} is {device}, but {_missing(device)}: write {where}{_sign(where)}auto or cpu.")
    placement = Placement(device, section.precision)
    if not _knows(placement):
        raise UserError(
            f"compute.precision is {section.precision}, which {placement.name} can't compute in: write float32 or "
            f"{'float16' if section.precision == 'bfloat16' else 'bfloat16'}."
        )
    return placement


def _asked(section: Compute) -> tuple[str, str]:
    """The device that is asked for, and where."""
    named = os.environ.get(VARIABLE, "").strip()
    if named and named not in KNOWN:
        raise UserError(
            f"{VARIABLE} is {named!r}, which is no device: set it to one of {', '.join(KNOWN)}, or unset it."
        )
    return (named, VARIABLE) if named else (section.device, "compute.device")


def _offered(name: str, where: str, offered: Set[str]) -> str:
    device = ("cuda" if "cuda" in offered else "cpu") if name == "auto" else name
    if device not in offered:
        raise UserError(
            f"{where} is {device}, but no worker offers it: start workers with --resources GPU=1 on machines with an "
            f"NVIDIA GPU, or write {where}{_sign(where)}auto or cpu."
        )
    return device


def _sign(where: str) -> str:
    return "=" if where == VARIABLE else ": "


def _best() -> str:
    return next((device for device in ("cuda", "mps") if _is_there(device)), "cpu")


def _is_there(device: str) -> bool:
    if device == "cpu":
        return True
    if not _may_be_there(device):
        return False
    import torch

    return torch.cuda.is_available() if device == "cuda" else torch.backends.mps.is_available()


def _may_be_there(device: str) -> bool:
    """Whether PyTorch is made for a device, by its files where it is not loaded: to import it takes seconds."""
    return "torch" in sys.modules or _is_made_for(device)


@cache
def _is_made_for(device: str) -> bool:
    if device == "mps":
        return sys.platform == "darwin"
    found = importlib.util.find_spec("torch")
    if found is None or found.origin is None:
        return True
    said = Path(found.origin).with_name("version.py").read_text(encoding="utf-8")
    made_without = {name for name in ("cuda", "hip") if re.search(rf"^{name}\b.*= None$", said, flags=re.MULTILINE)}
    return made_without != {"cuda", "hip"}


def _missing(device: str) -> str:
    """Why a device can't be used."""
    import torch

    is_built = torch.backends.cuda.is_built() if device == "cuda" else torch.backends.mps.is_built()
    what = "NVIDIA GPU" if device == "cuda" else "Apple GPU"
    if is_built:
        return f"PyTorch finds no {what} here"
    return f"the PyTorch that is installed ({torch.__version__}) is made without it"


def _knows(placement: Placement) -> bool:
    if placement.device != "cuda" or placement.precision != "bfloat16":
        return True
    import torch

    return torch.cuda.is_bf16_supported(including_emulation=False)
