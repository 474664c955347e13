"""What all sections of a dissection file have in common, and the kinds of values that several of them have."""

from typing import Annotated, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

Item = TypeVar("Item")


class Section(BaseModel):
    """Base of all sections: unknown keys are refused, values are frozen, a number is a finite one."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


def _not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("blank; write at least one letter, or leave the key out if it has a default")
    return text


def _each_once(items: tuple[Item, ...] | None) -> tuple[Item, ...] | None:
    twice = [item for item in dict.fromkeys(items or ()) if (items or ()).count(item) > 1]
    if twice:
        raise ValueError(f"{twice[0]!r} stands there twice; write each once")
    return items


Filled = Annotated[str, AfterValidator(_not_blank)]
"""A text that is not blank."""
EACH_ONCE = AfterValidator(_each_once)
"""Of a list: nothing stands there twice."""
Seed = Annotated[int, Field(ge=0, lt=2**32)]
"""What every generator of random numbers takes: numpy's, torch's, scikit-learn's."""
Fold = Annotated[int, Field(ge=-(2**31), lt=2**31)]
"""What the tables hold of a fold."""
