"""Scales of sound, each with two poles: which adjectives are opposites.

Sentence embeddings hold opposites for near, since they stand in the same sentences ("Every one of them is loud." and
the same with quiet: 0.86). So what is opposite is a table, made by people. Each scale says where it comes from. A word
may stand on several scales: "muffled" is the opposite of bright and of clear. All words are adjectives that
``dagster_and/describers/lexicon.yml`` knows as acoustic; a test holds the two together.
"""

from collections.abc import Iterable
from dataclasses import dataclass

CAPTIONS = "project captions: the two words of one quality in dagster_and/method/sound/wording.py, and their like"
SOUNDSCAPE = "ISO 12913-2: the four axes of perceived affective quality, and their like"
PAPER = "Wu, Lin, Weng, ICML 2024: high-quality and low-quality of figure 3, and their like"
ENGLISH = "ordinary English: opposites in a dictionary's sense, collected by this project"


@dataclass(frozen=True)
class Scale:
    """Adjectives of the one pole and of the other, each pair of them opposite, and where the scale comes from."""

    name: str
    source: str
    high: str
    low: str

    @property
    def poles(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The words of both poles."""
        return tuple(self.high.split()), tuple(self.low.split())


SCALES = (
    Scale("pitch", CAPTIONS, "high-pitched high-frequency shrill piercing squeaky screeching squealing",
          "low-pitched low-frequency deep boomy booming rumbling thumping thunderous"),
    Scale("loudness", CAPTIONS, "loud deafening booming thunderous blaring roaring amplified high-volume",
          "quiet faint soft hushed muted silent inaudible low-volume low-level"),
    Scale("brightness", CAPTIONS, "bright brilliant", "muffled dull dark mellow muted"),
    Scale("clarity", CAPTIONS, "clear clean crisp crystal-clear distinct",
          "muffled noisy unclear garbled fuzzy grainy blurred mushy indistinct indistinguishable"),
    Scale("tonality", CAPTIONS, "tonal pitched harmonic melodic melodious musical",
          "noisy atonal unpitched tuneless inharmonic"),
    Scale("rhythm", CAPTIONS, "repetitive repeated regular rhythmic rhythmical periodic",
          "irregular arrhythmic sporadic"),
    Scale("attack", CAPTIONS, "sharp sudden abrupt percussive explosive", "gradual"),
    Scale("continuity", CAPTIONS, "steady continuous constant sustained persistent ceaseless incessant",
          "intermittent interrupted sporadic"),
    Scale("steadiness", CAPTIONS, "steady constant even uniform", "unsteady wavering fluctuating uneven varied"),
    Scale("quality", PAPER, "high-quality hi-fi", "low-quality lo-fi"),
    Scale("distortion", PAPER, "undistorted clean", "distorted clipped"),
    Scale("naturalness", PAPER, "natural", "unnatural artificial synthetic electronic robotic"),
    Scale("pleasantness", SOUNDSCAPE, "pleasant soothing comforting", "annoying irritating disturbing unsettling"),
    Scale("vibrancy", SOUNDSCAPE, "vibrant lively varied", "monotonous"),
    Scale("eventfulness", SOUNDSCAPE, "eventful", "uneventful"),
    Scale("calm", SOUNDSCAPE, "calm relaxed relaxing soothing peaceful tranquil serene",
          "chaotic tense agitated alarming urgent aggressive energetic exciting excited frightening threatening"),
    Scale("strength", ENGLISH, "strong powerful forceful intense", "weak faint gentle subtle"),
    Scale("audibility", ENGLISH, "audible", "inaudible silent"),
    Scale("warmth", ENGLISH, "warm", "cold"),
    Scale("smoothness", ENGLISH, "smooth soft mellow", "rough harsh gritty grating raspy hoarse strident crunchy"),
    Scale("edge", ENGLISH, "sharp crisp", "dull mushy"),
    Scale("fullness", ENGLISH, "full rich thick", "thin hollow tinny"),
    Scale("depth", ENGLISH, "deep", "shallow"),
    Scale("reverberation", ENGLISH, "reverberant resonant echoing echoey", "dry"),
    Scale("consonance", ENGLISH, "consonant harmonic melodious", "dissonant discordant inharmonic"),
    Scale("distance", ENGLISH, "close-up", "distant"),
    Scale("articulation", ENGLISH, "staccato", "legato"),
    Scale("duration", ENGLISH, "long prolonged sustained", "short brief"),
    Scale("tempo", ENGLISH, "fast rapid quick hurried", "slow"),
    Scale("direction of pitch", ENGLISH, "rising", "falling"),
    Scale("direction of level", ENGLISH, "swelling rising", "fading decaying"),
    Scale("mood", ENGLISH, "happy cheerful joyful playful upbeat",
          "sad melancholic mournful somber sombre gloomy solemn desperate distressed"),
)  # fmt: skip

HIGH, LOW = 1, -1


def _poles() -> dict[str, frozenset[tuple[str, int]]]:
    found: dict[str, set[tuple[str, int]]] = {}
    for scale in SCALES:
        for pole, words in zip((HIGH, LOW), scale.poles, strict=True):
            for word in words:
                found.setdefault(word, set()).add((scale.name, pole))
    return {word: frozenset(poles) for word, poles in found.items()}


POLES = _poles()
"""Of every word the scales that it stands on, and at which pole."""


def are_opposite(word: str, other: str) -> bool:
    """Whether two adjectives stand at the two poles of one scale."""
    there = POLES.get(other, frozenset())
    return any((scale, -pole) in there for scale, pole in POLES.get(word, ()))


def without_opposites(words: Iterable[str]) -> list[str]:
    """The words, less all whose opposite is among them: where both poles are said, the scale says nothing.

    >>> without_opposites(["loud", "clear", "steady", "quiet"])
    ['clear', 'steady']
    """
    said = list(words)
    return [word for word in said if not any(are_opposite(word, other) for other in said)]
