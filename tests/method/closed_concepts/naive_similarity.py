"""The five similarity functions as plain loops over plain lists, straight from the formulas, sharing no code."""

import math


def column(matrix, j):
    return [row[j] for row in matrix]


def dot(a, b):
    return sum(x * y for x, y in zip(a, b, strict=True))


def softmax(row, a):
    top = max(a * x for x in row)
    exps = [math.exp(a * x - top) for x in row]
    return [e / sum(exps) for e in exps]


def ranked_clips(activations):
    return sorted(range(len(activations)), key=lambda clip: (-activations[clip], clip))


def for_all(P, A, score):
    return [[score(column(P, c), column(A, n)) for c in range(len(P[0]))] for n in range(len(A[0]))]


def cosine(P, A):
    def score(p, a):
        norms = math.sqrt(dot(p, p)) * math.sqrt(dot(a, a))
        return dot(p, a) / norms if norms else 0.0

    return for_all(P, A, score)


def cosine_cubed(P, A):
    def cubed(x):
        mean = sum(x) / len(x)
        return [(v - mean) ** 3 for v in x]

    def score(p, a):
        p, a = cubed(p), cubed(a)
        return dot(p, a) / max(math.sqrt(dot(p, p)), 1e-3) / max(math.sqrt(dot(a, a)), 1e-3)

    return for_all(P, A, score)


def minus_log_mean(evidence, weight):
    neurons = len(evidence)
    scores = []
    for row in evidence:
        scores.append([])
        for c, value in enumerate(row):
            top = max(other[c] for other in evidence)
            mean = sum(math.exp(other[c] - top) for other in evidence) / neurons
            scores[-1].append(value - weight * (math.log(mean) + top))
    return scores


def wpmi(P, A):
    q = [softmax(row, 2) for row in P]
    evidence = for_all(q, A, lambda qc, a: sum(math.log(qc[clip] + 1e-7) for clip in ranked_clips(a)[:28]))
    return minus_log_mean(evidence, 0.6)


def soft_wpmi(P, A):
    q = [softmax(row, 10) for row in P]

    def score(qc, a):
        total = 0.0
        for rank, clip in enumerate(ranked_clips(a)[:100]):
            p = 0.998 - rank / 100 * (0.998 - 0.97)
            total += math.log(1 + p * (qc[clip] - 1) + 1e-7)
        return total

    return minus_log_mean(for_all(q, A, score), 1.0)


def rank_reorder(P, A):
    def score(p, a):
        clips = ranked_clips(a)[: max(2, int(0.05 * len(a)))]
        true = [a[clip] for clip in clips]
        by_concept = sorted(range(len(clips)), key=lambda i: (-p[clips[i]], i))
        error = sum(abs(true[i] - true[by_concept.index(i)]) ** 3 for i in range(len(clips))) / len(clips)
        expected = sum(abs(x - y) ** 3 for x in true for y in true) / len(true) ** 2
        ratio = error / expected if expected else 1.0
        mean = sum(p[clip] for clip in clips) / len(clips)
        return -ratio / math.sqrt(max(mean, 1e-12))

    return for_all(P, A, score)
