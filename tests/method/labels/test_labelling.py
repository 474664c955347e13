"""Labels of neurons whose truth is known.

How they are marked, written down before they are made:

- class, and, or, not: right if labelled and the clips of the first form and those of the planted one have an
  intersection over union of at least 0.8;
- quality: right if labelled, and all atoms of the first form are cuts of the planted quality;
- two modes: right if there are two rows, the first of the strong class, the second of the weak one (0.8 each);
- narrow: right if labelled and nine in ten clips of the first form lie within an octave of the neuron's own pitch;
- dead, noise: right if the verdict is dead, no_label.
"""

from collections.abc import Callable

import numpy as np
import polars as pl
import pytest

from dagster_and.method.labels.atoms import Atoms
from dagster_and.method.labels.labelling import DEAD, NO_ATOMS, neuron_labels
from dagster_and.method.labels.tables import ATOMS
from dagster_and.method.text.names import name_in_words
from tests.method.labels.worlds import World, batches, keeps_contract, sound_bank, world

QUALITIES = ("loudness_dbfs", "brightness_hz", "tonality", "steadiness")
REGISTERS = ("contrabass reed", "bass horn", "cello", "viola", "flute", "piccolo", "whistle tone")


@pytest.fixture(scope="module")
def bank() -> World:
    return sound_bank(24)


@pytest.fixture(scope="module")
def classes(bank: World) -> list[str]:
    return sorted({name_in_words(label) for label in bank.labels})


def rows_of(table: pl.DataFrame) -> list[list[dict]]:
    grouped = table.sort("neuron_id", "mode").partition_by("neuron_id", maintain_order=True)
    return [rows.rows(named=True) for rows in grouped]


def overlap(first: np.ndarray, second: np.ndarray) -> float:
    return (first & second).sum() / max((first | second).sum(), 1)


def share_right(bank: World, truths: list[np.ndarray], seed: int) -> float:
    random = np.random.default_rng(seed)
    activation = np.stack([random.normal(size=len(truth)) + 3 * truth for truth in truths])
    table = neuron_labels(batches(activation), bank.atoms, bank.folds)
    assert keeps_contract(table)
    firsts = [rows[0] for rows in rows_of(table)]
    return float(np.mean([
        row["verdict"] == "labelled" and overlap(bank.truth(row), truth) >= 0.8
        for row, truth in zip(firsts, truths, strict=True)
    ]))  # fmt: skip


def test_single_classes_are_named(bank: World, classes: list[str]):
    assert share_right(bank, [bank.holds(name) for name in classes] * 4, seed=1) >= 0.95


def test_alternatives_are_named(bank: World, classes: list[str]):
    pairs = [bank.holds(a) | bank.holds(b) for i, a in enumerate(classes) for b in classes[i + 1 :]]
    assert share_right(bank, pairs, seed=2) >= 0.9


def test_negations_are_named(bank: World):
    words = ("quiet", "muffled", "bright", "noisy", "clear", "intermittent", "steady")
    assert share_right(bank, [~bank.holds(word) for word in words] * 3, seed=3) >= 0.9


def test_conjunctions_are_named(bank: World, classes: list[str]):
    words = ("quiet", "loud", "muffled", "bright", "noisy", "clear", "repetitive", "sharp", "intermittent", "steady")
    names = [*classes, *words]
    pairs = [(bank.holds(a), bank.holds(b)) for i, a in enumerate(names) for b in names[i + 1 :]]
    real = [a & b for a, b in pairs if 15 <= (a & b).sum() < 0.6 * min(a.sum(), b.sum())]
    assert len(real) > 15
    assert np.mean([share_right(bank, real, seed) for seed in (4, 14, 24)]) >= 0.85


