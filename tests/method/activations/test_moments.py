"""When a unit fires, against loops over every clip, unit and step."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from dagster_and.method.activations import recorder as recorder_module
from dagster_and.method.activations.moments import BINS, TOP, Moments
from dagster_and.method.activations.pooling import pool
from dagster_and.method.activations.reading import PLAIN, Pooling, Reading
from dagster_and.method.activations.recorder import Recorder
from dagster_and.method.activations.timeline import Timeline

CLIPS, UNITS = 3, 2


def layer(line: Timeline, steps: int, heard: list[int], seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Few different values, so that some are equal; which tokens hear sound, so many steps of each clip."""
    tokens = line.special + line.bands * steps
    output = torch.randint(-4, 5, (CLIPS, tokens, UNITS), generator=torch.Generator().manual_seed(seed)).float()
    sound = torch.zeros(CLIPS, tokens, dtype=torch.bool)
    for clip, count in enumerate(heard):
        for step in range(count):
            sound[clip, places(line, step, steps)] = True
    return output, sound


def moments(
    output: torch.Tensor, sound: torch.Tensor, reading: Reading, line: Timeline, pooling: Pooling
) -> Moments | None:
    """Of one layer that puts this out."""
    found = recorded(torch.nn.Sequential(torch.nn.Identity()), output, sound, line, pooling, {"0": reading})
    return found[0][1] if found else None


def recorded(
    model: torch.nn.Module, inputs: torch.Tensor, sound: torch.Tensor, line: Timeline, pooling: Pooling,
    layers: dict[str, Reading],
) -> list[tuple[tuple[str, ...], Moments]]:  # fmt: skip
    recorder = Recorder(pooling, line)
    with torch.inference_mode(), recorder.listening(model, layers):
        recorder.begin(sound)
        model(inputs)
    return recorder.moments()


def places(line: Timeline, step: int, steps: int) -> list[int]:
    if line.is_band_major:
        return [line.special + band * steps + step for band in range(line.bands)]
    return [line.special + step * line.bands + band for band in range(line.bands)]


