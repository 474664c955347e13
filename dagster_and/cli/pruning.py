"""``dissect prune``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dagster_and.cli.app import Traceback, app, console, dissection_names, with_clear_errors
from dagster_and.dissection import find
from dagster_and.foundation.errors import UserError
from dagster_and.foundation.home import Home

if TYPE_CHECKING:
    from dagster_and.exports.card import Cut

SHOWN = 20


@app.command("prune", epilog="Examples: dissect prune ast-demo --concept siren --dry-run   |   "
             "dissect prune ast-demo --concept siren --out no-siren")  # fmt: skip
def prune(
    dissection: Annotated[
        str,
        typer.Argument(help="A dissection's name, see `dissect list`; run it first.", autocompletion=dissection_names),
    ],
    concept: Annotated[str, typer.Option(help="The concept to cut out.")],
    out: Annotated[Path | None, typer.Option(help="New folder for the pruned network and its card.")] = None,
    strategy: Annotated[str, typer.Option(help="OCP, DB, TAB, ICL, random or activation_gap.")] = "OCP",
    seed: Annotated[int, typer.Option(help="Seed, for the strategy random.")] = 0,
    size_of: Annotated[
        str | None, typer.Option(help="For random: the strategy to cut as many neurons as; default: pruning.size_of.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say which neurons would go, and why.")] = False,
    traceback: Traceback = False,
) -> None:
    """Cut a concept out of the target and save the network with a card, or say what would be cut."""
    with_clear_errors(
        lambda: _prune(
            dissection, concept, strategy, seed, size_of, None if dry_run else out, dry_run, Home.from_environment()
        ),
        traceback,
    )


def _prune(
    name: str,
    concept: str,
    strategy: str,
    seed: int,
    size_of: str | None,
    out: Path | None,
    dry_run: bool,
    home: Home,
) -> bool:
    from dagster_and.exports.pruned_network import export, find_cut
    from dagster_and.lake.store import Lake

    if out is None and not dry_run:
        raise UserError("Say where the pruned network is to go: --out FOLDER, or --dry-run to see what would be cut.")
    dissection, lake = find(name, home), Lake.of(home)
    cut = find_cut(dissection, lake, concept, strategy, seed, size_of)
    if out is None:
        _show(cut)
        return True
    if out.exists():
        raise UserError(f"{out} is there already: write the path of a new folder.")

    from dagster_and.lake.shared import Shared
    from dagster_and.targets.opening import open_dissected

    Shared.of(home).bring_network(Path(cut.target["checkpoint"]))
    export(cut, open_dissected(dissection, cut.target["checkpoint"]), out, getattr(dissection.target, "revision", None))
    console.print(
        f"{cut.neurons.height} of {cut.eligible_neurons} neurons cut. The network without {cut.concept!r} is in {out}, "
        f"and what that costs in {out / 'README.md'}.", highlight=False,
    )  # fmt: skip
    return True


def _show(cut: "Cut") -> None:
    from rich.table import Table

    from dagster_and.exports.card import as_many_as

    as_many = f", {as_many_as(cut)}" if cut.strategy != cut.size_of else ""
    count = f"{cut.neurons.height} of {cut.eligible_neurons} neurons"
    console.print(f"{cut.strategy} would cut {count} for {cut.concept!r}{as_many}:", highlight=False)
    table = Table(box=None)
    for heading in ("neuron", "block", "sublayer", "row", "why", "score"):
        table.add_column(heading, justify="left" if heading in ("sublayer", "why") else "right")
    for row in cut.neurons.head(SHOWN).iter_rows(named=True):
        score = "" if row["score"] is None else f"{row['score']:.3g}"
        table.add_row(
            str(row["neuron_id"]),
            str(row["block_index"]),
            row["sublayer"],
            str(row["neuron_index"]),
            row["reason"],
            score,
        )
    console.print(table)
    if cut.neurons.height > SHOWN:
        rest = cut.neurons.height - SHOWN
        console.print(f"... and {rest} more, in fct_pruned_neurons of the warehouse (`dissect sql`).", highlight=False)
