"""What asking in batches comes to, before any is sent: requests, files, price, ceiling, time, and what a stop means."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from dagster_and.dissection import Dissection, LlmDescriber, LlmServer
from dagster_and.foundation.home import Home
from dagster_and.llm.batch_folder import FOLDER
from dagster_and.preflight.forecast import Forecast, certainty_of, forecast

UNKNOWN_PRICE = (
    "at an unknown price (write usd_per_million_prompt_tokens, usd_per_million_completion_tokens and batch_discount)"
)
NO_CEILING = "no ceiling (write max_cost_usd or max_calls)"


def check_batches(dissection: Dissection, home: Home) -> list[str]:
    """What :func:`told_of_batches` says of a dissection, as far as it is known before it runs; live ones none."""
    describer = dissection.describer if isinstance(dissection.describer, LlmDescriber) else None
    if all(section is None or section.mode == "live" for section in (dissection.captions.llm, describer)):
        return []
    return told_of_batches(forecast(dissection, home), dissection.name, home)


def told_of_batches(lines: Sequence[Forecast], dissection: str, home: Home) -> list[str]:
    """Two lines for each model that is asked in batches, one for each that is asked in files; live ones have none."""
    told: list[str] = []
    for _, of_one in groupby(lines, key=lambda line: line.section):
        asked = [line for line in of_one if line.section.mode != "live"]
        if asked:
            told += _of_files(asked, home) if asked[0].section.mode == "file" else _of_batches(asked, dissection)
    return told


def _of_batches(lines: Sequence[Forecast], dissection: str) -> Iterator[str]:
    section = lines[0].section
    yield f"batches: {_counts(lines)} to {lines[0].model}, {_price(lines)}; {_ceiling(section, *lines[0].used)}"
    tasks = sum(line.estimate.calls > 0 for line in lines)
    wait = f", and {tasks} tasks wait for each other: {tasks} days at most" if tasks > 1 else ""
    yield (
        f"batches: each is answered within 24 h{wait}; one day more each time that some are asked again. A stop leaves "
        f"them at work, and paid for: `dissect run {dissection}` fetches the answers, in any mode"
    )


def _of_files(lines: Sequence[Forecast], home: Home) -> Iterator[str]:
    yield (
        f"files: {_counts(lines)} in {home.root / FOLDER}; at each task the run stops with the command that has them "
        "answered"
    )


def _counts(lines: Sequence[Forecast]) -> str:
    requests, files = sum(line.estimate.calls for line in lines), sum(line.batches or 0 for line in lines)
    words = [
        f"{requests:,} {'request' if requests == 1 else 'requests'}",
        f"{files:,} {'file' if files == 1 else 'files'}",
    ]
    return f"{certainty_of(lines)} {' in '.join(words)}"


def _price(lines: Sequence[Forecast]) -> str:
    """What is left to be asked costs, and what is taken off for it."""
    costs = [line.estimate.cost_usd for line in lines if line.estimate.calls]
    if None in costs:
        return UNKNOWN_PRICE
    discount = lines[0].section.batch_discount
    less = f", {discount:.0%} less than single calls" if discount else ""
    return f"about US$ {sum(cost or 0.0 for cost in costs):.2f}{less}"


def _ceiling(section: LlmServer, calls: int, spent: float) -> str:
    ceilings = []
    if section.max_cost_usd is not None:
        ceilings.append(f"max_cost_usd {section.max_cost_usd:g}, of which {spent:.2f} is spent")
    if section.max_calls is not None:
        ceilings.append(f"max_calls {section.max_calls:,}, of which {calls:,} are made")
    return f"ceiling: {' and '.join(ceilings)}" if ceilings else NO_CEILING
