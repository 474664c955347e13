"""The target's own worth: whether its held-out accuracy lies above chance. If not, words about it say little."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

NEAR_CHANCE = (
    "As far as these clips can tell, the network has hardly learned its classes: what follows describes neurons of a "
    "network that is about as good as guessing."
)
"""Of few clips a good network may be near chance, too: the interval is wide."""


@dataclass(frozen=True)
class Worth:
    """Held-out accuracy, its 95 % interval (Wilson) and chance, all 0..1; or why it can't be judged."""

    accuracy: float | None = None
    low: float | None = None
    high: float | None = None
    chance: float | None = None
    clips: int | None = None
    missing_reason: str | None = None

    @property
    def is_near_chance(self) -> bool | None:
        """Whether the interval does not lie above chance; None where it can't be judged."""
        return None if self.low is None or self.chance is None else self.low <= self.chance

    @property
    def sentence(self) -> str:
        """All of it in words."""
        if self.missing_reason:
            return f"Whether the network has learned its classes can't be judged: {self.missing_reason}."
        said = (
            f"{self.accuracy:.1%} of {self.clips} held-out clips right ({self.low:.1%} to {self.high:.1%}; "
            f"chance {self.chance:.1%})"
        )
        if self.is_near_chance:
            return f"The network is near chance: {said}. {NEAR_CHANCE}"
        return f"The network lies above chance: {said}."


def worth_of(facts: Mapping[str, Any]) -> Worth:
    """The worth of a network.

    Args:
        facts: columns of a row of ``targets``. ``dim_dissections`` gives the same reasons.
    """
    reason = unjudged_reason(has_head=facts["classes"] is not None, held_out_fold=facts["held_out_fold"])
    if reason is None and not facts["held_out_clips"]:
        reason = "no clip of the held-out fold is of a class that the head knows"
    if reason:
        return Worth(missing_reason=reason)
    from scipy.stats import binomtest

    accuracy, clips = facts["held_out_accuracy"], facts["held_out_clips"]
    interval = binomtest(round(accuracy * clips), clips).proportion_ci(method="wilson")
    return Worth(accuracy, float(interval.low), float(interval.high), facts["chance_accuracy"], clips)


def unjudged_reason(*, has_head: bool, held_out_fold: int | None) -> str | None:
    """Why no such network can be judged on these clips, as far as that is known before any work; None if it can."""
    if not has_head:
        return "it has no head, so it answers with no class"
    if held_out_fold is None:
        return "no fold is known that its training never heard"
    return None
