"""``dissect run --dry-run``: the calls that a dissection still has to make, and their tokens. Calls nothing.

Exact where the table that the requests arise from lies in the lake; else a bound from the sizes that are known.
"""

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import polars as pl

from dagster_and.dissection import Dissection, LlmDescriber, LlmServer
from dagster_and.foundation.home import Home
from dagster_and.lake.store import Lake
from dagster_and.lake.tables import (
    ACTIVATIONS,
    ADJECTIVES,
    ATOMS,
    CLIP_ACOUSTICS,
    CLIP_CAPTIONS,
    CONCEPTS,
    EVIDENT_WORDS,
    LABEL_PARTS,
    NEURON_LABELS,
    NEURONS,
    PROBING_CLIPS,
    SUMMARIES,
    TOP_CLIPS,
    Table,
)
from dagster_and.llm import prompts
from dagster_and.llm.answers import AnswerStore
from dagster_and.llm.asking import Asker
from dagster_and.llm.batch_lines import batches_of
from dagster_and.llm.ledger import Estimate
from dagster_and.llm.prompts import Request
from dagster_and.method.closed_concepts.choices import KEPT
from dagster_and.method.evidence.material import Material, materials
from dagster_and.method.evidence.sentences import of_rows
from dagster_and.method.labels.testing import PARTS
from dagster_and.method.summaries.caption_sets import caption_sets, neurons_to_describe
from dagster_and.preflight.checking import sizes
from dagster_and.preflight.moments import captioned_moments, heard_about_moments, moments_at_most

if TYPE_CHECKING:
    from dagster_and.method.evidence.detection import Question

HALVES = "summarise halves"
"""What the evidence room asks: summaries of the halves of the clips (evidence.stability)."""
MOMENTS_CAPTIONED = "caption moments"
"""What the summaries room asks an audio LLM: a stretch about each moment (captions.moment_s)."""
ADJECTIVES_GUESSED = 300
"""Distinct adjectives of a dissection that has no summaries yet: a guess, not a bound."""
TYPICAL_CAPTION = "The sound of a dog that barks. It is loud, sharp and irregular."
TYPICAL_WORD = "high-pitched"
TYPICAL_MATERIAL = Material("dog bark, not loud", "880 to 1760 Hz", often=("irregular", "sharp"))


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
    """The estimate of one task; ``certainty`` is exactly, at most, or about.

    ``section`` says how it is asked: live calls have no ``batches``. ``used`` are the calls to this model so far, and
    their cost.
    """

    task: str
    model: str
    certainty: str
    estimate: Estimate
    batches: int | None
    section: LlmServer
    used: tuple[int, float]


def forecast(dissection: Dissection, home: Home) -> list[Forecast]:
    """Task by task what is answered already and what is left; empty where no model is asked.

    Raises:
        UserError: a section names an environment variable that is not set, or the sounds can't be found.
    """
    lake = Lake.of(home)
    asked: list[tuple[LlmServer, Iterable[Plan]]] = []
    if section := dissection.captions.llm:
        asked.append((section, _caption_plans(dissection, home, lake)))
    if isinstance(section := dissection.describer, LlmDescriber):
        asked.append((section, plans(dissection, home, lake, f"llm:{section.resolved_model()}")))
    lines: list[Forecast] = []
    for section, planned in asked:
        asker = Asker(section, AnswerStore(home), dissection.name)
        lines += [_forecast(plan, asker, section) for plan in planned]
    return lines


def certainty_of(lines: Sequence[Forecast]) -> str:
    """How sure the sum of these estimates is, in a word or two."""
    words = {line.certainty for line in lines if line.estimate.calls}
    return "exactly" if words <= {"exactly"} else "about" if "about" in words else "at most"


def _forecast(plan: Plan, asker: Asker, section: LlmServer) -> Forecast:
    left = _estimate(plan, asker)
    batches = None if section.mode == "live" else batches_of(left.calls, left.sent_bytes)
    return Forecast(plan.task, asker.client.model, plan.certainty, left, batches, section, asker.ledger.total())


