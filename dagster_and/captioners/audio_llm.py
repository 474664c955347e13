"""Captions by an audio LLM over an OpenAI-compatible API: it is sent each clip as the target hears it."""

from functools import partial
from pathlib import Path

import polars as pl

from dagster_and.captioners.canary import require_ears
from dagster_and.captioners.sending import SAMPLE_RATE_HZ, wav_of_file
from dagster_and.dissection import LlmServer
from dagster_and.foundation.home import Home
from dagster_and.foundation.keys import digest
from dagster_and.llm import prompts
from dagster_and.llm.answers import Answer, AnswerStore
from dagster_and.llm.asking import Asker
from dagster_and.llm.ledger import Spent
from dagster_and.llm.parsing import Unparsable, parse
from dagster_and.llm.prompts import Clip, Request


class AudioLlmCaptioner:
    """Sends mono wav within the window; a caption is kept under the clip's content, window, prompt and model.

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
        requests = caption_requests(clips)
        if len(self._asker.settled(requests)) < len(set(map(self._asker.request_id, requests))):
            require_ears(self._asker)
        found = [_caption(r, a) for r, a in zip(requests, self._asker.ask(requests, "captioning"), strict=True)]
        texts, answer_ids, reasons = zip(*found, strict=True)
        return clips.select(
            "clip_id",
            caption=pl.Series(texts, dtype=pl.String),
            captioner=pl.lit(self.name),
            answer_id=pl.Series(answer_ids, dtype=pl.String),
            missing_reason=pl.Series(reasons, dtype=pl.String),
        )

    def spent(self) -> list[Spent]:
        """Calls, tokens and cost by task, all runs of this dissection together."""
        return self._asker.ledger.by_task()


def caption_requests(clips: pl.DataFrame) -> list[Request]:
    """What is asked about each row of ``probing_clips``; files are read when they are sent."""
    rows = clips.select("path", "sha256", "window_s").iter_rows()
    return [
        prompts.caption(Clip(sha256, window_s, partial(wav_of_file, Path(path), window_s)))
        for path, sha256, window_s in rows
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
