"""Golden numbers for metrics of every form of targets, from scikit-learn and torchmetrics in float64.

    python3 -m venv venv && venv/bin/pip install scikit-learn==1.9.1 torch==2.13.0 torchmetrics==1.9.0
    venv/bin/python scripts/golden-metric-forms.py

Writes test/golden/metric-forms.json.gz: 200 random cases of model outputs and targets with their shapes, and scikit-learn's
metrics of the same predictions as rows (SciPy's for perplexity, torchmetrics' for calibration error). With several axes,
classes are on axis 1.
"""

import gzip
import json
import warnings
from pathlib import Path

import numpy as np
import torch
from scipy.special import logsumexp
from sklearn import metrics as sk
from torchmetrics.functional.classification.calibration_error import _ce_compute

warnings.simplefilter("ignore")
random = np.random.default_rng(0)
IGNORED = -100


def plain(value):
    """Lists and numbers, with null for nan."""
    if isinstance(value, (list, tuple, np.ndarray)):
        return [plain(v) for v in value]
    value = round(float(value), 14)
    return None if np.isnan(value) else value


def scores(*shape):
    return np.round(random.normal(size=shape) * 2, 3)


def rows_of(array):
    """[n, classes, …] as rows of classes."""
    return np.moveaxis(array, 1, -1).reshape(-1, array.shape[1])


def area(truth, odds):
    return np.nan if len(set(truth)) < 2 else sk.roc_auc_score(truth, odds)


def calibration(labels, rows):
    """Calibration error of the likeliest class; of a single column, of class 1."""
    if rows.shape[1] == 1:
        confidence, hits = 1 / (1 + np.exp(-rows[:, 0])), labels
    else:
        confidence, hits = np.exp(rows.max(axis=1) - logsumexp(rows, axis=1)), rows.argmax(axis=1) == labels
    return _ce_compute(torch.tensor(confidence), torch.tensor(hits), 15, "l1")


def of_classes(labels, rows, soft=None):
    """Metrics of rows of scores; a single column is the logit of class 1."""
    two = np.hstack([0 * rows, rows]) if rows.shape[1] == 1 else rows
    classes = two.shape[1]
    every = list(range(classes))
    guess = two.argmax(axis=1)
    how = {"zero_division": 0}
    others = [np.delete(two, c, axis=1) for c in every]
    odds = [np.round(two[:, c] - logsumexp(others[c], axis=1), 9) for c in every]
    each = [area(labels == c, odds[c]) for c in every]
    surprise = logsumexp(two, axis=1, keepdims=True) - two
    target = np.eye(classes)[labels] if soft is None else soft
    top = np.argsort(np.argsort(-two, axis=1), axis=1)[np.arange(len(two)), labels]
    precisions = [sk.average_precision_score(labels == c, odds[c]) for c in every]
    return {
        "accuracy": sk.accuracy_score(labels, guess),
        "averagePrecision": precisions[1] if classes == 2 else np.mean(precisions),
        "calibrationError": calibration(labels, rows),
        "cohenKappa": sk.cohen_kappa_score(labels, guess, labels=every, weights="quadratic"),
        "mcc": sk.matthews_corrcoef(labels, guess),
        "topK": np.mean(top < 2),
        "precision": sk.precision_score(labels, guess, average="macro", **how),
        "recall": sk.recall_score(labels, guess, average="weighted", **how),
        "f1": sk.f1_score(labels, guess, average=None, labels=every, **how),
        "confusion": sk.confusion_matrix(labels, guess, labels=every),
        "rocAuc": each[1] if classes == 2 else np.mean(each),
        "perplexity": np.exp(np.mean((target * surprise).sum(axis=1))),
    }


def of_labels(truth, rows):
    """Metrics of several labels at once: a logit and a target of 0 or 1 each."""
    guess = (rows > 0).astype(int)
    how = {"zero_division": 0}
    each = [area(truth[:, c], rows[:, c]) for c in range(rows.shape[1])]
    return {
        "accuracy": sk.accuracy_score(truth, guess),
        "precision": sk.precision_score(truth, guess, average="macro", **how),
        "recall": sk.recall_score(truth, guess, average="weighted", **how),
        "f1": sk.f1_score(truth, guess, average=None, **how),
        "micro": sk.f1_score(truth, guess, average="micro", **how),
        "rocAuc": np.mean(each),
        "averagePrecision": sk.average_precision_score(truth, rows, average="macro"),
        "weightedPrecision": sk.average_precision_score(truth, rows, average="weighted"),
        "weightedAuc": np.average(each, weights=truth.sum(axis=0)) if truth.any() else np.nan,
    }


def case(form):
    n, classes = int(random.integers(4, 13)), int(random.integers(3, 6))
    where = {"map": (2, 3), "ignored map": (2, 2), "sequence": (4,), "one-hot map": (3,), "labels at positions": (2,)}
    rest = where.get(form, ())
    if form in ("logit", "logit column", "two columns"):
        classes = 2 if form == "two columns" else 1
    out = scores(n, classes, *rest)
    labels = random.integers(0, max(2, classes), size=(n, *rest))
    if form.startswith("labels at") or form == "several labels":
        target = random.integers(0, 2, size=out.shape)
        return out, target, "float", of_labels(rows_of(target), rows_of(out))
    if form.startswith("one-hot"):
        target = np.moveaxis(np.eye(classes, dtype=int)[labels], -1, 1)
        return out, target, "float", of_classes(labels.ravel(), rows_of(out))
    if form == "soft":
        target = random.dirichlet(np.ones(classes), size=n)
        target = np.round(target, 4)
        target[:, 0] += 1 - target.sum(axis=1)
        return out, target, "float", of_classes(target.argmax(axis=1), out, target)
    if form == "ignored map":
        labels[random.random(size=labels.shape) < 0.3] = IGNORED
        kept = labels.ravel() != IGNORED
        return out, labels, "int", of_classes(labels.ravel()[kept], rows_of(out)[kept])
    wanted = of_classes(labels.ravel(), rows_of(out))
    return (out[:, 0] if form == "logit" else out), labels, "int", wanted


forms = [
    "labels",
    "two columns",
    "logit",
    "logit column",
    "one-hot",
    "one-hot map",
    "soft",
    "map",
    "ignored map",
    "sequence",
    "several labels",
    "labels at positions",
]
cases = []
for i in range(200):
    form = forms[i % len(forms)]
    out, target, dtype, wanted = case(form)
    cases.append(
        {
            "form": form,
            "dtype": dtype,
            "output": out.ravel().tolist(),
            "outputShape": list(out.shape),
            "target": target.ravel().tolist(),
            "targetShape": list(target.shape),
            "wanted": {name: plain(value) for name, value in wanted.items()},
        }
    )
path = Path(__file__).parent.parent / "test/golden/metric-forms.json.gz"
path.write_bytes(gzip.compress(json.dumps(cases).encode(), mtime=0))
print(f"{path}: {path.stat().st_size} bytes")
