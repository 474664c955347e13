"""A network to take away: which cut it is, that it is the one that was measured, and what is refused."""

from pathlib import Path

import polars as pl
import pytest
import torch
from typer.testing import CliRunner

from dagster_and.cli import app
from dagster_and.cli.app import console
from dagster_and.exports.card import card
from dagster_and.exports.pruned_network import export, find_cut
from dagster_and.foundation.errors import UserError
from dagster_and.lake.store import Stamp
from dagster_and.lake.tables import NEURON_WORDS, NEURONS, PRUNED_NEURONS, PRUNING_EFFECTS, PRUNINGS
from dagster_and.method.pruning.cuts import rows_of
from dagster_and.targets.transformers.opening import open_transformers
from tests.assets.pruning_room import Room, estimate, network, ran, room

__all__ = ["network", "ran", "room"]


def test_the_exported_network_gives_the_logits_of_the_cut_one(ran: Room, network: str, tmp_path: Path):
    cut = find_cut(ran.dissection, ran.lake, "Dog", "OCP")
    target = open_transformers(network)
    folder = export(cut, target, tmp_path / "out" / "no-dog")
    loaded = open_transformers(str(folder))
    x = target.frontend.inputs([torch.randn(50, 128)]).arguments
    with torch.inference_mode():
        assert torch.equal(loaded.model(**x).logits, target.model(**x).logits)
        assert not torch.equal(loaded.model(**x).logits, open_transformers(network).model(**x).logits)
    layout = ran.lake.read(NEURONS, "tiny")
    original, pruned = open_transformers(network).model.state_dict(), loaded.model.state_dict()
    zeroed = rows_of(layout.head(10))
    for name, tensor in original.items():
        expected = tensor.clone()
        expected[zeroed.get(name.rsplit(".", 1)[0], [])] = 0
        assert torch.equal(pruned[name], expected), name
    text = (folder / "README.md").read_text()
    assert "10 of 112 neurons" in text
    assert "its calibrated summary" in text or "calibrated summary names the concept" in text
    gap = estimate(ran.lake.read(PRUNING_EFFECTS, "tiny"), "OCP", 0, "gap")[0]
    assert f"| gap, \\|Delta A\\| - \\|Delta R\\| | {gap:.3f} (" in text
    assert pl.read_csv(folder / "pruned_neurons.csv")["neuron_id"].to_list() == list(range(10))
    with pytest.raises(UserError, match="is there already"):
        export(cut, target, folder)
    assert [p.name for p in folder.parent.iterdir()] == ["no-dog"]


