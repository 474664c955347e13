"""Where batches are answered, by the mode in which they are made: at the server, or by hand, in a folder."""

from dagster_and.llm.answers import AnswerStore
from dagster_and.llm.batch_client import BatchClient
from dagster_and.llm.batch_folder import FOLDER, BatchFolder
from dagster_and.llm.connection import Connection
from dagster_and.llm.patience import Patience

Place = BatchClient | BatchFolder


def places(connection: Connection, store: AnswerStore, patience: Patience) -> dict[str, Place]:
    """The places by mode; ``live`` has none."""
    folder = BatchFolder(store.path.with_name(FOLDER), connection.model, connection.section.mode)
    return {"batch": BatchClient(connection, patience), "file": folder}
