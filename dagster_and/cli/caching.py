"""``dissect cache``."""

import math
import time
from typing import Annotated

import typer

from dagster_and.cli.app import app, console, with_clear_errors
from dagster_and.foundation import cache
from dagster_and.foundation.errors import UserError
from dagster_and.foundation.home import Home

CLEAR = "clear"


@app.command("cache", epilog="Examples: dissect cache   |   dissect cache clear   |   dissect cache clear shards")
def show_or_clear(
    action: Annotated[str | None, typer.Argument(help="clear: remove; without it, sizes are shown.")] = None,
    kind: Annotated[str | None, typer.Argument(help=f"{', '.join(cache.KINDS)}; without it, all of them.")] = None,
) -> None:
    """Show what the cache holds, by kind, or remove it: all of it can be made again. LLMs' answers are not in it."""
    with_clear_errors(lambda: _done(action, kind, Home.from_environment()), traceback=False)


def _done(action: str | None, kind: str | None, home: Home) -> bool:
    if action not in (None, CLEAR):
        raise UserError(f"`dissect cache {action}` is not known: write `dissect cache` or `dissect cache {CLEAR}`.")
    if kind is not None and kind not in cache.KINDS:
        raise UserError(f"The cache has no kind {kind!r}: write one of {', '.join(cache.KINDS)}.")
    limit = cache.limit_bytes()
    if action is None:
        _show(home, limit)
        return True
    from dagster_and.under_way import began

    first = began(home)
    removed = cache.clear(home.cache, [kind] if kind else cache.KINDS, math.inf if first is None else first)
    tell(removed, f"from {home.cache}")
    if first is not None:
        console.print("What was used since a run began that is under way stays: clear again when it is done.")
    return True


def _show(home: Home, limit: int | None) -> None:
    of_kind: dict[str, list[cache.Cached]] = {kind: [] for kind in cache.KINDS}
    for file in cache.cached(home.cache):
        of_kind[file.kind].append(file)
    for kind, files in of_kind.items():
        used = f", last used {_ago(max(file.used for file in files))}" if files else ""
        size = sum(file.size for file in files)
        console.print(
            f"{kind:<12}{size / 1e6:>10,.1f} MB{len(files):>9,} files  {cache.KINDS[kind]}{used}",
            highlight=False,
        )
    whole = sum(file.size for files in of_kind.values() for file in files)
    bound = "no limit" if limit is None else f"{cache.LIMIT} is {limit / cache.GB:g}"
    console.print(f"{whole / 1e6:,.1f} MB in {home.cache} ({bound}).", highlight=False, markup=False)


def tell(removed: list[cache.Cached], why: str) -> None:
    """What was removed, in one line."""
    size = sum(file.size for file in removed) / 1e6
    console.print(f"{len(removed):,} files, {size:,.1f} MB, removed {why}.", highlight=False, markup=False)


def _ago(moment: float) -> str:
    hours = max(0.0, time.time() - moment) / 3600
    return "within the hour" if hours < 1 else f"{hours:.0f} h ago" if hours < 48 else f"{hours / 24:.0f} days ago"
