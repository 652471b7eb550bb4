"""Golden numbers for losses that are no mean over examples, from PyTorch in float64.

    python3 -m venv venv && venv/bin/pip install torch==2.13.0 numpy && venv/bin/python scripts/golden-loss-weights.py

Writes test/golden/loss-weights.json.gz. For each loss, a linear layer is trained for two epochs of 35 examples with SGD,
in order, in batches of `batch` · `accumulate` examples of which the last is not full: PyTorch takes each batch whole. The
training loss of an epoch is that of all its examples, each at the weights before its step; the evaluation is the loss of
all examples at once.
"""

import gzip
import json
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

torch.set_default_dtype(torch.float64)
random = np.random.default_rng(0)
examples, features, classes, positions = 35, 4, 3, 5

x = torch.tensor(random.normal(size=(examples, features)))
labels = torch.tensor(random.integers(0, classes, size=examples))
text = torch.tensor(random.integers(0, classes, size=(examples, positions)))
text[torch.tensor(random.random(size=text.shape) < 0.4)] = -100
text[:, 2] = labels  # so that every example counts in training
padded = text.clone()
padded[[0, 1, 2, 7, 34]] = -100  # for evaluation: whole batches that do not count
weight = torch.tensor([1.0, 5.0, 10.0])


def sequence(o):
    return o.reshape(-1, classes, positions)


# Each gives what is summed over a batch, and what divides it: for several terms, a list of both.
def parts(loss, weights):
    return [(loss, weights)]


def counted(t):
    return (t != -100).sum()


def weighted(o, t, **how):
    return parts(F.cross_entropy(o, t, weight=weight, reduction="sum", **how), weight[t[t != -100]].sum())


losses = {
    "plain": (labels, 3, lambda o, t: parts(F.cross_entropy(o, t, reduction="sum"), len(o))),
    "weight": (labels, 3, weighted),
    "sum": (labels, 3, lambda o, t: parts(F.cross_entropy(o, t, reduction="sum"), None)),
    "ignoreIndex": (text, 15, lambda o, t: parts(F.cross_entropy(sequence(o), t, reduction="sum"), counted(t))),
    "smooth": (text, 15, lambda o, t: weighted(sequence(o), t, label_smoothing=0.1)),
    "two terms": (labels, 3, lambda o, t: weighted(o, t) + parts(0.1 * (o**2).mean() * len(o), len(o))),
}


def joined(each):
    """The loss of batches whose parts are given."""
    total = 0
    for k in range(len(each[0])):
        over = sum(part[k][0] for part in each)
        under = each[0][k][1] if each[0][k][1] is None else sum(part[k][1] for part in each)
        total = total + (over if under is None else over / under)
    return total


def case(start, target, loss, batch, evaluated):
    w, b = (t.clone().requires_grad_() for t in start)
    epochs = []
    for _ in range(2):
        seen = []
        for i in range(0, examples, batch):
            made = loss(F.linear(x[i : i + batch], w, b), target[i : i + batch])
            gradients = torch.autograd.grad(joined([made]), (w, b))
            seen.append([(over.item(), None if under is None else float(under)) for over, under in made])
            with torch.no_grad():
                for p, g in zip((w, b), gradients):
                    p -= 0.01 * g
        epochs.append(joined(seen))
    with torch.no_grad():
        evaluation = float(joined([loss(F.linear(x, w, b), evaluated)]))
    return {"weight": w.detach().flatten().tolist(), "trainLoss": epochs, "evaluation": evaluation}


out = {"x": x.flatten().tolist(), "losses": {}}
for name, (target, width, loss) in losses.items():
    start = (torch.tensor(random.normal(size=(width, features))), torch.tensor(random.normal(size=width)))
    evaluated = padded if target is text else target
    out["losses"][name] = {
        "target": target.flatten().tolist(),
        "evaluated": evaluated.flatten().tolist(),
        "weight": start[0].flatten().tolist(),
        "bias": start[1].tolist(),
        "cases": [
            {"batch": batch, "accumulate": parts_, **case(start, target, loss, batch * parts_, evaluated)}
            for batch in (1, 3, 32)
            for parts_ in (1, 4)
        ],
    }
# PyTorch's own reductions agree with the parts.
o = F.linear(x, *(torch.tensor(out["losses"]["weight"][k]).reshape(s) for k, s in (("weight", (3, 4)), ("bias", (3,)))))
assert torch.isclose(joined([weighted(o, labels)]), F.cross_entropy(o, labels, weight=weight), rtol=1e-14)
path = Path(__file__).parent.parent / "test/golden/loss-weights.json.gz"
path.write_bytes(gzip.compress(json.dumps(out).encode(), mtime=0))
print(f"{path}: {path.stat().st_size} bytes")
