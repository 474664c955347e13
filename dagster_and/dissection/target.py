"""Section ``target``: the network under dissection."""

from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from dagster_and.dissection.section import EACH_ONCE, Filled, Fold, Section, Seed
from dagster_and.foundation.home import expanded

Passes = Annotated[int, Field(ge=1, le=1000)]


class Embedded(Section):
    """What all networks have in common that the pipeline trains on the probing set, without any download."""

    held_out_fold: Fold = Field(default=5, description="Fold kept out of training; its accuracy is reported.")
    training_folds: Annotated[tuple[Fold, ...] | None, EACH_ONCE] = Field(
        default=None, min_length=1, description="Folds to train on; default: all but the held-out one."
    )
    seed: Seed = Field(default=0, description="Seed of weights, order and augmentation.")
    hidden_size: int = Field(default=96, ge=16, le=1024, description="Width of the transformer; a multiple of heads.")
    blocks: int = Field(default=4, ge=1, le=24, description="Transformer blocks.")
    heads: int = Field(default=4, ge=1, le=16, description="Attention heads.")

    @model_validator(mode="after")
    def _consistent(self) -> "Embedded":
        if self.hidden_size % self.heads:
            raise ValueError(f"hidden_size must be a multiple of heads; write e.g. {self.heads * 24}")
        if self.training_folds and self.held_out_fold in self.training_folds:
            raise ValueError(f"held_out_fold {self.held_out_fold} is among training_folds; take it out of one of them")
        return self


class EmbeddedAst(Embedded):
    """A small AST, trained with the labels from the first step."""

    family: Literal["embedded_ast"]
    epochs: Passes | Literal["auto"] = Field(
        default=25,
        description="Passes over the training folds. auto: of 12, 25 and 50 what does best on the last of the training "
        "folds when trained on the others; that takes about four times as long as training by default.",
    )
    augmentation: Literal["auto", "none", "light", "strong"] = Field(
        default="auto",
        description="How much spectrograms are varied in training. auto: what does best in short trials, which are "
        "trained on the training folds but one and judged on that; they take about as long again.",
    )


class EmbeddedBeats(Embedded):
    """A small BEATs: its backbone learns from sound without labels, then a head or the whole network from labels."""

    family: Literal["embedded_beats"]
    training: Literal["frozen", "finetuned"] = Field(
        description="frozen: only a linear head is trained on the backbone; finetuned: all of it is trained through."
    )
    epochs: Passes = Field(default=25, description="Passes over the training folds.")
    pretraining_epochs: Passes = Field(default=24, description="Passes over the training folds' sound, without labels.")
    masked_share: float = Field(
        default=0.5, gt=0, lt=1, description="Share of the tokens that are hidden and have to be predicted."
    )
    codes: int = Field(default=64, ge=2, le=4096, description="Codes of the random-projection tokenizer.")

    @field_validator("hidden_size")
    @classmethod
    def _splits_into_groups(cls, size: int) -> int:
        if size % 16:
            raise ValueError("the position convolution has 16 groups; write a multiple of 16, e.g. 96")
        return size


class TransformersTarget(Section):
    """Any audio network that transformers loads, with safetensors weights."""

    family: Literal["transformers"]
    checkpoint: Filled = Field(
        description="Hub id (owner/name), or a local folder with config.json and safetensors; "
        "a path that starts with ./ or ../ starts at this file's folder."
    )
    revision: str | None = Field(default=None, description="Hub revision; default: the newest.")
    class_labels: tuple[str, ...] | str | None = Field(
        default=None,
        description="Names of the head's classes in order, or a file with one a line or a JSON list; default: the "
        "configuration's own (id2label), or LABEL_0, LABEL_1, ...",
    )
    held_out_fold: Fold | None = Field(default=None, description="Fold that its training never saw, if known.")

    @property
    def location(self) -> str:
        """The checkpoint with environment variables and ~ filled in."""
        return str(expanded(self.checkpoint)) if "/" in self.checkpoint else self.checkpoint


class BeatsTarget(Section):
    """A BEATs checkpoint in the published format."""

    family: Literal["beats"]
    checkpoint: Filled = Field(
        description="A .pt, .pth or .safetensors file; relative paths start at this file's folder."
    )
    class_labels: tuple[str, ...] | str | None = Field(
        default=None,
        description="Names of the head's classes in order, or a file with one a line or a JSON list; "
        "default: the checkpoint's own, or LABEL_0, LABEL_1, ...",
    )
    held_out_fold: Fold | None = Field(default=None, description="Fold that its training never saw, if known.")


class ModuleTarget(Section):
    """Any nn.Module: a function of yours returns it, and you name its layers."""

    family: Literal["module"]
    factory: Filled = Field(
        description="package.module:function, or file.py:function (relative paths start at this file's folder). "
        "The function takes nothing and returns a module whose forward takes float32 waveforms (clips, samples) and "
        "returns logits (clips, classes) or features."
    )
    sample_rate_hz: int = Field(ge=1000, le=768_000, description="Sample rate of the waveforms that it takes.")
    layers: tuple[tuple[str, ...], ...] = Field(
        min_length=1,
        description="Module names block by block; outputs may be (clips, units), (clips, tokens, units) or "
        "(clips, channels, ...).",
    )
    units: Literal["auto", "channels", "last"] = Field(
        default="auto",
        description="Axis of the units: channels is axis 1, last the last one; auto goes by the module: convolutions "
        "have channels, linear layers the last axis, and others the axis that doesn't grow with the sound.",
    )
    class_labels: tuple[str, ...] | str | None = Field(
        default=None,
        description="Names of the classes in order, or a file with one a line or a JSON list; default: the network "
        "gives features and has no head.",
    )
    held_out_fold: Fold | None = Field(default=None, description="Fold that its training never saw, if known.")


class PlantedTarget(Section):
    """A network whose neurons are known functions of sound, to mark the dissection itself; nothing is trained."""

    family: Literal["planted"]

    @property
    def held_out_fold(self) -> None:
        """Its class readouts saw every clip."""
        return


TargetSection = EmbeddedAst | EmbeddedBeats | TransformersTarget | BeatsTarget | ModuleTarget | PlantedTarget
