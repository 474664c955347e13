"""A folder or hub id of transformers, opened as a target: classifiers as well as bare encoders."""

import copy
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from dagster_and.audio.reading import RATES_HZ
from dagster_and.foundation.errors import UserError
from dagster_and.foundation.obstacles import said_by
from dagster_and.foundation.texts import whole
from dagster_and.hub.quiet import quiet_transformers
from dagster_and.method.activations.reading import PLAIN, Reading
from dagster_and.targets.checkpoints import as_unwrapped
from dagster_and.targets.hearing.frontend import Frontend
from dagster_and.targets.labels import Labels, class_names
from dagster_and.targets.layers import Layer, dissected_layers
from dagster_and.targets.target import Target
from dagster_and.targets.transformers.frontends import frontend_of
from dagster_and.targets.transformers.sizes import refuse_more_parts, refuse_more_weights, shapes_in

CLAP = ("clap", "clap_audio_model")
WINDOWED = Reading(time_axis=None)
"""HTSAT folds the spectrogram into a picture, attends within windows and merges patches: padding can't be followed, so
every token counts. CLAP repeats a short clip up to its window, so that every token hears the clip."""
UNUSED = "masked_spec_embed"  # what masks the input in training
TRIED_S = 0.1


def open_transformers(
    checkpoint: str, requested_layers: Sequence[Sequence[str]] | None = None, revision: str | None = None,
    *, weights: bool = True, window_s: float | None = None, class_labels: Labels = None,
) -> Target:  # fmt: skip
    """Open a local folder or a hub id, in eval mode, float32, on the CPU.

    Args:
        checkpoint: hub id, or folder with config.json, preprocessor_config.json and safetensors weights.
        requested_layers: module names block by block; None for the known ones.
        revision: of the hub.
        weights: False builds the network without its weights (on the meta device), to look at its layers only.
        window_s: what the network hears of a clip, in seconds; waveforms are padded to it, so that a clip's activations
            never depend on its batch, even where a network hears its padding. None pads to the longest clip.
        class_labels: the head's classes in order, or a file of them; None takes the configuration's own.

    Raises:
        UserError: it can't be found or read, would run code, lacks weights or a layer, or can't be fed.
    """
    _check_place(checkpoint)
    local = Path(checkpoint).is_dir()
    try:
        with quiet_transformers():
            model, extractor, has_head = _load(checkpoint, revision, weights)
            frontend = _tried(frontend_of(model, extractor, window_s))
    except UserError:
        raise
    except Exception as error:  # transformers raises what it likes: OSError, ValueError, SafetensorError, HTTP errors
        what = "read as an audio network" if local else "loaded from the hub (is it reachable, is the name right?)"
        said = said_by(error) or type(error).__name__
        raise UserError(
            f"target.checkpoint {checkpoint!r} can't be {what}: {said}. Write the folder of a transformers "
            "audio network (config.json, preprocessor_config.json, model.safetensors) or its hub id."
        ) from error
    reading = WINDOWED if model.config.model_type in CLAP else PLAIN
    layers = dissected_layers(model, requested_layers, has_head=has_head, reading=reading)
    if model.config.model_type == "wavlm":
        layers = tuple(_read_at_attention(layer) for layer in layers)
    classes = getattr(model.config, "num_labels", layers[-1].width)
    if has_head and classes != layers[-1].width:
        raise UserError(
            f"target.checkpoint {checkpoint!r} has {classes} classes by its config.json, but {layers[-1].name}, its "
            f"last layer, has {layers[-1].width} units: mend id2label there, or name another architecture."
        )
    labels = getattr(model.config, "id2label", None) or {}
    own = tuple(whole(str(labels.get(i, f"LABEL_{i}"))) for i in range(layers[-1].width)) if has_head else ()
    given = class_names(class_labels, layers[-1].width if has_head else 0)
    return Target(
        name=Path(checkpoint).name if local else checkpoint,
        checkpoint=checkpoint,
        model=model.eval(),
        frontend=frontend,
        layers=layers,
        class_labels=given or own,
    )


