"""Golden numbers for examples with weights, from PyTorch, scikit-learn and NumPy in float64.

    python3 -m venv venv && venv/bin/pip install scikit-learn==1.9.1 torch==2.13.0
    venv/bin/python scripts/golden-example-weights.py

Writes test/golden/example-weights.json.gz: for each loss, the losses of SGD steps on batches of 8 examples and on a last
batch of 5, the weights after them and the loss over all examples; and scikit-learn's metrics with `sample_weight`.
"""

import gzip
import json
import warnings
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from sklearn import metrics as sk

warnings.simplefilter("ignore")
torch.set_default_dtype(torch.float64)
random = np.random.default_rng(0)
n = 21
x = torch.tensor(random.normal(size=(n, 4)))
w = torch.tensor(np.where(random.uniform(size=n) < 0.2, 0, random.exponential(size=n)))
labels = torch.tensor(random.integers(0, 3, n))
masked = torch.where(torch.arange(n) % 5 == 1, -100, labels)
numbers = torch.tensor(random.normal(size=(n, 3)))
bits = torch.tensor(random.integers(0, 2, (n, 3)).astype(float))
one = [random.normal(size=(5, 4)) * 0.5, random.normal(size=5) * 0.1]
two = [random.normal(size=(3, 5)) * 0.5, random.normal(size=3) * 0.1]
balance = torch.tensor([0.5, 2.0, 1.5])


def mean(costs, w):
    """The mean of a value for each example by the weights: of several values, of their mean."""
    return (w * costs.reshape(len(w), -1).mean(1)).sum() / w.sum()


def balanced(output, y, w):
    costs = F.cross_entropy(output, y, reduction="none")
    own = w * balance[y]
    return (own * costs).sum() / own.sum()


def ignoring(output, y, w):
    costs = F.cross_entropy(output, y, reduction="none", ignore_index=-100)
    counts = w * (y != -100)
    return (counts * costs).sum() / counts.sum()


losses = {
    "crossEntropy": (labels, lambda o, y, w, m: mean(F.cross_entropy(o, y, reduction="none"), w)),
    "balanced": (labels, lambda o, y, w, m: balanced(o, y, w)),
    "ignoring": (masked, lambda o, y, w, m: ignoring(o, y, w)),
    "smoothed": (labels, lambda o, y, w, m: mean(F.cross_entropy(o, y, reduction="none", label_smoothing=0.1), w)),
    "mse": (numbers, lambda o, y, w, m: mean((o - y) ** 2, w)),
    "huber": (numbers, lambda o, y, w, m: mean(F.huber_loss(o, y, reduction="none", delta=0.5), w)),
    "sum": (numbers, lambda o, y, w, m: (w[:, None] * (o - y) ** 2).sum() * 0.05),
    "bce": (bits, lambda o, y, w, m: mean(F.binary_cross_entropy_with_logits(o, y, reduction="none"), w)),
    "penalized": (
        labels,
        lambda o, y, w, m: mean(F.cross_entropy(o, y, reduction="none"), w) + 0.1 * (m[0].weight ** 2).sum(),
    ),
}


def trained(y, loss):
    model = torch.nn.Sequential(torch.nn.Linear(4, 5), torch.nn.Tanh(), torch.nn.Linear(5, 3))
    with torch.no_grad():
        for layer, (weight, bias) in zip((model[0], model[2]), (one, two)):
            layer.weight.copy_(torch.tensor(weight))
            layer.bias.copy_(torch.tensor(bias))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    steps = []
    for _ in range(3):
        for start in range(0, n, 8):
            part = slice(start, start + 8)
            optimizer.zero_grad()
            value = loss(model(x[part]), y[part], w[part], model)
            value.backward()
            optimizer.step()
            steps.append(value.item())
    return {
        "y": y.tolist(),
        "steps": steps,
        "weights": {name: value.tolist() for name, value in model.state_dict().items()},
        "loss": loss(model(x), y, w, model).item(),
    }


def plain(value):
    """Lists and numbers, with null for nan."""
    if isinstance(value, (list, tuple, np.ndarray)):
        return [plain(v) for v in value]
    value = float(value)
    return None if np.isnan(value) else value