def by_hand(values: list[float]) -> tuple[int, int, list[int]]:
    """First step of the largest and of the smallest value, and the profile, of one unit's values at the heard steps."""
    bins = min(BINS, len(values))
    parts = [[v for i, v in enumerate(values) if i * bins // len(values) == b] for b in range(bins)]
    means = [sum(part) / len(part) for part in parts]
    low, high = min(means), max(means)
    levels = [0 if high == low else TOP * (mean - low) / (high - low) for mean in means]
    return values.index(max(values)), values.index(min(values)), levels


@given(
    bands=st.integers(1, 3), special=st.integers(0, 2), is_band_major=st.booleans(), steps=st.integers(1, 40),
    pooling=st.sampled_from(["mean", "max", "cls"]), seed=st.integers(0, 99), data=st.data(),
)  # fmt: skip
def test_peaks_and_profiles_are_those_of_loops(bands, special, is_band_major, steps, pooling, seed, data):
    line = Timeline(0.1, 0.2, special=special, bands=bands, is_band_major=is_band_major)
    heard = data.draw(st.lists(st.integers(1, steps), min_size=CLIPS, max_size=CLIPS))
    output, sound = layer(line, steps, heard, seed)
    found = moments(output, sound, PLAIN, line, pooling)
    assert found is not None
    assert found.heard.tolist() == heard
    over_bands = max if pooling == "max" else lambda values: float(np.mean(np.array(values, np.float32)))
    for clip, count in enumerate(heard):
        for unit in range(UNITS):
            values = [over_bands(output[clip, places(line, s, steps), unit].tolist()) for s in range(count)]
            highest, lowest, levels = by_hand(values)
            own = found.profile[clip, :, unit].int().tolist()
            if found.peaks is None:
                assert steps <= BINS
                told = own[:count]
                assert [told.index(max(told)), told.index(min(told))] == [highest, lowest]
            else:
                assert found.peaks[clip, :, unit].tolist() == [highest, lowest]
            assert own[: len(levels)] == pytest.approx(levels, abs=1.01)
            assert not any(own[len(levels) :])


def test_padding_never_counts():
    line = Timeline(0.1, 0.1, bands=2)
    output, sound = layer(line, 20, [20, 7, 1], 0)
    sound[1, 13] = False  # of the last step one band is padding, as BEATs has it
    louder = torch.where(sound[:, :, None], output, 1000.0)
    for pooling in ("mean", "max"):
        found, same = (moments(values, sound, PLAIN, line, pooling) for values in (output, louder))
        assert found is not None
        assert same is not None
        assert found.peaks is not None
        assert same.peaks is not None
        assert torch.equal(found.peaks, same.peaks)
        assert torch.equal(found.profile, same.profile)


def test_the_mean_over_steps_is_what_is_pooled():
    line = Timeline(0.1, 0.1, special=2, bands=4, is_band_major=True)
    output, sound = layer(line, 5, [5, 5, 5], 1)
    found = moments(output, sound, PLAIN, line, "mean")
    assert found is not None
    trace = torch.stack([output[:, places(line, step, 5)].mean(dim=1) for step in range(5)], dim=1)
    assert torch.allclose(trace.mean(dim=1), pool(output, "mean", sound))
    assert torch.equal(found.profile.argmax(dim=1), trace.argmax(dim=1))


@pytest.mark.parametrize(
    ("reading", "shape"), [(Reading(1, 2), (2, 3, 300)), (Reading(1, 3), (2, 3, 4, 300)), (Reading(-1, 1), (2, 300, 3))]
)
def test_a_layer_with_an_axis_of_time_fires_where_it_does(reading: Reading, shape: tuple[int, ...]):
    assert isinstance(reading.time_axis, int)
    output, sound = torch.zeros(shape), torch.ones(2, 600, dtype=torch.bool)
    sound[1, 300:] = False  # half of the second clip is padding, where it fires most
    output.select(reading.time_axis, 280)[...] = 2.0
    output.select(reading.time_axis, 20)[...] = 1.0
    output.select(reading.time_axis, 100)[...] = -1.0
    found = moments(output, sound, reading, Timeline(0.01, 0.01), "mean")
    assert isinstance(found, Moments)
    assert found.peaks is not None
    assert found.peaks[:, 0].tolist() == [[280] * 3, [20] * 3]
    assert found.peaks[:, 1].tolist() == [[100] * 3] * 2
    assert found.heard.tolist() == [300, 150]
    assert (found.timeline.step_s, found.timeline.span_s) == (0.02, 0.02)


@pytest.mark.parametrize(
    ("output", "reading"),
    [
        (torch.zeros(1, 5), PLAIN),
        (torch.zeros(1, 4, 5), Reading(time_axis=None)),
        (torch.zeros(1, 9, 5), PLAIN),
    ],
)
def test_a_layer_without_the_inputs_time_has_no_moments(output: torch.Tensor, reading: Reading):
    assert moments(output, torch.ones(1, 4, dtype=torch.bool), reading, Timeline(0.1, 0.1), "cls") is None


@pytest.mark.parametrize("bands", [1, 2])
def test_layers_have_the_same_moments_together_as_alone_though_what_follows_writes_over_their_outputs(bands: int):
    torch.manual_seed(0)
    line, sound = Timeline(0.1, 0.1, bands=bands), torch.ones(CLIPS, 24, dtype=torch.bool)
    linear = torch.nn.Linear(4, 6), torch.nn.Linear(6, 5), torch.nn.Linear(5, 3)

    def model(is_in_place: bool) -> torch.nn.Module:
        return torch.nn.Sequential(*(part for one in linear for part in (one, torch.nn.ReLU(inplace=is_in_place))))

    inputs, names = torch.randn(CLIPS, 24, 4), ("0", "2", "4")
    together = recorded(model(True), inputs, sound, line, "mean", dict.fromkeys(names, PLAIN))
    assert [name for of, _ in together for name in of] == [*names]
    assert len(together) == 1
    alone = [recorded(model(False), inputs, sound, line, "mean", {name: PLAIN})[0][1] for name in names]
    for field in ("peaks", "profile"):
        found = [getattr(some, field) for _, some in together]
        own = [getattr(some, field) for some in alone]
        if own[0] is None:
            assert found == [None] * len(found)
        else:
            assert torch.equal(torch.cat(found, dim=2), torch.cat(own, dim=2))


def test_a_pass_that_was_given_up_leaves_nothing_to_the_next():
    line, sound = Timeline(0.1, 0.1, bands=2), torch.ones(1, 4, dtype=torch.bool)
    model, recorder = torch.nn.Sequential(torch.nn.Identity(), torch.nn.Identity()), Recorder("mean", line)
    with torch.inference_mode(), recorder.listening(model, ["0", "1"]):
        recorder.begin(sound)
        model[0](torch.ones(1, 4, 2))
        recorder.begin(sound)
        model(torch.ones(1, 4, 2))
    assert [names for names, _ in recorder.moments()] == [("0", "1")]


def test_a_step_of_a_coarser_axis_hears_its_share_of_tokens_or_what_a_token_hears_if_that_is_longer():
    line = Timeline(0.01, 0.05, start_s=0.3, special=1, bands=4, is_band_major=True)
    assert line.of_steps(600, 300) == Timeline(0.02, 0.05, start_s=0.3)
    assert line.of_steps(600, 60) == Timeline(0.1, 0.1, start_s=0.3)


def test_layers_wait_for_each_other_up_to_so_many_bytes(monkeypatch: pytest.MonkeyPatch):
    """Of 2 clips, 8 steps and 3 units in float32: 192 bytes each."""
    model, inputs = torch.nn.Sequential(*[torch.nn.Identity()] * 5), torch.randn(2, 8, 3)
    sound, names = torch.ones(2, 8, dtype=torch.bool), [str(i) for i in range(5)]
    for most, expected in ((384, [2, 2, 1]), (385, [3, 2]), (1, [1] * 5)):
        monkeypatch.setattr(recorder_module, "TOGETHER_BYTES", most)
        model = torch.nn.Sequential(*[torch.nn.Identity() for _ in names])
        found = recorded(model, inputs, sound, Timeline(0.1, 0.1), "mean", dict.fromkeys(names, PLAIN))
        assert [len(of) for of, _ in found] == expected
        assert [name for of, _ in found for name in of] == names
