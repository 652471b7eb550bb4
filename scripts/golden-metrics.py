"""Golden numbers for metrics, from scikit-learn and torchmetrics in float64.

    python3 -m venv venv && venv/bin/pip install scikit-learn==1.9.1 torch==2.13.0 torchmetrics==1.9.0
    venv/bin/python scripts/golden-metrics.py

Writes test/golden/metrics.json.gz: predictions and scikit-learn's metrics of them (SciPy's for perplexity, torchmetrics'
for calibration error).
Classifiers: 2 and 5 classes, one logit, ties, a class without labels, without predictions, without both, and labels of
one class only.
"""

import gzip
import json
import warnings
from pathlib import Path

import numpy as np
import torch
from scipy.special import logsumexp
from sklearn import metrics as sk
from torchmetrics.functional import classification as torchmetrics
from torchmetrics.functional.classification.calibration_error import _ce_compute

warnings.simplefilter("ignore")
random = np.random.default_rng(0)


def plain(value):
    """Lists and numbers, with null for nan."""
    if isinstance(value, (list, tuple, np.ndarray)):
        return [plain(v) for v in value]
    value = float(value)
    return None if np.isnan(value) else value


def softmax(x):
    e = np.exp(x - x.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def areas(labels, rows, classes, area):
    others = [np.delete(rows, c, axis=1) for c in range(classes)]
    # Rounded, so that equal probabilities stay equal whatever the order of summation.
    odds = [np.round(rows[:, c] - logsumexp(others[c], axis=1), 9) for c in range(classes)]
    each = [area(labels == c, odds[c]) for c in range(classes)]
    prevalence = np.bincount(labels, minlength=classes)
    return {
        "macro": np.mean(each),
        "weighted": np.average(each, weights=prevalence),
        "none": each,
    }


def calibration(labels, scores):
    """torchmetrics' calibration errors by number of bins and norm. Its function of classes computes in float32."""
    if scores.ndim == 1:
        confidence, hits = 1 / (1 + np.exp(-scores)), labels
    else:
        confidence, hits = softmax(scores).max(axis=1), scores.argmax(axis=1) == labels
    out = {}
    for bins in (15, 4):
        for norm in ("l1", "l2", "max"):
            value = _ce_compute(torch.tensor(confidence), torch.tensor(hits), bins, norm)
            truth, how = torch.tensor(labels), {"n_bins": bins, "norm": norm}
            if scores.ndim == 1:
                public = torchmetrics.binary_calibration_error(torch.tensor(confidence), truth, **how)
            else:
                p = torch.tensor(softmax(scores))
                public = torchmetrics.multiclass_calibration_error(p, truth, num_classes=scores.shape[1], **how)
            assert np.isclose(value, public, atol=1e-6), (value, public)
            out[f"{bins} {norm}"] = plain(value)
    return out


def classifier(labels, scores):
    """scores: [n, classes] before softmax, or [n] logits of class 1."""
    classes = 2 if scores.ndim == 1 else scores.shape[1]
    rows = np.stack([0 * scores, scores], axis=1) if scores.ndim == 1 else scores
    guess = rows.argmax(axis=1)
    every = list(range(classes))
    out = {"accuracy": sk.accuracy_score(labels, guess)}
    for name, score in {"precision": sk.precision_score, "recall": sk.recall_score, "f1": sk.f1_score}.items():
        for zero in (0, 1, np.nan):
            how = {"zero_division": zero}
            key = "nan" if np.isnan(zero) else str(zero)
            out[name + key] = {
                "micro": plain(score(labels, guess, average="micro", **how)),
                "macro": plain(score(labels, guess, average="macro", **how)),
                "weighted": plain(score(labels, guess, average="weighted", **how)),
                "none": plain(score(labels, guess, average=None, labels=every, **how)),
            }
            if classes == 2:
                out[name + key]["binary"] = plain(score(labels, guess, labels=[0, 1], average="binary", **how))
    for normalize in ("true", "pred", "all", None):
        matrix = sk.confusion_matrix(labels, guess, labels=every, normalize=normalize)
        out[f"confusion-{normalize}"] = plain(matrix)
    p = softmax(rows)
    if classes == 2:
        score = scores if scores.ndim == 1 else scores[:, 1] - scores[:, 0]
        out["rocAuc"] = plain(sk.roc_auc_score(labels, score))
        out["averagePrecision"] = plain(sk.average_precision_score(labels, score))
    else:
        out["rocAuc"] = {k: plain(v) for k, v in areas(labels, rows, classes, sk.roc_auc_score).items()}
        precisions = areas(labels, rows, classes, sk.average_precision_score)
        out["averagePrecision"] = {k: plain(v) for k, v in precisions.items()}
        if len(set(labels)) == classes and len(np.unique(rows)) == rows.size:
            assert np.isclose(out["rocAuc"]["macro"], sk.roc_auc_score(labels, p, multi_class="ovr"), rtol=1e-14)
            weighted = sk.roc_auc_score(labels, p, multi_class="ovr", average="weighted")
            assert np.isclose(out["rocAuc"]["weighted"], weighted, rtol=1e-14)
            for average in ("macro", "weighted"):
                value = sk.average_precision_score(labels, p, average=average)
                assert np.isclose(out["averagePrecision"][average], value, rtol=1e-14)
        # Without ties: scikit-learn picks the last of equal scores, we the first.
        if len(np.unique(rows)) == rows.size:
            out["topK"] = [sk.top_k_accuracy_score(labels, rows, k=k, labels=every) for k in range(1, classes)]
    out["mcc"] = sk.matthews_corrcoef(labels, guess)
    out["cohenKappa"] = {
        str(weights).lower(): plain(sk.cohen_kappa_score(labels, guess, labels=every, weights=weights))
        for weights in (None, "linear", "quadratic")
    }
    out["calibrationError"] = calibration(labels, scores)
    # Its log_loss clips probabilities.
    out["perplexity"] = np.exp(np.mean(logsumexp(rows, axis=1) - rows[np.arange(len(rows)), labels]))
    return {"labels": labels.tolist(), "scores": rows.tolist() if scores.ndim > 1 else scores.tolist(), "wanted": out}


def regression(target, output):
    return {
        "target": target.tolist(),
        "output": output.tolist(),
        "wanted": {
            "mae": sk.mean_absolute_error(target, output),
            "mse": sk.mean_squared_error(target, output),
            "rmse": sk.root_mean_squared_error(target, output),
            "mape": sk.mean_absolute_percentage_error(target, output),
            "r2": plain(sk.r2_score(target, output)),
        },
    }


def draw(n, classes, labels):
    labels = random.choice(labels, n)
    return labels, np.float32(random.normal(size=(n, classes)) + 1.5 * np.eye(classes)[labels]).astype(float)


five = draw(211, 5, range(5))
never = draw(60, 5, [0, 1, 2, 4])
never[1][:, 4] = np.linspace(-60, -50, 60)  # 4 is never predicted, 3 never a label
gone = draw(60, 5, [0, 1, 2, 3])
gone[1][:, 4] = np.linspace(-60, -50, 60)  # 4 is neither
two = draw(97, 2, range(2))
logits = random.normal(size=97) + two[0]
tied = (two[0], np.round(logits))
target = random.normal(3, 2, size=50)
wide = random.normal(size=(20, 3))
cases = {
    "classifiers": {
        "five classes": classifier(*five),
        "five classes with ties": classifier(five[0], np.round(five[1])),
        "a class without labels, one without predictions": classifier(*never),
        "a class without either": classifier(*gone),
        "two classes": classifier(*two),
        "two classes with ties": classifier(two[0], np.round(two[1])),
        "one logit": classifier(two[0], logits),
        "one logit with ties": classifier(*tied),
        "labels of one class": classifier(np.zeros(20, int), random.normal(size=20)),
        "one class alone": classifier(np.zeros(9, int), np.tile([5.0, 0.0, -1.0], (9, 1))),
        "certain": classifier(two[0], np.where(np.arange(97)[:, None] % 2, [[60.0, 0.0]], [[0.0, 60.0]])),
    },
    "regressions": {
        "numbers": regression(target, target + random.normal(size=50)),
        "far from zero": regression(target + 1e6, target + 1e6 + random.normal(size=50)),
        "three numbers each": regression(wide, wide + 0.3 * random.normal(size=(20, 3))),
        "targets of zero": regression(np.array([0.0, 0.0, 2.0]), np.array([0.0, 1e-3, 1.0])),
        "equal targets": regression(np.ones(5), np.ones(5) + np.arange(5)),
        "equal targets, met": regression(np.ones(5), np.ones(5)),
        "one example": regression(np.ones(1), np.zeros(1)),
    },
}
path = Path(__file__).parent.parent / "test/golden/metrics.json.gz"
path.write_bytes(gzip.compress(json.dumps(cases).encode(), mtime=0))
print(f"{path}: {path.stat().st_size} bytes")
