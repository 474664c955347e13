"""The rooms of the house in the order in which data moves through them."""

ROOMS = (
    "probing",
    "captions",
    "target",
    "activations",
    "top_clips",
    "summaries",
    "calibration",
    "closed_concepts",
    "open_concepts",
    "interpretability",
    "labels",
    "evidence",
    "pruning",
    "answers",
    "staging",
    "intermediate",
    "marts",
    "reports",
    "figures",
)


def group_name(room: str) -> str:
    """Dagster's asset group of a room; numbered, since the UI sorts groups by name."""
    return f"{ROOMS.index(room) + 1:02d}_{room}"
