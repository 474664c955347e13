"""A network whose neurons are known functions of sound: what a dissection says of it can be marked right or wrong.

It is a plain ``nn.Module``: ``forward`` takes waveforms "clip sample" at 16 kHz, and its units are outputs of the named
modules ``qualities``, ``controls``, ``pairs``, ``forms`` and ``classes`` (the head). Trailing zeros count as padding.
"""

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor, nn

from dagster_and.devices.placement import in_float32
from dagster_and.method.sound.log_mel import SAMPLE_RATE_HZ, SIZE, statistics
from dagster_and.targets.planted.plan import BRIGHTNESS, LOUDNESS, Plan, Quality

VERSION = 3
NARROW_SHARE = 0.02
"""Share of the clips planted on that a narrow neuron is active on."""
FEWEST_NARROW = 5
SECOND_MODE = 0.5
FRAME, HOP, BAND_BINS = 1024, 160, 12


class Measures(nn.Module):
    """Loudness (dB), spectral centroid (octaves), onset rate (1/s), tonality (0..1), silence (0..1): "clip measure"."""

    def forward(self, waveforms: Tensor) -> Tensor:
        """From "clip sample"."""
        samples = nn.functional.pad(waveforms.double(), (0, max(0, FRAME - waveforms.shape[1])))
        frames = samples.unfold(1, FRAME, HOP)
        starts = torch.arange(frames.shape[1], device=frames.device) * HOP
        sounds = (samples != 0) * torch.arange(1, samples.shape[1] + 1, device=samples.device)
        heard = starts < sounds.amax(dim=1, keepdim=True).clamp(min=1)
        energy = frames.square().mean(dim=2) * heard
        window = torch.hann_window(FRAME, dtype=torch.float64, device=frames.device)
        power = torch.fft.rfft(frames * window).abs() ** 2 * heard[:, :, None]
        loudest = energy.amax(dim=1, keepdim=True)
        is_sounding = heard & (energy >= loudest / 100)
        loudness = 10 * torch.log10((energy * is_sounding).sum(1) / is_sounding.sum(1).clamp(min=1) + 1e-10)
        silence = 1 - is_sounding.sum(dim=1) / heard.sum(dim=1)
        columns = loudness, _centroid(power), _onset_rate(power, heard), _tonality(power), silence
        return torch.stack(columns, dim=1)


def _centroid(power: Tensor) -> Tensor:
    """Log2 of the energy-weighted mean frequency in Hz."""
    spectrum = power.sum(dim=1)
    top = SAMPLE_RATE_HZ / 2
    frequency = torch.linspace(0, top, spectrum.shape[1], dtype=torch.float64, device=power.device)
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
        typical = measures.new_tensor([-25.0, 10.0, 2.0, 0.5, 0.5])
        spread = measures.new_tensor([10.0, 1.5, 2.0, 0.3, 0.3])
        scaled = (measures - typical) / spread
        return torch.stack([scaled, -scaled], dim=2).flatten(1).float()


class Controls(nn.Module):
    """Functions of sound that no word names, and two that are none, in the order of ``CONTROLS``."""

    def forward(self, measures: Tensor, waveforms: Tensor) -> Tensor:
        """From "clip measure" and "clip sample"."""
        level, centroid = measures[:, 0], measures[:, 1]
        digits = torch.stack([997 * level, 9973 * centroid, 1009 * level + 9967 * centroid], dim=1)
        heard = waveforms[:, : SAMPLE_RATE_HZ // 2].double()
        random = torch.Generator().manual_seed(VERSION)  # of the CPU, so that the direction is the same on all devices
        direction = torch.randn(heard.shape[1], generator=random, dtype=torch.float64).to(heard.device)
        zero = heard.new_zeros(len(waveforms))
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


def _degree(quality: Quality, measured: Tensor) -> Tensor:
    """How far a measure has the quality, from 0 to 1."""
    return torch.sigmoid((measured - quality.value) / quality.width)


class Forms(nn.Module):
    """What is made of measures and class readouts: two qualities, narrow ones, all but a class, two unlike modes.

    - both: the lesser of a loudness and a brightness, squashed to 0..1
    - narrow, every class: what the readout has over ``floor``, which it has on few clips only
    - negation: 1 less the squashed readout
    - modes: the larger of a squashed readout and half of another's
    """

    floor: Tensor

    def __init__(self, plan: Plan):
        super().__init__()
        self.chosen, self.others = plan.chosen, plan.others
        self.register_buffer("floor", torch.zeros(len(plan.classes)))

    def forward(self, readouts: Tensor, measures: Tensor) -> Tensor:
        """From "clip class" and "clip measure"."""
        levels = [_degree(quality, measures[:, 0]) for quality in LOUDNESS]
        colours = [_degree(quality, measures[:, 1]) for quality in BRIGHTNESS]
        both = torch.stack([torch.minimum(a, b) for a in levels for b in colours], dim=1).float()
        present = torch.sigmoid(8 * (readouts - 0.5))
        own, second = present[:, self.chosen], SECOND_MODE * present[:, self.others]
        narrow = torch.relu(readouts - self.floor)
        return torch.cat([both, narrow, 1 - own, torch.maximum(own, second)], dim=1)


class PlantedNetwork(nn.Module):
    """The whole network over ``classes``; the readouts are linear in standardised log-mel statistics.

    What it measures is known, so it is measured in float64 and float32 in whatever precision networks run.
    """

    is_float64 = True
    centre: Tensor
    scale: Tensor

    def __init__(self, classes: Sequence[str]):
        super().__init__()
        self.plan = Plan(tuple(classes))
        self.register_buffer("centre", torch.zeros(SIZE))
        self.register_buffer("scale", torch.ones(SIZE))
        self.measures, self.qualities, self.controls = Measures(), Signed(), Controls()
        self.classes = nn.Linear(SIZE, len(classes))
        self.pairs, self.forms = Pairs(self.plan.pairs), Forms(self.plan)

    def forward(self, waveforms: Tensor) -> Tensor:
        """Class readouts "clip class" of waveforms "clip sample" at 16 kHz."""
        with in_float32(waveforms):
            return self._heard(waveforms)

    def _heard(self, waveforms: Tensor) -> Tensor:
        measures = self.measures(waveforms)
        self.qualities(measures)
        self.controls(measures, waveforms)
        heard = torch.stack([statistics(_unpadded(waveform)) for waveform in waveforms])
        readouts = self.classes((heard - self.centre) / self.scale)
        self.pairs(readouts)
        self.forms(readouts, measures)
        return readouts


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
