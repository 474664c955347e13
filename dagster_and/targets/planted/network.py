"""A network whose neurons are known functions of sound: what a dissection says of it can be marked right or wrong.

It is a plain ``nn.Module``: ``forward`` takes waveforms "clip sample" at 16 kHz, and its units are outputs of the named
modules ``qualities``, ``controls``, ``pairs``, ``forms`` and ``classes`` (the head). Trailing zeros count as padding.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from dagster_and.method.sound.log_mel import SAMPLE_RATE_HZ, SIZE, statistics
from dagster_and.method.text.names import name_in_words
from dagster_and.targets.layers import HEAD, Layer

VERSION = 3
NARROW_SHARE = 0.02
"""Share of the clips planted on that a narrow neuron is active on."""
FEWEST_NARROW = 5
SECOND_MODE = 0.5
FRAME, HOP, BAND_BINS = 1024, 160, 12


@dataclass(frozen=True)
class Planted:
    """What one neuron is. ``expected``: for each thing it follows, names any of which will do; none: no name.

    ``kind`` is one of ``KINDS``. ``is_denied``: it is silent on what is expected, and active on all else.
    """

    function: str
    kind: str
    expected: tuple[tuple[str, ...], ...] = ()
    is_denied: bool = False


KINDS = ("quality", "class", "pair", "narrow", "both", "negation", "modes", "noise", "dead")


@dataclass(frozen=True)
class Quality:
    """A word, the value from which it is said, and how wide its border is; negative where it holds below."""

    word: str
    value: float
    width: float

    def of(self, measured: Tensor) -> Tensor:
        """From 0 to 1."""
        return torch.sigmoid((measured - self.value) / self.width)


QUALITIES = (
    Planted("loudness", "quality", (("loud",),)),
    Planted("- loudness", "quality", (("quiet",),)),
    Planted("spectral centroid", "quality", (("bright", "high-pitched"),)),
    Planted("- spectral centroid", "quality", (("muffled", "low-pitched"),)),
    Planted("onset rate", "quality", (("repetitive", "irregular", "intermittent", "sharp"),)),
    Planted("- onset rate", "quality", (("steady", "gradual"),)),
    Planted("tonality", "quality", (("clear",),)),
    Planted("- tonality", "quality", (("noisy",),)),
    Planted("silence", "quality", (("intermittent", "sharp"),)),
    Planted("- silence", "quality", (("steady",),)),
)
CONTROLS = (
    Planted("digits of the level", "noise"),
    Planted("digits of the centroid", "noise"),
    Planted("digits of the level and the centroid", "noise"),
    Planted("random projection of the samples", "noise"),
    Planted("zero", "dead"),
    Planted("constant", "dead"),
)


class Measures(nn.Module):
    """Loudness (dB), spectral centroid (octaves), onset rate (1/s), tonality (0..1), silence (0..1): "clip measure"."""

    def forward(self, waveforms: Tensor) -> Tensor:
        """From "clip sample"."""
        samples = nn.functional.pad(waveforms.double(), (0, max(0, FRAME - waveforms.shape[1])))
        frames = samples.unfold(1, FRAME, HOP)
        starts = torch.arange(frames.shape[1]) * HOP
        sounds = (samples != 0) * torch.arange(1, samples.shape[1] + 1)
        heard = starts < sounds.amax(dim=1, keepdim=True).clamp(min=1)
        energy = frames.square().mean(dim=2) * heard
        power = torch.fft.rfft(frames * torch.hann_window(FRAME, dtype=torch.float64)).abs() ** 2 * heard[:, :, None]
        loudest = energy.amax(dim=1, keepdim=True)
        is_sounding = heard & (energy >= loudest / 100)
        loudness = 10 * torch.log10((energy * is_sounding).sum(1) / is_sounding.sum(1).clamp(min=1) + 1e-10)
        silence = 1 - is_sounding.sum(dim=1) / heard.sum(dim=1)
        columns = loudness, _centroid(power), _onset_rate(power, heard), _tonality(power), silence
        return torch.stack(columns, dim=1)


def _centroid(power: Tensor) -> Tensor:
    """Log2 of the energy-weighted mean frequency in Hz."""
    spectrum = power.sum(dim=1)
    frequency = torch.linspace(0, SAMPLE_RATE_HZ / 2, spectrum.shape[1], dtype=torch.float64)
    return torch.log2(spectrum @ frequency / (spectrum.sum(dim=1) + 1e-20) + 1)


def _tonality(power: Tensor) -> Tensor:
    """1 - energy-weighted flatness of narrow bands, so that coloured noise is noise."""
    usable = (power.shape[2] - 1) // BAND_BINS * BAND_BINS
    bands = power[:, :, 1 : 1 + usable].unflatten(2, (-1, BAND_BINS)) + 1e-20
    mean = bands.mean(dim=3)
    flatness = bands.log().mean(dim=3).exp() / mean
    return 1 - (flatness * mean).sum(dim=(1, 2)) / mean.sum(dim=(1, 2))


def _onset_rate(power: Tensor, heard: Tensor) -> Tensor:
    """Peaks per second of the rise over 30 ms, mean over bands: 4 dB and a third of the strongest, 50 ms apart."""
    usable = power.shape[2] // 32 * 32
    bands = power[:, :, :usable].unflatten(2, (32, -1)).sum(dim=3)
    floor = bands.amax(dim=(1, 2), keepdim=True) * 1e-4 + 1e-20
    level = 10 * torch.log10(torch.maximum(bands, floor))
    rise = nn.functional.pad((level[:, 3:] - level[:, :-3]).clamp(min=0).mean(dim=2), (3, 0))
    is_highest = rise == nn.functional.max_pool1d(rise[:, None], 11, stride=1, padding=5)[:, 0]
    bar = (rise.amax(dim=1, keepdim=True) / 3).clamp(min=4.0)
    return (is_highest & (rise >= bar) & heard).sum(dim=1) / (heard.sum(dim=1) * HOP / SAMPLE_RATE_HZ)


class Signed(nn.Module):
    """Each measure, and its negative: "clip measure" to "clip unit", in the order of ``QUALITIES``."""

    def forward(self, measures: Tensor) -> Tensor:
        """Standardise by fixed round numbers, so that units are alike in size."""
        typical = torch.tensor([-25.0, 10.0, 2.0, 0.5, 0.5], dtype=torch.float64)
        spread = torch.tensor([10.0, 1.5, 2.0, 0.3, 0.3], dtype=torch.float64)
        scaled = (measures - typical) / spread
        return torch.stack([scaled, -scaled], dim=2).flatten(1).float()


class Controls(nn.Module):
    """Functions of sound that no word names, and two that are none, in the order of ``CONTROLS``."""

    def forward(self, measures: Tensor, waveforms: Tensor) -> Tensor:
        """From "clip measure" and "clip sample"."""
        level, centroid = measures[:, 0], measures[:, 1]
        digits = torch.stack([997 * level, 9973 * centroid, 1009 * level + 9967 * centroid], dim=1)
        heard = waveforms[:, : SAMPLE_RATE_HZ // 2].double()
        direction = torch.randn(heard.shape[1], generator=torch.Generator().manual_seed(VERSION), dtype=torch.float64)
        zero = torch.zeros(len(waveforms), dtype=torch.float64)
        return torch.cat(
            [digits - digits.floor(), torch.stack([heard @ direction, zero, zero + 0.7], dim=1)], 1
        ).float()


class Pairs(nn.Module):
    """The larger of two class readouts: class i and the one after the next."""

    def __init__(self, pairs: Sequence[tuple[int, int]]):
        super().__init__()
        self._first, self._second = [a for a, _ in pairs], [b for _, b in pairs]

    def forward(self, readouts: Tensor) -> Tensor:
        """From "clip class"."""
        return torch.maximum(readouts[:, self._first], readouts[:, self._second])


LOUDNESS = (Quality("loud", -17.0, 2.0), Quality("quiet", -32.0, -2.0))
BRIGHTNESS = (Quality("bright", math.log2(2800), 0.2), Quality("muffled", math.log2(700), -0.2))


class Forms(nn.Module):
    """What is made of measures and class readouts: two qualities, narrow ones, all but a class, two unlike modes.

    - both: the lesser of a loudness and a brightness, squashed to 0..1
    - narrow, every class: what the readout has over ``floor``, which it has on few clips only
    - negation: 1 less the squashed readout
    - modes: the larger of a squashed readout and half of another's
    """

    floor: Tensor

    def __init__(self, classes: int):
        super().__init__()
        self.chosen = list(range(0, classes, 2)) if classes > 2 else []
        self.others = [(i + 1) % classes for i in self.chosen]
        self.register_buffer("floor", torch.zeros(classes))

    def forward(self, readouts: Tensor, measures: Tensor) -> Tensor:
        """From "clip class" and "clip measure"."""
        levels = [quality.of(measures[:, 0]) for quality in LOUDNESS]
        colours = [quality.of(measures[:, 1]) for quality in BRIGHTNESS]
        both = torch.stack([torch.minimum(a, b) for a in levels for b in colours], dim=1).float()
        present = torch.sigmoid(8 * (readouts - 0.5))
        own, second = present[:, self.chosen], SECOND_MODE * present[:, self.others]
        narrow = torch.relu(readouts - self.floor)
        return torch.cat([both, narrow, 1 - own, torch.maximum(own, second)], dim=1)

    def plan(self, names: Sequence[str]) -> tuple[Planted, ...]:
        """What its units are, over classes of these names."""
        own = [names[i] for i in self.chosen]
        return (
            *(Planted(f"{a.word} and {b.word}", "both", ((a.word,), (b.word,))) for a in LOUDNESS for b in BRIGHTNESS),
            *(Planted(f"much {name}", "narrow", ((name,),)) for name in names),
            *(Planted(f"not {name}", "negation", ((name,),), is_denied=True) for name in own),
            *(
                Planted(f"{name}, half as much {names[i]}", "modes", ((name,), (names[i],)))
                for name, i in zip(own, self.others, strict=True)
            ),
        )


class PlantedNetwork(nn.Module):
    """The whole network over ``classes``; the readouts are linear in standardised log-mel statistics."""

    centre: Tensor
    scale: Tensor

    def __init__(self, classes: Sequence[str]):
        super().__init__()
        self.class_labels = tuple(classes)
        count = len(classes)
        self._pairs = [(i, (i + 2) % count) for i in range(0, count, 2)] if count > 2 else []
        self.register_buffer("centre", torch.zeros(SIZE))
        self.register_buffer("scale", torch.ones(SIZE))
        self.measures, self.qualities, self.controls = Measures(), Signed(), Controls()
        self.classes = nn.Linear(SIZE, count)
        self.pairs, self.forms = Pairs(self._pairs), Forms(count)

    def forward(self, waveforms: Tensor) -> Tensor:
        """Class readouts "clip class" of waveforms "clip sample" at 16 kHz."""
        measures = self.measures(waveforms)
        self.qualities(measures)
        self.controls(measures, waveforms)
        heard = torch.stack([statistics(_unpadded(waveform)) for waveform in waveforms])
        readouts = self.classes((heard - self.centre) / self.scale)
        self.pairs(readouts)
        self.forms(readouts, measures)
        return readouts

    def layers(self) -> tuple[Layer, ...]:
        """Its layers, as a dissection reads them."""
        pairs = (Layer("pairs", 1, "pairs", len(self._pairs)),) if self._pairs else ()
        controls = Layer("controls", 0, "controls", len(CONTROLS))
        forms = Layer("forms", 1, "forms", len(self.plan()["forms"]))
        head = Layer("classes", 2, HEAD, len(self.class_labels))
        return (Layer("qualities", 0, "qualities", len(QUALITIES)), controls, *pairs, forms, head)

    def plan(self) -> dict[str, tuple[Planted, ...]]:
        """What the neurons of each layer are."""
        names = [name_in_words(label).lower() for label in self.class_labels]
        return {
            "qualities": QUALITIES,
            "controls": CONTROLS,
            "pairs": tuple(
                Planted(f"{names[a]} or {names[b]}", "pair", ((names[a],), (names[b],))) for a, b in self._pairs
            ),
            "forms": self.forms.plan(names),
            "classes": tuple(Planted(name, "class", ((name,),)) for name in names),
        }


def _unpadded(waveform: Tensor) -> Tensor:
    sounding = torch.nonzero(waveform)
    return waveform[: int(sounding[-1]) + 1] if len(sounding) else waveform


def plant(waveforms: Iterable[Tensor], labels: Sequence[str]) -> PlantedNetwork:
    """A network whose class readouts are fitted on labelled sounds, in closed form."""
    from dagster_and.method.statistics.ridge import fit

    classes = sorted(set(labels))
    network = PlantedNetwork(classes)
    heard = torch.stack([statistics(_unpadded(waveform)) for waveform in waveforms])
    wanted = torch.tensor([[float(label == name) for name in classes] for label in labels])
    readout = fit(heard, wanted)
    state = {"centre": readout.centre, "scale": readout.scale,
             "classes.weight": readout.weight.T.contiguous(), "classes.bias": readout.offset}  # fmt: skip
    known = network.state_dict() | {name: value.float() for name, value in state.items()}
    network.load_state_dict(known)
    with torch.inference_mode():
        readouts = network.classes((heard - network.centre) / network.scale)
    few = max(FEWEST_NARROW, round(NARROW_SHARE * len(readouts)))
    network.forms.floor.copy_(readouts.topk(min(few + 1, len(readouts)), dim=0).values[-1])
    return network.eval()
