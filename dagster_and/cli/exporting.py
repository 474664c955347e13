"""``dissect export``."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from dagster_and.cli.app import Traceback, app, console, dissection_names, with_clear_errors
from dagster_and.foundation.home import Home


class Form(StrEnum):
    """What a dissection can be exported as."""

    DATASET = "dataset"
    NEURONPEDIA = "neuronpedia"


@app.command("export", epilog="Examples: dissect export ast-demo --to ast-demo-neurons --as dataset   |   "
             "dissect export ast-demo --to for-neuronpedia --as neuronpedia")  # fmt: skip
def export(
    dissection: Annotated[str, typer.Argument(help="A dissection in the warehouse.", autocompletion=dissection_names)],
    to: Annotated[Path, typer.Option(help="A new folder.")],
    form: Annotated[
        Form,
        typer.Option(
            "--as",
            help="dataset: Parquet with a card, for Hugging Face's datasets; neuronpedia: the layout that "
            "Neuronpedia imports, layer by layer.",
        ),
    ] = Form.DATASET,
    traceback: Traceback = False,
) -> None:
    """Write a dissection's neurons for others: as a data set, or for Neuronpedia. No sound leaves with it."""
    with_clear_errors(lambda: _exported(dissection, to, form, Home.from_environment()), traceback)


def _exported(name: str, to: Path, form: Form, home: Home) -> bool:
    from dagster_and.exports.dataset import export_dataset
    from dagster_and.exports.neuronpedia import export_neuronpedia

    if form is Form.DATASET:
        export_dataset(home.warehouse, name, to)
    else:
        export_neuronpedia(home, name, to)
    console.print(f"{name} lies in {to}, as {form.value}.", highlight=False, markup=False)
    return True
