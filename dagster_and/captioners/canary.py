"""The canary: does the server listen at all? Some drop ``input_audio`` without a word, and the model makes things up.

Pairs of clips that differ in nothing but their sound: as long, as loud, sent with the same words. Each clip of each
pair is asked about twice, with the two descriptions in either order, so that a preference for a letter or for a
description earns half of the points and no more.
"""

from collections.abc import Iterator

import numpy as np

from dagster_and.captioners.sending import SAMPLE_RATE_HZ, made_clip
from dagster_and.foundation.errors import PassingError, UserError
from dagster_and.foundation.keys import digest
from dagster_and.llm import prompts
from dagster_and.llm.asking import Asker
from dagster_and.llm.parsing import Unparsable, parse
from dagster_and.llm.prompts import Request

SECONDS = 2.0
LEVEL = 0.1
QUESTIONS = 16
ENOUGH = 14
"""Right answers of 16 that prove ears: who tosses a coin gets there in 137 of 65,536 cases (0.2 %)."""
FACT = "hears"


def require_ears(asker: Asker) -> None:
    """Ask the canary's questions, unless this server and model were found to listen before.

    Raises:
        UserError: it takes no sound, or does not listen.
    """
    server, model = asker.client.server, asker.client.model
    key = f"{FACT}:{digest([asker.request_id(request) for request, _ in questions()])}"
    right = asker.store.fact(server, model, key)
    if right is None:
        right = _right_answers(asker)
        asker.store.remember(server, model, key, right)
    if right < ENOUGH:
        raise UserError(
            f"{model} at {server} does not listen: of {QUESTIONS} questions that only hearing can answer, {right} were "
            f"answered rightly, and {ENOUGH} are enough. Nothing was captioned. Name a model that takes input_audio in "
            "captions.llm; after a repair of the server, write another captions.llm.seed to have it tested again."
        )


def pairs() -> Iterator[tuple[tuple[str, np.ndarray], tuple[str, np.ndarray]]]:
    """Four pairs of (description, samples), each as long and as loud as the other."""
    noise = np.random.default_rng(0).normal(size=_time().size)
    tone = np.sin(2 * np.pi * 440 * _time())
    yield ("a pure, steady tone", _level(tone)), ("a hissing noise", _level(noise))
    yield (
        ("one long sound without a pause", _level(tone)),
        ("many short beeps with pauses between them", _level(tone * _pulses(5))),
    )
    yield (
        ("a tone that rises in pitch", _level(_sweep(200, 3000))),
        (
            "a tone that falls in pitch",
            _level(_sweep(3000, 200)),
        ),
    )
    yield (
        ("a sound that grows louder and louder", _level(noise * _time() ** 2)),
        ("a sound that dies away", _level(noise * _time()[::-1] ** 2)),
    )


def questions() -> list[tuple[Request, str]]:
    """Every question with its right answer."""
    asked = []
    for pair in pairs():
        for heard in (0, 1):
            clip = made_clip(pair[heard][1])
            for first in (0, 1):
                request = prompts.canary(clip, pair[first][0], pair[1 - first][0])
                asked.append((request, "a" if first == heard else "b"))
    return asked


def _right_answers(asker: Asker) -> int:
    asked = questions()
    try:
        answers = asker.ask([request for request, _ in asked], "testing the ears of the server")
    except UserError as error:
        raise type(error)(f"Whether it listens can't be found out (captions.llm): {error}") from None
    if fault := next((answer.reason for answer in answers if answer.status == "error"), None):
        raise PassingError(f"Whether the server listens can't be found out (captions.llm): {fault}. Run again later.")
    right = 0
    for (request, expected), answer in zip(asked, answers, strict=True):
        try:
            right += answer.is_usable and parse(request, answer.answer or "") == expected
        except Unparsable:
            continue
    return right


def _time() -> np.ndarray:
    return np.arange(int(SECONDS * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ


def _pulses(per_second: float) -> np.ndarray:
    return (_time() * per_second % 1 < 0.4).astype(float)


def _sweep(start_hz: float, end_hz: float) -> np.ndarray:
    return np.sin(2 * np.pi * np.cumsum(np.geomspace(start_hz, end_hz, _time().size)) / SAMPLE_RATE_HZ)


def _level(samples: np.ndarray) -> np.ndarray:
    """Scaled to the one root mean square that all clips have."""
    return np.clip(samples * LEVEL / np.sqrt(np.mean(samples**2)), -1, 1)
