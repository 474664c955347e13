"""Where the moments of a pass come to lie."""

from pathlib import Path

import numpy as np
import torch

from dagster_and.devices.placement import ON_CPU
from dagster_and.method.activations.moments import Moments
from dagster_and.method.activations.timeline import Timeline
from dagster_and.targets.layers import Layer
from dagster_and.targets.recording.marks import Marks, fetched
from dagster_and.targets.recording.shards import Shards

WIDTHS = {"a": 2, "b": 3, "pooled": 1, "c": 2}


def marked(units: list[int], steps: int, *, with_peaks: bool) -> Moments:
    """One clip whose units say their own number in every bin, and that number of steps later where they peak."""
    own = torch.tensor(units)
    peaks = torch.stack([own, own + 100])[None].to(torch.uint8) if with_peaks else None
    profile = own.repeat(1, min(steps, 16), 1).to(torch.uint8)
    return Moments(peaks, profile, torch.tensor([steps]), Timeline(0.1 * steps, 0.2, 0.3))


def test_moments_lie_where_their_neurons_do_in_whatever_order_the_layers_ran():
    layers = [Layer(name, 0, name, width) for name, width in WIDTHS.items()]
    found = [
        (("c", "a"), marked([6, 7, 0, 1], 20, with_peaks=True)),
        (("b",), marked([2, 3, 4], 4, with_peaks=False)),
    ]
    marks = fetched(found, layers, 1, ON_CPU)()
    assert marks.profile.shape == (1, 16, 8)
    assert marks.profile[0, 0].tolist() == [0, 1, 2, 3, 4, 0, 6, 7]
    assert marks.profile[0, 4].tolist() == [0, 1, 0, 0, 0, 0, 6, 7]  # b has four steps
    assert marks.peaks[0].tolist() == [[0, 1, 0, 0, 0, 0, 6, 7], [100, 101, 0, 0, 0, 0, 106, 107]]
    of_a, of_b, none = [2.0, 0.2, 20], [0.4, 0.2, 4], [0, 0, 0]
    assert np.allclose(marks.timing[0][:, [1, 2, 3]], [of_a, of_b, none, of_a])


def test_layers_that_ran_together_and_follow_each_other_lie_side_by_side():
    layers = [Layer(name, 0, name, width) for name, width in WIDTHS.items()]
    marks = fetched([(("a", "b"), marked([0, 1, 2, 3, 4], 5, with_peaks=False))], layers, 1, ON_CPU)()
    assert marks.profile[0, 2].tolist() == [0, 1, 2, 3, 4, 0, 0, 0]
    assert marks.peaks.size == 0
    assert marks.timing[0, :, 3].tolist() == [5, 5, 0, 0]


def test_batches_whose_profiles_tell_all_lie_beside_others_and_are_read_alike(tmp_path: Path):
    layers, placement = [Layer("a", 0, "a", 2)], ON_CPU
    told, not_told = (
        fetched([(("a",), marked([3, 4], steps, with_peaks=steps > 16))], layers, 1, placement)() for steps in (5, 20)
    )
    shards, none = Shards(tmp_path, 2), [np.zeros((1, 2), np.float32)]
    for names, marks in ((("x", "y"), Marks.joined([told, not_told])), (("z",), told)):
        shards.write(names, [none] * len(names), marks)
    found = {}
    pairs = ["x", "y", "z"]
    for places, marks in shards.moments(pairs, np.array([1, 0, 1]), np.zeros(3, int), np.array([0, 1, 0])):
        found |= {
            pairs[place]: (peak, row[0]) for place, peak, row in zip(places, marks.peaks, marks.profile, strict=True)
        }
    assert found == {"x": (0, 4), "y": (103, 3), "z": (0, 4)}
