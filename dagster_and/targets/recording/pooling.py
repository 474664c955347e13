"""Which pooling a network gets."""

from dagster_and.dissection import Activations
from dagster_and.foundation.errors import UserError
from dagster_and.method.activations.reading import Pooling


def chosen_pooling(settings: Activations, network: str, *, has_cls_token: bool) -> Pooling:
    """How tokens become one number a clip: as the settings say, or by default ``cls`` where there is such a token.

    Raises:
        UserError: ``cls`` is asked of a network that has no CLS token.
    """
    if settings.pooling == "default":
        return "cls" if has_cls_token else "mean"
    if settings.pooling == "cls" and not has_cls_token:
        raise UserError(f"activations.pooling is cls, but {network} has no CLS token: write mean or max.")
    return settings.pooling