def test_qualities_are_named(bank: World):
    random = np.random.default_rng(5)
    quality = dict(bank.atoms.table.select("atom_id", "quality").iter_rows())
    planted = [(name, sign) for name in QUALITIES for sign in (1, -1) for _ in range(5)]
    made = []
    for name, sign in planted:
        values = bank.acoustics[name].to_numpy()
        values = np.log(values) if name.endswith("_hz") else values
        made.append(sign * (values - values.mean()) / values.std() + 0.3 * random.normal(size=len(values)))
    rows = rows_of(neuron_labels(batches(np.stack(made)), bank.atoms, bank.folds))
    right = [
        own[0]["verdict"] == "labelled" and {quality[atom] for atom in own[0]["atom_ids"]} == {name}
        for own, (name, _) in zip(rows, planted, strict=True)
    ]
    assert np.mean(right) >= 0.9


def test_a_weak_second_thing_is_a_second_mode(bank: World, classes: list[str]):
    random = np.random.default_rng(6)
    pairs = [random.choice(classes, 2, replace=False).tolist() for _ in range(30)]
    held = [(bank.holds(a), bank.holds(b)) for a, b in pairs]
    activation = np.stack([0.5 * random.normal(size=len(a)) + 6 * a + 2 * b for a, b in held])
    rows = rows_of(neuron_labels(batches(activation), bank.atoms, bank.folds))
    right = [
        len(own) == 2 and overlap(bank.truth(own[0]), a) >= 0.8 and overlap(bank.truth(own[1]) & ~a, b) >= 0.8
        for own, (a, b) in zip(rows, held, strict=True)
    ]
    assert np.mean(right) >= 0.9


def shuffled(bank: World, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(300, len(bank.labels)))


def in_groups(bank: World, seed: int) -> np.ndarray:
    """Half of the variance is shared by the clips of one class in one fold, as if they were of one recording."""
    groups = {pair: i for i, pair in enumerate(sorted(set(zip(bank.labels, bank.folds, strict=True))))}
    group = [groups[pair] for pair in zip(bank.labels, bank.folds, strict=True)]
    return shuffled(bank, seed) + np.random.default_rng(seed + 1).normal(size=(300, len(groups)))[:, group]


@pytest.mark.parametrize("made", [shuffled, in_groups])
def test_what_follows_nothing_gets_a_label_once_in_twenty_at_most(bank: World, made: Callable):
    shares = []
    for seed in (10, 20, 30, 40):
        table = neuron_labels(batches(made(bank, seed)), bank.atoms, bank.folds)
        shares.append((table.filter(pl.col("mode") == 1)["verdict"] == "labelled").mean())
    assert np.mean(shares) <= 0.05


def tones(count: int, noises: int, seed: int) -> tuple[World, np.ndarray]:
    """Tones over six and a half octaves from 55 Hz, classes by octave, and noises; octaves above 55 Hz or NaN."""
    random = np.random.default_rng(seed)
    octave = np.append(random.uniform(0, 6.5, count), np.full(noises, np.nan))
    labels = [REGISTERS[int(one)] if one == one else ("hiss", "rumble")[i % 2] for i, one in enumerate(octave)]
    acoustics = [
        {"loudness_dbfs": random.uniform(-36, -12), "pitch_hz": None if one != one else 55 * 2**one,
         "brightness_hz": random.uniform(200, 6000) if one != one else 165 * 2**one * random.lognormal(0, 0.3),
         "tonality": 0.1 if one != one else 0.8, "events_per_s": random.uniform(0, 3), "regularity": random.random(),
         "attack_ms": random.uniform(1, 150), "steadiness": random.random()}
        for one in octave
    ]  # fmt: skip
    captions: list[str | None] = [f"The sound of a {label}." for label in labels]
    return world(labels, acoustics, captions, random.integers(1, 6, len(labels)).tolist()), octave


