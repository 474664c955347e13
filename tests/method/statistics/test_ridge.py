"""The ridge map against the normal equations and a naive leave-one-out; and no example by a map that saw it."""

import pytest
import torch

from dagster_and.method.sound.log_mel import BANDS, SIZE, statistics
from dagster_and.method.statistics.ridge import PENALTIES, cross_fitted, fit, split_of

RANDOM = torch.Generator().manual_seed(0)
INPUTS = torch.randn(14, 6, generator=RANDOM).double()
OUTPUTS = torch.randn(14, 3, generator=RANDOM).double() + INPUTS[:, :3]


def solved(inputs, outputs, centre, scale, penalty):
    standard = (inputs - centre) / scale
    gram = standard.T @ standard + penalty * torch.eye(inputs.shape[1])
    return torch.linalg.solve(gram, standard.T @ (outputs - outputs.mean(dim=0)))


def test_weights_solve_the_normal_equations():
    found = fit(INPUTS, OUTPUTS)
    wanted = solved(INPUTS, OUTPUTS, found.centre, found.scale, found.penalty)
    assert torch.allclose(found.weight, wanted)
    assert torch.allclose(found(INPUTS), ((INPUTS - found.centre) / found.scale) @ wanted + OUTPUTS.mean(dim=0))


def test_the_penalty_is_that_of_a_naive_leave_one_out():
    centre, scale = INPUTS.mean(dim=0), INPUTS.std(dim=0, correction=0)
    standard = (INPUTS - centre) / scale
    errors = {}
    for candidate in PENALTIES:
        penalty, total = candidate * 14 / 100, 0.0
        for left_out in range(14):
            kept = torch.arange(14) != left_out
            # an unpenalised constant stands for the mean, as in the closed form
            design = torch.cat([standard[kept], torch.ones(13, 1)], dim=1).double()
            ridge = torch.diag(torch.tensor([penalty] * 6 + [0.0])).double()
            weight = torch.linalg.solve(design.T @ design + ridge, design.T @ OUTPUTS[kept])
            one = torch.cat([standard[left_out], torch.ones(1)]).double()
            total += float((OUTPUTS[left_out] - one @ weight).square().mean())
        errors[penalty] = total / 14
    assert fit(INPUTS, OUTPUTS).penalty == min(errors, key=lambda penalty: errors[penalty])


def test_no_example_is_predicted_by_a_map_that_saw_it():
    folds, known = [i % 3 for i in range(14)], torch.arange(14) != 13
    before = cross_fitted(INPUTS, OUTPUTS, known, folds)
    changed = OUTPUTS.clone()
    changed[0] += 100
    after = cross_fitted(INPUTS, changed, known, folds)
    same = (before == after).all(dim=1)
    assert same.tolist() == [fold == 0 for fold in folds]
    changed = OUTPUTS.clone()
    changed[13] = torch.nan  # what is not known is not read
    assert torch.equal(cross_fitted(INPUTS, changed, known, folds), before)


def test_a_constant_input_does_no_harm():
    inputs = torch.cat([INPUTS, torch.ones(14, 1)], dim=1)
    assert torch.allclose(fit(inputs, OUTPUTS)(inputs), fit(INPUTS, OUTPUTS)(INPUTS))


def test_a_set_too_small_to_learn_from_is_refused():
    with pytest.raises(ValueError, match="fewer than two captioned clips"):
        cross_fitted(INPUTS, OUTPUTS, torch.arange(14) < 1, [0, 1] * 7)


def test_folds_of_the_set_or_a_seeded_split():
    assert split_of([1, 2, 1]) == [1, 2, 1]
    for folds in ([None] * 10, [1] * 10, [1, None] * 5):
        assert sorted(split_of(folds)) == sorted([0, 1, 2, 3, 4] * 2)
        assert split_of(folds) == split_of(folds)


def test_log_mel_statistics_follow_the_sound():
    time = torch.arange(16000) / 16000
    low, high = (torch.sin(6.2832 * pitch * time) for pitch in (300.0, 4000.0))
    bands = [int(statistics(tone)[:BANDS].argmax()) for tone in (low, high)]
    assert bands[0] < BANDS // 3 < bands[1]
    assert statistics(low[:10]).shape == (SIZE,)
    assert torch.allclose(statistics(torch.stack([low, high]))[1], statistics(high), atol=1e-4)
    pulsed = low * (torch.sin(6.2832 * 4 * time) > 0)
    assert statistics(pulsed)[BANDS : 2 * BANDS].mean() > 3 * statistics(low)[BANDS : 2 * BANDS].mean()
