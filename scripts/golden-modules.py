"""Golden numbers for modules, from PyTorch in float64.

    python3 -m venv venv && venv/bin/pip install torch==2.13.0 && venv/bin/python scripts/golden-modules.py

Writes test/golden/modules.json.gz: for each module and set of arguments, its initial state and inputs, its
outputs in training, the gradients of Σ r·y for fixed random r, and, if it keeps statistics, those after 5 batches with
the output in evaluation; for standardized convolutions, also the output after one step of SGD. Arguments are written as
in TypeScript and converted to PyTorch's names.
"""

import gzip
import json
import re
from pathlib import Path

import torch
from torch import nn

torch.set_default_dtype(torch.float64)
torch.manual_seed(0)
BATCHES = 5


def exact(t):
    """Numbers that float32 represents exactly, so that both precisions start from the same point."""
    return t.to(torch.float32).to(t.dtype)


def numbers(t):
    return t.detach().flatten().tolist()


def snake(name):
    return re.sub("[A-Z]", lambda m: "_" + m[0].lower(), name)


class DyT(nn.Module):
    """Zhu et al. 2025, arXiv 2503.10622, equation 2."""

    def __init__(self, channels, alpha=0.5, channels_last=True):
        super().__init__()
        self.alpha = nn.Parameter(torch.full((1,), alpha))
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.channels_last = channels_last

    def bounded(self, x):
        return torch.tanh(self.alpha * x)

    def forward(self, x):
        axes = [-1] if self.channels_last else [-1] + [1] * (x.dim() - 2)
        return self.weight.reshape(axes) * self.bounded(x) + self.bias.reshape(axes)


class Derf(DyT):
    """Chen et al. 2025, arXiv 2512.10938."""

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.shift = nn.Parameter(torch.zeros(1))

    def bounded(self, x):
        return torch.special.erf(self.alpha * x + self.shift)


class SkipInit(nn.Module):
    """De & Smith 2020, arXiv 2002.10444."""

    def __init__(self):
        super().__init__()
        self.gain = nn.Parameter(torch.zeros(1))

    def forward(self, x):
        return self.gain * x


class Standardized(nn.Module):
    """Brock et al. 2021, arXiv 2101.08692, equation 1, with 1e-6 added to the variance."""

    def __init__(self, shape, bias=True, scale=(2 / (1 - 1 / torch.pi)) ** 0.5):
        super().__init__()
        self.weight = nn.Parameter(torch.rand(shape) - 0.5)
        self.gain = nn.Parameter(torch.ones([shape[0]] + [1] * (len(shape) - 1)))
        self.bias = nn.Parameter(torch.zeros(shape[0])) if bias else None
        self.scale = scale

    def standardized(self):
        axes = list(range(1, self.weight.dim()))
        variance, mean = torch.var_mean(self.weight, dim=axes, keepdim=True, correction=0)
        inputs = self.weight[0].numel()
        return self.scale * self.gain * (self.weight - mean) / torch.sqrt(inputs * (variance + 1e-6))


class StandardizedLinear(Standardized):
    def __init__(self, inputs, outputs, **options):
        super().__init__([outputs, inputs], **options)

    def forward(self, x):
        return nn.functional.linear(x, self.standardized(), self.bias)