def test_a_network_of_ones_own_is_saved_as_a_state_dict(ran: Room, network: str, tmp_path: Path):
    from dataclasses import replace

    from safetensors.torch import load_file as load_weights

    target = open_transformers(network)

    class Own(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.audio_spectrogram_transformer = target.model.audio_spectrogram_transformer

    own = replace(target, model=Own())
    folder = export(find_cut(ran.dissection, ran.lake, "dog", "OCP"), own, tmp_path / "own")
    saved = load_weights(folder / "model.safetensors")
    assert saved.keys() == own.model.state_dict().keys()
    assert (saved[f"{target.layers[0].name}.weight"][:10] == 0).all()


@pytest.mark.parametrize(
    ("concept", "strategy", "seed", "sentence"),
    [("cat", "OCP", 0, "prunes no concept 'cat'"), ("dog", "guess", 0, "no cut by strategy 'guess'"),
     ("dog", "random", 2, "seeds of random are 0 to 1 and its sizes those of DB, ICL, OCP, TAB"),
     ("rain", "OCP", 0, "cuts nothing"),
     ("dog", "all", 0, "no cut by"), ("dog", "body", 0, "no cut by")],
)  # fmt: skip
def test_a_cut_that_is_not_there_is_refused(ran: Room, concept: str, strategy: str, seed: int, sentence: str):
    with pytest.raises(UserError, match=sentence):
        find_cut(ran.dissection, ran.lake, concept, strategy, seed)


def test_random_is_as_large_as_the_strategy_that_is_named(ran: Room):
    sizes = {
        size_of: find_cut(ran.dissection, ran.lake, "dog", "random", 1, size_of) for size_of in (None, "OCP", "DB")
    }
    assert [cut.neurons.height for cut in sizes.values()] == [10, 10, 60]  # the next size of the grid after 56
    gap = {
        size_of: cut.effects.filter(pl.col("measure") == "gap").height
        for size_of, cut in sizes.items()
        if cut.effects is not None
    }
    assert gap == {None: 3, "OCP": 3, "DB": 3}
    assert "seed 1, as many neurons as DB cuts, or up to a tenth more," in card(sizes["DB"])
    for strategy, size_of in (("random", "guess"), ("OCP", "DB")):
        with pytest.raises(UserError, match=f"no cut by strategy '{strategy}' with seed 0 and the size of '{size_of}'"):
            find_cut(ran.dissection, ran.lake, "dog", strategy, 0, size_of)


def test_an_old_cut_is_not_exported(room: Room):
    room.run()
    dissection, lake = room.dissection, room.lake
    assert find_cut(dissection, lake, "dog", "OCP").neurons.height == 10

    calibrated = dissection.calibration.model_copy(update={"threshold": 0.9})
    for changes in ({"pruning": dissection.pruning.model_copy(update={"top": 1})}, {"calibration": calibrated}):
        with pytest.raises(UserError, match=r"file of tiny has changed since .* run `dissect run tiny` first"):
            find_cut(dissection.model_copy(update=changes), lake, "dog", "OCP")
    reworded = dissection.model_copy(update={"description": "Other words."})
    assert find_cut(reworded, lake, "dog", "OCP").neurons.height == 10

    lake.write(PRUNINGS, "tiny", lake.read(PRUNINGS, "tiny"), Stamp("made", {NEURON_WORDS.name: "made"}))
    assert find_cut(dissection, lake, "dog", "OCP").neurons.height == 10
    lake.write(NEURON_WORDS, "tiny", lake.read(NEURON_WORDS, "tiny"), Stamp("made anew", {}))
    with pytest.raises(UserError, match="prunings of tiny is older than what it was made from: run `dissect run tiny`"):
        find_cut(dissection, lake, "dog", "OCP")


def test_cuts_that_were_never_chosen_or_by_an_older_version_are_refused(room: Room):
    with pytest.raises(
        UserError, match="tiny has no table prunings with today's columns: run `dissect run tiny` first"
    ):
        find_cut(room.dissection, room.lake, "dog", "OCP")
    room.run()
    path = room.lake.path(PRUNED_NEURONS, "tiny")
    pl.read_parquet(path).drop("size_of").write_parquet(path)
    with pytest.raises(UserError, match="no table pruned_neurons with today's columns"):
        find_cut(room.dissection, room.lake, "dog", "OCP")


def test_the_command_says_what_would_go_and_cuts(ran: Room, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("AND_HOME", str(ran.home.root))
    dry = ["prune", "tiny", "--concept", "dog", "--dry-run"]
    with console.capture() as shown:
        assert CliRunner().invoke(app, [*dry, "--out", str(tmp_path / "new")]).exit_code == 0
        assert CliRunner().invoke(app, [*dry, "--strategy", "random", "--size-of", "DB"]).exit_code == 0
        assert CliRunner().invoke(app, [*dry, "--strategy", "activation_gap"]).exit_code == 0
    said = " ".join(shown.get().split())
    assert "OCP would cut 10 of 112 neurons for 'dog':" in said
    assert "random would cut 60 of 112 neurons for 'dog', as many neurons as DB cuts, or up to a tenth more:" in said
    assert "activation_gap would cut 10 of 112 neurons for 'dog', as many neurons as OCP cuts:" in said
    assert not (tmp_path / "new").exists()
    done = CliRunner().invoke(app, ["prune", "tiny", "--concept", "dog", "--out", str(tmp_path / "new")])
    assert done.exit_code == 0, done.output
    assert (tmp_path / "new" / "model.safetensors").exists()
    assert CliRunner().invoke(app, ["prune", "tiny", "--concept", "dog"]).exit_code == 1
    assert CliRunner().invoke(app, ["prune", "tiny", "--concept", "dog", "--out", str(tmp_path / "new")]).exit_code == 1
