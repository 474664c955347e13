"""Any nn.Module from a factory: convolutional, recurrent and tokens; features and classes; and what is refused."""

from pathlib import Path
from textwrap import dedent

import numpy as np
import pytest
import torch

from dagster_and.audio.reading import read_waveform
from dagster_and.dissection import ModuleTarget
from dagster_and.foundation.errors import UserError
from dagster_and.targets.module.opening import open_module
from tests.targets import rooms

FACTORIES = '''
import torch
from torch import nn


class Picture(nn.Module):
    """Convolutions on a spectrogram "clip channel band step", then classes."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.conv1 = nn.Conv2d(1, 6, 3, padding=1)
        self.norm = nn.BatchNorm2d(6)
        self.act = nn.ReLU()
        self.conv2 = nn.Conv2d(6, 4, 3, padding=1)
        self.fc = nn.Linear(4, 2)

    def forward(self, sound):
        spectrogram = torch.stft(sound, 64, 40, window=torch.ones(64), center=False, return_complex=True).abs()
        x = self.act(self.norm(self.conv1(spectrogram[:, None])))
        return self.fc(self.conv2(x).mean(dim=(2, 3)))


class Tokens(nn.Module):
    """Frames of 80 samples as tokens "clip token unit"; features only."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.first = nn.Linear(80, 5)
        self.act = nn.Tanh()
        self.gru = nn.GRU(5, 3, batch_first=True)

    def forward(self, sound):
        return self.gru(self.act(self.first(sound.unflatten(1, (-1, 80)))))[0]


class Fixed(nn.Module):
    """Takes 8000 samples and nothing else."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.conv = nn.Conv1d(1, 3, 80, stride=80)
        self.out = nn.Linear(300, 2)
        self.never = nn.Linear(2, 2)

    def forward(self, sound):
        return self.out(self.conv(sound[:, None]).flatten(1))


class Flat(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(8000, 2)

    def forward(self, sound):
        return self.fc(sound)


def drawn_network():
    return Flat()


def fails():
    raise RuntimeError("no weights")


def unnamed():
    class Unnamed(nn.Module):
        def forward(self, *sounds):
            return sounds[0]
    return Unnamed()


text = "not a function"
number = lambda: 1
'''


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("factories") / "mine.py"
    path.write_text(dedent(FACTORIES))
    return str(path)


def section(layers: list[list[str]], **settings) -> ModuleTarget:
    return ModuleTarget(family="module", factory="x:y", sample_rate_hz=16_000, layers=layers, **settings)


def open_(factory: str, layers: list[list[str]], labels=None, **settings):
    asked = section(layers, **settings)
    return open_module(asked, factory, asked.layers, labels, window_s=rooms.WINDOW_S)


def heard(target, folder: Path) -> dict[str, torch.Tensor]:
    """What the modules put out for the short clip, padded by hand: 3200 samples of sound in 8000."""
    features = [target.frontend.features(torch.from_numpy(read_waveform(folder / "1.wav", 16_000, 1.0)))]
    (batch,) = target.frontend.inputs(features).arguments.values()
    assert batch.shape == (1, 8000)
    assert (batch[0, 3200:] == 0).all()
    return rooms.outputs(target.model, target.frontend.inputs(features).arguments)


def test_a_convolutional_network_is_pooled_over_bands_and_the_steps_of_the_sound(file: str, tmp_path: Path):
    """8000 samples make 199 steps; step t starts at 8000 t / 199, so the sound of 3200 ends with step 79."""
    target = open_(f"{file}:Picture", [["conv1", "norm", "act"], ["conv2"]], ("dog", "rain"))
    assert [(layer.name, layer.block_index, layer.sublayer, layer.width) for layer in target.layers] == [
        ("conv1", 0, "conv1", 6), ("norm", 0, "norm", 6), ("act", 0, "act", 6), ("conv2", 1, "conv2", 4),
        ("fc", 2, "head", 2),
    ]  # fmt: skip
    evidence = rooms.run(target, tmp_path)
    rooms.check_tables(target, evidence)
    seen = heard(target, tmp_path)
    assert seen["conv1"].shape == (1, 6, 33, 199)
    for name in ("conv1", "norm", "act", "conv2"):
        by_hand = seen[name][0, :, :, :80].mean(dim=(1, 2))
        np.testing.assert_allclose(evidence.by_layer[name][1], by_hand, atol=1e-5)
    np.testing.assert_allclose(evidence.by_layer["fc"][1], seen["fc"][0], atol=1e-5)
    assert evidence.neurons["class_label"].to_list()[-2:] == ["dog", "rain"]


