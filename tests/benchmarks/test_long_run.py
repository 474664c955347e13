"""What the long run measures is told by hand-made points, and what it runs is a dissection."""

from pathlib import Path

import yaml

from benchmarks.long_run import PARTS, SMALL, Point, disk, plot, table
from dagster_and.dissection import Dissection
from dagster_and.foundation.home import Home


def point(done: int, resident: float, dagster: float) -> Point:
    return Point(done, resident, 20, 8, dict.fromkeys((*PARTS, "the rest"), 0.0) | {"dagster": dagster})


POINTS = [point(done, 500 + done, min(10.0 * done, 50.0)) for done in range(1, 41)]


def test_what_grew_is_told_of_the_second_half():
    lines = table(POINTS).splitlines()
    assert len(lines) == 2 + 10 + 1
    cells = [cell.strip() for cell in lines[-1].strip("|").split("|")]
    heads = [cell.strip() for cell in lines[0].strip("|").split("|")]
    grown = dict(zip(heads, cells, strict=True))
    assert grown["resident MiB"] == "+1.00"
    assert grown["dagster, MiB"] == "+0.00"


def test_a_short_run_has_a_table_and_a_plot_as_well(tmp_path: Path):
    assert len(table(POINTS[:1]).splitlines()) == 3
    plot(POINTS[:1], POINTS, tmp_path / "plot.png")
    assert (tmp_path / "plot.png").stat().st_size > 1000


def test_the_disk_is_counted_part_by_part(tmp_path: Path):
    for name in ("lake/a", "dagster/b", "elsewhere/c"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_bytes(bytes(3 << 20))
    found = {part: round(mib) for part, mib in disk(Home(tmp_path)).items() if mib}
    assert found == {"lake": 3, "dagster": 3, "the rest": 3}


def test_what_is_run_is_a_dissection_and_each_has_a_network_of_its_own():
    one, other = (Dissection.model_validate({"name": "x", **yaml.safe_load(SMALL.format(number=n, k=3))}) for n in "12")
    assert one.target != other.target
    assert one.probing == other.probing
