"""Weights exchanged between PyTorch and Evenstep as safetensors files.

    python3 -m venv venv && venv/bin/pip install torch==2.13.0 safetensors
    venv/bin/python scripts/golden-safetensors.py              # writes the golden files
    venv/bin/python scripts/golden-safetensors.py MODEL X Y    # checks files that Evenstep wrote

The first form writes test/golden/pytorch.safetensors, a network after some training in PyTorch, and pytorch.json, its
outputs for some inputs; also types.safetensors, a tensor of each element type, and types.json, its numbers as texts, for
JSON has no NaN and no integer beyond 2^53. The second loads MODEL (safetensors) strictly into the same network and compares its output for
X with Y (both raw float32).
"""

import json
import sys
from pathlib import Path

import numpy
import torch
from safetensors.torch import load_file, save_file
from torch import nn

golden = Path(__file__).parent.parent / "test/golden"


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(100, 100)
        self.bn = nn.BatchNorm1d(100)
        self.fc2 = nn.Linear(100, 10)

    def forward(self, x):
        return self.fc2(self.bn(torch.relu(self.fc1(x))))


def write():
    torch.manual_seed(0)
    net = Net()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    for _ in range(5):
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(torch.randn(16, 100)), torch.randint(0, 10, (16,))).backward()
        optimizer.step()
    net.eval()
    x = torch.randn(3, 100)
    save_file(net.state_dict(), golden / "pytorch.safetensors")
    (golden / "pytorch.json").write_text(json.dumps({"x": x.flatten().tolist(), "y": net(x).flatten().tolist()}))


def write_types():
    """Writes extreme numbers in each element type."""
    bits = torch.tensor([0, 1, 0x3FF, 0x400, 0x3C01, 0x7BFF, 0x7C00, 0x7E00, -0x8000, -0x7FFF, -0x400, 0x3F80], dtype=torch.int16)
    tensors = {
        "F16": bits.view(torch.float16),
        "BF16": bits.clone().view(torch.bfloat16),
        "F32": torch.tensor([[0.1, -1e-45], [3.4e38, float("-inf")]]),
        "F64": torch.tensor([0.1, 5e-324, 1.7e308], dtype=torch.float64),
        "BOOL": torch.tensor([True, False]),
        "empty": torch.zeros(0, 3),
    }
    for code in ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32"]:
        limits = torch.iinfo(getattr(torch, code))
        tensors[code] = torch.tensor([limits.min, 0, 7, limits.max], dtype=getattr(torch, code))
    save_file(tensors, golden / "types.safetensors", metadata={"format": "pt"})
    text = {name: [repr(value) for value in tensor.flatten().tolist()] for name, tensor in tensors.items()}
    (golden / "types.json").write_text(json.dumps(text, indent=1) + "\n")


def check(model, x, y):
    net = Net()
    net.load_state_dict(load_file(model), strict=True)
    net.eval()
    x, y = (torch.from_numpy(numpy.fromfile(path, numpy.float32)) for path in (x, y))
    difference = (net(x.reshape(-1, 100)).flatten() - y).abs().max().item()
    print(f"{model}: loads; outputs differ by at most {difference:.2e}")
    assert difference < 1e-5


if len(sys.argv) == 1:
    write()
    write_types()
else:
    check(*sys.argv[1:])