def test_narrow_neurons_are_named_within_an_octave():
    heard, octave = tones(480, 120, seed=0)
    random = np.random.default_rng(7)
    centre, width = random.uniform(0.3, 6.2, 360), random.uniform(0.03, 0.08, 360)
    tuned = np.nan_to_num(np.exp(-np.square((octave - centre[:, None]) / width[:, None]) / 2))
    activation = tuned + np.where(np.arange(360) % 2, 0.05, 0)[:, None] * random.normal(size=tuned.shape)
    rows = rows_of(neuron_labels(batches(activation), heard.atoms, heard.folds))
    right = [
        own[0]["verdict"] == "labelled" and np.mean(np.abs(octave[heard.truth(own[0])] - own_centre) <= 1) >= 0.9
        for own, own_centre in zip(rows, centre, strict=True)
    ]
    assert np.mean(right) >= 0.95


def test_neurons_that_fire_on_some_clips_of_a_class_are_named(bank: World, classes: list[str]):
    """On five of 24 clips, one a fold, with and without noise on all others."""
    random = np.random.default_rng(11)
    chosen = [[random.choice(np.flatnonzero(bank.holds(name) & (np.array(bank.folds) == fold))) for fold in range(1, 6)]
              for name in classes for _ in range(4)]  # fmt: skip
    activation = 0.03 * random.normal(size=(len(chosen), len(bank.labels))) * (np.arange(len(chosen)) % 2)[:, None]
    np.put_along_axis(activation, np.array(chosen), 1.0, axis=1)
    rows = rows_of(neuron_labels(batches(activation), bank.atoms, bank.folds))
    right = [name in (own[0]["label"] or "") for own, name in zip(rows, np.repeat(classes, 4), strict=True)]
    assert np.mean(right) >= 0.8


def test_dead_neurons_are_dead_and_say_so(bank: World):
    activation = np.stack([np.full(len(bank.labels), 0.5), np.zeros(len(bank.labels)), bank.holds("rain") * 1.0])
    table = neuron_labels(batches(activation), bank.atoms, bank.folds)
    assert table["verdict"].to_list() == ["dead", "dead", "labelled"]
    assert table["missing_reason"].to_list() == [DEAD, DEAD, None]
    assert table.select("mode", "forms_tried", "clips").rows()[:2] == [(1, 0, 0)] * 2
    assert table["label"].to_list() == [None, None, "rain"]
    assert keeps_contract(table)


def test_without_atoms_there_is_no_label_but_a_reason():
    nothing = pl.DataFrame(schema=ATOMS.frame_schema)
    empty = Atoms(nothing, np.zeros((20, 0), dtype=np.int8))
    table = neuron_labels(batches(np.random.default_rng(0).normal(size=(2, 20))), empty, [1, 2] * 10)
    assert table["missing_reason"].to_list() == [NO_ATOMS] * 2
    assert keeps_contract(table)


def test_the_table_is_the_same_in_whatever_batches_rows_come(bank: World):
    random = np.random.default_rng(8)
    activation = random.normal(size=(40, len(bank.labels))) + 2 * bank.holds("dog bark")
    whole = neuron_labels(batches(activation, 40), bank.atoms, bank.folds)
    parts = neuron_labels(batches(activation, 13), bank.atoms, bank.folds)
    texts = ["neuron_id", "mode", "verdict", "label", "form", "runner_up"]
    assert whole.select(texts).equals(parts.select(texts))


def test_a_runner_up_is_told_where_two_atoms_can_not_be_told_apart():
    random = np.random.default_rng(9)
    first = random.random(200) < 0.2
    second = first ^ (random.random(200) < 0.01)
    truth = np.stack([first, second], axis=1).astype(np.int8)
    table = pl.DataFrame({"atom_id": [0, 1], "atom": ["siren", "alarm"], "kind": "label", "quality": None},
                         schema_overrides={"quality": pl.String})  # fmt: skip
    activation = random.normal(size=(1, 200)) + 3 * first
    row = neuron_labels(batches(activation), Atoms(table, truth), [None] * 200).row(0, named=True)
    assert {row["label"], row["runner_up"]} == {"siren", "alarm"}
