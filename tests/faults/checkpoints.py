"""Folders and files that say they are a network: opened, or refused in a sentence, and no code of theirs runs."""

import json
import pickle
import random
import shutil
import struct
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import torch
import yaml

from dagster_and.dissection import load_text
from dagster_and.foundation.errors import UserError
from dagster_and.foundation.home import Home
from dagster_and.targets.opening import open_dissected
from tests.end_to_end.conftest import TINY, House
from tests.faults.trying import Tried, at_once, ended, unclear
from tests.targets.beats.conftest import SMALL, published_weights
from tests.targets.transformers.networks import save_classifier

HEARING = {"preprocessor_config.json": b'{"feature_extractor_type": "ASTFeatureExtractor"}'}
NO_WEIGHTS = {"model.safetensors": struct.pack("<Q", 2) + b"{}"} | HEARING
AST = b'{"model_type": "audio-spectrogram-transformer"}'
CONFIG, EXTRACTOR = "config.json", "preprocessor_config.json"


def checkpoints(place: Path, times: int, _: random.Random) -> Iterator[Tried]:
    """Folders and files that say they are a network; none of their code may run."""
    mark = place / "ran"
    for number, (name, lay) in enumerate(list(_CHECKPOINTS.items())[: times or None]):
        house = House(place / str(number))
        target = lay(house.home.root / "network", mark)
        house.add("tiny", yaml.safe_dump(yaml.safe_load(TINY) | {"target": target}))
        run = at_once(house.home, "check", "tiny")
        if run.code == 0:  # it looks at no weights
            run = house.dissect("run", "tiny")
        holds, outcome = ended(run)
        yield Tried("checkpoint", name, holds and not mark.exists(), "its code ran" if mark.exists() else outcome)
        mark.unlink(missing_ok=True)


def networks(place: Path, times: int, _: random.Random) -> Iterator[Tried]:
    """Networks that are sound but for one setting or weight: refused in a sentence, or opened, and then they hear."""
    for number, (name, lay) in enumerate(list(_changed_networks().items())[: times or None]):
        home = Home(place / str(number))
        target = lay(home.root / "network", place)
        text = yaml.safe_dump(yaml.safe_load(TINY) | {"target": target})
        dissection = load_text(text, home.dissections / "tiny.yaml")
        try:
            for weights in (False, True):
                opened = open_dissected(dissection, target["checkpoint"], weights=weights)
            heard = opened.frontend.features(torch.rand(opened.frontend.sample_rate_hz) - 0.5)
            with torch.inference_mode():
                opened.model(**opened.inputs([heard]).arguments)
            yield Tried("network", name, True, f"opened, {opened.neurons} neurons")
        except UserError as error:
            yield Tried("network", name, unclear(str(error)) is None, str(error)[:200])
        except Exception as error:
            yield Tried("network", name, False, f"{type(error).__name__}: {str(error)[:200]}")
        shutil.rmtree(home.root)


class _Runs:
    """Leaves a mark where it is unpickled."""

    def __init__(self, mark: Path):
        self._mark = mark

    def __reduce__(self) -> tuple[Callable, tuple]:
        return (open, (str(self._mark), "w"))


def _folder(files: dict[str, bytes]) -> Callable[[Path, Path], dict[str, Any]]:
    def lay(folder: Path, _: Path) -> dict[str, Any]:
        folder.mkdir(parents=True)
        for name, content in files.items():
            (folder / name).write_bytes(content)
        return {"family": "transformers", "checkpoint": str(folder)}

    return lay


def _pickled(folder: Path, mark: Path) -> dict[str, Any]:
    folder.mkdir(parents=True)
    (folder / "config.json").write_text('{"model_type": "audio-spectrogram-transformer"}')
    (folder / "pytorch_model.bin").write_bytes(pickle.dumps(_Runs(mark)))
    return {"family": "transformers", "checkpoint": str(folder)}


def _pickled_beats(folder: Path, mark: Path) -> dict[str, Any]:
    folder.mkdir(parents=True)
    (folder / "beats.pt").write_bytes(pickle.dumps({"cfg": {}, "model": _Runs(mark)}))
    return {"family": "beats", "checkpoint": str(folder / "beats.pt")}


