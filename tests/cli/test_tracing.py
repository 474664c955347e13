"""``dissect trace`` on a warehouse of two neurons."""

from io import StringIO
from pathlib import Path

import duckdb
import pytest
from rich.console import Console
from typer.testing import CliRunner

from dagster_and.cli import app

TABLES = """
create table dim_dissections as select 'tiny' as dissection;
create table dim_neurons as select 'tiny' as dissection, unnest([0, 1]) as neuron_id;
create table neuron_descriptions as
select 'tiny' as dissection, unnest([0, 1]) as neuron_id, 'net' as target, 2 as block_index, 'head' as sublayer,
    unnest([0, 1]) as neuron_index, 'dog' as class_label, unnest(['It is of dogs.', null]) as description,
    unnest([null, 'none of its clips has a caption']) as missing_reason,
    unnest(['dog bark', null]) as label, 0.912 as label_auroc, 0.85 as label_low, 0.95 as label_high,
    0.8049 as label_accounts_for, 19.6 as effective_clips, unnest(['rain', null]) as second_label,
    unnest([null, 'The best form does not hold.']) as label_missing_reason;
create table neuron_stories as
select 'tiny' as dissection, 0 as neuron_id, 1 as part_order, 'highest clips' as part, 1 as place,
    'A dog [bold]barks.' as what, 'a.wav' as detail
union all select 'tiny', 0, 1, 'highest clips', 2, 'A cat.', 'b.wav'
union all select 'tiny', 0, 1, 'highest clips', 3, 'Rain.', 'c.wav'
union all select 'tiny', 0, 6, 'prompt and answer', 1, 'Dogs, all of them.', 'prompt: What do they share?';
create macro neuron_story(dissection_name, neuron) as table (
    select part, place, what, detail from neuron_stories
    where dissection = dissection_name and neuron_id = neuron order by part_order, place
);
create table fct_top_clips as
select 'tiny' as dissection, 0 as neuron_id, 'highest' as direction, unnest([1, 2, 3]) as rank,
    unnest([3.2, 0.46, null])::double as moment_start_s, unnest([3.375, 0.485, null])::double as moment_end_s;
"""


@pytest.fixture
def trace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AND_HOME", str(tmp_path))
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as warehouse:
        warehouse.execute(TABLES)

    def run(*arguments: str, width: int = 80) -> tuple[int, str]:
        told = StringIO()
        monkeypatch.setattr("dagster_and.cli.tracing.console", Console(file=told, soft_wrap=True, width=width))
        result = CliRunner().invoke(app, ["trace", *arguments])
        return result.exit_code, told.getvalue() + result.output

    return run


def test_the_whole_story_is_told_when_asked_for(trace):
    code, output = trace("0", "--all")
    assert code == 0
    for part in ("It is of dogs.", "A dog [bold]barks.", "a.wav", "What do they share?", "Dogs, all of them."):
        assert part in output


def test_one_screen_comes_first_and_says_what_else_there_is(trace):
    code, output = trace("0")
    assert code == 0
    assert "A dog [bold]barks.  (a.wav)" in output
    assert "What do they share?" not in output
    assert output.endswith("More: prompt and answer (1): dissect trace 0 --dissection tiny --all\n")


def test_a_clip_begins_with_when_in_it_the_neuron_fires(trace):
    output = trace("0")[1]
    assert "\n  at 3.2-3.4 s: A dog [bold]barks." in output
    assert "\n  at 0.46-0.48 s: A cat." in output
    assert "\n  Rain.  (c.wav)" in output  # of a layer without time


@pytest.mark.parametrize("fourth", ["lowest clips", "highest moments"])
@pytest.mark.parametrize("width", [40, 80])
def test_a_neuron_fits_on_a_screen_however_much_there_is_to_tell(trace, tmp_path: Path, width: int, fourth: str):
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as warehouse:
        warehouse.execute(
            "insert into neuron_stories select 'tiny', 1, 1 + i // 50, ['label', 'line', 'highest clips', "
            "?, 'sentence of the highest', 'word'][1 + i // 50], i, repeat('long ' || i, 40), "
            "repeat('b', 300) from range(300) as t (i)",
            [fourth],
        )
    assert len(trace("1", width=width)[1].splitlines()) <= 24


def test_the_label_stands_first_with_its_score(trace):
    _, output = trace("0")
    label = "Label: dog bark; also rain (AUROC 0.91, 0.85 to 0.95; accounts for 80%; fires on about 20 clips)."
    assert output.splitlines()[1] == label
    assert output.index("Label:") < output.index("It is of dogs.")


def test_a_missing_label_says_why(trace):
    assert "No label: The best form does not hold.\n" in trace("1")[1]


def test_a_missing_description_says_why(trace):
    assert "No description: none of its clips has a caption." in trace("1", "--dissection", "tiny")[1]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [(("7",), "write a number from 0 to 1"), (("0", "--dissection", "none"), "write --dissection with one of tiny")],
)
def test_what_is_not_there_is_said(trace, arguments: tuple[str, ...], sentence: str):
    code, output = trace(*arguments)
    assert code == 1
    assert sentence in output
