"""The five similarity functions against plain vectorised float32 code of the same formulas, one thread, in turn."""

import statistics
from collections.abc import Callable

import torch
from torch import Tensor

from benchmarks.activations_speed import seconds_of
from dagster_and.method.closed_concepts.similarity import SIMILARITIES, Layer, Match

LIMIT = 0.5


def measure(neurons: int, clips: int, concepts: int, pairs: int) -> str:
    """One line: each function's ratio, and that of all five together, the shared ranking included."""
    random = torch.Generator().manual_seed(0)
    activation = torch.randn(neurons, clips, generator=random)
    match = torch.softmax(3 * torch.randn(clips, concepts, generator=random), dim=1)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        ratios = [_ratios(activation, match) for _ in range(pairs)]
    finally:
        torch.set_num_threads(threads)
    each = {name: statistics.median(one[name] for one in ratios) for name in ratios[0]}
    verdict = "ok" if each["together"] <= LIMIT else "OVER THE LIMIT"
    said = ", ".join(f"{name} {ratio:.2f}" for name, ratio in each.items())
    size = f"{neurons} neurons x {clips} clips x {concepts} concepts, one thread"
    return (
        f"similarity functions / plain float32 code, {size}: {said} ({pairs} pairs), limit {LIMIT} together: {verdict}"
    )


def _ratios(activation: Tensor, match: Tensor) -> dict[str, float]:
    ours, plain = {}, {}
    ranked, concepts = Layer(activation), Match(match)
    ours["ranking"] = seconds_of(lambda: ranked.top(1))[0]
    for name, function in SIMILARITIES.items():
        ours[name] = seconds_of(lambda function=function: function(concepts, ranked))[0]
        plain[name] = seconds_of(lambda name=name: PLAIN[name](match, activation.T))[0]
    together = sum(ours.values()) / sum(plain.values())
    return {name: ours[name] / seconds for name, seconds in plain.items()} | {"together": together}


def _unit(columns: Tensor, smallest: float) -> Tensor:
    return columns / columns.norm(dim=0).clamp(min=smallest)


def _cosine(match: Tensor, activation: Tensor) -> Tensor:
    return _unit(activation, 1e-12).T @ _unit(match, 1e-12)


def _cosine_cubed(match: Tensor, activation: Tensor) -> Tensor:
    cubed = [(columns - columns.mean(dim=0)) ** 3 for columns in (activation, match)]
    return _unit(cubed[0], 1e-3).T @ _unit(cubed[1], 1e-3)


def _wpmi(match: Tensor, activation: Tensor) -> Tensor:
    top = torch.topk(activation, 28, dim=0).indices
    evidence = torch.log(torch.softmax(2 * match, dim=1) + 1e-7)[top].sum(dim=0)
    return evidence - 0.6 * _log_mean(evidence)


def _soft_wpmi(match: Tensor, activation: Tensor) -> Tensor:
    top = torch.topk(activation, 100, dim=0).indices
    weight = (0.998 - torch.arange(100) / 100 * (0.998 - 0.97))[:, None, None]
    evidence = torch.log(1 + weight * (torch.softmax(10 * match, dim=1)[top] - 1) + 1e-7).sum(dim=0)
    return evidence - _log_mean(evidence)


def _rank_reorder(match: Tensor, activation: Tensor) -> Tensor:
    top = torch.topk(activation, max(2, int(0.05 * len(activation))), dim=0)
    chosen, level = match[top.indices], top.values[:, :, None]
    level = level.expand_as(chosen)
    rank = torch.argsort(torch.argsort(chosen, dim=0, descending=True), dim=0)
    error = ((level - torch.gather(level, 0, rank)).abs() ** 3).mean(dim=0)
    expected = torch.stack([((top.values - row).abs() ** 3).mean(dim=0) for row in top.values]).mean(dim=0)
    return -error / expected[:, None] / chosen.mean(dim=0).clamp(min=1e-12) ** 0.5


def _log_mean(evidence: Tensor) -> Tensor:
    return torch.logsumexp(evidence, dim=0, keepdim=True) - torch.log(torch.tensor(float(len(evidence))))


PLAIN: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "cosine": _cosine, "cosine_cubed": _cosine_cubed, "wpmi": _wpmi, "soft_wpmi": _soft_wpmi,
    "rank_reorder": _rank_reorder,
}  # fmt: skip
