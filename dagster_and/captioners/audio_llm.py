"""Captions by an audio LLM over an OpenAI-compatible API: it is sent each clip, or a stretch of it, as the target
hears it.
"""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import polars as pl

from dagster_and.captioners.canary import require_ears
from dagster_and.captioners.sending import SAMPLE_RATE_HZ, wav_of_file, wav_of_stretch
from dagster_and.dissection import LlmServer
from dagster_and.foundation.home import Home
from dagster_and.foundation.keys import digest
from dagster_and.llm import prompts
from dagster_and.llm.answers import Answer, AnswerStore
from dagster_and.llm.asking import Asker
from dagster_and.llm.ledger import Spent
from dagster_and.llm.parsing import Unparsable, parse
from dagster_and.llm.prompts import Clip, Request
from dagster_and.method.summaries.tables import MOMENT_CAPTIONS

HEARD_ONCE = ("sha256", "window_s", "heard_start_s", "heard_end_s")
"""What stretches are told apart by: of what is equal in all of it one is sent."""
TOLD = pl.Schema({"caption": pl.String, "answer_id": pl.String, "missing_reason": pl.String})


class AudioLlmCaptioner:
    """Sends mono wav within the window; a caption is kept under the clip's content, window, stretch, prompt and model.

    Raises:
        UserError: an environment variable that the section names is not set, or the answer store can't be used.
    """

    def __init__(self, section: LlmServer, home: Home, dissection: str = ""):
        self._asker = Asker(section, AnswerStore(home), dissection)
        self.name = f"audio_llm:{self._asker.client.model}"
        self.fingerprint = digest(
            self._asker.client.server,
            self._asker.client.model,
            prompts.read_prompt("caption").sha256,
            SAMPLE_RATE_HZ,
            section.model_dump(include={"temperature", "retry_temperature", "seed", "max_tokens", "max_attempts"}),
        )

    def captions(self, clips: pl.DataFrame, acoustics: pl.DataFrame) -> pl.DataFrame:
        """The table ``clip_captions``; a clip without a usable answer is a row with a reason.

        Raises:
            UserError: the server doesn't listen, can't be asked, or a ceiling is reached; what was answered is kept.
        """
        del acoustics  # the model hears for itself
        told = self._told(caption_requests(clips), "captioning")
        return clips.select("clip_id").hstack(told).with_columns(captioner=pl.lit(self.name))

    def moment_captions(self, heard: pl.DataFrame) -> pl.DataFrame:
        """The table ``moment_captions``; likewise.

        Args:
            heard: rows of ``stretches``, with ``path``, ``sha256``, ``window_s`` and ``duration_s`` of their clips.

        Raises:
            UserError: as :meth:`captions`.
        """
        once = heard_once(heard)
        told = once.select(HEARD_ONCE).hstack(self._told(stretch_requests(once), "captioning moments"))
        table = heard.join(told, on=HEARD_ONCE, maintain_order="left").with_columns(captioner=pl.lit(self.name))
        return table.select(MOMENT_CAPTIONS.frame_schema.names())

    def spent(self) -> list[Spent]:
        """Calls, tokens and cost by task, all runs of this dissection together."""
        return self._asker.ledger.by_task()

    def _told(self, requests: Sequence[Request], label: str) -> pl.DataFrame:
        """A row a request: caption, answer_id, missing_reason."""
        if len(self._asker.settled(requests)) < len(set(map(self._asker.request_id, requests))):
            require_ears(self._asker)
        found = [_caption(r, a) for r, a in zip(requests, self._asker.ask(requests, label), strict=True)]
        return pl.DataFrame(found, schema=TOLD, orient="row")


def caption_requests(clips: pl.DataFrame) -> list[Request]:
    """What is asked about each row of ``probing_clips``; files are read when they are sent."""
    rows = clips.select("path", "sha256", "window_s").iter_rows()
    return [
        prompts.caption(Clip(sha256, window_s, partial(wav_of_file, Path(path), window_s)))
        for path, sha256, window_s in rows
    ]


def heard_once(heard: pl.DataFrame) -> pl.DataFrame:
    """The first row of each distinct stretch."""
    return heard.unique(HEARD_ONCE, keep="first", maintain_order=True)


def stretch_requests(heard: pl.DataFrame) -> list[Request]:
    """What is asked about each stretch; about one that is the whole sound the same as about its clip.

    Args:
        heard: as of :meth:`AudioLlmCaptioner.moment_captions`.
    """
    is_whole = (pl.col("heard_start_s") == 0) & (pl.col("heard_end_s") >= pl.min_horizontal("duration_s", "window_s"))
    rows = heard.select("path", *HEARD_ONCE, is_whole=is_whole).iter_rows()
    return [
        prompts.caption(
            Clip(sha256, window_s, partial(wav_of_file, Path(path), window_s))
            if is_whole
            else Clip(sha256, window_s, partial(wav_of_stretch, Path(path), window_s, start_s, end_s), (start_s, end_s))
        )
        for path, sha256, window_s, start_s, end_s, is_whole in rows
    ]


def _caption(request: Request, answer: Answer) -> tuple[str | None, str, str | None]:
    """Text, answer and reason: either a text or a reason."""
    reason = f"{answer.status}: {answer.reason}"
    if answer.is_usable:
        try:
            return parse(request, answer.answer or ""), answer.answer_id, None
        except Unparsable as error:  # it was kept by an older version of the parser
            reason = f"unparsable: {error}"
    return None, answer.answer_id, reason
