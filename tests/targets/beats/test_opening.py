"""BEATs checkpoints from file to top clips; the head's activation is the mean over tokens, whatever the pooling."""

from pathlib import Path

import numpy as np
import pytest
import torch

from dagster_and.audio.reading import read_waveform
from dagster_and.foundation.errors import UserError
from dagster_and.targets.beats.opening import open_beats
from tests.targets import rooms
from tests.targets.beats import naive_beats
from tests.targets.beats.conftest import SMALL, published_weights


@pytest.fixture
def checkpoint(tmp_path: Path) -> str:
    torch.save({"cfg": SMALL, "model": published_weights(SMALL)}, tmp_path / "small.pt")
    return str(tmp_path / "small.pt")


@pytest.mark.parametrize("pooling", ["default", "mean", "max"])
def test_activations_of_a_short_clip_are_those_of_the_naive_network(checkpoint: str, tmp_path: Path, pooling: str):
    """3200 samples in a window of 8000, which makes 48 frames, 3 x 8 patches."""
    target = open_beats(checkpoint, window_s=rooms.WINDOW_S)
    assert [(layer.block_index, layer.sublayer, layer.width) for layer in target.layers] == [
        (0, "intermediate", 40), (0, "output", 24), (1, "intermediate", 40), (1, "output", 24), (2, "head", 5),
    ]  # fmt: skip
    evidence = rooms.run(target, tmp_path, pooling)
    rooms.check_tables(target, evidence)
    short = read_waveform(tmp_path / "1.wav", 16_000, rooms.WINDOW_S)
    padded = np.concatenate([short, np.zeros(8000 - 3200, np.float32)])
    expected = naive_beats.NaiveBeats(SMALL, published_weights(SMALL)).run(padded, np.arange(8000) >= 3200)
    kept = ~expected["padding"]
    assert (kept.sum(), len(kept)) == (10, 24)  # 48 frames of 166 samples, 2 a token: sound ends in the 10th
    for layer in target.layers[:-1]:
        tokens = expected[layer.name][kept]
        by_hand = tokens.max(axis=0) if pooling == "max" else tokens.mean(axis=0)
        np.testing.assert_allclose(evidence.by_layer[layer.name][1], by_hand, atol=1e-4)
    np.testing.assert_allclose(evidence.by_layer["predictor"][1], expected["logits"], atol=1e-4)


def test_a_backbone_without_a_head_has_no_classes(tmp_path: Path):
    torch.save({"cfg": SMALL, "model": published_weights(SMALL, head=None)}, tmp_path / "bare.pt")
    target = open_beats(str(tmp_path / "bare.pt"), window_s=rooms.WINDOW_S)
    rooms.check_tables(target, rooms.run(target, tmp_path))
    assert (target.head, target.class_labels, target.blocks) == (None, (), 2)


def test_class_labels_come_from_the_section_a_file_or_the_checkpoint(checkpoint: str, tmp_path: Path):
    (tmp_path / "lines.txt").write_text("a\nb\nc\nd\ne\n")
    (tmp_path / "list.json").write_text('["a", "b", "c", "d", "e"]')
    for labels in (tuple("abcde"), str(tmp_path / "lines.txt"), str(tmp_path / "list.json")):
        assert open_beats(checkpoint, weights=False, class_labels=labels).class_labels == tuple("abcde")
    assert open_beats(checkpoint, weights=False).class_labels[0] == "LABEL_0"


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        (("a", "b"), "names 2 classes, but the head has 5: write 5"),
        ("/no/such/file.txt", "can't be read"),
        (tuple("aacde"), "must be different names"),
    ],
)
def test_class_labels_that_do_not_fit_are_refused(checkpoint: str, labels, said: str):
    with pytest.raises(UserError, match=said):
        open_beats(checkpoint, weights=False, class_labels=labels)


def test_a_clip_shorter_than_a_patch_is_heard(checkpoint: str):
    target = open_beats(checkpoint)
    inputs = target.frontend.inputs([torch.ones(1)])
    assert inputs.sound_tokens.tolist() == [[True] + [False] * 7]
    assert torch.isfinite(target.logits(inputs.arguments)).all()


def test_a_layer_that_is_not_there_is_refused_with_what_is(checkpoint: str):
    with pytest.raises(
        UserError, match=r"no layer 'encoder\.layers\.0\.fc3' .*encoder\.layers\.\{0\.\.1\}\.fc1 \(40\)"
    ):
        open_beats(checkpoint, [["encoder.layers.0.fc3"]])


def test_a_file_that_is_not_there_is_said(tmp_path: Path):
    with pytest.raises(UserError, match="there is no file"):
        open_beats(str(tmp_path / "none.pt"))
