"""The describer behind an OpenAI-compatible API. Every answer is kept; only usable ones count as descriptions."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from dagster_and.describers.describer import Choice, Detection, Reply
from dagster_and.dissection.describer import LlmDescriber
from dagster_and.foundation.home import Home
from dagster_and.foundation.keys import digest
from dagster_and.llm import prompts
from dagster_and.llm.answers import Answer, AnswerStore
from dagster_and.llm.asking import Asker
from dagster_and.llm.ledger import Estimate, Spent
from dagster_and.llm.parsing import Unparsable, parse
from dagster_and.llm.prompts import Request
from dagster_and.method.evidence.material import Material
from dagster_and.method.evidence.reading import as_sentence

T = TypeVar("T")
PROMPTS = ("summarise", "choose", "judge", "detect", "write")
NO_CAPTIONS = "None of its clips has a caption."


class OpenAiCompatibleDescriber:
    """Summarises, chooses, judges, detects and writes by an LLM; equal requests are one call, ever."""

    def __init__(self, section: LlmDescriber, store: AnswerStore, dissection: str = ""):
        self._asker = Asker(section, store, dissection)
        self.name = f"llm:{self._asker.client.model}"
        self.fingerprint = digest(
            self._asker.client.server,
            self._asker.client.model,
            [prompts.read_prompt(name).sha256 for name in PROMPTS],
            section.model_dump(include={"temperature", "retry_temperature", "seed", "max_tokens", "max_attempts"}),
        )

    def summarise(self, captions: Sequence[tuple[str, ...]]) -> list[Reply[str]]:
        """For each set of captions, in sentences, what they have in common; a set without captions has no summary."""
        asked = self._replies(self.summary_requests(captions), "summarising", str)
        return [next(asked) if texts else Reply(None, None, NO_CAPTIONS) for texts in captions]

    def choose(self, choices: Sequence[Choice]) -> list[Reply[tuple[str, ...]]]:
        """For each choice at most k concepts, best first, in the model's own words."""
        asked = self._replies(self.choice_requests(choices), "choosing concepts", tuple)
        replies = zip(choices, asked, strict=True)
        return [Reply(r.value and r.value[: c.k], r.answer_id, r.missing_reason) for c, r in replies]

    def judge(self, adjectives: Sequence[str]) -> list[Reply[bool]]:
        """For each adjective whether it describes the tone, emotion or acoustic features of a sound."""
        return list(
            self._replies(self.adjective_requests(adjectives), "judging adjectives", lambda said: said == "yes")
        )

    def detect(self, detections: Sequence[Detection]) -> list[Reply[tuple[bool, ...]]]:
        """For each detection whether each clip activates a neuron of that label."""
        asked = self.detection_requests(detections)
        return list(self._replies(asked, "detecting", lambda said: tuple(word == "yes" for word in said)))

    def write(self, materials: Sequence[Material]) -> list[Reply[str]]:
        """For each material one sentence that is fit for it, with a capital and a full stop."""
        return list(self._replies(self.sentence_requests(materials), "writing sentences", as_sentence))

    def summary_requests(self, captions: Sequence[tuple[str, ...]]) -> list[Request]:
        """What :meth:`summarise` asks."""
        return [prompts.summarise(texts) for texts in captions if texts]

    def choice_requests(self, choices: Sequence[Choice]) -> list[Request]:
        """What :meth:`choose` asks."""
        return [prompts.choose(choice.summary, choice.concepts, choice.k) for choice in choices]

    def adjective_requests(self, adjectives: Sequence[str]) -> list[Request]:
        """What :meth:`judge` asks."""
        return [prompts.judge(adjective.strip().lower()) for adjective in adjectives]

    def detection_requests(self, detections: Sequence[Detection]) -> list[Request]:
        """What :meth:`detect` asks."""
        return [prompts.detect(one.label, one.captions) for one in detections]

    def sentence_requests(self, materials: Sequence[Material]) -> list[Request]:
        """What :meth:`write` asks."""
        return [prompts.write(material) for material in materials]

    def estimate(self, requests: Sequence[Request]) -> Estimate:
        """How much of the requests is answered already, and what the rest will take. Calls nothing."""
        settled = set(self._asker.settled(requests))
        return self._asker.ledger.estimate([(self._asker.request_id(r), r) for r in requests], settled)

    def spent(self) -> list[Spent]:
        """Calls, tokens and cost by task, all runs of this dissection together."""
        return self._asker.ledger.by_task()

    def _replies(self, requests: Sequence[Request], label: str, take: Callable[[Any], T]) -> Iterator[Reply[T]]:
        answers = self._asker.ask(requests, label)
        return iter([_reply(request, answer, take) for request, answer in zip(requests, answers, strict=True)])


def open_llm_describer(section: LlmDescriber, home: Home, dissection: str = "") -> OpenAiCompatibleDescriber:
    """The describer that a dissection file's section names; ``dissection`` is whose calls a ceiling counts.

    Raises:
        UserError: an environment variable that the section names is not set, or the answer store can't be used.
    """
    return OpenAiCompatibleDescriber(section, AnswerStore(home), dissection)


def _reply(request: Request, answer: Answer, take: Callable[[Any], T]) -> Reply[T]:
    reason = f"{answer.status}: {answer.reason}"
    if answer.is_usable:
        try:
            return Reply(take(parse(request, answer.answer or "")), answer.answer_id)
        except Unparsable as error:  # it was kept by an older version of the parser
            reason = f"unparsable: {error}"
    return Reply(None, answer.answer_id, reason)
