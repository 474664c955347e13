"""The neurons that a report shows: the surest ones, and as many drawn without looking."""

from typing import Any

from dagster_and.explorer import neurons
from dagster_and.explorer.warehouse import Reader, Row

EACH = 10
CLIPS = 3


def chosen_neurons(reader: Reader, name: str) -> dict[str, list[dict[str, Any]]]:
    """Under ``surest`` those with the highest low ends of trust, one a label; under ``drawn`` others, by lot.

    The lot is a digest of the number, so the same dissection always shows the same neurons. Each has its row of
    ``neuron_descriptions`` under ``told`` and its highest clips under ``clips``.
    """
    surest = reader.rows(
        f"""
        from neuron_descriptions where dissection = ? and statement is not null
        qualify row_number() over (partition by coalesce(label, statement) order by trust_low desc, neuron_id) = 1
        order by trust_low desc nulls last, neuron_id limit {EACH}
        """,
        name,
    )
    drawn = reader.rows(
        f"""
        from neuron_descriptions
        where dissection = ? and verdict != 'dead' and not list_contains(?::integer[], neuron_id)
        order by md5(neuron_id::varchar) limit {EACH}
        """,
        name, [row["neuron_id"] for row in surest],
    )  # fmt: skip
    drawn.sort(key=lambda row: row["neuron_id"])
    return {"surest": _with_clips(reader, name, surest), "drawn": _with_clips(reader, name, drawn)}


def _with_clips(reader: Reader, name: str, rows: list[Row]) -> list[dict[str, Any]]:
    if not rows:
        return []
    pages = neurons.neurons(reader, name, [row["neuron_id"] for row in rows])
    return [{"told": row, "clips": pages[row["neuron_id"]]["clips"].get("highest", [])[:CLIPS]} for row in rows]
