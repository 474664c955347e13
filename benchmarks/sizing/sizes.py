"""The sizes that are asked about: a network, and the clips that it is dissected with."""

from dataclasses import dataclass
from typing import Any

from benchmarks.sizing import stated


@dataclass(frozen=True)
class Architecture:
    """An AST by its configuration: ``width`` of the stream, four times that of the intermediate layer."""

    name: str
    width: int
    blocks: int
    heads: int

    @property
    def configuration(self) -> dict[str, Any]:
        """For ``ASTConfig``, but for the classes."""
        return {
            "hidden_size": self.width, "num_hidden_layers": self.blocks, "num_attention_heads": self.heads,
            "intermediate_size": 4 * self.width,
        }  # fmt: skip

    @property
    def widest(self) -> int:
        """Neurons of its widest layer."""
        return 4 * self.width

    def neurons(self, classes: int) -> int:
        """Body (attention output, intermediate, output of every block) and head."""
        return self.blocks * 6 * self.width + classes


AST = Architecture("AST", 768, 12, 12)
BILLION = Architecture("1 B", 1536, 36, 24)
ARCHITECTURES = (AST, BILLION)


@dataclass(frozen=True)
class Size:
    """A dissection by what its cost depends on."""

    architecture: Architecture
    clips: int
    classes: int
    seconds: float
    held_out: int

    @property
    def name(self) -> str:
        """As the tables' columns are headed."""
        return f"{self.architecture.name}, {self.clips:,} clips"

    @property
    def neurons(self) -> int:
        """Of all layers, the head's included."""
        return self.architecture.neurons(self.classes)

    @property
    def atoms(self) -> float:
        """What labels are made of, at most."""
        return self.classes + stated.ATOMS.value

    @property
    def concepts_cut(self) -> float:
        """Concepts that pruning cuts, at most the paper's fifty."""
        return min(self.classes, stated.CONCEPTS_CUT.value)


def _audioset(architecture: Architecture, clips: int) -> Size:
    return Size(architecture, clips, 527, stated.SECONDS_OF_SOUND.value, min(clips // 5, int(stated.HELD_OUT.value)))


PAPER = Size(AST, 2000, 50, 5.0, 400)
"""AST on ESC-50. What was run at this size heard one second of each clip, by a network of as many neurons."""
SIZES = (
    PAPER,
    _audioset(AST, 20_000),
    _audioset(AST, 2_000_000),
    _audioset(BILLION, 2000),
    _audioset(BILLION, 20_000),
    _audioset(BILLION, 2_000_000),
)
