"""Golden numbers for a network with two inputs and two outputs, from PyTorch in float64.

    python3 -m venv venv && venv/bin/pip install torch==2.13.0 numpy && venv/bin/python scripts/golden-tensors.py

Writes test/golden/tensors.json.gz. The network reads six numbers, which pass a linear layer and batch normalization, and
a code, which is embedded; it has a head for three classes, with class weights in its cross-entropy, and a head for a
number, with a squared error whose weight is 0.1. It is trained for eight steps of SGD with momentum on batches of eight.
"""

import gzip
import json
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

torch.set_default_dtype(torch.float64)
random = np.random.default_rng(0)
examples, steps, batch = 40, 8, 8

image = torch.tensor(random.normal(size=(examples, 2, 3)))
code = torch.tensor(random.integers(0, 4, size=examples))
kind = torch.tensor(random.integers(0, 3, size=examples))
price = torch.tensor(random.normal(size=examples))
weight = torch.tensor([1.0, 2.0, 4.0])


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(6, 8)
        self.bn = nn.BatchNorm1d(8)
        self.codes = nn.Embedding(4, 3)
        self.kind = nn.Linear(11, 3)
        self.price = nn.Linear(11, 1)

    def forward(self, x):
        hidden = torch.relu(self.bn(self.fc(x["image"].flatten(1))))
        joined = torch.cat([hidden, self.codes(x["code"])], 1)
        return {"kind": self.kind(joined), "price": self.price(joined)[:, 0]}


torch.manual_seed(0)
net = Net()
initial = {name: v.tolist() for name, v in net.state_dict().items() if v.is_floating_point()}
optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)


def losses(rows):
    y = net({"image": image[rows], "code": code[rows]})
    kinds = F.cross_entropy(y["kind"], kind[rows], weight=weight)
    return kinds, F.mse_loss(y["price"], price[rows]), y


trained = []
for step in range(steps):
    rows = torch.arange(batch) + batch * (step % (examples // batch))
    kinds, prices, _ = losses(rows)
    total = kinds + 0.1 * prices
    optimizer.zero_grad()
    total.backward()
    optimizer.step()
    trained.append(total.item())

net.eval()
with torch.no_grad():
    kinds, prices, y = losses(torch.arange(examples))
final = {name: v.tolist() for name, v in net.state_dict().items() if v.is_floating_point()}

golden = {
    "image": image.flatten().tolist(),
    "code": code.tolist(),
    "kind": kind.tolist(),
    "price": price.tolist(),
    "weight": weight.tolist(),
    "initial": initial,
    "losses": trained,
    "final": final,
    "evaluation": {
        "loss": (kinds + 0.1 * prices).item(),
        "kind": kinds.item(),
        "price": prices.item(),
        "accuracy": (y["kind"].argmax(1) == kind).double().mean().item(),
    },
}
path = Path(__file__).parent.parent / "test" / "golden" / "tensors.json.gz"
path.write_bytes(gzip.compress(json.dumps(golden).encode(), mtime=0))
