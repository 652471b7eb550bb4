"""Golden numbers for convolution, pooling and interpolation, from PyTorch in float64.

    python3 -m venv venv && venv/bin/pip install torch==2.13.0 && venv/bin/python scripts/golden-convolution.py

Writes test/golden/convolution.json.gz: for each module and set of arguments, the parameters, an input and
PyTorch's results: the output, and the gradients of Σ output · dy with respect to the input and each parameter. Inputs
are multiples of 1/64, which float32 represents exactly and which are short as text.
"""

import gzip
import json
from pathlib import Path

import torch
from torch import nn

torch.set_default_dtype(torch.float64)
torch.manual_seed(0)

# class, positional arguments, options, input shape
CASES = [
    ("Conv1d", [3, 4, 3], {}, [2, 3, 9]),
    ("Conv1d", [3, 4, 5], {"stride": 2, "padding": 2}, [2, 3, 11]),
    ("Conv1d", [4, 6, 3], {"groups": 2, "dilation": 2, "bias": False}, [2, 4, 10]),
    ("Conv1d", [2, 3, 4], {"padding": "same"}, [2, 2, 7]),
    ("Conv1d", [2, 2, 3], {"padding": 2, "padding_mode": "circular"}, [1, 2, 6]),
    ("Conv1d", [2, 3, 1], {"stride": 3}, [2, 2, 8]),
    ("Conv2d", [3, 4, 3], {"padding": 1}, [2, 3, 6, 5]),
    ("Conv2d", [3, 4, 3], {"stride": 2, "padding": 1, "bias": False}, [2, 3, 7, 8]),
    ("Conv2d", [4, 4, 3], {"groups": 4, "padding": 1}, [2, 4, 5, 5]),
    ("Conv2d", [4, 6, [3, 2]], {"groups": 2, "stride": [2, 1], "padding": [0, 1], "dilation": [1, 2]}, [2, 4, 7, 6]),
    ("Conv2d", [2, 3, [3, 4]], {"padding": "same", "dilation": 2}, [2, 2, 7, 8]),
    ("Conv2d", [2, 3, 3], {"padding": 1, "padding_mode": "reflect"}, [2, 2, 5, 5]),
    ("Conv2d", [16, 16, 3], {"padding": 1, "bias": False}, [3, 16, 8, 8]),
    ("Conv2d", [16, 32, 3], {"padding": 1, "stride": 2, "bias": False}, [2, 16, 8, 8]),
    ("Conv2d", [32, 16, 3], {"padding": 1}, [2, 32, 5, 7]),
    ("Conv2d", [48, 32, 1], {}, [2, 48, 4, 4]),
    ("Conv2d", [16, 32, [5, 3]], {"padding": [2, 0]}, [2, 16, 6, 6]),
    ("Conv3d", [2, 3, 2], {}, [1, 2, 4, 4, 4]),
    ("Conv3d", [2, 3, 3], {"padding": 1}, [2, 2, 3, 4, 3]),
    ("Conv3d", [2, 4, [1, 3, 2]], {"stride": [1, 2, 1], "padding": [0, 1, 1]}, [1, 2, 3, 5, 4]),
    ("Conv3d", [4, 4, 2], {"groups": 4, "bias": False}, [1, 4, 3, 3, 3]),
    ("Conv3d", [2, 2, 2], {"dilation": 2}, [1, 2, 4, 4, 4]),
    ("Conv3d", [2, 2, 3], {"padding": "same"}, [1, 2, 3, 3, 4]),
    ("ConvTranspose1d", [3, 4, 3], {}, [2, 3, 5]),
    ("ConvTranspose1d", [3, 4, 3], {"stride": 2}, [2, 3, 5]),
    ("ConvTranspose1d", [3, 4, 4], {"stride": 2, "padding": 1}, [2, 3, 5]),
    ("ConvTranspose1d", [4, 6, 3], {"stride": 3, "groups": 2, "output_padding": 2, "bias": False}, [2, 4, 4]),
    ("ConvTranspose1d", [2, 3, 3], {"dilation": 2, "padding": 1}, [2, 2, 6]),
    ("ConvTranspose1d", [2, 3, 2], {"dilation": 3, "output_padding": 2}, [2, 2, 4]),
    ("ConvTranspose2d", [3, 4, 3], {"padding": 1}, [2, 3, 5, 4]),
    ("ConvTranspose2d", [3, 4, 3], {"stride": 2, "padding": 1, "output_padding": 1}, [2, 3, 4, 4]),
    ("ConvTranspose2d", [4, 4, 2], {"stride": 2, "bias": False}, [2, 4, 4, 3]),
    ("ConvTranspose2d", [4, 6, [3, 2]], {"groups": 2, "stride": [1, 2], "padding": [1, 0]}, [1, 4, 4, 3]),
    ("ConvTranspose2d", [4, 4, 3], {"groups": 4, "stride": 2, "output_padding": [1, 0]}, [1, 4, 3, 3]),
    ("ConvTranspose2d", [2, 3, 3], {"dilation": 2}, [2, 2, 4, 4]),
    ("MaxPool1d", [2], {}, [2, 3, 7]),
    ("MaxPool1d", [3], {"stride": 1}, [2, 3, 6]),
    ("MaxPool1d", [3], {"stride": 2, "padding": 1}, [2, 3, 7]),
    ("MaxPool1d", [3], {"stride": 2, "ceil_mode": True}, [2, 3, 8]),
    ("MaxPool1d", [2], {"dilation": 3}, [2, 3, 8]),
    ("MaxPool1d", [4], {"padding": 2, "ceil_mode": True}, [1, 2, 9]),
    ("MaxPool2d", [2], {}, [2, 3, 6, 7]),
    ("MaxPool2d", [3], {"stride": 2, "padding": 1}, [2, 3, 7, 6]),
    ("MaxPool2d", [[2, 3]], {"stride": [1, 2]}, [2, 2, 5, 6]),
    ("MaxPool2d", [3], {"stride": 2, "ceil_mode": True}, [2, 2, 6, 7]),
    ("MaxPool2d", [2], {"stride": 3, "padding": 1, "ceil_mode": True}, [1, 2, 6, 8]),
    ("MaxPool2d", [2], {"stride": 1, "dilation": 3, "padding": 1}, [1, 2, 6, 5]),
    ("AvgPool1d", [2], {}, [2, 3, 7]),
    ("AvgPool1d", [3], {"stride": 2, "padding": 1}, [2, 3, 7]),
    ("AvgPool1d", [3], {"stride": 2, "padding": 1, "count_include_pad": False}, [2, 3, 7]),
    ("AvgPool1d", [3], {"stride": 2, "ceil_mode": True}, [2, 3, 8]),
    ("AvgPool1d", [4], {"padding": 2, "ceil_mode": True}, [1, 2, 9]),
    ("AvgPool1d", [5], {"stride": 1}, [1, 2, 5]),
    ("AvgPool2d", [2], {}, [2, 3, 6, 7]),
    ("AvgPool2d", [3], {"stride": 2, "padding": 1}, [2, 3, 7, 6]),
    ("AvgPool2d", [[2, 3]], {"stride": [1, 2], "padding": [0, 1], "count_include_pad": False}, [2, 2, 5, 6]),
    ("AvgPool2d", [3], {"stride": 2, "ceil_mode": True}, [2, 2, 6, 7]),
    ("AvgPool2d", [3], {"stride": 2, "padding": 1, "ceil_mode": True, "count_include_pad": False}, [1, 2, 6, 8]),
    ("AvgPool2d", [2], {"stride": 3, "padding": 1, "ceil_mode": True}, [1, 2, 6, 8]),
    ("AdaptiveAvgPool1d", [1], {}, [2, 3, 7]),
    ("AdaptiveAvgPool1d", [3], {}, [2, 3, 7]),
    ("AdaptiveAvgPool1d", [5], {}, [2, 3, 7]),
    ("AdaptiveAvgPool1d", [7], {}, [2, 3, 7]),
    ("AdaptiveAvgPool1d", [4], {}, [2, 3, 2]),
    ("AdaptiveAvgPool1d", [2], {}, [1, 1, 8]),
    ("AdaptiveAvgPool2d", [1], {}, [2, 3, 5, 4]),
    ("AdaptiveAvgPool2d", [3], {}, [2, 3, 7, 5]),
    ("AdaptiveAvgPool2d", [[2, 4]], {}, [2, 3, 6, 4]),
    ("AdaptiveAvgPool2d", [[1, 3]], {}, [1, 2, 4, 7]),
    ("AdaptiveAvgPool2d", [4], {}, [1, 2, 3, 9]),
    ("AdaptiveAvgPool2d", [2], {}, [2, 1, 4, 4]),
]

