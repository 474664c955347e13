"""What people start by one button: jobs, each a choice of rooms."""

from dagster import AssetSelection, define_asset_job

from dagster_and.foundation.rooms import ROOMS, group_name

PYTHON_ROOMS = ROOMS[: ROOMS.index("staging")]
SQL_ROOMS = ROOMS[len(PYTHON_ROOMS) :]
CUTTING = "pruning"
"""The room that words don't need, and that needs the longest runs of the network."""
ONLY_CHANGED = "and/only_changed"
"""Tag of a run that builds the warehouse for what has changed and, where that has been done meanwhile, for nothing."""

ATTENDED = "and/attended"
"""Tag of a run that somebody has started at a prompt: what fails is told at once, and nothing is tried again."""


def _rooms(*rooms: str) -> AssetSelection:
    return AssetSelection.groups(*map(group_name, rooms))


DISSECT = define_asset_job(
    "dissect",
    _rooms(*PYTHON_ROOMS),
    description="Every room of one dissection, from sounds to concepts, with the checks of each table.",
)
WORDS_ONLY = define_asset_job(
    "words_only",
    _rooms(*(room for room in PYTHON_ROOMS if room != CUTTING)),
    description="Every room of one dissection but pruning: what each neuron follows, in words, with its evidence.",
)
PRUNING_ONLY = define_asset_job(
    "pruning_only",
    _rooms(CUTTING),
    description="The cuts of one dissection whose other rooms are there: what the network loses with a concept.",
)
BUILD_WAREHOUSE = define_asset_job(
    "build_warehouse",
    _rooms(*SQL_ROOMS),
    description="Every dbt model and its tests over all dissections, then the figures.",
)
EVERYTHING = define_asset_job(
    "everything",
    _rooms(*ROOMS),
    description="Every room of one dissection, then the warehouse, where it has changed, and the figures over all.",
    tags={ONLY_CHANGED: "yes"},
)
