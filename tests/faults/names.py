"""Names that are commands elsewhere: through the whole pipeline, and into every page, figure and table."""

import random
import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import duckdb
import numpy as np
import soundfile
from starlette.testclient import TestClient

from dagster_and.explorer.app import create_app
from tests.end_to_end.conftest import TINY, House
from tests.faults.trying import Tried, at_once, ended, ended_well

RATE_HZ = 16_000
NAMES = (
    "<script>alert(1)<§script>", "'; drop table dim_neurons; --", "{{ 7 * 191 }}", "{% raw %}", "$\\frac{$",
    "$(reboot)", "`id`", "%s %d {0}", "![x](http:§§example.com§x.png)", "[a](javascript:alert(1))", "| a | b |", "a\nb",
    "&lt;b&gt;", "\"><img src=x onerror=alert(1)>", "\u202egnihton", "\ufeffdog", "éé", "e\u0301e\u0301",
    "😀", "-rf", "dog..",
    "a*b?[c]", "NULL", "None", "nan", "true", "1e5", "=cmd|'§C calc'!A0", "#", "con", " x ", "~", "$HOME", "a,b;c\t|d",
    "\\", "'", '"',
)  # fmt: skip
"""A slash, which no file's name holds, is written as §."""
LIVE = re.compile(r"<script>alert|<img src=x")
"""What a name would have become where it is not shown but obeyed."""
STEERING = re.compile(r"\x1b\[\d*J|[\u202e\ufeff]")
STEERED = "a name steered the terminal"


def names(place: Path, _: int, __: random.Random) -> Iterator[Tried]:
    """A class of each name, a file of each name, and a dissection of them all."""
    house = House(place / "home")
    folder = house.home.root / "sounds"
    random_numbers = np.random.default_rng(0)
    for fold, label in product(range(1, 6), NAMES):
        (folder / f"fold{fold}" / label).mkdir(parents=True)
        noise = random_numbers.normal(0, 0.1, 8000)
        soundfile.write(folder / f"fold{fold}" / label / f"{label[:40]}{fold}.wav", noise, RATE_HZ)
    house.add("tiny", TINY.replace(
        "{layout: soundbank, clips_per_class: 5, window_s: 0.5}", f"{{layout: folder, path: '{folder}', window_s: 0.5}}"
    ).replace("{captioner: dataset}", "{captioner: annotations}"))  # fmt: skip
    run = house.dissect("run", "tiny")
    yield Tried("names", f"{len(NAMES)} classes and files, a whole run", *ended_well(run))
    if run.code:
        return
    yield _in_sql(house)
    yield from _in_pages(house)
    yield from _taken_away(house)
    yield _in_files(house)
    yield _in_dagster(house)


def dissection_names(place: Path, times: int, _: random.Random) -> Iterator[Tried]:
    """A dissection file of each name: its name is taken, or refused in a sentence that shows it and obeys nothing."""
    house = House(place / "home")
    for name in NAMES[: times or None]:
        file = house.home.dissections / f"{name}.yaml"
        file.write_text(TINY)
        for command in (("check", "--", name), ("list",)):
            run = at_once(house.home, *command)
            holds, outcome = (False, STEERED) if STEERING.search(run.printed) else ended(run)
            yield Tried("dissection name", f"dissect {command[0]}: {name!a}", holds, outcome)
        file.unlink()


def _taken_away(house: House) -> Iterator[Tried]:
    """What people take away, which :func:`_in_files` reads afterwards."""
    out = house.home.reports / "taken"
    for command in (
        ("report", "tiny"), ("export", "tiny", "--as", "dataset", "--to", str(out / "dataset")),
        ("explore", "--export", str(out / "site"), "--sounds", "none"), ("trace", "0", "--all"),
    ):  # fmt: skip
        run = house.dissect(*command)
        holds, outcome = (False, STEERED) if STEERING.search(run.printed) else ended_well(run)
        yield Tried("names", f"dissect {command[0]}", holds, outcome)


def _in_sql(house: House) -> Tried:
    with duckdb.connect(str(house.home.warehouse), read_only=True) as connection:
        labels = {label for (label,) in connection.sql("select distinct label from dim_clips").fetchall()}
    lost = set(NAMES) - labels
    return Tried("names", "in SQL as they were given", not lost, f"lost: {lost}" if lost else f"all {len(NAMES)}")


def _in_pages(house: House) -> Iterator[Tried]:
    with TestClient(create_app(house.home), base_url="http://127.0.0.1") as client:
        pages = ["/", "/figures", "/d/tiny", "/d/tiny/neurons"]
        pages += [f"/d/tiny/{what}/{n}" for what in ("neurons", "clips", "concepts") for n in range(0, len(NAMES), 2)]
        answers = {page: client.get(page) for page in pages}
    failed = [page for page, answer in answers.items() if answer.status_code != 200]
    obeyed = [page for page, answer in answers.items() if LIVE.search(answer.text)]
    yield Tried(
        "names",
        f"in {len(pages)} pages of the explorer",
        not failed and not obeyed,
        f"failed: {failed}, obeyed: {obeyed}",
    )


def _in_files(house: House) -> Tried:
    texts = [p for p in house.home.reports.rglob("*") if p.suffix in (".md", ".svg", ".html")]
    obeyed = [p.name for p in texts if LIVE.search(p.read_text(encoding="utf-8"))]
    figures = len(list(house.home.reports.rglob("*.png")))
    return Tried(
        "names",
        f"in {len(texts)} text files and {figures} figures of reports",
        not obeyed and figures > 0,
        f"obeyed: {obeyed}",
    )


def _in_dagster(house: House) -> Tried:
    """What Dagster's page is handed as Markdown, of which it shows HTML."""
    from dagster import AssetKey, DagsterInstance, MarkdownMetadataValue

    obeyed, seen = set(), 0
    with DagsterInstance.from_config(str(house.home.dagster)) as instance:
        for key in instance.all_asset_keys():
            event = instance.get_latest_materialization_event(AssetKey(key.path))
            told = event.asset_materialization.metadata if event and event.asset_materialization else {}
            for name, value in told.items():
                if isinstance(value, MarkdownMetadataValue):
                    seen += 1
                    if LIVE.search(value.value or ""):
                        obeyed.add(f"{key.to_user_string()}: {name}")
    return Tried("names", f"in {seen} texts for Dagster's page", not obeyed, f"obeyed: {sorted(obeyed)}")
