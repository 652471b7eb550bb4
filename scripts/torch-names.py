"""Writes the public names of PyTorch that docs/porting.md lists, site/torch-names.json: python scripts/torch-names.py

The classes of torch.nn, torch.optim and torch.optim.lr_scheduler that users construct: no base classes, no containers of
parameters that only PyTorch needs.
"""

import inspect
import json
from pathlib import Path

import torch
from torch import nn, optim
from torch.optim import lr_scheduler

target = Path(__file__).parent.parent / "site/torch-names.json"


def classes(module, base, left_out=()):
    found = {
        name
        for name, value in vars(module).items()
        if inspect.isclass(value) and issubclass(value, base) and not name.startswith("_") and name not in left_out
    }
    return sorted(found)


names = {
    "torch": torch.__version__.split("+")[0],
    "nn": classes(nn, nn.Module, {"Module", "Container"}),
    "optim": classes(optim, optim.Optimizer, {"Optimizer"}),
    "lr_scheduler": classes(lr_scheduler, object, {"LRScheduler", "Any", "Counter", "Optimizer", "Tensor", "partial"}),
}
names["lr_scheduler"] = [
    name
    for name in names["lr_scheduler"]
    if issubclass(vars(lr_scheduler)[name], lr_scheduler.LRScheduler)
]
target.write_text(json.dumps(names, indent=2) + "\n")
