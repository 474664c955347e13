"""BEATs checkpoints: read without running code, written in the published format."""

import json
import pickle
import re
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from dagster_and.foundation.errors import UserError
from dagster_and.foundation.files import replacing
from dagster_and.foundation.obstacles import said_by
from dagster_and.foundation.texts import whole
from dagster_and.targets.beats.config import BeatsConfig, config_from_cfg, config_from_shapes
from dagster_and.targets.checkpoints import COMPILED_PART, LIGHTNING, WRAPPERS

if TYPE_CHECKING:
    from torch import Tensor

    from dagster_and.targets.beats.network import Beats

SUFFIXES = (".pt", ".pth", ".safetensors")
HEADS = ("predictor", "fc")
STATES = ("model", "state_dict", "model_state_dict")
"""Under which key a file that holds more than weights has them: as published, by Lightning, by many a training loop."""
PREFIXES = (*WRAPPERS, LIGHTNING, "beats.")
"""What those that wrapped the network have put before its weights' names: also Lightning, and a network around it."""
LONGEST_SHOWN = 120
"""Characters of a weight's name."""
MOST_CLASSES = 10**9
_CONVOLUTION = "encoder.pos_conv.0"
_WEIGHT_NORM = {
    f"{_CONVOLUTION}.parametrizations.weight.original0": f"{_CONVOLUTION}.weight_g",
    f"{_CONVOLUTION}.parametrizations.weight.original1": f"{_CONVOLUTION}.weight_v",
}


class Loaded(NamedTuple):
    """A network, its own class labels by class, if it has any, and the prefixes taken off its weights' names."""

    model: "Beats"
    labels: dict[int, str]
    prefixes: tuple[str, ...]


def load_beats(path: Path, *, weights: bool = True) -> Loaded:
    """The network of a checkpoint, in eval mode.

    Args:
        path: torch file with ``cfg`` and ``model``, torch file or safetensors with a bare state dict. The configuration
            of a bare one is read off its shapes, or off ``cfg`` (JSON) in the metadata of safetensors. Weights may lie
            under another of :data:`STATES`, and carry the :data:`PREFIXES`.
        weights: False checks names and shapes and builds the network on the meta device.

    Raises:
        UserError: the file can't be read, wants to run code, or its weights are not those of a BEATs network.
    """
    content = _read(path, weights)
    cfg, state, labels = _parts(path, content)
    state, prefixes = _named_as_published(path, state)
    shapes = {name: tuple(tensor.shape) for name, tensor in state.items()}
    try:
        config = config_from_cfg(cfg) if cfg is not None else config_from_shapes(shapes)
    except (UserError, TypeError) as error:
        raise UserError(f"target.checkpoint {path}: {error}") from None
    model = _built(path, config, shapes)
    _require_same_weights(path, model, shapes)
    if weights:
        _require_one_table(path, state)
        published = {name: old for old, name in _WEIGHT_NORM.items()}
        model.load_state_dict(
            {published.get(n, n): t.float().clone() for n, t in state.items()}, strict=False, assign=True
        )
        model.requires_grad_(True)
    return Loaded(model.eval(), labels, prefixes)


def save_beats(model: "Beats", path: Path, **extra: Any) -> None:
    """Write ``cfg`` and ``model`` as the published checkpoints have them, and ``extra`` beside them; atomically."""
    import torch

    head = model.get_submodule(model.head_name) if model.head_name else None
    cfg = asdict(model.config) | {"finetuned_model": head is not None}
    if head is not None:
        cfg["predictor_class"] = head.out_features
    state = {_WEIGHT_NORM.get(name, name): tensor.detach().cpu() for name, tensor in model.state_dict().items()}
    with replacing(path) as temporary, temporary.open("wb") as file:  # torch by itself has no word for a full disk
        torch.save({"cfg": cfg, "model": state, **extra}, file)


