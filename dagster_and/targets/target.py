"""The network under dissection, opened: a transformers audio classifier with safetensors weights."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dagster_and.errors import UserError
from dagster_and.targets.frontends import Frontend, frontend_of
from dagster_and.targets.layers import Layer, dissected_layers
from dagster_and.targets.quiet import quiet_transformers


@dataclass(frozen=True)
class Target:
    """A network ready to be dissected. ``class_labels`` are the head's classes in the order of its neurons."""

    name: str
    checkpoint: str
    model: Any
    frontend: Frontend
    layers: tuple[Layer, ...]
    class_labels: tuple[str, ...]

    @property
    def neurons(self) -> int:
        """Number of dissected neurons."""
        return sum(layer.width for layer in self.layers)

    @property
    def blocks(self) -> int:
        """Number of blocks; the head's block index."""
        return self.layers[-1].block_index


def open_target(
    checkpoint: str, requested_layers: Sequence[Sequence[str]] | None = None, revision: str | None = None,
    *, weights: bool = True,
) -> Target:  # fmt: skip
    """Load a network from a local folder or the hub, in eval mode, float32, on the CPU.

    Args:
        checkpoint: hub id or folder with config.json, preprocessor_config.json and safetensors weights.
        requested_layers: module names block by block; None for the known ones.
        revision: of the hub.
        weights: False builds the network without its weights (on the meta device), to look at its layers only.

    Raises:
        UserError: it can't be found or read, has no safetensors, isn't an audio classifier, or lacks a layer.
    """
    with quiet_transformers():
        model, extractor = _load(checkpoint, revision, weights)
    labels = getattr(model.config, "id2label", {})
    layers = dissected_layers(model, requested_layers)
    return Target(
        name=_name(checkpoint),
        checkpoint=checkpoint,
        model=model.eval(),
        frontend=frontend_of(model, extractor),
        layers=layers,
        class_labels=tuple(str(labels.get(i, f"LABEL_{i}")) for i in range(layers[-1].width)),
    )


def _load(checkpoint: str, revision: str | None, weights: bool) -> tuple[Any, Any]:
    import torch
    from transformers import AutoConfig, AutoFeatureExtractor, AutoModelForAudioClassification

    local = Path(checkpoint).is_dir()
    if local and not list(Path(checkpoint).glob("*.safetensors")):
        raise UserError(
            f"target.checkpoint {checkpoint} holds no *.safetensors file: save it with save_pretrained "
            "(pickled weights are not loaded, since they can run code)."
        )
    if not local and (checkpoint.startswith((".", "/", "~")) or checkpoint.count("/") != 1):
        raise UserError(
            f"target.checkpoint {checkpoint!r} is neither a folder nor a hub id: write owner/name or a path."
        )
    try:
        config = AutoConfig.from_pretrained(checkpoint, revision=revision, trust_remote_code=False)
        extractor = AutoFeatureExtractor.from_pretrained(checkpoint, revision=revision, trust_remote_code=False)
        if weights:
            model = AutoModelForAudioClassification.from_pretrained(
                checkpoint, revision=revision, config=config, use_safetensors=True, dtype=torch.float32
            )
        else:
            with torch.device("meta"):
                model = AutoModelForAudioClassification.from_config(config)
    except UserError:
        raise
    except Exception as error:  # transformers raises what it likes: OSError, ValueError, SafetensorError, HTTP errors
        what = "read as an audio classifier" if local else "loaded from the hub (is it reachable, is the name right?)"
        first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise UserError(
            f"target.checkpoint {checkpoint!r} can't be {what}: {first} Write the folder of a transformers audio "
            "classifier (config.json, preprocessor_config.json, model.safetensors) or its hub id."
        ) from error
    return model, extractor


def _name(checkpoint: str) -> str:
    return Path(checkpoint).name if Path(checkpoint).is_dir() else checkpoint


def weights_sha256(model: Any) -> str:
    """SHA-256 over the names, shapes and bytes of all weights, in order of name."""
    hasher = hashlib.sha256()
    for name, tensor in sorted(model.state_dict().items()):
        hasher.update(f"{name}{tuple(tensor.shape)}".encode())
        hasher.update(tensor.detach().contiguous().cpu().numpy().tobytes())
    return hasher.hexdigest()
