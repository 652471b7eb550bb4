"""State of every PyTorch module that Evenstep has too: PyTorch → Evenstep → PyTorch.

    python3 -m venv venv && venv/bin/pip install torch==2.13.0 safetensors numpy && venv/bin/python scripts/golden-zoo.py

Writes test/golden/zoo.safetensors: for each module in `zoo`, its state dict under `NAME/`. The way back is checked by

    EVENSTEP_ZOO=back.safetensors npx vitest run test/golden/zoo.test.ts
    venv/bin/python scripts/golden-zoo.py --check back.safetensors

which loads what Evenstep read and wrote into PyTorch, strictly, and compares every number.
"""

import sys
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import nn

torch.manual_seed(0)
stateless = [
    nn.Flatten(), nn.Identity(), nn.MaxPool1d(2), nn.MaxPool2d(2), nn.AvgPool1d(2), nn.AvgPool2d(2), nn.AdaptiveAvgPool1d(1),
    nn.AdaptiveAvgPool2d(1), nn.Dropout(), nn.ReLU(), nn.ReLU6(), nn.LeakyReLU(), nn.ELU(), nn.CELU(), nn.SELU(), nn.GELU(), nn.SiLU(),
    nn.Mish(), nn.Tanh(), nn.Sigmoid(), nn.LogSigmoid(), nn.Softplus(), nn.Hardtanh(), nn.Hardsigmoid(), nn.Hardswish(), nn.Softmax(-1),
    nn.LogSoftmax(-1),
]  # fmt: skip
zoo = {
    "Linear": nn.Linear(3, 2),
    "Linear without bias": nn.Linear(3, 2, bias=False),
    "Embedding": nn.Embedding(4, 3),
    "Conv1d": nn.Conv1d(4, 6, 3, groups=2),
    "Conv2d": nn.Conv2d(2, 3, (3, 2)),
    "Conv3d": nn.Conv3d(2, 3, 2, bias=False),
    "ConvTranspose1d": nn.ConvTranspose1d(4, 6, 3, groups=2),
    "ConvTranspose2d": nn.ConvTranspose2d(2, 3, 3),
    "BatchNorm1d": nn.BatchNorm1d(3),
    "BatchNorm2d": nn.BatchNorm2d(3, affine=False),
    "BatchNorm3d": nn.BatchNorm3d(3, track_running_stats=False),
    "LayerNorm": nn.LayerNorm([2, 3]),
    "LayerNorm without bias": nn.LayerNorm(3, bias=False),
    "RMSNorm": nn.RMSNorm(3),
    "GroupNorm": nn.GroupNorm(2, 4),
    "InstanceNorm1d": nn.InstanceNorm1d(3, affine=True),
    "InstanceNorm2d": nn.InstanceNorm2d(3, affine=True, track_running_stats=True),
    "PReLU": nn.PReLU(3),
    "RNN": nn.RNN(3, 2, num_layers=2, bidirectional=True),
    "LSTM": nn.LSTM(3, 2, num_layers=2),
    "GRU": nn.GRU(3, 2, bias=False),
    "MultiheadAttention": nn.MultiheadAttention(4, 2),
    "MultiheadAttention of others": nn.MultiheadAttention(4, 2, kdim=3, vdim=5),
    "Sequential": nn.Sequential(*stateless, nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2)), nn.Linear(2, 1)),
}
with torch.no_grad():
    for module in zoo.values():
        for name, t in module.state_dict().items():
            t.copy_(torch.rand(t.shape) + 0.5 if t.is_floating_point() else torch.tensor(7))

state = {f"{kind}/{name}": t for kind, module in zoo.items() for name, t in module.state_dict().items()}
if sys.argv[1:2] == ["--check"]:
    back = load_file(sys.argv[2])
    for kind, module in zoo.items():
        own = {name.removeprefix(kind + "/"): t for name, t in back.items() if name.startswith(kind + "/")}
        before = {name: t.clone() for name, t in module.state_dict().items()}
        with torch.no_grad():
            for t in module.state_dict().values():
                t.zero_()
        module.load_state_dict(own, strict=True)
        assert all(torch.equal(t, before[name]) and t.dtype == before[name].dtype for name, t in own.items()), kind
    assert back.keys() == state.keys()
    print(f"{len(zoo)} modules, {len(back)} tensors: as they were")
else:
    path = Path(__file__).parent.parent / "test/golden/zoo.safetensors"
    save_file({name: t.contiguous() for name, t in state.items()}, path)
    print(path, len(state), path.stat().st_size)