# Pools of inputs with few different values, so that most windows have several maxima
TIED = [
    ("MaxPool1d", [2], {}, [2, 3, 9]),
    ("MaxPool1d", [3], {"stride": 2, "padding": 1}, [2, 3, 7]),
    ("MaxPool1d", [3], {"stride": 1, "dilation": 2}, [2, 3, 9]),
    ("MaxPool2d", [2], {}, [2, 3, 6, 7]),
    ("MaxPool2d", [3], {"stride": 2, "padding": 1}, [2, 3, 7, 6]),
    ("MaxPool2d", [[2, 3]], {"stride": [3, 1], "padding": [1, 1], "ceil_mode": True}, [2, 2, 5, 6]),
]

# keyword arguments of interpolate, input shape
RESIZED = [
    ({"scale_factor": 2}, [2, 2, 3, 4]),
    ({"scale_factor": 1.7}, [1, 2, 5]),
    ({"size": [3, 2]}, [1, 2, 7, 5]),
    ({"size": 9, "mode": "linear"}, [2, 2, 5]),
    ({"size": 3, "mode": "linear", "align_corners": True}, [2, 2, 7]),
    ({"scale_factor": 2, "mode": "bilinear"}, [1, 2, 3, 4]),
    ({"scale_factor": 2, "mode": "bilinear", "align_corners": True}, [1, 2, 3, 4]),
    ({"size": [3, 7], "mode": "bilinear"}, [1, 2, 5, 4]),
    ({"scale_factor": [1.5, 0.6], "mode": "bilinear"}, [1, 2, 5, 7]),
    ({"size": [1, 5], "mode": "bilinear", "align_corners": True}, [1, 1, 4, 1]),
]