def calibration(odds, y, weight, norm):
    """The gap between accuracy and mean confidence in each of 15 bins, both by the weights, as numpy averages."""
    confidence, hit = odds.max(1), odds.argmax(1) == y
    bins = np.digitize(confidence, np.linspace(0, 1, 16))
    kept = [bins == b for b in np.unique(bins) if weight[bins == b].sum() > 0]
    gaps = [abs(np.average(hit[b], weights=weight[b]) - np.average(confidence[b], weights=weight[b])) for b in kept]
    if norm == "max":
        return max(gaps)
    power = int(norm[1])
    return np.average(np.power(gaps, power), weights=[weight[b].sum() for b in kept]) ** (1 / power)


def classified(classes):
    count = 60
    y = random.integers(0, classes, count)
    scores = random.normal(size=(count, classes))
    if classes == 2:
        scores = np.round(scores * 4) / 4  # ties
    sample_weight = np.where(random.uniform(size=count) < 0.2, 0, random.exponential(size=count))
    odds = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
    guess = odds.argmax(1)
    args = (y, guess)
    by = {"sample_weight": sample_weight}
    labels = {"labels": range(classes)}
    found = {
        "accuracy": sk.accuracy_score(*args, **by),
        "topK": sk.top_k_accuracy_score(y, scores + np.arange(classes)[::-1] * 1e-9, k=2, **by, **labels)
        if classes > 2
        else 1,
        "mcc": sk.matthews_corrcoef(*args, **by),
        "perplexity": np.exp(sk.log_loss(y, odds, **by, **labels)),
    }
    for average in ("macro", "micro", "weighted"):
        for name, score in (("precision", sk.precision_score), ("recall", sk.recall_score), ("f1", sk.f1_score)):
            found[f"{name} {average}"] = score(*args, average=average, zero_division=0, **by)
    for name, weights in (("none", None), ("linear", "linear"), ("quadratic", "quadratic")):
        found[f"cohenKappa {name}"] = sk.cohen_kappa_score(*args, weights=weights, **labels, **by)
    for normalize in (None, "true", "pred", "all"):
        found[f"confusionMatrix {normalize}"] = sk.confusion_matrix(*args, normalize=normalize, **labels, **by)
    for norm in ("l1", "l2", "max"):
        found[f"calibrationError {norm}"] = calibration(odds, y, sample_weight, norm)
    hot = np.eye(classes)[y]
    if classes == 2:
        found["rocAuc macro"] = sk.roc_auc_score(y, scores[:, 1] - scores[:, 0], **by)
        found["averagePrecision macro"] = sk.average_precision_score(y, scores[:, 1] - scores[:, 0], **by)
    else:
        for average in ("macro", "weighted"):
            found[f"rocAuc {average}"] = sk.roc_auc_score(hot, odds, average=average, **by)
            found[f"averagePrecision {average}"] = sk.average_precision_score(hot, odds, average=average, **by)
    return {
        "y": y.tolist(),
        "scores": scores.tolist(),
        "weights": sample_weight.tolist(),
        "metrics": {name: plain(value) for name, value in found.items()},
    }


def regressed(width):
    count = 40
    y = random.normal(size=(count, width)) + 3
    guess = y + random.normal(size=(count, width))
    sample_weight = np.where(random.uniform(size=count) < 0.2, 0, random.exponential(size=count))
    scores = {
        "mae": sk.mean_absolute_error,
        "mse": sk.mean_squared_error,
        "rmse": sk.root_mean_squared_error,
        "mape": sk.mean_absolute_percentage_error,
        "r2": sk.r2_score,
    }
    found = {name: score(y, guess, sample_weight=sample_weight) for name, score in scores.items()}
    return {"y": y.tolist(), "scores": guess.tolist(), "weights": sample_weight.tolist(), "metrics": found}


golden = {
    "x": x.tolist(),
    "w": w.tolist(),
    "start": {"0": [one[0].tolist(), one[1].tolist()], "2": [two[0].tolist(), two[1].tolist()]},
    "balance": balance.tolist(),
    "losses": {name: trained(*case) for name, case in losses.items()},
    "classified": [classified(2), classified(4)],
    "regressed": [regressed(1), regressed(3)],
}
path = Path(__file__).parent.parent / "test" / "golden" / "example-weights.json.gz"
path.write_bytes(gzip.compress(json.dumps(golden).encode(), mtime=0))
