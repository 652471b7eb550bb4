"""Golden losses of ResNet-20, from PyTorch in float64.

    python3 -m venv venv && venv/bin/pip install torch==2.13.0 && venv/bin/python scripts/golden-resnet.py

Writes test/golden/resnet.json.gz: the losses of 20 steps of SGD with momentum and weight decay on batches of 8 images,
and some numbers of the final state. Weights and images are not stored: both sides compute them from `noise`, element i
of stream k, in 32-bit integers, bit for bit alike.
"""

import gzip
import json
from math import prod, sqrt
from pathlib import Path

import numpy as np
import torch
from torch import nn

torch.set_default_dtype(torch.float64)
STEPS, BATCH, SIZE = 20, 8, 32


def noise(k, n):
    """n numbers in [-0.5, 0.5): multiples of 2^-32."""
    h = np.arange(n, dtype=np.uint32) * np.uint32(2654435761) + np.uint32(k * 2246822519 % 2**32)
    h ^= h >> np.uint32(15)
    h *= np.uint32(2246822507)
    h ^= h >> np.uint32(13)
    h *= np.uint32(3266489909)
    h ^= h >> np.uint32(16)
    return torch.from_numpy(h.astype(np.float64) / 2**32 - 0.5)


class Residual(nn.Module):
    def __init__(self, branch, shortcut):
        super().__init__()
        self.branch, self.shortcut = branch, shortcut

    def forward(self, x):
        return self.shortcut(x) + self.branch(x)


def convolution(before, channels, stride=1):
    return nn.Conv2d(before, channels, 3, stride=stride, padding=1, bias=False)


def block(before, channels, stride):
    branch = nn.Sequential(
        convolution(before, channels, stride), nn.BatchNorm2d(channels), nn.ReLU(), convolution(channels, channels), nn.BatchNorm2d(channels)
    )
    same = before == channels
    shortcut = nn.Identity() if same else nn.Sequential(nn.Conv2d(before, channels, 1, stride=stride, bias=False), nn.BatchNorm2d(channels))
    return nn.Sequential(Residual(branch, shortcut), nn.ReLU())


def stage(before, channels, stride):
    return [block(before, channels, stride), block(channels, channels, 1), block(channels, channels, 1)]


net = nn.Sequential(
    convolution(3, 16), nn.BatchNorm2d(16), nn.ReLU(),
    *stage(16, 16, 1), *stage(16, 32, 2), *stage(32, 64, 2),
    nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10),
)  # fmt: skip

with torch.no_grad():
    for k, p in enumerate(net.parameters()):
        # Kaiming's bounds for matrices and kernels; γ and β around 1 and 0.
        scale = 2 * sqrt(6 / prod(p.shape[1:])) if p.dim() > 1 else 0.5
        p.copy_((noise(k, p.numel()) * scale).reshape(p.shape))
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.weight += 1

optimizer = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9, weight_decay=5e-4)
losses = []
for step in range(STEPS):
    x = (4 * noise(1000 + step, BATCH * 3 * SIZE * SIZE)).reshape(BATCH, 3, SIZE, SIZE)
    y = torch.arange(BATCH) * 7 % 10
    # Each class has its own brightness, so that there is something to learn.
    x = x + y.reshape(-1, 1, 1, 1) / 8
    loss = nn.functional.cross_entropy(net(x), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    losses.append(loss.item())

state = net.state_dict()
kept = ["0.weight", "1.running_mean", "1.running_var", "11.0.branch.4.weight", "11.0.branch.4.running_var", "14.bias"]
result = {"torch": torch.__version__, "losses": losses, "state": {k: state[k].flatten().tolist() for k in kept}}
path = Path(__file__).parent.parent / "test/golden/resnet.json.gz"
path.write_bytes(gzip.compress(json.dumps(result).encode(), mtime=0))
print(path, losses, path.stat().st_size)
