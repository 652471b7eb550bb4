"""Golden numbers for metrics, from scikit-learn in float64.

    python3 -m venv venv && venv/bin/pip install scikit-learn==1.9.1 && venv/bin/python scripts/golden-metrics.py

Writes test/golden/metrics.json.gz: predictions and scikit-learn's metrics of them (SciPy's for perplexity).
Classifiers: 2 and 5 classes, one logit, ties, a class without labels, without predictions, without both, and labels of
one class only.
"""

import gzip
import json
import warnings
from pathlib import Path

import numpy as np
from scipy.special import logsumexp
from sklearn import metrics as sk

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


def areas(labels, rows, classes):
    others = [np.delete(rows, c, axis=1) for c in range(classes)]
    # Rounded, so that equal probabilities stay equal whatever the order of summation.
    odds = [np.round(rows[:, c] - logsumexp(others[c], axis=1), 9) for c in range(classes)]
    each = [sk.roc_auc_score(labels == c, odds[c]) for c in range(classes)]
    prevalence = np.bincount(labels, minlength=classes)
    return {
        "macro": np.mean(each),
        "weighted": np.average(each, weights=prevalence),
        "none": each,
    }


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
    else:
        out["rocAuc"] = {k: plain(v) for k, v in areas(labels, rows, classes).items()}
        if len(set(labels)) == classes and len(np.unique(rows)) == rows.size:
            assert np.isclose(out["rocAuc"]["macro"], sk.roc_auc_score(labels, p, multi_class="ovr"), rtol=1e-14)
            weighted = sk.roc_auc_score(labels, p, multi_class="ovr", average="weighted")
            assert np.isclose(out["rocAuc"]["weighted"], weighted, rtol=1e-14)
        # Without ties: scikit-learn picks the last of equal scores, we the first.
        if len(np.unique(rows)) == rows.size:
            out["topK"] = [sk.top_k_accuracy_score(labels, rows, k=k, labels=every) for k in range(1, classes)]
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
    },
    "regressions": {
        "numbers": regression(target, target + random.normal(size=50)),
        "far from zero": regression(target + 1e6, target + 1e6 + random.normal(size=50)),
        "three numbers each": regression(wide, wide + 0.3 * random.normal(size=(20, 3))),
        "equal targets": regression(np.ones(5), np.ones(5) + np.arange(5)),
        "equal targets, met": regression(np.ones(5), np.ones(5)),
        "one example": regression(np.ones(1), np.zeros(1)),
    },
}
path = Path(__file__).parent.parent / "test/golden/metrics.json.gz"
path.write_bytes(gzip.compress(json.dumps(cases).encode(), mtime=0))
print(f"{path}: {path.stat().st_size} bytes")
