"""A dissection that leaves the house: as a data set, and in Neuronpedia's layout."""

import gzip
import json
from io import StringIO
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from rich.console import Console
from typer.testing import CliRunner

from dagster_and.cli import app
from dagster_and.exports.dataset import export_dataset
from dagster_and.exports.neuronpedia import BINS, export_neuronpedia, shapes, slug
from dagster_and.foundation.errors import UserError
from dagster_and.foundation.home import Home
from dagster_and.lake.store import Lake
from dagster_and.lake.tables import ACTIVATIONS
from dagster_and.warehouse.reading import read_report
from tests.explorer.conftest import HOSTILE, TINY, built, clean_lake

__all__ = ["built", "clean_lake"]


def lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in gzip.decompress(path.read_bytes()).decode().splitlines()]


@pytest.mark.slow
def test_a_data_set_is_what_datasets_loads(built: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    import datasets

    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "hub")
    export_dataset(built.warehouse, TINY, tmp_path / "tiny")
    folder, cache = str(tmp_path / "tiny"), str(tmp_path / "cache")
    assert datasets.get_dataset_config_names(folder) == ["neurons", "top_clips", "clips"]
    neurons = datasets.load_dataset(folder, split="train", cache_dir=cache)
    told = read_report(built.warehouse, "neuron_descriptions", TINY).sort("neuron_id")
    assert neurons["label"][:] == told["label"].to_list()
    assert neurons["trust"][:] == told["trust"].to_list()
    clips = datasets.load_dataset(folder, "clips", split="train", cache_dir=cache)
    assert clips.num_rows == 6
    assert "path" not in clips.column_names
    assert datasets.load_dataset(folder, "top_clips", split="train", cache_dir=cache).num_rows == 24


def test_the_card_says_what_lies_there_and_not_where_it_came_from(built: Home, tmp_path: Path):
    import yaml

    for name in (TINY, HOSTILE):
        export_dataset(built.warehouse, name, tmp_path / slug(name))
        card = (tmp_path / slug(name) / "README.md").read_text()
        _, metadata, text = card.split("---\n", 2)
        assert name in yaml.safe_load(metadata)["pretty_name"]
        assert "| neurons | 6 |" in text
        assert str(built.root) not in card


def test_a_folder_that_is_there_is_left_alone(built: Home, tmp_path: Path):
    (tmp_path / "mine").write_text("dear to me")
    for export in (
        lambda to: export_dataset(built.warehouse, TINY, to),
        lambda to: export_neuronpedia(built, TINY, to),
    ):
        with pytest.raises(UserError, match="is there already"):
            export(tmp_path / "mine")
    with pytest.raises(UserError, match="no dissection 'none'"):
        export_dataset(built.warehouse, "none", tmp_path / "other")
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_neuronpedia_is_given_a_source_a_layer_and_a_feature_a_neuron(built: Home, tmp_path: Path):
    export_neuronpedia(built, TINY, tmp_path / "out")
    (model,) = (tmp_path / "out").iterdir()
    sources = {path.name: path for path in model.iterdir()}
    assert set(sources) == {"0-and-attention-output-tiny", "0-and-output-tiny", "1-and-head-tiny"}
    for name, source in sources.items():
        about = {
            kind: json.loads((source / f"{kind}.jsonl").read_text())
            for kind in ("release", "model", "sourceset", "source")
        }
        assert about["source"]["id"] == name
        assert about["source"]["setName"] == about["sourceset"]["name"] == name.split("-", 1)[1]
        assert about["sourceset"]["releaseName"] == about["release"]["name"]
        assert about["model"]["id"] == model.name == about["source"]["modelId"]
        features = lines(source / "features" / "batch-0.jsonl.gz")
        assert [(f["layer"], f["index"]) for f in features] == [(name, "0"), (name, "1")]
        for activation in lines(source / "activations" / "batch-0.jsonl.gz"):
            assert activation["values"] == [activation["maxValue"]]
            assert len(activation["tokens"]) == 1
            assert activation["index"] in ("0", "1")


def test_neuronpedia_is_told_what_the_warehouse_says_with_its_score(built: Home, tmp_path: Path):
    export_neuronpedia(built, TINY, tmp_path / "out")
    told = read_report(built.warehouse, "neuron_descriptions", TINY)
    said = told.select(pl.coalesce("statement", "label", "description")).to_series().drop_nulls().to_list()
    explanations = [row for path in (tmp_path / "out").rglob("explanations/*.gz") for row in lines(path)]
    scores = [row for path in (tmp_path / "out").rglob("scores/*.gz") for row in lines(path)]
    assert sorted(row["description"] for row in explanations) == sorted(said)
    assert len({row["id"] for row in explanations}) == len(explanations)
    assert sorted(row["value"] for row in scores) == sorted(told["trust"].drop_nulls())
    assert {row["explanationId"] for row in scores} <= {row["id"] for row in explanations}
    assert json.loads(scores[0]["jsonDetails"])["trust_low"] is not None
    scored = {row["explanationId"] for row in scores}
    assert all(("AUROC" in row["notes"]) == (row["id"] in scored) for row in explanations)


def test_hostile_text_stays_text(built: Home, tmp_path: Path):
    export_neuronpedia(built, HOSTILE, tmp_path / "out")
    explanations = [row for path in (tmp_path / "out").rglob("explanations/*.gz") for row in lines(path)]
    assert "<script>alert('x')</script>" in {row["description"] for row in explanations}
    assert all(slug(path.name) == path.name for path in (tmp_path / "out").glob("*/*"))


def test_a_histogram_counts_every_clip_once(built: Home):
    rows = np.stack(Lake(built.lake).read(ACTIVATIONS, TINY)["activation"].to_list())
    found = shapes(Lake(built.lake), TINY)
    for row, told in zip(rows, found.iter_rows(named=True), strict=True):
        expected, edges = np.histogram(row, BINS)
        assert sum(told["freq_hist_data_bar_heights"]) == len(row)
        np.testing.assert_allclose(told["freq_hist_data_bar_values"], (edges[1:] + edges[:-1]) / 2, rtol=1e-4)
        assert np.abs(np.array(told["freq_hist_data_bar_heights"]) - expected).sum() <= 2  # on an edge, by rounding
        assert told["frac_nonzero"] == (row > 0).mean()


def test_the_command_writes_either_form(built: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    told = StringIO()
    monkeypatch.setattr("dagster_and.cli.exporting.console", Console(file=told, soft_wrap=True))
    monkeypatch.setenv("AND_HOME", str(built.root))
    for form, file in (("dataset", "neurons.parquet"), ("neuronpedia", "source.jsonl")):
        to = tmp_path / form
        done = CliRunner().invoke(app, ["export", TINY, "--to", str(to), "--as", form])
        assert done.exit_code == 0, done.output
        assert f"{TINY} lies in {to}" in told.getvalue()
        assert list(to.rglob(file))
    done = CliRunner().invoke(app, ["export", TINY, "--to", str(tmp_path / "x"), "--as", "xml"])
    assert done.exit_code == 2
    assert "neuronpedia" in done.output
