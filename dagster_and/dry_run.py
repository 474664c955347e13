"""``dissect run --dry-run``: the calls that a dissection still has to make, and their tokens. Calls nothing.

Exact where the table that the requests arise from lies in the lake; else a bound from the sizes that are known.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import polars as pl

from dagster_and.describers import prompts
from dagster_and.describers.answers import AnswerStore
from dagster_and.describers.asking import Asker
from dagster_and.describers.ledger import Estimate
from dagster_and.describers.prompts import Request
from dagster_and.dissection import Dissection, LlmDescriber, LlmServer
from dagster_and.home import Home
from dagster_and.lake import Lake
from dagster_and.method.tables import CLIP_CAPTIONS, CONCEPTS, PROBING_CLIPS, TOP_CLIPS, Table
from dagster_and.method.tables.open_concepts import ADJECTIVES
from dagster_and.method.tables.summaries import SUMMARIES
from dagster_and.preflight import sizes

CHOSEN = 5
"""Concepts that a describer is asked for (ICL, top 5)."""
ADJECTIVES_GUESSED = 300
"""Distinct adjectives of a dissection that has no summaries yet: a guess, not a bound."""
TYPICAL_CAPTION = "The sound of a dog that barks. It is loud, sharp and irregular."
TYPICAL_WORD = "high-pitched"


@dataclass(frozen=True)
class Plan:
    """What one task has to ask: ``requests`` where they are known, else so many (``count``) like ``typical``."""

    task: str
    certainty: str
    requests: tuple[Request, ...] = ()
    count: int = 0
    typical: Request | None = None


@dataclass(frozen=True)
class Forecast:
    """The estimate of one task; ``certainty`` is exactly, at most, or about."""

    task: str
    model: str
    certainty: str
    estimate: Estimate


def forecast(dissection: Dissection, home: Home) -> list[Forecast]:
    """Task by task what is answered already and what is left; empty where no model is asked.

    Raises:
        UserError: a section names an environment variable that is not set, or the sounds can't be found.
    """
    lake = Lake(home.lake)
    asked: list[tuple[LlmServer, Iterable[Plan]]] = []
    if section := dissection.captions.llm:
        asked.append((section, _caption_plans(dissection, home, lake)))
    if isinstance(section := dissection.describer, LlmDescriber):
        asked.append((section, plans(dissection, home, lake, f"llm:{section.resolved_model()}")))
    lines: list[Forecast] = []
    for section, planned in asked:
        asker = Asker(section, AnswerStore(home), dissection.name)
        lines += [Forecast(p.task, asker.client.model, p.certainty, _estimate(p, asker)) for p in planned]
    return lines


def plans(dissection: Dissection, home: Home, lake: Lake, describer: str) -> Iterable[Plan]:
    """What the describer of that name has to ask: summaries, then what rests on them."""
    name, k = dissection.name, dissection.top_clips.k
    sets = _caption_sets(dissection, lake)
    if sets is None:
        neurons = sizes(dissection, home).neurons
        typical = prompts.summarise((TYPICAL_CAPTION,) * k)
        yield Plan("summarise", "at most", count=2 * neurons, typical=typical)
    else:
        distinct = sorted({tuple(s) for s in sets["captions"].to_list() if s})
        yield Plan("summarise", "exactly", tuple(map(prompts.summarise, distinct)))
        neurons = sets.filter(direction="highest")["captions"].n_unique()
    concepts = _concepts(dissection, lake)
    summaries = _written_by(lake, SUMMARIES, name, describer)
    if summaries is None:
        typical = prompts.choose(TYPICAL_CAPTION, concepts, CHOSEN)
        yield Plan("choose", "at most", count=neurons, typical=typical)
    else:
        said = summaries.filter(direction="highest")["summary"].drop_nulls().unique().sort()
        best = min(CHOSEN, len(concepts))
        yield Plan("choose", "exactly", tuple(prompts.choose(text, concepts, best) for text in said))
    adjectives = _written_by(lake, ADJECTIVES, name, describer)
    if adjectives is None:
        yield Plan("judge", "about", count=ADJECTIVES_GUESSED, typical=prompts.judge(TYPICAL_WORD))
    else:
        yield Plan("judge", "exactly", tuple(map(prompts.judge, adjectives["adjective"])))


def _estimate(plan: Plan, asker: Asker) -> Estimate:
    if plan.typical is None:
        keyed = [(asker.request_id(request), request) for request in plan.requests]
        return asker.ledger.estimate(keyed, set(asker.settled(plan.requests)))
    one = asker.ledger.estimate([("typical", plan.typical)], set())
    n = plan.count
    tokens = {name: n * getattr(one, name) for name in ("requests", "calls", "prompt_tokens", "completion_tokens")}
    return replace(one, **tokens, cost_usd=None if one.cost_usd is None else n * one.cost_usd)


def _caption_plans(dissection: Dissection, home: Home, lake: Lake) -> Iterable[Plan]:
    from dagster_and.captioners.audio_llm import caption_requests
    from dagster_and.captioners.canary import questions

    yield Plan("canary", "exactly", tuple(request for request, _ in questions()))
    if lake.path(PROBING_CLIPS, dissection.name).exists():
        clips = lake.read(PROBING_CLIPS, dissection.name, ["path", "sha256", "window_s"])
        yield Plan("caption", "exactly", tuple(caption_requests(clips)))
    else:
        clip = prompts.Clip("0" * 64, dissection.window_s, bytes)
        yield Plan("caption", "at most", count=sizes(dissection, home).clips, typical=prompts.caption(clip))


def _caption_sets(dissection: Dissection, lake: Lake) -> pl.DataFrame | None:
    """Per neuron and direction the captions of its clips, sorted; None where a table is not there yet."""
    if not all(lake.path(table, dissection.name).exists() for table in (TOP_CLIPS, CLIP_CAPTIONS)):
        return None
    top_clips, captions = (lake.read(table, dissection.name) for table in (TOP_CLIPS, CLIP_CAPTIONS))
    joined = top_clips.join(captions.select("clip_id", "caption"), on="clip_id", how="left")
    return joined.group_by("neuron_id", "direction").agg(captions=pl.col("caption").drop_nulls().sort())


def _concepts(dissection: Dissection, lake: Lake) -> tuple[str, ...]:
    if lake.path(CONCEPTS, dissection.name).exists():
        return tuple(lake.read(CONCEPTS, dissection.name)["concept"])
    return (TYPICAL_WORD,) * 50  # ESC-50's classes are as many


def _written_by(lake: Lake, table: Table, dissection: str, describer: str) -> pl.DataFrame | None:
    """The table's rows, if it is there and of that describer."""
    if not lake.path(table, dissection).exists():
        return None
    rows = lake.read(table, dissection)
    return rows if rows["describer"].unique().to_list() == [describer] else None
