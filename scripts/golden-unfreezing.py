"""Golden numbers for gradual unfreezing, from PyTorch in float64.

    python3 -m venv venv && venv/bin/pip install torch==2.13.0 && venv/bin/python scripts/golden-unfreezing.py

Writes test/golden/unfreezing.json.gz: for each optimizer, the losses and final state of 9 steps of a small network.
Layer 4 learns from step 0, layers 0 and 1 (a batch normalization) from step 4, in a parameter group that is added to
the optimizer then, at half the rate; layer 2 never learns. Batch normalization is in evaluation mode while it is locked.
The rate falls with every step of the run.
"""

import gzip
import json
from pathlib import Path

import torch
from torch import nn

torch.set_default_dtype(torch.float64)
STEPS, BORDER, BATCH = 9, 4, 6
OPTIMIZERS = {
    "sgd": (torch.optim.SGD, {"momentum": 0.9, "dampening": 0.5, "weight_decay": 0.01}),
    "adamw": (torch.optim.AdamW, {"weight_decay": 0.01}),
    "nadam": (torch.optim.NAdam, {}),
    "radam": (torch.optim.RAdam, {}),
    "adagrad": (torch.optim.Adagrad, {"lr_decay": 0.1}),
}


def build():
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(3, 5, bias=False), nn.BatchNorm1d(5), nn.Linear(5, 5), nn.Tanh(), nn.Linear(5, 4))
    with torch.no_grad():
        net[1].running_mean.copy_(torch.rand(5))
        net[1].running_var.copy_(torch.rand(5) + 0.5)
        for p in net.parameters():
            p.copy_(p.to(torch.float32))
    return net


def rate(step):
    return 0.1 / (1 + step)


def lists(state):
    return {name: t.flatten().tolist() for name, t in state.items()}


torch.manual_seed(1)
x, y = torch.randn(STEPS, BATCH, 3), torch.randint(0, 4, (STEPS, BATCH))
runs = {}
for kind, (make, options) in OPTIMIZERS.items():
    net = build()
    first = lists(net.state_dict())
    late, never = [*net[0].parameters(), *net[1].parameters()], [*net[2].parameters()]
    for p in late + never:
        p.requires_grad_(False)
    optimizer = make(net[4].parameters(), lr=rate(0), **options)
    losses = []
    for step in range(STEPS):
        if step == BORDER:
            for p in late:
                p.requires_grad_(True)
            optimizer.add_param_group({"params": late})
        for group, scale in zip(optimizer.param_groups, [1, 0.5]):
            group["lr"] = rate(step) * scale
        net.train()
        net[1].train(step >= BORDER)
        loss = nn.functional.cross_entropy(net(x[step]), y[step])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    runs[kind] = {"options": options, "first": first, "losses": losses, "last": lists(net.state_dict())}

result = {"torch": torch.__version__, "x": x.flatten().tolist(), "y": y.flatten().tolist(), "runs": runs}
path = Path(__file__).parent.parent / "test/golden/unfreezing.json.gz"
path.write_bytes(gzip.compress(json.dumps(result).encode(), mtime=0))
print(path, {kind: run["losses"][-1] for kind, run in runs.items()}, path.stat().st_size)
