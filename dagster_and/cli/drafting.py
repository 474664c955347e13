"""``dissect new``."""

import sys
from dataclasses import replace
from typing import Annotated

import typer

from dagster_and.cli.app import Traceback, app, console, with_clear_errors
from dagster_and.dissection import Wanted, draft, is_factory, keep, load_text, place_of, text_of
from dagster_and.foundation.errors import UserError
from dagster_and.foundation.home import Home

HEAD = "# Drafted by `dissect new`. docs/dissections.md shows every setting.\n"


@app.command("new", epilog="Examples: dissect new my-sounds --sounds ~/sounds --network ast   |   "
             "dissect new mine --sounds ~/sounds --network ./net.py:make --layer encoder.0 --sample-rate 16000   |   "
             "dissect new mine --sounds ~/sounds --network ast --llm http://127.0.0.1:80/v1 --model my")  # fmt: skip
def new(
    name: Annotated[str, typer.Argument(help="What the dissection will be called.")],
    sounds: Annotated[
        str | None,
        typer.Option(help="Folder of the sounds (its layout is seen), a data set of the hub, or soundbank."),
    ] = None,
    network: Annotated[
        str | None,
        typer.Option(
            help="ast, beats or planted; a checkpoint's folder or file; one of the hub (owner/name); or "
            "file.py:function that returns a module."
        ),
    ] = None,
    layer: Annotated[
        list[str] | None, typer.Option(help="Of a module: a layer to dissect, by its name; one a block.")
    ] = None,
    sample_rate: Annotated[int | None, typer.Option(help="Of a module: Hertz of the waveforms it takes.")] = None,
    class_label: Annotated[
        list[str] | None, typer.Option(help="A class of the network's head, in order; one option each.")
    ] = None,
    layout: Annotated[str | None, typer.Option(help="esc50, urbansound8k, gtzan or folder; default: seen.")] = None,
    window: Annotated[float | None, typer.Option(help="Seconds that the network hears of a clip.")] = None,
    captions: Annotated[
        str | None, typer.Option(help="annotations or dataset; default: annotations, and the sound bank's own.")
    ] = None,
    held_out_fold: Annotated[int | None, typer.Option(help="Fold that its training never saw.")] = None,
    llm: Annotated[str | None, typer.Option(help="URL of an OpenAI-compatible server that is to describe.")] = None,
    model: Annotated[str | None, typer.Option(help="The LLM's name at that server.")] = None,
    max_calls: Annotated[int | None, typer.Option(help="Ceiling of calls to the LLM.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a file of that name.")] = False,
    traceback: Traceback = False,
) -> None:
    """Draft a dissection file: asks what is not said, checks it, shows what a run will do, and keeps it."""
    wanted = Wanted(
        sounds or "", network or "", layout, window, captions, held_out_fold, layer or (), sample_rate,
        class_label or (), llm, model, max_calls,
    )  # fmt: skip
    with_clear_errors(lambda: _drafted(name, wanted, overwrite, Home.from_environment()), traceback)


def _drafted(name: str, wanted: Wanted, overwrite: bool, home: Home) -> bool:
    from dagster_and.preflight.checking import check

    path = place_of(name, home)
    if path.exists() and not overwrite:
        raise UserError(f"{path} is there already: write another name, or --overwrite to replace it.")
    wanted = _asked(wanted)
    text = HEAD + text_of(draft(wanted))
    dissection = load_text(text, path)
    lines = check(dissection, home)
    console.print(text, highlight=False, markup=False)
    for line in lines:
        console.print(line, highlight=False, markup=False)
    if _is_there() and not typer.confirm(f"\nKeep it as {path}?", default=True):
        return True
    keep(path, text)
    console.print(f"\nKept as {path}.", highlight=False, markup=False)
    console.print(f"Next: `dissect run {name} --dry-run` counts calls to LLMs, `dissect run {name}` does it.")
    return True


def _asked(wanted: Wanted) -> Wanted:
    """With what is missing asked for, where somebody is there to answer.

    Raises:
        UserError: something is missing, and nobody is there.
    """
    if not wanted.sounds:
        wanted = replace(wanted, sounds=_answer("Where are the sounds (a folder, or soundbank)?", "--sounds FOLDER"))
    if not wanted.network:
        question = "Which network (ast, a checkpoint's folder, owner/name of the hub, file.py:function)?"
        wanted = replace(wanted, network=_answer(question, "--network ast"))
    if is_factory(wanted.network) and not wanted.layers:
        names = _answer("Which of its layers, by their names, with blanks between?", "--layer NAME")
        wanted = replace(wanted, layers=names.split())
    if is_factory(wanted.network) and wanted.sample_rate_hz is None:
        rate = _answer("How many Hertz have its waveforms?", "--sample-rate 16000")
        if not rate.isdecimal():
            raise UserError(f"{rate!r} is no sample rate: write a whole number of Hertz, as in 16000.")
        wanted = replace(wanted, sample_rate_hz=int(rate))
    return wanted


def _answer(question: str, option: str) -> str:
    if not _is_there():
        raise UserError(f"{question[:-1]} is not said: write {option}.")
    return typer.prompt(question)


def _is_there() -> bool:
    """Whether somebody can be asked."""
    return sys.stdin.isatty()