def camel(name):
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


def exact(shape):
    return short(torch.randn(shape))


def short(t):
    return (t * 64).round() / 64


def numbers(t):
    return [float(f"{v:.13g}") for v in t.detach().flatten().tolist()]


def entry(options, x, function, parameters):
    x.requires_grad_()
    y = function(x)
    dy = exact(y.shape)
    (y * dy).sum().backward()
    return {
        "options": {camel(k): v for k, v in options.items()},
        "x": {"shape": list(x.shape), "data": numbers(x)},
        "y": {"shape": list(y.shape), "data": numbers(y)},
        "dy": numbers(dy),
        "dx": numbers(x.grad),
        "parameters": {k: numbers(v) for k, v in parameters.items()},
        "gradients": {k: numbers(v.grad) for k, v in parameters.items()},
    }


def tuples(value):
    return tuple(value) if isinstance(value, list) else value


modules = []
for kind, arguments, options, shape in CASES:
    module = getattr(nn, kind)(*map(tuples, arguments), **{k: tuples(v) for k, v in options.items()})
    for p in module.parameters():
        p.data = short(p.data)
    modules.append(
        {"kind": kind, "arguments": arguments, **entry(options, exact(shape), module, dict(module.named_parameters()))}
    )

resized = [entry(o, exact(s), lambda x: nn.functional.interpolate(x, **{k: tuples(v) for k, v in o.items()}), {}) for o, s in RESIZED]

for kind, arguments, options, shape in TIED:
    module = getattr(nn, kind)(*map(tuples, arguments), **{k: tuples(v) for k, v in options.items()})
    modules.append({"kind": kind, "arguments": arguments, **entry(options, torch.randn(shape).round(), module, {})})

golden = {"torch": torch.__version__, "modules": modules, "resized": resized}
path = Path(__file__).parent.parent / "test/golden/convolution.json.gz"
path.write_bytes(gzip.compress(json.dumps(golden).encode(), mtime=0))
print(path, path.stat().st_size)
