"""Batches answered by hand: files of questions in a folder, and beside each, once it is there, a file of answers.

vLLM answers such files (``vllm run-batch``); its server has neither /files nor /batches.
"""

import shutil
from pathlib import Path
from typing import BinaryIO

from dagster_and.foundation.errors import UserError
from dagster_and.foundation.files import replacing
from dagster_and.llm.batch_client import Look
from dagster_and.llm.batch_lines import read_lines
from dagster_and.llm.connection import Failure

FOLDER = "batches"


class BatchFolder:
    """Takes the place of a server's files and batches; ids are the names of the files of questions."""

    def __init__(self, folder: Path, model: str, mode: str = "file"):
        self._folder = folder
        self._model = model
        self._mode = mode

    def upload(self, file: BinaryIO, name: str, size: int) -> str:
        """Write a file of questions of that size; its id.

        Raises:
            OSError: there is no room for it.
        """
        file.seek(0)
        with replacing(self._folder / name) as path, path.open("wb") as written:
            shutil.copyfileobj(file, written)
        assert (self._folder / name).stat().st_size == size
        return name

    def uploaded(self, name: str, size: int) -> str | None:
        """The id of a file of that name and size."""
        path = self._folder / name
        return name if path.is_file() and path.stat().st_size == size else None

    def delete(self, file_id: str) -> None:
        """Delete a file of questions."""
        (self._folder / file_id).unlink(missing_ok=True)

    def create(self, file_id: str, key: str, metadata: dict[str, str]) -> str:
        """The id of the batch: its file waits from now on."""
        del key, metadata
        return file_id

    def created(self, key: str, file_id: str | None) -> str | None:
        """No batch is made but by its file."""
        del key, file_id

    def look(self, batch_id: str) -> Look:
        """The batch is over once there are as many answers as questions, or neither."""
        answers = self._answers(batch_id)
        done, questions = self._lines(answers), self._lines(self._folder / batch_id)
        is_over = done >= questions if answers.exists() else not questions
        return Look("completed" if is_over else "in_progress", done, answers.name if done else None, None, (), "")

    def content(self, file_id: str) -> bytes | None:
        """What a file holds."""
        path = self._folder / file_id
        return path.read_bytes() if path.is_file() else None

    def not_made(self, failure: Failure) -> UserError:
        """That a file can't be written."""
        return UserError(f"{self._folder} can't be written to: {failure.sentence}.")

    def come_back(self, batch_ids: list[str], requests: int) -> UserError:
        """What to do about files without answers."""
        first, answers = self._folder / batch_ids[0], self._answers(batch_ids[0])
        lie, them = ("request lies", "it") if requests == 1 else ("requests lie", "them")
        likewise = f"; so for each of {len(batch_ids)} files there" if len(batch_ids) > 1 else ""
        other = ""
        if self._mode != "file":
            other = f" They were written in mode: file; without the files they are asked in mode: {self._mode}."
        return UserError(
            f"{requests:,} {lie} in {self._folder}: have {them} answered by `vllm run-batch -i {first} -o {answers} "
            f"--model {self._model}`{likewise}. Then give the same command again.{other}"
        )

    def _answers(self, batch_id: str) -> Path:
        return (self._folder / batch_id).with_suffix(".answers.jsonl")

    def _lines(self, path: Path) -> int:
        """Whole lines: a file that is still being written may end in half a one."""
        return sum(line is not None for line in read_lines(self.content(path.name) or b""))
