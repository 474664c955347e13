"""The sizing: its laws by hand, its inputs, and that docs/scaling.md and the kept page say what they give."""

import json
import re

import pytest

from benchmarks.pipeline.results import KEPT
from benchmarks.sizing import laws, memory, money, stated, tables
from benchmarks.sizing.forward import BANDS, FRAMES, count
from benchmarks.sizing.inputs import MissingInputError, newest
from benchmarks.sizing.makespans import comparing, forward, makespan
from benchmarks.sizing.page import DOCUMENT, put_into, summary, whole
from benchmarks.sizing.sizes import AST, BILLION, PAPER, SIZES, Architecture
from dagster_and.foundation.home import REPOSITORY


@pytest.fixture(scope="module")
def inputs():
    return newest()


def test_the_document_carries_the_tables_that_the_kept_measurements_give(inputs):
    assert summary(inputs) in DOCUMENT.read_text()


def test_the_kept_page_says_what_the_kept_measurements_give(inputs):
    assert (KEPT / f"sizing-{inputs.date}.md").read_text() == whole(inputs)


def test_every_line_of_the_tables_says_how_it_is_known(inputs):
    lines = [line.split("|") for line in tables.takes(inputs).splitlines()[2:]]
    assert all(re.match(r" (run|counted|computed|measured)", line[2]) for line in lines)
    assert {line.split("|")[2] for line in tables.simulated(inputs).splitlines()[2:]} == {" simulated "}
    assert {line.split("|")[3] for line in tables.remembered().splitlines()[2:]} == {" computed "}


def test_the_papers_network_has_as_many_neurons_as_in_the_paper():
    assert (PAPER.neurons, PAPER.clips) == (55_346, 2000)


def test_the_large_network_has_a_billion_parameters():
    assert count(BILLION)[0] == pytest.approx(1e9, rel=0.05)


def test_flops_are_those_of_its_products_by_hand():
    small = Architecture("small", 96, 2, 4)
    tokens, width = 12 * 101 + 2, small.width
    patches = 12 * 101 * 2 * 16 * 16 * width
    block = tokens * 2 * (4 * width**2 + 2 * 4 * width**2) + 2 * 2 * tokens**2 * width
    assert (FRAMES, BANDS) == (1024, 128)
    assert count(small, classes=10)[1] == patches + 2 * block + 2 * 10 * width


def test_a_run_at_the_papers_size_is_given_back_by_its_own_law(inputs):
    item = next(one for one in laws.ITEMS if one.room == "summaries")
    assert item.core_s(inputs, PAPER) == inputs.room_s("summaries")


def test_costs_between_measured_numbers_of_clips_lie_between_them(inputs):
    low, middle, high = (inputs.per_value_s("labelling", clips) for clips in (2000, 6000, 20_000))
    assert min(low, high) <= middle <= max(low, high)
    assert inputs.per_value_s("labelling", 10**9) == inputs.per_value_s("labelling", 200_000)


def test_shards_are_opened_by_the_square_of_the_clips():
    ten, all_clips = (next(s for s in SIZES if s.architecture == AST and s.clips == n) for n in (20_000, 2_000_000))
    assert laws.shard_openings(all_clips) / laws.shard_openings(ten) == pytest.approx(100**2, rel=0.1)


def test_every_room_has_a_law(inputs):
    rooms = {own["room"] for own in inputs.run["rooms"]}
    assert rooms - {item.room for item in laws.ITEMS} == {"target", "answers"}


def test_the_papers_size_fits_into_a_machine_and_two_million_clips_do_not():
    assert all(memory.fits(held, PAPER) for held in memory.HELD)
    assert not all(memory.fits(held, SIZES[2]) for held in memory.HELD)


def test_a_batch_costs_its_share_of_live_calls_and_a_cap_costs_less(inputs):
    live = money.asking(inputs, PAPER)
    assert live.usd_by_batch == stated.BATCH_SHARE.value * live.usd
    assert money.asking(inputs, PAPER, 50).usd < live.usd
    assert money.described(PAPER, 50) == 36 * 50 + 50


def test_more_machines_never_take_longer_and_what_does_not_divide_stays(inputs):
    one, eight = (makespan(inputs, SIZES[1], machines) for machines in (1, 8))
    assert eight.all_hours < one.all_hours
    assert eight.hours["undivided"] == one.hours["undivided"]


def test_without_gpus_it_takes_longer(inputs):
    with_gpus, without = (makespan(inputs, SIZES[1], 8, has_gpu=has_gpu) for has_gpu in (True, False))
    assert without.hours["cuts"] > with_gpus.hours["cuts"]
    assert without.hours["neurons"] == with_gpus.hours["neurons"]


@pytest.mark.parametrize("stretch", [forward, comparing])
def test_units_of_any_size_do_the_same_work(inputs, stretch):
    few, many = stretch(inputs, SIZES[1], 512), stretch(inputs, SIZES[1], 16)
    assert many.units > few.units
    assert many.total_s == pytest.approx(few.total_s)


def test_every_stated_number_says_where_it_is_from():
    assert all(own.what and own.source for own in stated.ALL.values())
    priced = [own for name, own in stated.ALL.items() if name.endswith("_USD")]
    assert all(re.search(r"20\d\d", own.source) for own in priced)


@pytest.mark.parametrize(
    ("number", "said"),
    [(0, "0"), (0.0123, "0.012"), (1.26, "1.3"), (99.6, "100"), (1234, "1,200"), (4.428e8, "440,000,000")],
)  # fmt: skip
def test_two_digits_count(number, said):
    assert tables.about(number) == said


@pytest.mark.parametrize(
    ("number", "said"), [(0, "0 B"), (12, "12 B"), (442_768_000, "440 MB"), (999_900, "1.0 MB"), (4.43e11, "440 GB")]
)
def test_bytes_have_prefixes(number, said):
    assert tables.prefixed(number, "B") == said


def test_what_has_not_been_measured_is_named(tmp_path):
    with pytest.raises(MissingInputError, match=r"python -m benchmarks\.pipeline"):
        newest(tmp_path)
    (tmp_path / "2026-01-01.json").write_text(json.dumps([{"share": "1/16"}, {"share": "1"}]))
    with pytest.raises(MissingInputError, match="--measure"):
        newest(tmp_path)


def test_the_newest_measurements_are_taken(tmp_path):
    for day, neurons in (("01", 1), ("02", 2)):
        runs = [{"share": "1/16"}, {"share": "1", "neurons": neurons}]
        (tmp_path / f"2026-01-{day}.json").write_text(json.dumps(runs))
        (tmp_path / f"units-2026-01-{day}.json").write_text("{}")
    (tmp_path / "2026-01-03.json").write_text(json.dumps([{"share": "1/16"}]))
    (tmp_path / "2026-01-04-against-abc.json").write_text("[]")
    found = newest(tmp_path)
    assert (found.run["neurons"], found.date) == (2, "2026-01-02")


def test_a_document_without_the_marks_is_left_alone(tmp_path, inputs):
    page = tmp_path / "page.md"
    page.write_text("# Nothing\n")
    with pytest.raises(ValueError, match="lacks the lines"):
        put_into(page, inputs)
    assert page.read_text() == "# Nothing\n"


def test_only_the_part_between_the_marks_is_written(tmp_path, inputs):
    page = tmp_path / "page.md"
    page.write_text((REPOSITORY / "docs" / "scaling.md").read_text())
    put_into(page, inputs)
    assert page.read_text() == DOCUMENT.read_text()
