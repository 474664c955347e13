"""``dissect compare`` refuses what it can't compare."""

from typer.testing import CliRunner

from dagster_and.cli import app


def test_without_a_warehouse_it_says_what_to_run(tmp_path, monkeypatch):
    monkeypatch.setenv("AND_HOME", str(tmp_path))
    done = CliRunner().invoke(app, ["compare", "a", "b"])
    assert done.exit_code == 1
    assert "run `dissect run a b` first" in done.stderr
