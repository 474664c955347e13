"""What parts chose: tested on the part alone, and how far the parts agree."""

import numpy as np
import polars as pl
import pytest

from dagster_and.method.labels.atoms import Atoms
from dagster_and.method.labels.forms import Forms, Literals
from dagster_and.method.labels.labelling import NO_PART_FORM, _either, labelled
from dagster_and.method.labels.order import Order
from dagster_and.method.labels.parts import agreement, parted, truths
from dagster_and.method.labels.tables import LABEL_PARTS
from dagster_and.method.labels.testing import parts_of
from dagster_and.method.text.names import name_in_words
from tests.method.labels.worlds import World, batches, sound_bank


@pytest.fixture(scope="module")
def bank() -> World:
    return sound_bank(12)


def test_agreement_by_hand():
    truth = np.array([[[1, 1, 0, 0]], [[1, 0, 0, 0]], [[0, 0, 0, 0]]], dtype=bool)
    assert agreement(truth).tolist() == [pytest.approx((1 / 2 + 0 + 0) / 3)]
    assert agreement(np.ones((2, 1, 4), dtype=bool)).tolist() == [1]


def test_a_form_is_tested_on_its_part_alone():
    literals = Literals(np.array([[1], [0], [1], [0], [1], [0], [1], [1]], dtype=np.int8))
    forms = [Forms.single(np.array([0]), literals.everything)] * 3
    activation = np.array([[5, 1, 2, 3, 1, 2, 9, 9]], dtype=np.float32)
    found = parted(Order.of(activation), forms, (), literals, np.array([0, 0, 0, 0, 1, 1, 2, 2]))
    assert found.auroc[:, 0].tolist() == pytest.approx([3 / 4, 0, np.nan], nan_ok=True)
    assert found.form_clips[:, 0].tolist() == [2, 1, 2]
    nothing = [Forms.single(np.array([literals.nothing]), literals.everything)] * 3
    assert truths(nothing, forms, literals).tolist() == truths(forms, (), literals).tolist()


def test_a_clear_class_is_chosen_by_every_part(bank: World):
    random = np.random.default_rng(0)
    activation = random.normal(size=(6, len(bank.labels))) * 0.3 + 3 * bank.holds("siren")
    activation[5] = 1
    table, parts = labelled(batches(activation, 4), bank.atoms, bank.folds)
    assert parts.schema == LABEL_PARTS.frame_schema
    assert parts.select("neuron_id", "part").rows() == [(n, part) for n in range(5) for part in range(5)]
    assert set(parts["label"]) == {"siren"}
    assert parts["auroc"].min() == pytest.approx(1, abs=0.05)
    assert table["part_agreement"].to_list() == [1.0] * 5 + [None]


def test_noise_agrees_less(bank: World):
    table, parts = labelled(
        batches(np.random.default_rng(1).normal(size=(60, len(bank.labels)))), bank.atoms, bank.folds
    )
    assert table.filter(pl.col("mode") == 1)["part_agreement"].mean() < 0.5
    tested = parts["auroc"].drop_nulls()
    assert tested.mean() == pytest.approx(0.5, abs=0.05)


def test_parts_are_what_the_label_was_tested_by(bank: World):
    """Neurons of three classes, one of them only where it sounds a certain way: many of the labels join two forms.

    What each form says, and how it does on its part, is read off its text; the label's AUROC is that of all pairs.
    """
    random, classes = np.random.default_rng(0), sorted(set(bank.labels))
    activation = []
    for _ in range(60):
        a, b, c = (bank.holds(name_in_words(name)) for name in random.choice(classes, 3, replace=False))
        word = bank.holds(random.choice(["loud", "quiet", "bright", "muffled", "steady", "noisy"]))
        noise = random.uniform(0.2, 1) * random.normal(size=len(a))
        activation.append(noise + 3 * (a | (b & word)) + random.uniform(1, 4) * c)
    values = np.stack(activation).astype(np.float32)
    table, parts = labelled(batches(values), bank.atoms, bank.folds)
    assert parts["form"].str.contains(") OR (", literal=True).sum() > 5
    of_clips = parts_of(bank.folds)
    for row in parts.drop_nulls("auroc").iter_rows(named=True):
        here = of_clips == row["part"]
        own, held = values[row["neuron_id"], here], bank.truth(row)[here]
        pairs = (own[held][:, None] > own[~held]) + 0.5 * (own[held][:, None] == own[~held])
        assert row["auroc"] == pytest.approx(pairs.mean())
        assert row["form_clips"] == held.sum()
    pairs = pl.col("form_clips") * (pl.col("clips") - pl.col("form_clips"))
    together = parts.group_by("neuron_id").agg(auroc=(pl.col("auroc") * pairs).sum() / pairs.sum()).sort("neuron_id")
    assert together["auroc"].to_list() == pytest.approx(table.filter(pl.col("mode") == 1)["auroc"].to_list())


def test_what_is_denied_in_one_alternative_is_not_denied_in_the_other():
    assert _either(["anything but a bell", "loud"]) == "loud, or anything but a bell"
    assert _either(["rain", "loud siren"]) == "rain or loud siren"
    assert _either(["rain, not loud", "siren"]) == "rain, not loud, or siren"
    assert _either(["rain"]) == "rain"
    assert _either([]) == ""


def test_parts_that_found_nothing_say_so():
    """The only atom holds on three clips, two of them in one fold: without that fold it can't be chosen."""
    truth = np.zeros((20, 1), dtype=np.int8)
    truth[[0, 2, 5]] = 1
    atoms = pl.DataFrame({"atom_id": [0], "atom": ["bell"], "kind": "label", "quality": None},
                         schema_overrides={"quality": pl.String})  # fmt: skip
    activation = np.random.default_rng(3).normal(size=(1, 20)) + 9 * truth[:, 0]
    _, parts = labelled(batches(activation), Atoms(atoms, truth), [clip % 2 for clip in range(20)])
    assert parts["label"].to_list() == [None, None]
    assert parts["missing_reason"].to_list() == [NO_PART_FORM] * 2