def _read(path: Path, weights: bool) -> Any:
    import torch

    try:
        if path.suffix == ".safetensors":
            return _read_safetensors(path, weights)
        return torch.load(path, map_location="cpu" if weights else "meta", weights_only=True)
    except pickle.UnpicklingError as error:
        if "weights_only" in str(error).lower() or "weights only" in str(error).lower():
            raise UserError(
                f"target.checkpoint {path} is refused: its pickle asks to run code, and a checkpoint may hold only "
                "tensors, numbers, text, lists and dicts; save it as {'cfg': dict, 'model': state_dict} or safetensors."
            ) from None
        raise UserError(_unreadable(path, error)) from None
    except Exception as error:  # torch raises what it likes on a cut or foreign file
        raise UserError(_unreadable(path, error)) from None


def _unreadable(path: Path, error: Exception) -> str:
    first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return f"target.checkpoint {path} can't be read ({first}): write the path of a BEATs .pt or .safetensors file."


def _read_safetensors(path: Path, weights: bool) -> dict[str, Any]:
    import torch
    from safetensors import safe_open

    with safe_open(path, framework="pt") as file:
        metadata = file.metadata() or {}
        names = list(file.keys())
        state = {
            name: file.get_tensor(name) if weights else torch.empty(file.get_slice(name).get_shape(), device="meta")
            for name in names
        }
    return {"cfg": json.loads(metadata["cfg"]), "model": state} if "cfg" in metadata else state


def _parts(path: Path, content: Any) -> tuple[Mapping[str, Any] | None, dict[str, "Tensor"], dict[int, str]]:
    """``cfg``, state dict and class labels of what the file holds."""
    cfg, labels = None, {}
    held = [key for key in STATES if isinstance(content, dict) and isinstance(content.get(key), dict)]
    if held:
        cfg = content.get("cfg")
        labels = _labels(path, content.get("label_dict"))
        content = content[held[0]]
    if not isinstance(content, dict) or not all(map(_is_plain, content.values())):
        raise UserError(
            f"target.checkpoint {path} holds neither a dict with cfg and model nor a state dict (name -> dense, real "
            "tensor): save {'cfg': dict, 'model': model.state_dict()}."
        )
    if cfg is not None and not isinstance(cfg, dict):
        raise UserError(f"target.checkpoint {path}: cfg must be a plain dict, not {type(cfg).__name__}.")
    return cfg, content, labels


def _is_plain(tensor: Any) -> bool:
    import torch

    if not isinstance(tensor, torch.Tensor) or tensor.layout is not torch.strided:
        return False
    return not (tensor.is_complex() or tensor.is_quantized)


def _labels(path: Path, label_dict: Any) -> dict[int, str]:
    """Class labels by class, of a dict from class to label or from label to class, or of a list.

    Raises:
        UserError: it is something else.
    """
    named = dict(enumerate(label_dict)) if isinstance(label_dict, list | tuple) else label_dict or {}
    if isinstance(named, dict):
        if all(_is_whole(key) for key in named):
            return {int(key): whole(str(label)) for key, label in named.items()}
        if all(_is_whole(number) for number in named.values()):
            return {int(number): whole(str(label)) for label, number in named.items()}
    raise UserError(
        f"target.checkpoint {path}: its label_dict maps neither classes (0, 1, ...) to labels nor labels to classes; "
        "save it as {0: 'dog', 1: 'rain', ...}, or leave it out and name target.class_labels."
    )


def _is_whole(number: Any) -> bool:
    if isinstance(number, int):
        return not isinstance(number, bool) and 0 <= number < MOST_CLASSES
    return isinstance(number, str) and re.fullmatch(r"[0-9]{1,9}", number) is not None


