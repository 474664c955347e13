"""What people are told of batches that are under way."""

from collections.abc import Sequence

from dagster_and.foundation.progress import say
from dagster_and.llm.batch_store import Batch
from dagster_and.llm.connection import Connection

SHOWN = 3


def tell_under_way(label: str, batches: Sequence[Batch], connection: Connection) -> None:
    """What is asked in batches at a server, that one may leave, and, live, what one is waiting for."""
    requests = sum(batch.requests for batch in batches)
    what = f"{requests:,} {'request' if requests == 1 else 'requests'} in {_these(batches)}"
    say(
        f"{label}: {what} at {connection.server}, to be answered within a day, whether this goes on or not; the same "
        "command fetches the answers."
    )
    if connection.section.mode == "live":
        key, first = connection.section.api_key_env, batches[0].batch_id
        say(
            "They were sent in mode: batch, and are waited for, so that nothing is paid for twice. What they have not "
            "come to is asked live at once if you cancel them: "
            f'`curl -X POST -H "Authorization: Bearer ${key}" {connection.server}/batches/{first}/cancel`'
            f"{' and so for each' if len(batches) > 1 else ''}."
        )


def tell_going_on(batches: Sequence[Batch], connection: Connection, dissection: str) -> None:
    """What happens to batches at a server when one stops here."""
    where = f"{_these(batches)} at {connection.server}"
    say(f"What is asked goes on in {where}; `dissect run {dissection}` fetches the answers.")


def tell_asked_live(label: str, requests: int) -> None:
    """That one waits for another run."""
    said = "1 request is" if requests == 1 else f"{requests:,} requests are"
    say(f"{label}: {said} being asked live by another run of this home, which is waited for.")


def _these(batches: Sequence[Batch]) -> str:
    names = [batch.batch_id or "" for batch in batches[:SHOWN]] + ["..."] * (len(batches) > SHOWN)
    return f"{len(batches)} {'batch' if len(batches) == 1 else 'batches'} ({', '.join(names)})"
