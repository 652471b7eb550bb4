"""State of every PyTorch module that Evenstep has too: PyTorch → Evenstep → PyTorch.

    python3 -m venv venv && venv/bin/pip install torch==2.13.0 safetensors numpy && venv/bin/python scripts/golden-zoo.py

Writes test/golden/zoo.safetensors: for each module in `zoo`, named as its row in test/conformance/rows/modules.ts, its
state dict under `NAME/`. The way back is checked by

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
def row(kind):
    """Both rows of a recurrent layer: of one layer, and of all that it can do."""
    return {kind.__name__: kind(2, 2), f"{kind.__name__}, everything": kind(2, 2, 2, bias=False, bidirectional=True)}


zoo = {
    "Linear": nn.Linear(3, 2),
    "Linear, no bias": nn.Linear(3, 2, bias=False),
    "Embedding": nn.Embedding(5, 3),
    "Sequential": nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2)),
    "BatchNorm1d, 2 axes": nn.BatchNorm1d(3),
    "BatchNorm2d, 4 axes": nn.BatchNorm2d(3),
    "BatchNorm3d, 5 axes": nn.BatchNorm3d(3),
    "BatchNorm1d, not affine": nn.BatchNorm1d(3, affine=False),
    "BatchNorm1d, no statistics": nn.BatchNorm1d(3, track_running_stats=False),
    "LayerNorm": nn.LayerNorm(3),
    "LayerNorm, two axes": nn.LayerNorm([3, 2], bias=False),
    "RMSNorm": nn.RMSNorm(3),
    "GroupNorm": nn.GroupNorm(2, 4),
    "InstanceNorm2d": nn.InstanceNorm2d(2, affine=True, track_running_stats=True),
    "PReLU": nn.PReLU(3),
    "Conv1d": nn.Conv1d(2, 3, 2),
    "Conv1d, circular, no bias": nn.Conv1d(2, 2, 3, padding="same", padding_mode="circular", bias=False),
    "Conv2d": nn.Conv2d(2, 3, 3),
    "Conv2d, strided in groups": nn.Conv2d(4, 2, (2, 1), groups=2),
    "Conv3d": nn.Conv3d(1, 2, 2),
    "ConvTranspose1d": nn.ConvTranspose1d(2, 3, 3),
    "ConvTranspose2d": nn.ConvTranspose2d(2, 2, 2, groups=2, bias=False),
    **row(nn.RNN),
    **row(nn.LSTM),
    **row(nn.GRU),
    "MultiheadAttention": nn.MultiheadAttention(4, 2),
    "MultiheadAttention, projected apart": nn.MultiheadAttention(4, 2, kdim=3, vdim=2),
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
