"""A user's function that returns a network: found by its name or file, called, and never evaluated from text."""

import importlib
import importlib.util
import inspect
import sys
from pathlib import Path
from typing import Any

import torch
from torch import nn

from dagster_and.foundation.errors import UserError
from dagster_and.foundation.keys import digest


def made_by(factory: str) -> nn.Module:
    """The network that ``package.module:function`` or ``/path/file.py:function`` returns: eval, float32, on the CPU.

    Raises:
        UserError: the function is not there, can't be called, fails, or returns something else.
    """
    where, _, function = factory.rpartition(":")
    if not where or not function.isidentifier():
        raise UserError(f"target.factory is {factory!r}: write package.module:function or /path/file.py:function.")
    make = getattr(_imported(where), function, None)
    if not callable(make):
        what = "has no" if make is None else "has something that can't be called under the name"
        raise UserError(f"target.factory: {where} {what} {function!r}: write a function that returns an nn.Module.")
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)  # a factory that draws its weights gives the same network in every room
            model = make()
    except Exception as error:
        raise UserError(f"target.factory {factory} failed: {told(error)}: it must run without arguments.") from error
    if not isinstance(model, nn.Module):
        raise UserError(f"target.factory {factory} returned {type(model).__name__}, not a torch.nn.Module.")
    return model.eval().float().cpu()


def _imported(where: str) -> Any:
    try:
        if not where.endswith(".py"):
            return importlib.import_module(where)
        path = Path(where)
        if not path.is_file():
            raise UserError(f"target.factory: there is no file {path}: write an existing one, or package.module.")
        name = f"dissected_{path.stem}_{digest(str(path))[:8]}"
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
        return module
    except UserError:
        raise
    except Exception as error:
        raise UserError(f"target.factory: {where} can't be imported: {told(error)}.") from error


def told(error: Exception) -> str:
    """An error of the user's code in one line."""
    return f"{type(error).__name__}: {' '.join(str(error).split())}"


def waveform_argument(model: nn.Module, factory: str) -> str:
    """Name of the argument of ``forward`` that takes the waveforms.

    Raises:
        UserError: it has no named one.
    """
    parameters = list(inspect.signature(model.forward).parameters.values())
    if not parameters or parameters[0].kind is not inspect.Parameter.POSITIONAL_OR_KEYWORD:
        raise UserError(f"target.factory {factory}: its network's forward must take the waveforms as a named argument.")
    return parameters[0].name
