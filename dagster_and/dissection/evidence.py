"""Section ``evidence``: how far descriptions are put to the test."""

from typing import Any, Literal

from pydantic import Field, field_validator

from dagster_and.dissection.section import Section


class Evidence(Section):
    """What the evidence room does beyond what costs nothing."""

    stability: Literal["on", "off", "auto"] = Field(
        default="auto",
        description="Describe the neurons of summaries twice more, from either half of the probing set, and compare; "
        "auto: only where the embedded describer does it, since an LLM would be called three times as often.",
    )

    @field_validator("stability", mode="before")
    @classmethod
    def _yaml_takes_on_and_off_for_truth(cls, value: Any) -> Any:
        return {True: "on", False: "off"}.get(value, value) if isinstance(value, bool) else value
