"""``dissect``: the one command for people and scripts. One module a subcommand, listed in the order of --help."""

# ruff: noqa: I001 - importing a module adds its subcommand, in this order
from dagster_and.cli.app import app
from dagster_and.cli import (
    listing, drafting, checking, running, querying, finding, tracing, pruning, comparing, reporting, exporting,
    exploring, serving, caching, examining,
)  # fmt: skip

__all__ = [
    "app",
    "caching",
    "checking",
    "comparing",
    "drafting",
    "examining",
    "exploring",
    "exporting",
    "finding",
    "listing",
    "pruning",
    "querying",
    "reporting",
    "running",
    "serving",
    "tracing",
]