@pytest.mark.parametrize("pooling", ["mean", "max"])
def test_tokens_of_linear_and_recurrent_layers_leave_padding_out(file: str, tmp_path: Path, pooling: str):
    """8000 samples are 100 tokens of 80; the sound fills the first 40. The GRU has no head: features."""
    target = open_(f"{file}:Tokens", [["first", "act"], ["gru"]])
    assert (target.head, target.class_labels, target.blocks) == (None, (), 2)
    evidence = rooms.run(target, tmp_path, pooling)
    rooms.check_tables(target, evidence)
    seen = heard(target, tmp_path)
    for name, width in (("first", 5), ("act", 5), ("gru", 3)):
        tokens = seen[name][0, :40]
        assert tokens.shape == (40, width)
        by_hand = tokens.mean(dim=0) if pooling == "mean" else tokens.amax(dim=0)
        np.testing.assert_allclose(evidence.by_layer[name][1], by_hand, atol=1e-5)


def test_where_no_axis_grows_every_position_counts(file: str, tmp_path: Path):
    target = open_(f"{file}:Fixed", [["conv"]])
    evidence = rooms.run(target, tmp_path)
    np.testing.assert_allclose(evidence.by_layer["conv"][1], heard(target, tmp_path)["conv"][0].mean(dim=1), atol=1e-5)


def test_the_axis_of_the_units_can_be_named(file: str):
    assert open_(f"{file}:Tokens", [["act"]]).layers[0].width == 5
    assert open_(f"{file}:Tokens", [["act"]], units="channels").layers[0].width == 100
    assert open_(f"{file}:Picture", [["conv1"]], units="last").layers[0].width == 199


def test_weights_that_a_factory_draws_are_the_same_in_every_room(file: str):
    class_labels, factory = ("a", "b"), f"{file}:drawn_network"
    one, two = (open_(factory, [["fc"]], class_labels) for _ in range(2))
    assert torch.equal(one.model.fc.weight, two.model.fc.weight)
    assert [(layer.block_index, layer.sublayer) for layer in one.layers] == [(1, "head")]


def test_a_factory_of_a_package_is_found():
    with pytest.raises(UserError, match="its network's forward must take the waveforms as a named argument"):
        open_("torch.nn:Module", [["x"]])


@pytest.mark.parametrize(
    ("factory", "layers", "labels", "said"),
    [
        ("nothing", [["a"]], None, "write package.module:function or"),
        ("{}:not-a-name", [["a"]], None, "write package.module:function or"),
        ("/no/such/file.py:make", [["a"]], None, "there is no file /no/such/file.py"),
        ("no_such_package:make", [["a"]], None, "no_such_package can't be imported: ModuleNotFoundError"),
        ("{}:missing", [["a"]], None, "has no 'missing'"),
        ("{}:text", [["a"]], None, "can't be called under the name 'text'"),
        ("{}:number", [["a"]], None, r"returned int, not a torch\.nn\.Module"),
        ("{}:fails", [["a"]], None, "failed: RuntimeError: no weights"),
        ("{}:unnamed", [["a"]], None, "named argument"),
        ("{}:Picture", [["conv3"]], None, r"no layer 'conv3' to dissect; did you mean conv.* It has conv1 \(6\), "),
        ("{}:Picture", [["conv1"], ["conv1"]], None, "twice"),
        ("{}:Fixed", [["never"]], None, "never gives no tensor, or doesn't run"),
        ("{}:Fixed", [["conv"]], ("a", "b", "c"), r"names 3 classes, but the network returns \(2, 2\)"),
        ("{}:Tokens", [["gru"]], ("a", "b"), r"the network returns \(2, 100, 3\) for 2 clips"),
        ("{}:Fixed", [["conv"]], ("a", "a"), "must be different names"),
    ],
)
def test_what_cannot_be_dissected_is_said_in_one_line(file: str, factory: str, layers, labels, said: str):
    with pytest.raises(UserError, match=said) as caught:
        open_(factory.format(file), layers, labels)
    assert "\n" not in str(caught.value)


def test_a_network_that_cannot_take_the_window_is_said(file: str):
    asked = section([["conv"]])
    with pytest.raises(UserError, match=r"fails on a float32 waveform batch \(2, 16000\)"):
        open_module(asked, f"{file}:Fixed", asked.layers, window_s=1.0)
