"""Ridge regression in closed form: its weight chosen by leave-one-out, and predictions across folds."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

PENALTIES = tuple(10.0**exponent for exponent in range(-2, 6))
"""Candidates for the penalty, on standardised inputs; each is taken times the number of examples over 100."""
EXAMPLES_AT_ONCE = 1024
"""Of which all outputs are held in float64."""


@dataclass(frozen=True)
class RidgeMap:
    """A linear map from inputs to outputs: standardise, multiply, add the mean output."""

    centre: Tensor
    scale: Tensor
    weight: Tensor
    offset: Tensor
    penalty: float

    def __call__(self, inputs: Tensor) -> Tensor:
        """ "example input" to "example output", float64."""
        return ((inputs.double() - self.centre) / self.scale) @ self.weight + self.offset


def fit(inputs: Tensor, outputs: Tensor) -> RidgeMap:
    """The ridge map whose penalty leaves the smallest squared error on each example when that one is left out.

    The leave-one-out residual is the residual over 1 - h, h being the example's leverage (the mean included), so that
    nothing is refitted.

    Args:
        inputs: "example input".
        outputs: "example output".
    """
    inputs = inputs.double()
    centre, scale = inputs.mean(dim=0), inputs.std(dim=0, correction=0)
    scale = torch.where(scale > 1e-9, scale, 1.0)
    offset = outputs.mean(dim=0, dtype=torch.float64)
    left, singular, right = torch.linalg.svd((inputs - centre) / scale, full_matrices=False)
    spans = [slice(start, start + EXAMPLES_AT_ONCE) for start in range(0, len(inputs), EXAMPLES_AT_ONCE)]
    target = torch.stack([left[span].T @ (outputs[span].double() - offset) for span in spans]).sum(dim=0)
    best: tuple[float, float] | None = None
    for candidate in PENALTIES:
        penalty = candidate * len(inputs) / 100
        shrink = singular**2 / (singular**2 + penalty)
        leverage = (left**2) @ shrink + 1 / len(inputs)
        kept, own = shrink[:, None] * target, (1 - leverage).clamp(min=1e-6)[:, None]
        residuals = ((outputs[span].double() - offset - left[span] @ kept) / own[span] for span in spans)
        error = sum(float(residual.square().sum()) for residual in residuals) / outputs.numel()
        best = min(best, (error, penalty)) if best else (error, penalty)
    assert best is not None
    weight = right.T @ ((singular / (singular**2 + best[1]))[:, None] * target)
    return RidgeMap(centre, scale, weight, offset, best[1])


def cross_fitted(inputs: Tensor, outputs: Tensor, is_known: Tensor, folds: Sequence[int]) -> Tensor:
    """Outputs of every example by a map that was fitted on the other folds only.

    Args:
        inputs: "example input".
        outputs: "example output"; rows that are not known are never read.
        is_known: bool "example": whether the output is known; an unknown one gets a prediction all the same.
        folds: of every example; at least two different ones.

    Raises:
        ValueError: some fold leaves fewer than two known examples to learn from.
    """
    fold = torch.as_tensor(folds)
    predicted = torch.empty(len(inputs), outputs.shape[1], dtype=torch.float64)
    for one in torch.unique(fold).tolist():
        learned = (fold != one) & is_known
        if int(learned.sum()) < 2:
            raise ValueError(f"without fold {one} there are fewer than two captioned clips to learn from")
        predicted[fold == one] = fit(inputs[learned], outputs[learned])(inputs[fold == one])
    return predicted


def split_of(folds: Sequence[int | None], parts: int = 5, seed: int = 0) -> list[int]:
    """The set's folds where every example has one and there are two; a seeded split into equal parts otherwise."""
    if all(fold is not None for fold in folds) and len(set(folds)) > 1:
        return [int(fold) for fold in folds if fold is not None]
    order = torch.randperm(len(folds), generator=torch.Generator().manual_seed(seed))
    return (order % min(parts, max(2, len(folds)))).tolist()