def standardized_convolution(rank):
    class StandardizedConv(Standardized):
        def __init__(self, inputs, outputs, kernel, stride=1, padding=0, dilation=1, groups=1, **options):
            sizes = kernel if isinstance(kernel, list) else [kernel] * rank
            super().__init__([outputs, inputs // groups, *sizes], **options)
            self.sliding = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}

        def forward(self, x):
            convolve = nn.functional.conv1d if rank == 1 else nn.functional.conv2d
            return convolve(x, self.standardized(), self.bias, **self.sliding)

    return StandardizedConv


OWN = {
    "DyT": DyT,
    "Derf": Derf,
    "SkipInit": SkipInit,
    "StandardizedLinear": StandardizedLinear,
    "StandardizedConv1d": standardized_convolution(1),
    "StandardizedConv2d": standardized_convolution(2),
}


def build(kind, args):
    positional = [a for a in args if not isinstance(a, dict)]
    options = {snake(k): v for a in args if isinstance(a, dict) for k, v in a.items()}
    if "batch_first" not in options and kind == "MultiheadAttention":
        options["batch_first"] = False
    module = (OWN.get(kind) or getattr(nn, kind))(*positional, **options)
    with torch.no_grad():
        for name, p in module.named_parameters():
            if "running" not in name:
                p.copy_(exact(p + 0.5 * torch.rand_like(p)))
    return module


def state(module):
    return {k: numbers(t) for k, t in module.state_dict().items()}


def case(kind, args, inputs, forward, batches=None):
    """One set of arguments: `forward(module, *inputs)` returns the outputs; the first is differentiated."""
    module = build(kind, args)
    first = state(module)
    leaves = [t.requires_grad_() if t.is_floating_point() else t for t in inputs]
    outputs = forward(module, *leaves)
    r = [exact(torch.rand_like(y) + 0.5) for y in outputs]
    sum((a * y).sum() for a, y in zip(r, outputs)).backward()
    result = {
        "kind": kind,
        "args": args,
        "state": first,
        "inputs": [{"shape": list(t.shape), "data": numbers(t), "integer": not t.is_floating_point()} for t in inputs],
        "cotangents": [numbers(a) for a in r],
        "outputs": [{"shape": list(y.shape), "data": numbers(y)} for y in outputs],
        "inputGradients": [numbers(t.grad) if t.grad is not None else None for t in leaves],
        "gradients": {k: numbers(p.grad) for k, p in module.named_parameters()},
    }
    if batches is not None:
        for x in batches:
            forward(module, x)
        module.eval()
        result["batches"] = [numbers(x) for x in batches]
        result["after"] = state(module)
        result["evaluation"] = numbers(forward(module, inputs[0])[0])
    return result


def stepped(kind, args, x):
    """A case with the output after one step of SGD at a rate of 0.1 on Σ r·y."""
    result = case(kind, args, [x], plain)
    module = build(kind, args)
    shapes = {k: p.shape for k, p in module.named_parameters()}
    after = lambda k: torch.tensor(result["state"][k]) - 0.1 * torch.tensor(result["gradients"][k])
    module.load_state_dict({k: after(k).reshape(shape) for k, shape in shapes.items()})
    return {**result, "stepped": numbers(module(x))}


def plain(module, x):
    return [module(x)]


def normalizers():
    options = [{}, {"momentum": 0.3}, {"momentum": None}, {"eps": 0.1}, {"affine": False}, {"trackRunningStats": False}, {"momentum": 1.0}]
    for kind, shapes in {
        "BatchNorm1d": [[6, 4], [3, 4, 5]],
        "BatchNorm2d": [[3, 4, 2, 3]],
        "BatchNorm3d": [[2, 4, 2, 1, 3]],
    }.items():
        for shape in shapes:
            for option in options:
                xs = [exact(torch.randn(shape) * 2 + 3) for _ in range(BATCHES)]
                yield case(kind, [4, option], [xs[0].clone()], plain, xs[1:])
    for kind, shape in {"InstanceNorm1d": [3, 4, 5], "InstanceNorm2d": [2, 4, 3, 2]}.items():
        for option in [{}, {"affine": True}, {"eps": 0.1}, {"trackRunningStats": True}, {"trackRunningStats": True, "momentum": 0.3, "affine": True}, {"affine": True, "eps": 1e-3}]:
            xs = [exact(torch.randn(shape) * 2 + 3) for _ in range(BATCHES)]
            yield case(kind, [4, option], [xs[0].clone()], plain, xs[1:])
    for size, option, shape in [(4, {}, [3, 4]), ([4], {"eps": 0.1}, [2, 3, 4]), ([3, 4], {}, [2, 3, 4]), (4, {"elementwiseAffine": False}, [3, 4]), (4, {"bias": False}, [3, 4]), ([2, 2], {"bias": False, "eps": 1e-3}, [5, 2, 2])]:
        yield case("LayerNorm", [size, option], [exact(torch.randn(shape))], plain)
    for size, option, shape in [(4, {}, [3, 4]), ([4], {"eps": 0.1}, [2, 3, 4]), ([3, 4], {"eps": 1e-5}, [2, 3, 4]), (4, {"elementwiseAffine": False}, [3, 4]), (4, {"eps": 1e-8}, [3, 4]), ([2, 2], {"eps": 1e-3}, [5, 2, 2])]:
        yield case("RMSNorm", [size, option], [exact(torch.randn(shape))], plain)
    for groups, option, shape in [(1, {}, [3, 4]), (2, {}, [3, 4, 5]), (1, {}, [2, 4, 3, 2]), (4, {}, [2, 4, 3, 2]), (2, {"affine": False}, [2, 4, 3]), (2, {"eps": 0.1}, [2, 4, 3])]:
        yield case("GroupNorm", [groups, 4, option], [exact(torch.randn(shape))], plain)


def layers():
    for out, option, shape in [(3, {}, [5, 4]), (1, {}, [5, 4]), (3, {"bias": False}, [5, 4]), (3, {}, [2, 5, 4]), (3, {"bias": False}, [2, 2, 3, 4]), (3, {}, [4])]:
        yield case("Linear", [4, out, option], [exact(torch.randn(shape))], plain)
    for option, shape in [({}, [5]), ({}, [2, 3]), ({"paddingIdx": 0}, [2, 3]), ({"paddingIdx": 6}, [2, 3, 2]), ({"paddingIdx": -1}, [9]), ({}, [1])]:
        yield case("Embedding", [7, 3, option], [torch.randint(0, 7, shape)], plain)


def activations():
    x = lambda: [exact(torch.randn(3, 5) * 2.5)]
    for kind, options in {
        "ReLU": [{}],
        "ReLU6": [{}],
        "PReLU": [{}, {"numParameters": 5}],
        "SELU": [{}],
        "CELU": [{}, {"alpha": 0.5}],
        "Mish": [{}],
        "LogSigmoid": [{}],
        # Without Hardsigmoid: even in float64, its gradient in PyTorch is 1/6 rounded to float32.
        "Hardswish": [{}],
        "LeakyReLU": [{}, {"negativeSlope": 0.2}],
        "ELU": [{}, {"alpha": 0.5}],
        "GELU": [{}, {"approximate": "tanh"}],
        "SiLU": [{}],
        "Tanh": [{}],
        "Sigmoid": [{}],
        "Softplus": [{}, {"beta": 2.0}],
        "Hardtanh": [{}, {"minVal": -2.0, "maxVal": 0.5}],
        "Softmax": [{"dim": 0}, {"dim": -1}],
        "LogSoftmax": [{"dim": 0}, {"dim": -1}],
    }.items():
        for option in options:
            yield case(kind, [option], x(), plain)


def recurrent():
    for kind in ["RNN", "LSTM", "GRU"]:
        options = [{}, {"numLayers": 2}, {"bidirectional": True}, {"batchFirst": True}, {"bias": False}, {"numLayers": 2, "bidirectional": True, "batchFirst": True}]
        if kind == "RNN":
            options.append({"nonlinearity": "relu"})
        for option in options:
            for lengths in [None, [2, 4, 1]]:
                first = option.get("batchFirst", False)

                def forward(module, x, *start):
                    state = None if not start else start[0] if kind != "LSTM" else tuple(start)
                    if lengths is None:
                        y, h = module(x, state)
                    else:
                        packed = nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=first, enforce_sorted=False)
                        y, h = module(packed, state)
                        y, _ = nn.utils.rnn.pad_packed_sequence(y, batch_first=first, total_length=4)
                    return [y, *h] if kind == "LSTM" else [y, h]

                x = exact(torch.randn([3, 4, 2] if first else [4, 3, 2]))
                count = option.get("numLayers", 1) * (2 if option.get("bidirectional") else 1)
                start = [exact(torch.randn(count, 3, 5)) for _ in range(2 if kind == "LSTM" else 1)] if option.get("numLayers") else []
                yield {**case(kind, [2, 5, option], [x, *start], forward), "lengths": lengths}


