"""Golden folds of data with groups and of data in time, from scikit-learn.

    python3 -m venv venv && venv/bin/pip install scikit-learn==1.9.1
    venv/bin/python scripts/golden-groups.py

Writes test/golden/groups.json.gz: the validation sets of StratifiedGroupKFold and GroupKFold without shuffling, and the
splits of TimeSeriesSplit.
"""

import gzip
import json
from pathlib import Path
from unittest.mock import patch

import numpy as np
from sklearn.model_selection import GroupKFold, StratifiedGroupKFold, TimeSeriesSplit


def folds(splitter, n, labels=None, groups=None):
    return [v.tolist() for _, v in splitter.split(np.zeros(n), labels, groups)]


def decided(k, labels, groups):
    """The folds of StratifiedGroupKFold; None if the rounding of its standard deviations decides them."""
    std = np.std
    made = folds(StratifiedGroupKFold(k), len(groups), labels, groups)
    with patch("numpy.std", lambda *args, **options: np.round(std(*args, **options), 12)):
        return made if folds(StratifiedGroupKFold(k), len(groups), labels, groups) == made else None


draw = np.random.default_rng(14)
stratified, grouped = [], []
while len(stratified) < 12:
    count, k, classes = int(draw.integers(6, 25)), int(draw.integers(2, 6)), int(draw.integers(2, 5))
    sizes = draw.integers(1, 12, count)
    groups = np.repeat(np.arange(count), sizes)
    labels = np.concatenate([draw.choice(classes, size, p=draw.dirichlet(np.ones(classes))) for size in sizes])
    made = decided(k, labels, groups)
    if np.bincount(labels, minlength=classes).min() < k or made is None:
        continue
    stratified.append({"folds": k, "groups": groups.tolist(), "labels": labels.tolist(), "validation": made})
    # Sizes that all differ, since the order of equal ones is left open.
    sizes = draw.permutation(np.arange(1, count + 1))
    groups = np.repeat(np.arange(count), sizes)
    grouped.append(
        {"folds": k, "groups": groups.tolist(), "validation": folds(GroupKFold(k), len(groups), None, groups)}
    )

times = [
    {
        "length": n,
        "folds": k,
        "splits": [[t.tolist(), v.tolist()] for t, v in TimeSeriesSplit(k).split(np.zeros(n))],
    }
    for n, k in [(6, 5), (10, 3), (23, 4), (50, 7)]
]
path = Path(__file__).parent.parent / "test/golden/groups.json.gz"
text = json.dumps({"stratified": stratified, "grouped": grouped, "times": times})
path.write_bytes(gzip.compress(text.encode(), mtime=0))