def plans(dissection: Dissection, home: Home, lake: Lake, describer: str) -> Iterable[Plan]:
    """What the describer of that name has to ask: summaries, then what rests on them."""
    name = dissection.name
    layout = lake.read(NEURONS, name) if lake.stamp(NEURONS, name) else sizes(dissection, home).neurons
    section = dissection.summaries
    chosen = neurons_to_describe(layout, section.neurons_per_layer, section.choice, section.seed)
    sets = _wanted_sets(dissection, lake, chosen)
    known: tuple[Request, ...] = ()
    if sets is None:
        yield _summaries_at_most("summarise", chosen, dissection)
        neurons = len(chosen)
    else:
        known = _requests(sets["captions"].to_list())
        yield Plan("summarise", "exactly", known)
        neurons = sets.filter(direction="highest")["captions"].n_unique()
    concepts = _concepts(dissection, lake)
    summaries, best = _written_by(lake, SUMMARIES, name, describer), min(KEPT, len(concepts))
    if summaries is None:
        yield Plan("choose", "at most", count=neurons, typical=prompts.choose(TYPICAL_CAPTION, concepts, best))
    else:
        said = summaries.filter(direction="highest")["summary"].drop_nulls().unique().sort()
        yield Plan("choose", "exactly", tuple(prompts.choose(text, concepts, best) for text in said))
    adjectives = _written_by(lake, ADJECTIVES, name, describer)
    if adjectives is None:
        yield Plan("judge", "about", count=ADJECTIVES_GUESSED, typical=prompts.judge(TYPICAL_WORD))
    else:
        yield Plan("judge", "exactly", tuple(map(prompts.judge, adjectives["adjective"])))
    if dissection.evidence.detection != "off":
        yield _detection_plan(dissection, lake, chosen)
    if dissection.evidence.sentences != "off":
        yield _sentence_plan(dissection, lake, chosen)
    again, reason = _described_again(dissection, chosen)
    if again:
        yield _stability_plan(dissection, lake, again, reason, known)