def attention():
    E, N, L, S = 6, 2, 3, 4
    padding = torch.tensor([[False, False, False, True], [False, True, False, False]])
    causal = torch.triu(torch.ones(L, S, dtype=torch.bool), 1)
    added = exact(torch.randn(L, S))
    for option, extra in [
        ({}, {}),
        ({"batchFirst": True}, {}),
        ({"bias": False}, {}),
        ({"kdim": 5, "vdim": 3}, {}),
        ({"batchFirst": True}, {"keyPaddingMask": padding}),
        ({}, {"attnMask": causal}),
        ({}, {"attnMask": added}),
        ({"kdim": 5, "vdim": 3, "batchFirst": True}, {"keyPaddingMask": padding, "attnMask": causal}),
    ]:
        sizes = [(L, E), (S, option.get("kdim", E)), (S, option.get("vdim", E))]
        shape = (lambda n, e: [N, n, e]) if option.get("batchFirst") else (lambda n, e: [n, N, e])
        inputs = [exact(torch.randn(shape(n, e))) for n, e in sizes]
        masks = {snake(k): v for k, v in extra.items()}
        forward = lambda module, q, k, v: [module(q, k, v, need_weights=False, **masks)[0]]
        yield {
            **case("MultiheadAttention", [E, 2, option], inputs, forward),
            "masks": {k: {"shape": list(v.shape), "data": [float(a) for a in numbers(v)], "bool": v.dtype == torch.bool} for k, v in extra.items()},
        }