def _remote_code(folder: Path, mark: Path) -> dict[str, Any]:
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps({"model_type": "own", "auto_map": {"AutoConfig": "own.Config"}}))
    (folder / "model.safetensors").write_bytes(NO_WEIGHTS["model.safetensors"])
    (folder / "own.py").write_text(f"open({str(mark)!r}, 'w')\nclass Config: pass\n")
    return {"family": "transformers", "checkpoint": str(folder)}


def _changed_networks() -> dict[str, Callable[[Path, Path], dict[str, Any]]]:
    """An AST and a BEATs that are sound, with one thing changed."""
    found: dict[str, Callable[[Path, Path], dict[str, Any]]] = {}
    for file, settings in ((CONFIG, _OF_A_CONFIG), (EXTRACTOR, _OF_AN_EXTRACTOR)):
        for key, values in settings.items():
            for value in values:
                found[f"{file} with {key} {_shown(value)}"] = partial(_ast, file=file, key=key, value=value)
    for key, values in _OF_A_CFG.items():
        for value in values:
            found[f"a BEATs cfg with {key} {_shown(value)}"] = partial(_beats, cfg={key: value})
    for name, change in _OF_WEIGHTS.items():
        found[f"a BEATs file with {name}"] = partial(_beats, cfg={}, change=change)
        found[f"a bare BEATs file with {name}"] = partial(_beats, cfg=None, change=change)
    found |= {
        f"a BEATs file with labels {_shown(labels)}": partial(_beats, cfg={}, labels=labels) for labels in _LABELS
    }
    return found


def _shown(value: Any) -> str:
    return "of thousands of digits" if isinstance(value, int) and value > 10**99 else repr(value)[:40]


def _ast(folder: Path, _: Path, *, file: str, key: str, value: Any) -> dict[str, Any]:
    save_classifier("ast", folder)
    said = json.loads((folder / file).read_text())
    (folder / file).write_text(json.dumps(said | {key: value}))
    return {"family": "transformers", "checkpoint": str(folder)}


def _beats(
    folder: Path, _: Path, *, cfg: dict[str, Any] | None, change: Callable[[Any], Any] = lambda _: None,
    labels: Any = None,
) -> dict[str, Any]:  # fmt: skip
    folder.mkdir(parents=True)
    state = published_weights(SMALL)
    change(state)
    whole = {"cfg": SMALL | (cfg or {}), "model": state, "label_dict": labels}
    torch.save(state if cfg is None else whole, folder / "beats.pt")
    return {"family": "beats", "checkpoint": str(folder / "beats.pt")}


