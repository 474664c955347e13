"""What `dissect check` says of a target before any work: what would be dissected, or what to write instead."""

import os
from pathlib import Path
from textwrap import dedent, indent

import polars as pl
import pytest
import torch

from dagster_and.dissection import load_file
from dagster_and.foundation.errors import UserError
from dagster_and.foundation.home import Home
from dagster_and.lake.store import Lake, Stamp
from dagster_and.lake.tables import PROBING_CLIPS, TARGETS
from dagster_and.preflight.checking import check
from tests.targets.beats.conftest import SMALL, published_weights

NETWORK = """
from torch import nn

class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Conv1d(1, 4, 80, 80)
        self.out = nn.Linear(4, 2)
    def forward(self, sound):
        return self.out(self.layer(sound[:, None]).mean(dim=2))

class Headed(Network):
    def __init__(self):
        super().__init__()
        self.head = nn.Linear(2, 3)
    def forward(self, sound):
        return self.head(super().forward(sound))
"""


class Harmful:
    def __reduce__(self):
        return os.system, ("true",)


def said(folder: Path, target: str, pooling: str = "default", room: str = "target") -> str:
    """The line about the target, or another room, of a dissection file in ``folder``."""
    return next(line for line in lines(folder, target, pooling) if line.startswith(f"{room}:"))


def worth(folder: Path, target: str) -> list[str]:
    """What is said of its worth."""
    return [line for line in lines(folder, target) if line.startswith("worth:")]


def lines(folder: Path, target: str, pooling: str = "default") -> list[str]:
    torch.save({"cfg": SMALL, "model": published_weights(SMALL)}, folder / "beats.pt")
    torch.save({"cfg": SMALL, "model": {"a": Harmful()}}, folder / "harmful.pt")
    (folder / "mine.py").write_text(NETWORK)
    text = "probing: {layout: soundbank, clips_per_class: 5, window_s: 0.5}\ncaptions: {captioner: dataset}\n"
    text += f"target:\n{indent(dedent(target).strip(), '  ')}\nactivations: {{pooling: {pooling}}}\n"
    (folder / "mine.yaml").write_text(text)
    return check(load_file(folder / "mine.yaml"), Home(folder))


def test_device_and_precision_are_said_and_a_device_that_is_not_there_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("AND_DEVICE", "cpu")
    assert said(tmp_path, "{family: planted}", room="compute") == "compute: CPU, float32"
    if not torch.cuda.is_available():
        monkeypatch.setenv("AND_DEVICE", "cuda")
        with pytest.raises(UserError, match=r"^AND_DEVICE is cuda, but .*: write AND_DEVICE=auto or cpu\.$"):
            lines(tmp_path, "{family: planted}")


@pytest.mark.parametrize(
    ("target", "line"),
    [
        ("{family: beats, checkpoint: beats.pt}", "target: beats (Beats), 133 neurons in 5 layers, pooling mean"),
        (
            "{family: module, factory: 'mine.py:Network', sample_rate_hz: 16000, layers: [[layer]]}",
            "target: Network (Network), 4 neurons in 1 layers, no head, pooling mean",
        ),
        (
            "{family: module, factory: 'mine.py:Headed', sample_rate_hz: 8000, layers: [[layer], [head]]}",
            "target: Headed (Headed), 7 neurons in 2 layers, no head, pooling mean",
        ),
        (
            "{family: module, factory: 'mine.py:Network', sample_rate_hz: 8000, layers: [[layer]], "
            "class_labels: [a, b]}",
            "target: Network (Network), 6 neurons in 2 layers, pooling mean",
        ),
        (
            "{family: embedded_beats, training: frozen}",
            "target: a small BEATs (frozen), trained on 40 clips, 10 held out (fold 5), 1930 neurons in 9 layers, "
            "pooling mean",
        ),
        (
            "{family: embedded_ast}",
            "target: a small AST, trained on 40 clips, 10 held out (fold 5), 2314 neurons in 13 layers, pooling cls",
        ),
    ],
)
def test_what_would_be_dissected(tmp_path: Path, target: str, line: str):
    assert said(tmp_path, target) == line