def substitutes():
    """Layers that PyTorch does not have, by the formulas of their papers."""
    for kind in ["DyT", "Derf"]:
        for option, shape in [({}, [3, 4]), ({"alpha": 2.0}, [2, 3, 4]), ({"channelsLast": False}, [3, 4]), ({"channelsLast": False, "alpha": 0.25}, [2, 4, 3, 2])]:
            yield case(kind, [4, option], [exact(torch.randn(shape) * 2)], plain)
    yield case("SkipInit", [], [exact(torch.randn(3, 4))], plain)
    for option, shape in [({}, [3, 4]), ({"bias": False, "scale": 1.0}, [2, 3, 4])]:
        yield case("StandardizedLinear", [4, 3, option], [exact(torch.randn(shape))], plain)
    for kind, args, shape in [
        ("StandardizedConv1d", [2, 4, 3, {}], [2, 2, 7]),
        ("StandardizedConv1d", [4, 6, 3, {"stride": 2, "padding": 1, "groups": 2, "bias": False, "scale": 1.0}], [2, 4, 8]),
        ("StandardizedConv1d", [1, 3, 5, {"padding": "same", "dilation": 2}], [2, 1, 9]),
        ("StandardizedConv2d", [3, 4, 3, {}], [2, 3, 5, 6]),
        ("StandardizedConv2d", [4, 4, [3, 2], {"stride": [2, 1], "padding": [1, 0], "groups": 4}], [2, 4, 5, 4]),
        ("StandardizedConv2d", [2, 3, 3, {"padding": "same", "bias": False, "scale": 0.5}], [2, 2, 4, 4]),
    ]:
        yield stepped(kind, args, exact(torch.randn(shape)))


cases = [*normalizers(), *layers(), *activations(), *recurrent(), *attention(), *substitutes()]
path = Path(__file__).parent.parent / "test/golden/modules.json.gz"
path.write_bytes(gzip.compress(json.dumps({"torch": torch.__version__, "cases": cases}).encode(), mtime=0))
print(path, len(cases), path.stat().st_size)
