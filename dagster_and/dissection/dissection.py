"""The whole dissection file."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, model_validator

from dagster_and.dissection.activations import Activations
from dagster_and.dissection.calibration import Calibration
from dagster_and.dissection.captions import Captions
from dagster_and.dissection.closed_concepts import ClosedConcepts
from dagster_and.dissection.compute import Compute
from dagster_and.dissection.describer import CountingDescriber, LlmDescriber
from dagster_and.dissection.evidence import Evidence
from dagster_and.dissection.interpretability import Interpretability
from dagster_and.dissection.probing import CsvLayout, FolderLayout, HuggingFaceLayout, SoundBank
from dagster_and.dissection.pruning import Pruning
from dagster_and.dissection.section import Section
from dagster_and.dissection.summaries import Summaries
from dagster_and.dissection.target import TargetSection
from dagster_and.dissection.top_clips import TopClips
from dagster_and.foundation.home import REPOSITORY, Home, expanded
from dagster_and.foundation.keys import digest

NAME = r"^[a-z0-9][a-z0-9_-]{0,62}$"
"""What a dissection may be called."""
COME_ALONG = REPOSITORY / "dissections"
"""Where the dissection files lie that come along: the same ones, wherever the checkout lies."""


class Dissection(Section):
    """One dissection: a target on a probing set, with its captions and concept set."""

    name: str = Field(pattern=NAME, description="Name of the dissection and its partition key.")
    description: str = Field(default="", description="One sentence for people.")
    probing: Annotated[SoundBank | FolderLayout | CsvLayout | HuggingFaceLayout, Field(discriminator="layout")]
    captions: Captions
    target: Annotated[TargetSection, Field(discriminator="family")]
    activations: Activations = Field(default_factory=Activations.model_construct, description="What is read off it.")
    top_clips: TopClips = Field(default_factory=TopClips.model_construct, description="The evidence that is kept.")
    summaries: Summaries = Field(default_factory=Summaries.model_construct, description="Which neurons are described.")
    calibration: Calibration = Field(
        default_factory=Calibration.model_construct, description="Which sentences say nothing about the neuron."
    )
    closed_concepts: ClosedConcepts = Field(
        default_factory=ClosedConcepts.model_construct, description="The concept set and its encoder."
    )
    describer: Annotated[CountingDescriber | LlmDescriber, Field(discriminator="kind")] = Field(
        default_factory=CountingDescriber, description="Who puts clips into words."
    )
    interpretability: Interpretability = Field(
        default_factory=Interpretability.model_construct, description="Whose top clips are about one thing."
    )
    evidence: Evidence = Field(
        default_factory=Evidence.model_construct, description="How far descriptions are put to the test."
    )
    pruning: Pruning = Field(default_factory=Pruning.model_construct, description="Concepts cut out of the target.")
    compute: Compute = Field(
        default_factory=Compute.model_construct, description="Where networks run, how exactly, and who does the work."
    )
    folder: Path = Field(Path(), exclude=True, description="Folder of the file; relative paths start here.")

    @model_validator(mode="after")
    def _thresholds_within_reach(self) -> "Dissection":
        k, thresholds = self.top_clips.k, self.interpretability.thresholds or ()
        if any(t > k for t in thresholds):
            raise ValueError(
                f"interpretability.thresholds holds {max(thresholds)}, but a neuron has only {k} top clips "
                "(top_clips.k); write thresholds up to that"
            )
        return self

    @model_validator(mode="after")
    def _only_an_llm_detects(self) -> "Dissection":
        if self.evidence.detection == "on" and self.describer.kind != "llm":
            raise ValueError(
                "evidence.detection is on, but the embedded describer can't say whether a clip activates a neuron; "
                "write describer.kind: llm, or evidence.detection: off"
            )
        return self

    @model_validator(mode="after")
    def _moments_can_be_heard(self) -> "Dissection":
        moment_s = self.captions.moment_s
        if moment_s is None:
            return self
        if not self.activations.moments:
            raise ValueError(
                "captions.moment_s asks for the moments at which neurons fire, but activations.moments is off; "
                "turn it on, or leave captions.moment_s out"
            )
        if moment_s >= self.window_s:
            raise ValueError(
                f"captions.moment_s is {moment_s:g}, but only {self.window_s:g} s of a clip are heard "
                "(probing.window_s); write less than that, or leave it out to have whole clips summarised"
            )
        return self

    @property
    def window_s(self) -> float:
        """What the target hears of a clip, in seconds."""
        return self.probing.window_s

    @property
    def held_out_fold(self) -> int | None:
        """The fold that pruning is measured on; None where nobody has said which the target did not see."""
        named = self.pruning.held_out_fold
        return self.target.held_out_fold if named is None else named

    @property
    def training_folds(self) -> tuple[int, ...]:
        """The folds that the target is trained on, where it is trained here and the file names them."""
        return getattr(self.target, "training_folds", None) or ()

    def fingerprint(self, home: Home) -> str:
        """Key of the whole file and of the folder that its paths start from; what it says for people and of the machine
        is left out. It is equal wherever the home and the checkout lie.
        """
        content = self.model_dump(mode="json", exclude={"description": True, "compute": {"device", "engine"}})
        folder = COME_ALONG.name if self.folder == COME_ALONG else str(self.folder)
        return digest(home.portable([content, folder]))

    def resolve(self, path: str) -> Path:
        """A path of the file: environment variables and ~ filled in, relative to the file's own folder."""
        return (self.folder / expanded(path)).absolute()
