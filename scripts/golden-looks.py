"""Simulates group-sequential paired t-tests: the chance that a p-value falls below a level at one look or more.

Prints the rows of src/study/analysis/looks.test.ts. Run: python scripts/golden-looks.py (numpy, scipy; some minutes).
An independent check of `crossing` in src/study/analysis/looks.ts, which integrates instead of drawing.
"""
import numpy as np
from scipy import stats

STUDIES, CHUNK = 10_000_000, 250_000
LEVELS = [0.3, 0.05, 0.0189, 0.01, 0.001]
LOOKS = [[3, 6, 12], [3, 6], [5, 10, 20], [2, 5]]


def least_p(rng, looks, studies):
    d = rng.standard_normal((studies, looks[-1]))
    least = np.ones(studies)
    for n in looks:
        own = d[:, :n]
        t = own.mean(1) / (own.std(1, ddof=1) / np.sqrt(n))
        least = np.minimum(least, 2 * stats.t.sf(np.abs(t), n - 1))
    return least


def main():
    rng = np.random.default_rng(15)
    for looks in LOOKS:
        hits = np.zeros(len(LEVELS))
        for _ in range(STUDIES // CHUNK):
            least = least_p(rng, looks, CHUNK)
            hits += [(least < level).sum() for level in LEVELS]
        for level, share in zip(LEVELS, hits / STUDIES):
            print(f"[{looks}, {level}, {share:.6f}, {np.sqrt(share * (1 - share) / STUDIES):.1e}],", flush=True)


main()
