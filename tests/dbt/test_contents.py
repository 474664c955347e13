"""What the marts and reports hold, worked out by hand for the clean lake of tests/data_tests."""

import re
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from dagster_and.foundation.home import REPOSITORY
from dagster_and.lake.store import Lake
from dagster_and.lake.tables import ACTIVATIONS, TABLES
from dagster_and.method.target.worth import worth_of
from tests.data_tests.conftest import DISSECTION
from tests.dbt.conftest import Built

LAYERS = ("staging", "intermediate", "main")


def relations(warehouse: Built, *schemas: str) -> list[str]:
    names = warehouse.rows("select table_schema, table_name from information_schema.tables order by all")
    return [f"{schema}.{name}" for schema, name in names if schema in schemas]


def test_all_models_and_all_tests_are_good(warehouse: Built):
    assert set(warehouse.statuses.values()) <= {"success", "pass", "no-op"}
    assert sum(status == "pass" for status in warehouse.statuses.values()) > 40


def test_every_mart_and_report_has_something_of_each_whole_dissection(warehouse: Built):
    for relation in relations(warehouse, "main"):
        is_of_pairs = relation.endswith("rpt_dissection_comparison")
        columns = ("dissection_a", "dissection_b") if is_of_pairs else ("dissection",)
        there = {name for c in columns for (name,) in warehouse.rows(f"select distinct {c} from {relation}")}
        assert {"tiny", "twin"} <= there, relation
        assert "stale" not in there, relation


def test_no_number_is_nan_or_infinite(warehouse: Built):
    for relation in relations(warehouse, "main"):
        frame = warehouse.frame(f"from {relation}")
        for column in frame.select(pl.col(pl.Float32, pl.Float64)).iter_columns():
            assert column.drop_nulls().is_finite().all(), f"{relation}.{column.name}"


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_staging_keeps_the_types_of_the_contract(table, warehouse: Built):
    """Also of a column that is all null, and of a dissection whose name looks like a number."""
    staged = dict(
        warehouse.frame(f"describe staging.stg_dissection__{table.name}").select("column_name", "column_type").rows()
    )
    import duckdb

    with duckdb.connect() as connection:
        connection.register("empty", table.schema.empty_table())
        wanted = dict(connection.sql("describe from empty").pl().select("column_name", "column_type").rows())
    assert staged.pop("dissection") == "VARCHAR"
    assert {name: kind for name, kind in staged.items() if wanted.get(name, kind) != kind} == {}


def test_dim_dissections(warehouse: Built):
    query = """
        select
            dissection, target, neurons, clips, clip_classes, duration_s, rejected_clips, captioner, missing_captions,
            concepts
        from dim_dissections order by dissection
    """
    assert warehouse.rows(query) == [
        ("begun", None, None, 6, 2, 11.5, 2, None, None, None),
        ("tiny", "tiny", 6, 6, 2, 11.5, 2, "file", 1, 3),
        ("twin", "tiny", 6, 6, 2, 11.5, 2, "file", 1, 3),
    ]


def test_dim_dissections_says_what_a_target_is_worth_as_python_does(warehouse: Built):
    """One clip of one is no proof: the interval reaches down to 0.21, chance is 0.5."""
    rows = warehouse.frame("from dim_dissections order by dissection").rows(named=True)
    said = [(row["is_near_chance"], row["held_out_accuracy_missing_reason"]) for row in rows]
    assert said == [(None, "its target is not there yet"), (True, None), (True, None)]
    for row in rows[1:]:
        worth = worth_of(row)
        assert worth.is_near_chance is row["is_near_chance"]
        ends = (row["held_out_accuracy_low"], row["held_out_accuracy_high"])
        assert ends == (pytest.approx(worth.low, abs=1e-4), pytest.approx(worth.high, abs=1e-4))


def test_dim_clips(warehouse: Built):
    query = """
        select
            clip_id, filename, label, fold, caption, caption_missing_reason, duration_s, is_cropped, is_padded,
            pitch_hz, true_pitch_hz
        from dim_clips where dissection = 'tiny' and clip_id in (0, 2) order by clip_id
    """
    assert warehouse.rows(query) == [
        (0, "0.wav", "dog", None, None, "not in the file", 1.0, False, True, None, None),
        (2, "2.wav", "dog", 1, "a dog barks", None, 3.0, True, False, 440.0, 440.0),
    ]


def test_dim_concepts_and_fct_probing_files(warehouse: Built):
    concepts = "select concept_id, concept, class_label, clips from dim_concepts where dissection = 'tiny' order by 1"
    assert warehouse.rows(concepts) == [
        (0, "dog", "dog", 3), (1, "rain", "rain", 3), (2, "bell", None, 0),
    ]  # fmt: skip
    files = "select filename, is_used, clip_id, reason from fct_probing_files where dissection = 'begun' order by 1"
    assert warehouse.rows(files) == [
        *((f"{clip}.wav", True, clip, None) for clip in range(6)),
        ("a.wav", False, None, "empty"), ("b.wav", False, None, "silent"),
    ]  # fmt: skip


