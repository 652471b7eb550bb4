"""Golden numbers for the network of the README, from PyTorch in float64.

    python3 -m venv venv && venv/bin/pip install torch==2.13.0 && venv/bin/python scripts/golden-mlp.py

Writes test/golden/mlp.json.gz: initial weights, 50 batches, and PyTorch's training on them with SGD (plain,
with momentum, dampening, Nesterov, weight decay, parameter groups), Adam and AdamW: every loss, the gradients of step 1,
and every final weight and statistic.
"""

import gzip
import json
from pathlib import Path

import torch
from torch import nn

torch.set_default_dtype(torch.float64)
torch.manual_seed(0)

STEPS, BATCH = 50, 16
OPTIMIZERS = {
    "plain": {"lr": 0.1},
    "momentum": {"lr": 0.05, "momentum": 0.9},
    "dampening": {"lr": 0.05, "momentum": 0.9, "dampening": 0.5},
    "nesterov": {"lr": 0.05, "momentum": 0.9, "nesterov": True, "weight_decay": 0.01},
    "decay": {"lr": 0.1, "weight_decay": 0.01},
    "groups": {"lr": 0.1, "weight_decay": 0.01},
    "adam": {"lr": 0.01, "betas": (0.8, 0.99), "eps": 1e-6, "weight_decay": 0.01},
    "adamw": {"lr": 0.01, "weight_decay": 0.1},
}


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(100, 100)
        self.bn = nn.BatchNorm1d(100)
        self.fc2 = nn.Linear(100, 10)

    def forward(self, x):
        return self.fc2(self.bn(torch.relu(self.fc1(x))))


def numbers(tensors):
    return {name: t.detach().flatten().tolist() for name, t in tensors.items()}


# Numbers that float32 represents exactly, so that both precisions start from the same point.
first = {k: v.to(torch.float32).to(v.dtype) for k, v in Net().state_dict().items()}
x = torch.randn(STEPS, BATCH, 100).to(torch.float32).double()
y = torch.randint(0, 10, (STEPS, BATCH))


def optimizer_of(name, net, options):
    if name.startswith("adam"):
        return {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[name](net.parameters(), **options)
    if name != "groups":
        return torch.optim.SGD(net.parameters(), **options)
    decayed = [p for k, p in net.named_parameters() if k.startswith("fc") and k.endswith("weight")]
    rest = [p for k, p in net.named_parameters() if not (k.startswith("fc") and k.endswith("weight"))]
    return torch.optim.SGD([{"params": decayed}, {"params": rest, "weight_decay": 0, "lr": 0.05}], **options)


def train(name, options):
    net = Net()
    net.load_state_dict(first)
    optimizer = optimizer_of(name, net, options)
    losses, gradients = [], {}
    for step in range(STEPS):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(net(x[step]), y[step])
        loss.backward()
        if step == 0:
            gradients = numbers({k: p.grad for k, p in net.named_parameters()})
        optimizer.step()
        losses.append(loss.item())
    net.eval()
    evaluation = nn.functional.cross_entropy(net(x[0]), y[0]).item()
    return {"options": options, "losses": losses, "gradients": gradients, "state": numbers(net.state_dict()), "evaluation": evaluation}


def short(result):
    """Variants keep only losses and small tensors: the rest follows the same path as in `plain`."""
    keep = lambda tensors: {k: v for k, v in tensors.items() if len(v) <= 1000}
    return {**result, "gradients": {}, "state": keep(result["state"])}


runs = {name: train(name, options) for name, options in OPTIMIZERS.items()}
golden = {
    "torch": torch.__version__,
    "batch": BATCH,
    "first": numbers(first),
    "x": x.flatten().tolist(),
    "y": y.flatten().tolist(),
    "runs": {name: run if name == "plain" else short(run) for name, run in runs.items()},
}
path = Path(__file__).parent.parent / "test/golden/mlp.json.gz"
path.write_bytes(gzip.compress(json.dumps(golden).encode(), mtime=0))
print(path, path.stat().st_size)
