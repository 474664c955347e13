"""``dissect``: the one command for people and scripts. One module a subcommand, listed in the order of --help."""

# ruff: noqa: I001 - importing a module adds its subcommand, in this order
from dagster_and.cli.app import app
from dagster_and.cli import (
    listing,
    checking,
    running,
    querying,
    tracing,
    pruning,
    comparing,
    exploring,
    reporting,
    serving,
)

__all__ = [
    "app",
    "checking",
    "comparing",
    "exploring",
    "listing",
    "pruning",
    "querying",
    "reporting",
    "running",
    "serving",
    "tracing",
]
