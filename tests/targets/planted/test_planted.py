"""Planted neurons do what they are said to do."""

import polars as pl
import pytest
import soundfile
import torch

from dagster_and.dissection import Activations
from dagster_and.targets.hearing.feature_cache import FeatureCache
from dagster_and.targets.layers import HEAD
from dagster_and.targets.planted.checkpoint import save_planted
from dagster_and.targets.planted.network import Forms, PlantedNetwork, plant
from dagster_and.targets.planted.opening import as_target, open_planted
from dagster_and.targets.planted.plan import CONTROLS, KINDS, QUALITIES, Plan
from dagster_and.targets.planted.planting import planted_neurons
from dagster_and.targets.recording.activations import record
from dagster_and.targets.recording.neurons import neurons

TIME = torch.arange(16000) / 16000
TONE = 0.1 * torch.sin(6.2832 * 1000 * TIME)
NOISE = 0.1 * torch.randn(16000, generator=torch.Generator().manual_seed(0))
CLICKS = TONE * ((TIME * 5) % 1 < 0.2)


def measured(sound: torch.Tensor) -> dict[str, float]:
    values = PlantedNetwork(["a"]).measures(sound[None])[0]
    return dict(zip(("loudness", "centroid", "onset rate", "tonality", "silence"), values.tolist(), strict=True))


def test_each_measure_follows_its_sound():
    tone, noise, clicks = measured(TONE), measured(NOISE), measured(CLICKS)
    assert measured(2 * TONE)["loudness"] - tone["loudness"] == pytest.approx(6.02, abs=0.01)
    assert tone["loudness"] == pytest.approx(-23.0, abs=0.2)  # the RMS of a sine of amplitude 0.1
    assert tone["centroid"] == pytest.approx(9.97, abs=0.02)  # log2 of 1000 Hz
    assert noise["centroid"] == pytest.approx(11.97, abs=0.05)  # log2 of 4000 Hz
    assert tone["tonality"] > 0.9 > 0.6 > noise["tonality"]
    assert clicks["onset rate"] == pytest.approx(5, abs=1)
    assert tone["onset rate"] < 1
    assert clicks["silence"] > 0.4 > 0.05 > tone["silence"]


def test_padding_changes_nothing():
    plain, padded = measured(TONE), measured(torch.cat([TONE, torch.zeros(16000)]))
    for name, value in plain.items():
        assert padded[name] == pytest.approx(value, abs=0.2), name


def test_every_unit_has_its_plan_and_negatives_are_negative():
    network = PlantedNetwork(["dog", "rain", "sea_waves"])
    plan = network.plan.neurons()
    assert {layer.name: layer.width for layer in network.plan.layers()} == {
        name: len(units) for name, units in plan.items()
    }
    assert network.plan.layers()[-1].sublayer == HEAD
    assert plan["classes"][2].expected == (("sea waves",),)
    assert plan["pairs"][0].expected == (("dog",), ("sea waves",))
    assert {one.kind for units in plan.values() for one in units} == set(KINDS)
    units = network.qualities(network.measures(torch.stack([TONE, NOISE])))
    assert units.shape == (2, len(QUALITIES))
    assert torch.equal(units[:, ::2], -units[:, 1::2])


def test_controls_are_noise_or_nothing():
    network = PlantedNetwork(["a"])
    sounds = NOISE.repeat(3, 1) * torch.tensor([[1.0], [1.001], [2.0]])
    units = network.controls(network.measures(sounds), sounds)
    assert units.shape == (3, len(CONTROLS))
    assert torch.equal(units[:, -2:], torch.tensor([[0.0, 0.7]] * 3))
    assert (units[0, [0, 2]] != units[1, [0, 2]]).all()


def test_forms_by_hand():
    plan = Plan(("a", "b", "c"))
    forms = Forms(plan)
    forms.floor += torch.tensor([0.9, 2.0, 2.0])
    readouts, measures = torch.tensor([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]), torch.tensor([[-9.0, 9.0], [-9.0, 12.0]])
    units = dict(zip((one.function for one in plan.neurons()["forms"]), forms(readouts, measures).T, strict=True))
    assert units["much a"].tolist() == pytest.approx([0.1, 0.0])
    assert units["loud and muffled"].tolist() == pytest.approx([0.91, 0.0], abs=0.01)  # half an octave under 700 Hz
    assert units["loud and bright"].tolist() == pytest.approx([0.0, 0.96], abs=0.04)
    assert units["quiet and bright"].tolist() == pytest.approx([0.0, 0.0], abs=0.01)
    assert units["not a"].tolist() == pytest.approx([0.02, 0.98], abs=0.01)
    assert units["c, half as much a"].tolist() == pytest.approx([0.49, 0.98], abs=0.01)


@pytest.fixture(scope="module")
def sounds() -> tuple[list[torch.Tensor], list[str]]:
    random = torch.Generator().manual_seed(1)
    waves = [sound * (0.5 + torch.rand(1, generator=random)) for sound in (TONE, NOISE, CLICKS) for _ in range(4)]
    return waves, [label for label in ("beep", "rain", "clicks") for _ in range(4)]


def test_class_units_are_highest_on_their_class(sounds):
    waves, labels = sounds
    network = plant(waves, labels)
    with torch.inference_mode():
        readouts = network(torch.stack(waves))
    assert [network.plan.classes[i] for i in readouts.argmax(dim=1)] == labels
    assert network.plan.classes == ("beep", "clicks", "rain")


def test_a_saved_network_is_dissected_like_any_other(sounds, tmp_path):
    waves, labels = sounds
    save_planted(plant(waves, labels), tmp_path / "planted")
    target = open_planted(str(tmp_path / "planted"))

    paths = [str(tmp_path / f"{i}.wav") for i in range(len(waves))]
    for path, wave in zip(paths, waves, strict=True):
        soundfile.write(path, wave.numpy(), 16000, subtype="FLOAT")
    clips = pl.DataFrame({"path": paths, "sha256": [f"{i:064x}" for i in range(len(paths))]})
    features = FeatureCache(tmp_path / "features", target.frontend, 1.0)
    rows = pl.concat([pl.DataFrame(b) for b in record(target, clips, features, Activations(), tmp_path / "shards")])
    table = neurons(target)
    planted = planted_neurons(str(tmp_path / "planted"), table)
    assert rows.height == table.height == planted["neuron_id"].n_unique() == target.neurons
    zero = planted.filter(pl.col("function") == "zero")["neuron_id"][0]
    assert rows["maximum"][zero] == rows["minimum"][zero] == 0
    assert planted.filter(pl.col("kind") == "pair").select("part", "expected_words").rows()[:2] == [
        (0, "beep"),
        (1, "rain"),
    ]
    assert planted.filter("is_denied")["kind"].unique().to_list() == ["negation"]
    assert planted_neurons(str(tmp_path), table).height == 0
    assert as_target(target.model).class_labels == ("beep", "clicks", "rain")