def _read_at_attention(layer: Layer) -> Layer:
    """WavLM hands its output projection's weights to torch's attention, which puts out what the projection would."""
    attention, _, last = layer.name.rpartition(".")
    return replace(layer, reading=Reading(module=attention)) if last == "out_proj" else layer


def _check_place(checkpoint: str) -> None:
    if Path(checkpoint).is_file():
        raise UserError(
            f"target.checkpoint {checkpoint} is a file: write the folder that it lies in, a hub id, or family: beats "
            "for a BEATs checkpoint."
        )
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


def _load(checkpoint: str, revision: str | None, weights: bool) -> tuple[Any, Any, bool]:
    """The network, its feature extractor, and whether it has a classification head."""
    import torch
    from transformers import AutoConfig, AutoFeatureExtractor

    folder, shapes = Path(checkpoint), {}
    if folder.is_dir():
        shapes = shapes_in(folder)
        refuse_more_parts(folder, shapes)
    config = AutoConfig.from_pretrained(checkpoint, revision=revision, trust_remote_code=False)
    extractor = AutoFeatureExtractor.from_pretrained(checkpoint, revision=revision, trust_remote_code=False)
    architecture = (config.architectures or [""])[0]
    has_head = config.model_type not in CLAP and (
        not architecture or architecture.endswith(("ForAudioClassification", "ForSequenceClassification"))
    )
    loader = _loader(config, architecture, has_head)
    if config.model_type == "clap":
        config = config.audio_config
    if folder.is_dir():
        refuse_more_weights(folder, shapes, _without_weights(loader, config))
    if weights:
        model, report = loader.from_pretrained(
            checkpoint, revision=revision, config=config, use_safetensors=True, dtype=torch.float32,
            output_loading_info=True, key_mapping=as_unwrapped(shapes),
        )  # fmt: skip
        _require_all_weights(checkpoint, report)
    else:
        model = _without_weights(loader, config)
    if not has_head and config.model_type == "whisper":
        model = model.get_encoder()
    return model, extractor, has_head


def _without_weights(loader: Any, config: Any) -> Any:
    import torch

    config = copy.deepcopy(config)  # which is noted in it what it was built for
    with torch.device("meta"):
        return loader.from_config(config) if hasattr(loader, "from_config") else loader(config)


def _tried(frontend: Frontend) -> Frontend:
    """The frontend, once it has heard a little: settings of an extractor that make no sense fail there."""
    import torch

    if not RATES_HZ[0] <= frontend.sample_rate_hz <= RATES_HZ[1]:
        raise ValueError(f"a sampling_rate of {frontend.sample_rate_hz} in its preprocessor_config.json")
    frontend.inputs([frontend.features(torch.zeros(round(TRIED_S * frontend.sample_rate_hz)))])
    return frontend


def _loader(config: Any, architecture: str, has_head: bool) -> Any:
    from transformers import AutoModel, AutoModelForAudioClassification, ClapAudioModel, ClapAudioModelWithProjection

    if config.model_type in CLAP:
        return ClapAudioModel if architecture == "ClapAudioModel" else ClapAudioModelWithProjection
    return AutoModelForAudioClassification if has_head else AutoModel


def _require_all_weights(checkpoint: str, report: Any) -> None:
    """transformers draws weights that a checkpoint lacks at random; a dissection of those would mean nothing.

    Raises:
        UserError: names them.
    """
    missing = sorted(name for name in report["missing_keys"] if not name.endswith(UNUSED))
    missing += sorted(str(key[0] if isinstance(key, tuple) else key) for key in report["mismatched_keys"])
    if missing:
        listed = ", ".join(missing[:8]) + (f" and {len(missing) - 8} more" if len(missing) > 8 else "")
        raise UserError(
            f"target.checkpoint {checkpoint!r} lacks weights of its network ({listed}): they would be random; "
            f"write a checkpoint that holds them, or mend architectures in its config.json."
        )