@pytest.mark.parametrize(
    ("labels", "line"),
    [
        ("[rain, DogBark]", "names: 2 of 10 concepts name a class of the target"),
        (
            "[LABEL_0, LABEL_1]",
            "names: 0 of 10 concepts name a class of the target; no word can match 2 of 2 classes of the target "
            "('LABEL_0' is a numbered label, not a word), so nothing that is said of a neuron names them: write names "
            "in target.class_labels",
        ),
    ],
)
def test_which_names_can_be_matched_is_said_before_any_work(tmp_path: Path, labels: str, line: str):
    target = "{family: module, factory: 'mine.py:Network', sample_rate_hz: 8000, layers: [[layer]], class_labels: %s}"
    assert said(tmp_path, target % labels, room="names") == line


@pytest.mark.parametrize(
    ("target", "pooling", "sentence"),
    [
        ("{family: beats, checkpoint: none.pt}", "mean", "there is no file .*none.pt that ends in .pt"),
        ("{family: beats, checkpoint: beats.pt}", "cls", "Beats has no CLS token"),
        ("{family: beats, checkpoint: harmful.pt}", "mean", "is refused: its pickle asks to run code"),
        ("{family: beats, checkpoint: beats.pt, class_labels: [a]}", "mean", "names 1 classes, but the head has 5"),
        ("{family: embedded_beats}", "mean", "training is missing"),
        ("{family: embedded_beats, training: half}", "mean", "'frozen' or 'finetuned'"),
        ("{family: embedded_beats, training: frozen, hidden_size: 40}", "mean", "16 groups"),
        ("{family: embedded_beats, training: frozen, held_out_fold: 9}", "mean", "held_out_fold is 9"),
        ("{family: module, factory: 'mine.py:Network', layers: [[layer]]}", "mean", "sample_rate_hz is missing"),
        (
            "{family: module, factory: 'mine.py:Other', sample_rate_hz: 16000, layers: [[layer]]}",
            "mean", "mine.py has no 'Other'",
        ),
        (
            "{family: module, factory: 'mine.py:Network', sample_rate_hz: 16000, layers: [[lier]]}",
            "mean", r"no layer 'lier' to dissect; did you mean layer\? It has layer \(4\), out \(2\)",
        ),
        (
            "{family: module, factory: 'mine.py:Network', sample_rate_hz: 16000, layers: [[layer]]}",
            "cls", "Network has no CLS token",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_in_one_line(tmp_path: Path, target: str, pooling: str, sentence: str):
    with pytest.raises(UserError, match=sentence) as caught:
        said(tmp_path, target, pooling)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("{family: beats, checkpoint: beats.pt}", "no fold is known that its training never heard"),
        ("{family: planted}", "no fold is known that its training never heard"),
        (
            "{family: module, factory: 'mine.py:Network', sample_rate_hz: 16000, layers: [[layer]], held_out_fold: 5}",
            "it has no head, so it answers with no class",
        ),
    ],
)
def test_a_target_that_cannot_be_judged_is_told_before_any_work(tmp_path: Path, target: str, reason: str):
    (line,) = worth(tmp_path, target)
    assert line == f"worth: Whether the network has learned its classes can't be judged: {reason}."


@pytest.mark.parametrize(
    "target", ["{family: embedded_ast}", "{family: beats, checkpoint: beats.pt, held_out_fold: 5}"]
)
def test_nothing_is_said_of_a_worth_that_only_a_run_can_tell(tmp_path: Path, target: str):
    assert worth(tmp_path, target) == []


def test_what_the_last_run_found_is_told_until_another_network_is_meant(tmp_path: Path):
    mine, other = (f"{{family: beats, checkpoint: {name}.pt, held_out_fold: 5}}" for name in ("beats", "other"))
    torch.save({"cfg": SMALL, "model": published_weights(SMALL)}, tmp_path / "other.pt")
    lake = Lake(Home(tmp_path).lake)
    facts = {"target": "beats", "family": "beats", "architecture": "Beats", "checkpoint": str(tmp_path / "beats.pt")}
    facts |= {"weights_sha256": "0" * 64, "parameters": 9, "blocks": 1, "layers": 1, "neurons": 1, "classes": 5}
    facts |= {"held_out_fold": 5, "held_out_clips": 40, "held_out_accuracy": 0.1, "chance_accuracy": 0.1}
    schema = TARGETS.frame_schema
    lake.write(TARGETS, "mine", pl.DataFrame([dict.fromkeys(schema) | facts], schema=schema), Stamp("a", {}))
    lake.write(PROBING_CLIPS, "mine", pl.DataFrame(schema=PROBING_CLIPS.frame_schema), Stamp("a", {}))
    (line,) = worth(tmp_path, mine)
    assert line.startswith("worth: when it last ran: The network is near chance: 10.0% of 40 held-out clips right")
    assert worth(tmp_path, other) == []
