"""Which seconds of a clip a token hears: said without any library of networks."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Timeline:
    """Tokens in time: so many special ones, then steps that follow each other evenly, of ``bands`` tokens each.

    Step i hears ``span_s`` seconds from ``start_s + i * step_s`` on. ``is_band_major``: all steps of the lowest band
    come first; the tokens of a step are then all sound or all not.
    """

    step_s: float
    span_s: float
    start_s: float = 0.0
    special: int = 0
    bands: int = 1
    is_band_major: bool = False

    def of_steps(self, tokens: int, steps: int) -> "Timeline":
        """Of a layer whose axis of time has ``steps`` for the ``tokens`` of this one: each hears its share of them."""
        step_s = self.step_s * tokens / steps
        return Timeline(step_s, max(step_s, self.span_s), self.start_s)