def _named_as_published(path: Path, state: dict[str, "Tensor"]) -> tuple[dict[str, "Tensor"], tuple[str, ...]]:
    """The weights without what wrapped the network, and the prefixes that were taken off, the outermost first."""
    bare: dict[str, Tensor] = {}
    prefixes: dict[str, None] = {}
    for name, tensor in state.items():
        short = str(name)
        while prefix := next((p for p in PREFIXES if short.startswith(p)), None):
            short = short.removeprefix(prefix)
            prefixes[prefix] = None
        if COMPILED_PART in short:
            short = short.replace(COMPILED_PART, ".")
            prefixes["_orig_mod."] = None
        bare[_WEIGHT_NORM.get(short, short)] = tensor
    if len(bare) < len(state):
        taken = " or ".join(prefixes)
        raise UserError(f"target.checkpoint {path} holds weights twice, with and without the prefix {taken}.")
    return bare, tuple(prefixes)


def _built(path: Path, config: BeatsConfig, shapes: Mapping[str, tuple[int, ...]]) -> "Beats":
    """The network on the meta device.

    Raises:
        UserError: it would have more layers than there are weights, or there is none of such sizes.
    """
    import torch

    from dagster_and.targets.beats.network import Beats

    if config.encoder_layers > len(shapes):  # to build so many would take all memory
        raise UserError(
            f"target.checkpoint {path} says encoder_layers {config.encoder_layers}, but holds {len(shapes)} weights: "
            "save cfg and weights of one network."
        )
    head = _head(path, shapes)
    try:
        with torch.device("meta"):
            return Beats(config, head, shapes[f"{head}.weight"][0] if head else 0)
    except (ValueError, RuntimeError) as error:  # as torch says of sizes that don't go together
        raise UserError(
            f"target.checkpoint {path}: there is no BEATs network of the sizes in its cfg ({said_by(error)}): save cfg "
            "and weights of one network."
        ) from None


def _head(path: Path, shapes: Mapping[str, tuple[int, ...]]) -> str | None:
    found = [head for head in HEADS if f"{head}.weight" in shapes]
    if len(found) > 1:
        raise UserError(f"target.checkpoint {path} has two heads, predictor and fc: leave one of them in.")
    if found and (len(shapes[f"{found[0]}.weight"]) != 2 or 0 in shapes[f"{found[0]}.weight"]):
        raise UserError(f"target.checkpoint {path} has a head of no class: {found[0]}.weight is empty or no matrix.")
    return found[0] if found else None


def _require_same_weights(path: Path, model: "Beats", shapes: Mapping[str, tuple[int, ...]]) -> None:
    """Every weight is there, none is left over, each has its shape; later layers may leave out the shared table.

    Raises:
        UserError: names those that don't fit.
    """
    wanted = {_WEIGHT_NORM.get(name, name): tuple(tensor.shape) for name, tensor in model.state_dict().items()}
    missing = [name for name in wanted if name not in shapes and not _is_copy_of_table(name)]
    unknown = [name for name in shapes if name not in wanted]
    wrong = [f"{n} {shapes[n]}, not {size}" for n, size in wanted.items() if n in shapes and shapes[n] != size]
    faults = {"lacks": missing, "has besides": unknown, "has in another shape": wrong}
    said = [f"{what} {_listed(names)}" for what, names in faults.items() if names]
    if said:
        raise UserError(
            f"target.checkpoint {path} doesn't hold the weights of its BEATs network: it {'; '.join(said)}."
        )


def _is_copy_of_table(name: str) -> bool:
    return name.endswith("relative_attention_bias.weight") and not name.startswith("encoder.layers.0.")


def _require_one_table(path: Path, state: Mapping[str, "Tensor"]) -> None:
    first = state.get("encoder.layers.0.self_attn.relative_attention_bias.weight")
    if first is None:
        return
    for name, tensor in state.items():
        if _is_copy_of_table(name) and not bool((tensor == first).all()):
            raise UserError(f"target.checkpoint {path}: {name} differs from layer 0's, but all layers share one table.")


def _listed(names: list[str], shown: int = 12) -> str:
    more = f" and {len(names) - shown} more" if len(names) > shown else ""
    return ", ".join(name[:LONGEST_SHOWN] for name in names[:shown]) + more