def test_dim_neurons(warehouse: Built):
    """The top concept is cosine cubed's: concept n % 3 for neuron n; in twin the one two further on."""
    query = """
        select neuron_id, block_index, sublayer, neuron_index, is_head, class_label, top_concept
        from dim_neurons where dissection = '{}' order by 1
    """
    assert warehouse.rows(query.format("tiny")) == [
        (0, 0, "attention_output", 0, False, None, "dog"),
        (1, 0, "attention_output", 1, False, None, "rain"),
        (2, 0, "output", 0, False, None, "bell"),
        (3, 0, "output", 1, False, None, "dog"),
        (4, 1, "head", 0, True, "dog", "rain"),
        (5, 1, "head", 1, True, "rain", "bell"),
    ]
    assert [row[-1] for row in warehouse.rows(query.format("twin"))] == ["bell", "dog", "rain", "bell", "dog", "rain"]


def test_fct_top_clips_is_the_order_of_the_activations(warehouse: Built, clean_lake: Lake):
    values = np.array(clean_lake.read(ACTIVATIONS, DISSECTION)["activation"].to_list())
    expected = [
        (neuron, direction, rank + 1, int(clip), pytest.approx(values[neuron, clip]), f"{clip:064x}")
        for neuron in range(len(values))
        for direction, order in (("highest", np.argsort(-values[neuron])), ("lowest", np.argsort(values[neuron])))
        for rank, clip in enumerate(order[:2])
    ]
    query = """
        select neuron_id, direction, rank, clip_id, activation, sha256
        from fct_top_clips where dissection = 'tiny' order by 1, 2, 3
    """
    assert warehouse.rows(query) == expected


def test_fct_concept_predictions_judges_only_the_head(warehouse: Built):
    query = """
        select neuron_id, rank, concept, is_correct from fct_concept_predictions
        where dissection = 'twin' and method = 'DB' and similarity = 'wpmi' and neuron_id >= 3 order by 1, 2
    """
    assert warehouse.rows(query) == [
        (3, 1, "rain", None), (3, 2, "bell", None),
        (4, 1, "bell", False), (4, 2, "dog", True),
        (5, 1, "dog", False), (5, 2, "rain", True),
    ]  # fmt: skip


def test_rpt_last_layer_accuracy(warehouse: Built):
    """Of two neurons, twin has both right at once by cosine cubed, and both among the five by wpmi; tiny has neither.

    Wilson's interval of 2 of 2 begins at 1 / (1 + 1.96^2 / 2) = 0.342; that of 0 of 2 ends at 1 - 0.342.
    """
    query = """
        select
            dissection, similarity, neurons_judged, top1_accuracy, round(top1_accuracy_low, 3),
            round(top1_accuracy_high, 3), round(top1_chance, 3), top5_accuracy, top5_chance
        from rpt_last_layer_accuracy
        where method = 'DB' and similarity in ('cosine_cubed', 'wpmi') order by 1, 2
    """
    assert warehouse.rows(query) == [
        ("tiny", "cosine_cubed", 2, 0.0, 0.0, 0.658, 0.333, 0.0, 1.0),
        ("tiny", "wpmi", 2, 0.0, 0.0, 0.658, 0.333, 0.0, 1.0),
        ("twin", "cosine_cubed", 2, 1.0, 0.342, 1.0, 0.333, 1.0, 1.0),
        ("twin", "wpmi", 2, 0.0, 0.0, 0.658, 0.333, 1.0, 1.0),
    ]


def test_rpt_concepts_by_block(warehouse: Built):
    query = """
        select block_index, concept, neurons, share_of_block, rank_in_block
        from rpt_concepts_by_block where dissection = 'tiny' order by block_index, rank_in_block
    """
    assert warehouse.rows(query) == [
        (0, "dog", 2, 0.5, 1),
        (0, "bell", 1, 0.25, 2),
        (0, "rain", 1, 0.25, 3),
        (1, "bell", 1, 0.5, 1),
        (1, "rain", 1, 0.5, 2),
    ]


def test_rpt_adjectives_by_block(warehouse: Built):
    """Every neuron with a summary has one adjective, loud; of the head's two, one has none."""
    query = """
        select adjectives, block_index, is_head, neurons, adjectives_total, adjectives_mean, adjectives_mean_low
        from rpt_adjectives_by_block where dissection = 'tiny' order by 1, 2
    """
    assert warehouse.rows(query) == [
        (kind, *block) for kind in ("acoustic", "all") for block in ((0, False, 4, 4, 1, 1), (1, True, 1, 1, 1, None))
    ]
    query = (
        "select adjectives, neurons, blocks, slope, missing_reason from rpt_adjectives_trend where dissection = 'tiny'"
    )
    too_few = "A line needs three neurons in two blocks; there are 4 in 1."
    assert warehouse.rows(query) == [(kind, 4, 1, None, too_few) for kind in ("acoustic", "all")]


