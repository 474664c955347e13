"""Pooling and layers, against numbers worked out by hand."""

import numpy as np
import pyarrow as pa
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from dagster_and.method.activations.pooling import by_layer, pool, read, statistics, steps_heard
from dagster_and.method.activations.reading import Reading
from dagster_and.method.activations.recorder import Recorder

# one clip, four tokens (the last is padding, the first is special), two units
OUTPUT = torch.tensor([[[1.0, -1.0], [2.0, -2.0], [6.0, -8.0], [100.0, 100.0]]])
SOUND = torch.tensor([[False, True, True, False]])


@pytest.mark.parametrize(("pooling", "expected"), [("cls", [1.0, -1.0]), ("mean", [4.0, -5.0]), ("max", [6.0, -2.0])])
def test_padding_and_special_tokens_never_count(pooling, expected):
    assert pool(OUTPUT, pooling, SOUND)[0].tolist() == expected


def test_a_layer_without_tokens_is_taken_as_it_is():
    logits = torch.tensor([[3.0, 4.0]])
    assert torch.equal(pool(logits, "mean", SOUND), logits)


def test_tokens_that_are_not_the_inputs_are_refused():
    with pytest.raises(ValueError, match="the inputs have"):
        pool(OUTPUT, "mean", torch.ones(1, 3, dtype=torch.bool))


def test_a_clip_without_sound_is_refused():
    with pytest.raises(ValueError, match="no token that hears sound"):
        pool(OUTPUT, "max", torch.zeros(1, 4, dtype=torch.bool))


@pytest.mark.parametrize(
    ("reading", "shape"),
    [
        (Reading(1, 3), (2, 3, 4, 5)),
        (Reading(2, 1), (2, 5, 3)),
        (Reading(-1, 2), (2, 4, 5, 3)),
        (Reading(1, None), (2, 3, 4, 5)),
    ],
)
def test_positions_count_where_their_step_hears_sound_and_all_where_padding_can_not_be_followed(reading, shape):
    output, sound = torch.randn(shape, generator=torch.Generator().manual_seed(0)), torch.ones(2, 10, dtype=torch.bool)
    sound[1, 4:] = False
    tokens, heard = read(output, sound, reading)
    found = pool(tokens, "mean", heard)
    for clip, steps in enumerate([5, 2]):
        own = output[clip : clip + 1]
        own = own if reading.time_axis is None else own.narrow(reading.time_axis, 0, steps)
        assert torch.allclose(found[clip], own.movedim(reading.unit_axis, -1).flatten(0, -2).mean(dim=0), atol=1e-6)


def test_windows_go_back_to_their_clip():
    output, sound = torch.arange(24.0).reshape(4, 3, 2), torch.tensor([[True] * 5 + [False]] * 2)
    tokens, heard = read(output, sound)
    assert torch.equal(tokens, output.reshape(2, 6, 2))
    assert torch.equal(heard, sound)


def test_a_step_hears_sound_if_the_first_thing_that_it_hears_does():
    assert steps_heard(torch.tensor([[True, True, False, False, False]]), 2).tolist() == [[True, False]]
    assert steps_heard(torch.tensor([[True, True, False]]), 5).tolist() == [[True, True, True, True, False]]


def test_a_mean_of_half_precision_is_taken_in_float32():
    output = torch.full((1, 3000, 1), 40.0, dtype=torch.float16)  # their sum is more than float16 holds
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = pool(output, "mean", torch.ones(1, 3000, dtype=torch.bool))
    assert found.dtype == torch.float32
    assert found.item() == pytest.approx(40, rel=1e-6)


def test_the_recorder_reads_another_module_that_puts_out_the_same_and_the_first_of_several_outputs():
    class Several(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            return 2 * x, x

    model, recorder, x = torch.nn.Sequential(torch.nn.Identity(), Several()), Recorder("mean"), torch.ones(1, 2, 3)
    recorder.begin(torch.ones(1, 2, dtype=torch.bool))
    with torch.inference_mode(), recorder.listening(model, {"0": Reading(module="1")}):
        model(x)
    assert {name: values.tolist() for name, values in recorder.pooled.items()} == {"0": [[2, 2, 2]]}
    recorder.begin(torch.ones(1, 2, dtype=torch.bool))
    assert not recorder.pooled


def test_the_recorder_reads_what_the_layer_puts_out_and_leaves_no_hook():
    model = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.ReLU(), torch.nn.Linear(3, 1))
    recorder = Recorder("mean")
    recorder.begin(torch.tensor([[True, False]]))
    x = torch.randn(1, 2, 2)
    with torch.inference_mode(), recorder.listening(model, ["0"]):
        model(x)
    assert torch.equal(recorder.pooled["0"], model[0](x)[:, 0])  # before the ReLU, padding left out
    assert not model[0]._forward_hooks


def test_a_layer_without_tokens_is_read_before_what_follows_writes_over_it():
    model = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.ReLU(inplace=True))
    recorder, x = Recorder("mean"), torch.randn(8, 2, generator=torch.Generator().manual_seed(0))
    recorder.begin(torch.ones(8, 1, dtype=torch.bool))
    with torch.inference_mode(), recorder.listening(model, ["0"]):
        model(x)
    assert torch.equal(recorder.pooled["0"], model[0](x))


def test_statistics_of_a_row():
    row = {name: values.item() for name, values in statistics(np.array([[1.0, 2.0, 3.0, 6.0]], np.float32)).items()}
    assert row == pytest.approx({"mean": 3.0, "standard_deviation": np.sqrt(3.5), "minimum": 1.0, "maximum": 6.0})


def test_statistics_are_those_of_each_row_however_many_there_are():
    values = np.random.default_rng(0).normal(3, 2, (2500, 900)).astype(np.float32)
    found = statistics(values)
    exact = values.astype(np.float64)
    for name, expected in (("mean", exact.mean(1)), ("standard_deviation", exact.std(1)), ("minimum", exact.min(1)),
                           ("maximum", exact.max(1))):  # fmt: skip
        assert np.allclose(found[name], expected, rtol=1e-12, atol=0)


def batch(first: int, values: np.ndarray) -> pa.RecordBatch:
    ids = pa.array(np.arange(first, first + len(values)), pa.int32())
    rows = pa.array(values.tolist(), pa.list_(pa.float32()))
    return pa.RecordBatch.from_arrays([ids, rows], names=["neuron_id", "activation"])


@given(widths=st.lists(st.integers(1, 5), min_size=1, max_size=5), cut=st.integers(1, 7))
def test_layers_come_back_whole_however_the_rows_are_cut(widths, cut):
    values = np.arange(sum(widths) * 2, dtype=np.float32).reshape(-1, 2)
    batches = [batch(i, values[i : i + cut]) for i in range(0, len(values), cut)]
    layers = list(by_layer(batches, widths))
    assert [len(ids) for ids, _ in layers] == widths
    assert np.concatenate([ids for ids, _ in layers]).tolist() == list(range(len(values)))
    assert np.array_equal(np.concatenate([rows for _, rows in layers]), values)


@pytest.mark.parametrize(("widths", "message"), [([3], "after 2 of them"), ([1], "more activations")])
def test_layers_that_do_not_fit_the_rows_are_refused(widths, message):
    with pytest.raises(ValueError, match=message):
        list(by_layer([batch(0, np.zeros((2, 2), np.float32))], widths))