_OF_A_CONFIG: dict[str, list[Any]] = {
    "num_hidden_layers": [10**8, -1, 0, "2", 1.5, None, 3], "num_labels": [10**9, -1], "hidden_size": [60_000, 0, 15],
    "num_attention_heads": [0, 3], "patch_size": [0, 10**6], "frequency_stride": [0], "max_length": [10**9, 0],
    "hidden_act": ["none such"], "architectures": [[7], "AST", [None]], "id2label": [{"0": 5}, {"x": "y"}, 7],
    "layer_norm_eps": ["x"], "torch_dtype": ["none such"], "model_type": ["bert", 7, None],
}  # fmt: skip
_OF_AN_EXTRACTOR: dict[str, list[Any]] = {
    "sampling_rate": [0, -1, "x", 10**9, None, 1.5], "num_mel_bins": [7, 0, "x"], "std": [0, "x"], "mean": ["x", None],
    "do_normalize": [None, []], "feature_extractor_type": ["none such", 7],
}  # fmt: skip
_OF_A_CFG: dict[str, list[Any]] = {
    "encoder_layers": [10**9, 0, -1, "2", True, 3, 10**5000], "encoder_attention_heads": [0, 5],
    "encoder_embed_dim": [0, 10**12, None], "conv_pos_groups": [0, 7], "input_patch_size": [0, 1000],
    "num_buckets": [1, 0], "max_distance": [1], "activation_fn": [["gelu"], "glu"], "embed_dim": [[], -5],
    "gru_rel_pos": [7], "deep_norm": [None],
}  # fmt: skip
_TABLE = "encoder.layers.0.self_attn.relative_attention_bias.weight"
_OF_WEIGHTS: dict[str, Callable[[dict[Any, Any]], Any]] = {
    "a number for a head": lambda state: state.update({"predictor.weight": torch.tensor(1.0)}),
    "a head of no class": lambda state: state.update({"predictor.weight": torch.ones(0, 24)}),
    "no number in its norm": lambda state: state.update({"encoder.layer_norm.weight": torch.ones(0)}),
    "a flat kernel": lambda state: state.update({"encoder.pos_conv.0.weight_v": torch.ones(24)}),
    "an empty kernel": lambda state: state.update({"encoder.pos_conv.0.weight_v": torch.ones(24, 0, 8)}),
    "a flat table": lambda state: state.update({_TABLE: torch.ones(3)}),
    "a billion layers": lambda state: state.update({"encoder.layers.999999999.fc1.bias": torch.ones(1)}),
    "a layer called x": lambda state: state.update({"encoder.layers.x.fc1.bias": torch.ones(1)}),
    "a weight called 7": lambda state: state.update({7: torch.ones(1)}),
    "a name of a megabyte": lambda state: state.update({"x" * 10**6: torch.ones(1)}),
    "a sparse weight": lambda state: state.update({"layer_norm.bias": torch.ones(20).to_sparse()}),
    "a complex weight": lambda state: state.update({"layer_norm.bias": torch.ones(20, dtype=torch.complex64)}),
    "no weight": lambda state: state.clear(),
}
_LABELS: list[Any] = [7, "dog", {"dog": "barks"}, {"9" * 9999: "dog"}, {True: "dog"}, [None], {-1: "dog"}]


_CHECKPOINTS: dict[str, Callable[[Path, Path], dict[str, Any]]] = {
    "an empty folder": _folder({}),
    "no config": _folder({"model.safetensors": bytes(100)}),
    "a config that is no JSON": _folder({"config.json": b"{", **NO_WEIGHTS}),
    "a config of a list": _folder({"config.json": b"[]", **NO_WEIGHTS}),
    "a config of null": _folder({"config.json": b"null", **NO_WEIGHTS}),
    "an unknown model type": _folder({"config.json": b'{"model_type": "none such"}', **NO_WEIGHTS}),
    "a model of text": _folder({"config.json": b'{"model_type": "bert"}', **NO_WEIGHTS}),
    "weights that are none": _folder({"config.json": AST, **NO_WEIGHTS}),
    "a config nested deep": _folder({"config.json": b"[" * 100_000, **NO_WEIGHTS}),
    "a config that is not UTF-8": _folder({"config.json": b'{"model_type": "\xff"}', **NO_WEIGHTS}),
    "heads that don't divide": _folder({"config.json": AST[:-1] + b', "num_attention_heads": 7}', **NO_WEIGHTS}),
    "no layers": _folder({"config.json": AST[:-1] + b', "num_hidden_layers": 0}', **NO_WEIGHTS}),
    "labels that are no object": _folder({"config.json": AST[:-1] + b', "id2label": [1]}', **NO_WEIGHTS}),
    "weights of zeros": _folder({"config.json": AST, "model.safetensors": bytes(9999), **HEARING}),
    "weights that are empty": _folder({"config.json": AST, "model.safetensors": b"", **HEARING}),
    "a size of a hundred million": _folder({"config.json": AST[:-1] + b', "hidden_size": 100000000}', **NO_WEIGHTS}),
    "a size below zero": _folder({"config.json": AST[:-1] + b', "hidden_size": -4}', **NO_WEIGHTS}),
    "weights that run code": _pickled,
    "a BEATs file that runs code": _pickled_beats,
    "a config that names code": _remote_code,
    "no such folder": lambda folder, _: {"family": "transformers", "checkpoint": str(folder)},
}  # fmt: skip
