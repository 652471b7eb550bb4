"""Golden 95 % intervals, from SciPy and statsmodels' formula.

    python3 -m venv venv && venv/bin/pip install scipy==1.17.1 scikit-learn==1.9.1
    venv/bin/python scripts/golden-confidence.py

Writes test/golden/confidence.json.gz: Wilson score intervals of scipy.stats.binomtest, and percentile bootstrap
intervals of scipy.stats.bootstrap with 100,000 resamples, of means and of ratios of sums, and
with 20,000 of scikit-learn's F1 of a classifier.
"""

import gzip
import json
from pathlib import Path

import numpy as np
from scipy import stats
from sklearn.metrics import f1_score

wilson = []
for n in [1, 2, 5, 10, 57, 114, 1000, 10000]:
    for hits in sorted({0, 1, n // 2, round(0.97 * n), n}):
        interval = stats.binomtest(hits, n).proportion_ci(0.95, method="wilson")
        wilson.append({"hits": hits, "n": n, "interval": [interval.low, interval.high]})

draw = np.random.default_rng(14)
bootstraps = []
for n, totals in [(40, draw.exponential(1, 40)), (114, draw.normal(3, 2, 114)), (300, draw.lognormal(0, 1, 300))]:
    weights = draw.uniform(0.5, 2, n)
    options = {"n_resamples": 100_000, "method": "percentile", "rng": np.random.default_rng(0), "batch": 1000}
    mean = stats.bootstrap((totals,), np.mean, **options).confidence_interval

    def ratio(total, weight, axis=-1):
        return total.sum(axis) / weight.sum(axis)

    pair = stats.bootstrap((totals, weights), ratio, paired=True, **options).confidence_interval
    bootstraps.append(
        {"totals": totals.tolist(), "weights": weights.tolist(), "mean": list(mean), "ratio": list(pair)}
    )

labels = draw.integers(0, 2, 80)
scores = np.round(draw.normal(labels * 1.5 - 0.75, 1), 3)
f1 = stats.bootstrap(
    (labels, scores > 0),
    lambda y, guess: f1_score(y, guess, average="macro"),
    paired=True,
    vectorized=False,
    n_resamples=20_000,
    method="percentile",
    rng=np.random.default_rng(0),
).confidence_interval
classifier = {"labels": labels.tolist(), "scores": scores.tolist(), "f1": list(f1)}

path = Path(__file__).parent.parent / "test/golden/confidence.json.gz"
text = json.dumps({"wilson": wilson, "bootstraps": bootstraps, "classifier": classifier})
path.write_bytes(gzip.compress(text.encode(), mtime=0))