def test_rpt_adjective_counts_by_block(warehouse: Built):
    """Wilson's interval of n of n begins at 1 / (1 + 1.96^2 / n): 0.510 of four neurons, 0.207 of one."""
    query = """
        select
            block_index, is_head, adjective, neurons, summarised_neurons, share_of_block,
            round(share_of_block_low, 3), round(share_of_block_high, 3), rank_in_block
        from rpt_adjective_counts_by_block where dissection = 'tiny' order by 1
    """
    assert warehouse.rows(query) == [
        (0, False, "loud", 4, 4, 1.0, 0.51, 1.0, 1),
        (1, True, "loud", 1, 1, 1.0, 0.207, 1.0, 1),
    ]


def test_the_adjectives_of_a_block_add_up_whichever_way_they_are_counted(warehouse: Built):
    one_by_one = "select dissection, block_index, sum(neurons)::bigint from rpt_adjective_counts_by_block group by all"
    together = (
        "select dissection, block_index, adjectives_total from rpt_adjectives_by_block where adjectives = 'acoustic'"
    )
    assert sorted(warehouse.rows(one_by_one)) == sorted(warehouse.rows(together))


def test_fct_answers_counts_the_neurons_that_rest_on_each(warehouse: Built):
    """Loud is said of five neurons, and all six were detected in one go; the first attempt at a summary was cut off."""
    query = (
        "select task, attempt, neurons from fct_answers where dissection = 'tiny' and task != 'caption' order by all"
    )
    assert warehouse.rows(query) == [
        ("choose", 1, 1), ("detect", 1, 6), ("judge", 1, 5), ("summarise", 1, 0), ("summarise", 1, 1),
        ("summarise", 2, 1), ("write", 1, 1),
    ]  # fmt: skip


def queries(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.sql"))


@pytest.mark.parametrize("path", queries(REPOSITORY / "dbt_project" / "analyses"), ids=lambda path: path.stem)
def test_the_analyses_answer(path: Path, warehouse: Built):
    query = re.sub(r"\{\{ ref\('(\w+)'\) \}\}", r"\1", path.read_text())
    assert "{{" not in query
    assert warehouse.rows(query)


def test_fct_neuron_answers_and_the_story_that_is_told_of_them(warehouse: Built):
    of_the_first = "where dissection = 'tiny' and neuron_id = 0 order by task_order"
    assert warehouse.rows(f"select task, about, answer_id[-1:] from fct_neuron_answers {of_the_first}")[-6:] == [
        ("summarise", "highest clips", "2"),
        ("choose", "concepts", "4"),
        ("judge", "loud", "0"),
        ("summarise", "half 0 of the clips", "6"),
        ("detect", "clips that did not choose the label", "5"),
        ("write", "sentence", "7"),
    ]
    told = warehouse.rows("select what, detail from neuron_story('tiny', 0) where part = 'prompt and answer'")
    assert told[-6:] == [
        ("They bark.", "summarise (highest clips): tiny, usable, prompt: []"),
        ("dog", "choose (concepts): tiny, usable, prompt: []"),
        ("yes", "judge (loud): tiny, usable, prompt: []"),
        ("A dog. It barks.", "summarise (half 0 of the clips): tiny, usable, prompt: []"),
        ('{"verdicts": {}}', "detect (clips that did not choose the label): tiny, usable, prompt: []"),
        ("A dog.", "write (sentence): tiny, usable, prompt: []"),
    ]


def test_who_wrote_a_statement_and_the_line_of_the_story(warehouse: Built):
    """Neuron 0 has a line of an LLM, 1 a description, 2 nothing, 4 the rule's line, since the LLM's was of no use."""
    query = "select statement, statement_writer from neuron_descriptions where dissection = 'tiny' order by neuron_id"
    rows = warehouse.rows(query)
    assert [rows[n] for n in (0, 1, 2, 4)] == [
        ("A dog; also barks that are not loud.", "llm:tiny"), ("A dog.", "counting"), (None, None), ("Dogs.", "rule"),
    ]  # fmt: skip
    told = [
        warehouse.rows(f"select what, detail from neuron_story('tiny', {n}) where part = 'line'") for n in (0, 2, 4)
    ]
    assert told == [
        [("A dog; also barks that are not loud.", "llm:tiny")],
        [("(none: No label holds.)", "")],
        [("Dogs.", "rule; unparsable: It leaves out dog of the label.")],
    ]


def test_from_a_report_back_to_the_file_in_one_query(warehouse: Built):
    query = (REPOSITORY / "dbt_project" / "analyses" / "walk_back_to_audio.sql").read_text()
    rows = warehouse.rows(re.sub(r"\{\{ ref\('(\w+)'\) \}\}", r"\1", query))
    assert [row[:3] for row in rows] == [(d, c, n) for d in ("tiny", "twin") for c, n in (("dog", 4), ("rain", 5))]
    assert all(sha == f"{int(filename.removesuffix('.wav')):064x}" for *_, filename, _, sha in rows)
