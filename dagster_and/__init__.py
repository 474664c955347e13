"""Audio Network Dissection (ICML 2024) as a database-centric pipeline.

In a notebook:

    import dagster_and as and_

    house = and_.open()
    house.dissections
    house["ast-demo"].find("siren")
"""

from os import PathLike
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dagster_and.notebook import OpenHouse


def open(home: "str | PathLike[str] | None" = None) -> "OpenHouse":
    """A home opened in Python: its dissections, their neurons, SQL, runs. Nothing is written but by ``run``.

    Args:
        home: the folder that is ``AND_HOME``; None: as the environment says, else ``data/`` beside the code.

    Raises:
        UserError: no folder can have such a name.

    Examples:
        >>> import dagster_and as and_
        >>> house = and_.open()
        >>> [name for name in house]
        ['ast-demo']
    """
    from dagster_and.notebook import open_house  # here, so that to import the package costs nothing

    return open_house(home)