def _detection_plan(dissection: Dissection, lake: Lake, chosen: Set[int]) -> Plan:
    """A question for every label that the parts of a neuron chose: of each at most as many as there are parts."""
    tables = (ACTIVATIONS, CLIP_CAPTIONS, PROBING_CLIPS, NEURON_LABELS, LABEL_PARTS)
    if not all(lake.stamp(table, dissection.name) for table in tables):
        clips = (TYPICAL_CAPTION,) * -(-dissection.evidence.detection_clips // PARTS)
        return Plan("detect", "at most", count=PARTS * len(chosen), typical=prompts.detect(TYPICAL_WORD, clips))
    asked = [one for one in _questions(dissection, lake, chosen) if one.missing_reason is None]
    return Plan("detect", "exactly", tuple(prompts.detect(one.told, one.captions) for one in asked))


def _sentence_plan(dissection: Dissection, lake: Lake, chosen: Set[int]) -> Plan:
    """One sentence for every neuron that is labelled, of those that are summarised; for equal evidence one together."""
    tables = (NEURON_LABELS, EVIDENT_WORDS, ATOMS, CLIP_CAPTIONS, CLIP_ACOUSTICS)
    if not all(lake.stamp(table, dissection.name) for table in tables):
        return Plan("write", "at most", count=len(chosen), typical=prompts.write(TYPICAL_MATERIAL))
    labels, words, atoms, captions, acoustics = (lake.read(table, dissection.name) for table in tables)
    told = materials(labels, words, atoms, captions["caption"].to_list(), acoustics).filter(
        pl.col("neuron_id").is_in(sorted(chosen))
    )  # fmt: skip
    return Plan("write", "exactly", tuple(map(prompts.write, dict.fromkeys(of_rows(told)))))


def _questions(dissection: Dissection, lake: Lake, chosen: Set[int]) -> "list[Question]":
    from dagster_and.method.evidence.detection import Labels, questions

    name = dissection.name
    labels = Labels.of(lake.read(NEURON_LABELS, name), lake.read(LABEL_PARTS, name))
    heard, folds = lake.read(CLIP_CAPTIONS, name)["caption"].to_list(), lake.read(PROBING_CLIPS, name)["fold"].to_list()
    batches, clips = lake.batches(ACTIVATIONS, name), dissection.evidence.detection_clips
    return questions(batches, labels, heard, folds, chosen, clips)


def _described_again(dissection: Dissection, chosen: set[int]) -> tuple[Set[int], str]:
    from dagster_and.method.evidence.halves import described_again

    return described_again(dissection.evidence.stability, chosen, by_llm=dissection.describer.kind == "llm")


def _stability_plan(
    dissection: Dissection, lake: Lake, chosen: Set[int], left_out: str, known: Sequence[Request]
) -> Plan:
    """The summaries of either half of the clips, but for those that are ``known`` to be asked anyway."""
    from dagster_and.method.evidence.halves import half_evidence, halves

    name = dissection.name
    if not all(lake.stamp(table, name) for table in (ACTIVATIONS, CLIP_CAPTIONS, PROBING_CLIPS)):
        return _summaries_at_most(HALVES, chosen, dissection, each=4)
    captions = lake.read(CLIP_CAPTIONS, name)["caption"].to_list()
    parts = halves(captions, lake.read(PROBING_CLIPS, name, ["fold"])["fold"].to_list())
    k, batches = dissection.top_clips.k, lake.batches(ACTIVATIONS, name)
    evidence = half_evidence(batches, captions, parts, k, chosen, left_out)
    return Plan(HALVES, "exactly", tuple(r for r in _requests(evidence.asked()) if r not in known))


def _summaries_at_most(task: str, chosen: Set[int], dissection: Dissection, each: int = 2) -> Plan:
    """``each`` summaries a neuron: of the highest and the lowest clips, of one set of clips or of two."""
    typical = prompts.summarise((TYPICAL_CAPTION,) * dissection.top_clips.k)
    return Plan(task, "at most", count=each * len(chosen), typical=typical)


def _requests(sets: Iterable[Sequence[str]]) -> tuple[Request, ...]:
    return tuple(map(prompts.summarise, sorted({tuple(sorted(one)) for one in sets if one})))


def _estimate(plan: Plan, asker: Asker) -> Estimate:
    if plan.typical is None:
        keyed = [(asker.request_id(request), request) for request in plan.requests]
        return asker.ledger.estimate(keyed, set(asker.settled(plan.requests)))
    one = asker.ledger.estimate([("typical", plan.typical)], set())
    n = plan.count
    counts = ("requests", "calls", "prompt_tokens", "completion_tokens", "sent_bytes")
    tokens = {name: n * getattr(one, name) for name in counts}
    return replace(one, **tokens, cost_usd=None if one.cost_usd is None else n * one.cost_usd)


def _caption_plans(dissection: Dissection, home: Home, lake: Lake) -> Iterable[Plan]:
    from dagster_and.captioners.audio_llm import caption_requests
    from dagster_and.captioners.canary import questions

    yield Plan("canary", "exactly", tuple(request for request, _ in questions()))
    known: tuple[Request, ...] = ()
    if lake.stamp(PROBING_CLIPS, dissection.name):
        clips = lake.read(PROBING_CLIPS, dissection.name, ["path", "sha256", "window_s"])
        known = tuple(caption_requests(clips))
        yield Plan("caption", "exactly", known)
    else:
        clip = prompts.Clip("0" * 64, dissection.window_s, bytes)
        yield Plan("caption", "at most", count=sizes(dissection, home).clips, typical=prompts.caption(clip))
    if dissection.captions.moment_s is not None:
        yield _moment_plan(dissection, home, lake, known)


def _moment_plan(dissection: Dissection, home: Home, lake: Lake, known: Sequence[Request]) -> Plan:
    """The stretches about moments, but for those that are whole sounds, ``known`` to be asked about anyway."""
    from dagster_and.captioners.audio_llm import heard_once, stretch_requests

    heard = heard_about_moments(dissection, lake)
    if heard is not None:
        of_clips = set(known)
        asked = [request for request in stretch_requests(heard_once(heard)) if request not in of_clips]
        return Plan(MOMENTS_CAPTIONED, "exactly", tuple(asked))
    found = sizes(dissection, home)
    clip = prompts.Clip("0" * 64, dissection.window_s, bytes, (0.0, dissection.captions.moment_s or 0))
    count = moments_at_most(dissection, found.neurons, found.clips)
    return Plan(MOMENTS_CAPTIONED, "at most", count=count, typical=prompts.caption(clip))


def _wanted_sets(dissection: Dissection, lake: Lake, chosen: set[int]) -> pl.DataFrame | None:
    """The captions to be summarised of the chosen neurons, by direction; None where a table is not there yet."""
    name = dissection.name
    if not all(lake.stamp(table, name) for table in (TOP_CLIPS, CLIP_CAPTIONS)):
        return None
    of_moments = None
    if dissection.captions.moment_s is not None:
        of_moments = captioned_moments(dissection, lake)
        if of_moments is None:
            return None
    sets = caption_sets(lake.read(TOP_CLIPS, name), lake.read(CLIP_CAPTIONS, name), of_moments)
    return sets.filter(pl.col("neuron_id").is_in(sorted(chosen)), pl.col("captions").list.len() > 0)


def _concepts(dissection: Dissection, lake: Lake) -> tuple[str, ...]:
    if lake.stamp(CONCEPTS, dissection.name):
        return tuple(lake.read(CONCEPTS, dissection.name)["concept"])
    return (TYPICAL_WORD,) * 50  # ESC-50's classes are as many


def _written_by(lake: Lake, table: Table, dissection: str, describer: str) -> pl.DataFrame | None:
    """The table's rows, if it is there and of that describer."""
    if not lake.stamp(table, dissection):
        return None
    rows = lake.read(table, dissection)
    return rows if rows["describer"].unique().to_list() == [describer] else None
