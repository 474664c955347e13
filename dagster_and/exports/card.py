"""The card of a pruned network: what was cut, by which strategy, and what it cost, with intervals."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import polars as pl

from dagster_and.exports.markdown import markdown_rows

HOW = {
    "OCP": "every neuron whose calibrated summary names the concept (whole lemmas)",
    "DB": "every neuron that has the concept among its first ones by captions (DB)",
    "TAB": "every neuron that has the concept among its first ones by text and audio (TAB)",
    "ICL": "every neuron for which the describer chose the concept (ICL)",
    "random": "neurons drawn at random: a baseline, not a way to unlearn",
    "activation_gap": "the neurons that are most active on the class's training clips, by its labels",
}
MEASURES = {
    "ablated_before": "the concept's clips, before",
    "ablated_after": "the concept's clips, after",
    "delta_ablated": "the concept's clips, change (Delta A)",
    "retained_before": "the other classes, before",
    "retained_after": "the other classes, after",
    "delta_retained": "the other classes, change (Delta R)",
    "gap": "gap, |Delta A| - |Delta R|",
    "gap_over_random": "gap over that of random cuts as large",
}


@dataclass(frozen=True)
class Cut:
    """One strategy's cut of one concept. ``neurons``: which, where and why; ``effects``: its rows of
    ``pruning_effects``, None where it is not measured; ``target``: the row of ``targets``.
    """

    dissection: str
    concept: str
    strategy: str
    size_of: str
    seed: int
    eligible_neurons: int
    neurons: pl.DataFrame
    effects: pl.DataFrame | None
    target: dict[str, Any]
    confidence: float


def card(cut: Cut) -> str:
    """The card as Markdown, with the metadata block that model hubs read."""
    share = cut.neurons.height / cut.eligible_neurons
    layers = cut.neurons.group_by("block_index", "sublayer").len().sort("block_index", "sublayer")
    lines = [
        "---", "pipeline_tag: audio-classification",
        "tags: [unlearning, pruning, audio-network-dissection]", "---", "",
        f"# {cut.target['target']} without {cut.concept!r}", "",
        f"A copy of `{cut.target['target']}` ({cut.target['architecture']}, weights {cut.target['weights_sha256'][:12]}"
        f") out of which {cut.neurons.height} of {cut.eligible_neurons} neurons ({share:.1%}) were cut, so that it "
        f"forgets the concept {cut.concept!r}. Cut means: the weight row and the bias of the neuron are zero. The head "
        "is spared.",
        "", "## How the neurons were chosen", "",
        f"Strategy {cut.strategy}" + (f", seed {cut.seed}" if cut.strategy == "random" else "")
        + (f", {as_many_as(cut)}," if cut.strategy != cut.size_of else "")
        + f" of the dissection `{cut.dissection}`: {HOW[cut.strategy]}. "
        "`pruned_neurons.csv` lists each of them with its reason.", "",
        markdown_rows(("block", "sublayer", "neurons cut"), layers.rows()), "",
        "## What it costs", "", *_costs(cut), "",
        "## Limits", "",
        "Zeroed neurons lower what the network says of the concept; they do not prove that nothing of it is left, nor "
        "that it could not be learned again. Clips of the concept are still given some other class.", "",
    ]  # fmt: skip
    return "\n".join(lines)


def as_many_as(cut: Cut) -> str:
    """How large the cut is, in terms of the strategy whose size it has."""
    return f"as many neurons as {cut.size_of} cuts" + (", or up to a tenth more" if cut.strategy == "random" else "")


def _costs(cut: Cut) -> Iterator[str]:
    if cut.effects is None:
        yield "It has not been measured: run the dissection's pruning room, and export again."
        return
    concept = cut.effects.filter(pl.col("concept_id").is_not_null())
    if not concept["estimate"].count():
        note = concept["note"].drop_nulls()
        yield f"It could not be measured: {note[0] if len(note) else 'there are no effects for it'}."
        return
    seeds = " Of the strategy random it is the mean over its seeds." if cut.strategy == "random" else ""
    yield (
        f"On {concept['clips'][0]} held-out clips of the concept (fold {cut.target['held_out_fold']}) and those of the "
        f"other classes, with {cut.confidence:.0%} bootstrap intervals over clips.{seeds}"
    )
    yield ""
    yield markdown_rows(("", "own logit", "own probability", "accuracy"), [
        (label, *(_cell(concept, scale, measure) for scale in ("logit", "probability", "accuracy")))
        for measure, label in MEASURES.items()
    ])  # fmt: skip
    for note in concept["note"].drop_nulls().unique(maintain_order=True):
        yield f"\nNote: {note}."


def _cell(effects: pl.DataFrame, scale: str, measure: str) -> str:
    rows = effects.filter((pl.col("scale") == scale) & (pl.col("measure") == measure))
    if rows.is_empty() or rows["estimate"][0] is None:
        return "not measured"
    value, low, high = rows.select("estimate", "low", "high").row(0)
    return f"{value:.3f}" if low is None else f"{value:.3f} ({low:.3f} to {high:.3f})"
