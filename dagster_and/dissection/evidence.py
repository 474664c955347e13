"""Section ``evidence``: how far descriptions are put to the test."""

from typing import Any, Literal

from pydantic import Field, field_validator

from dagster_and.dissection.section import Section


class Evidence(Section):
    """What the evidence room does beyond what costs nothing."""

    stability: Literal["on", "off", "auto"] = Field(
        default="auto",
        description="Describe the neurons of summaries twice more, from either half of the clips: descriptions are "
        "scored by that, and compared. auto: only where the embedded describer does it, since an LLM would be asked "
        "for three times as many summaries, and without it descriptions have no score.",
    )

    detection: Literal["on", "off", "auto"] = Field(
        default="auto",
        description="Have the LLM tell from each label which clips activate the neuron, by forms that these clips did "
        "not choose: a call for each distinct one, five a neuron at most, of the neurons of summaries that have a "
        "label; auto: where an LLM describes.",
    )
    detection_clips: int = Field(
        default=20,
        ge=6,
        le=100,
        multiple_of=2,
        description="Clips of a neuron's detection, all its calls together: half activate it, half don't.",
    )

    sentences: Literal["on", "off", "auto"] = Field(
        default="auto",
        description="Have the LLM word each labelled neuron of summaries in one sentence, which is used if it adds "
        "nothing and leaves nothing out; auto: where an LLM describes. Else a rule writes all of them.",
    )

    @field_validator("stability", "detection", "sentences", mode="before")
    @classmethod
    def _yaml_takes_on_and_off_for_truth(cls, value: Any) -> Any:
        return {True: "on", False: "off"}.get(value, value) if isinstance(value, bool) else value
