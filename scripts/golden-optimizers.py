"""Golden numbers for every optimizer, from PyTorch in float64 on a small network with batch normalization.

    python3 -m venv venv && venv/bin/pip install torch==2.13.0 && venv/bin/python scripts/golden-optimizers.py

Writes test/golden/optimizers.json.gz: initial weights, 50 batches, and for each run its optimizer as Evenstep's
spec, every loss, every final weight and statistic, and the evaluation weights if they differ.

PyTorch has SGD, Adam, AdamW, RMSprop, Adagrad, NAdam, RAdam, Muon (whose iteration is made to keep float64 here),
clip_grad_value_, clip_grad_norm_ and AveragedModel. LARS, LAMB, Lion, Schedule-Free, Prodigy and adaptive clipping are
written out below from the formulas of their papers, in plain loops.
"""

import gzip
import json
from pathlib import Path

import torch
from torch import nn, optim
from torch.optim import _muon
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

torch.set_default_dtype(torch.float64)
torch.manual_seed(0)
STEPS, BATCH, INPUTS, HIDDEN, CLASSES = 50, 12, 6, 8, 3


class Net(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Linear(INPUTS, HIDDEN), nn.ReLU(), nn.BatchNorm1d(HIDDEN), nn.Linear(HIDDEN, CLASSES))


def numbers(tensors):
    return {name: t.detach().flatten().tolist() for name, t in tensors.items()}


# Numbers that float32 represents exactly, so that both precisions start from the same point.
first = {k: v.float().to(v.dtype) for k, v in Net().state_dict().items()}
x = torch.randn(STEPS, BATCH, INPUTS).float().double()
y = torch.randint(0, CLASSES, (STEPS, BATCH))


class ByFormula:
    """A custom optimizer: `one(p, g, s, t, lr)` changes p in place; s is its state and t counts from 1."""

    def __init__(self, named, lr=0.1, **options):
        self.named, self.lr, self.options, self.t = list(named), lr, options, 0
        self.states = {name: {} for name, _ in self.named}

    def zero_grad(self):
        for _, p in self.named:
            p.grad = None

    @torch.no_grad()
    def step(self):
        self.t += 1
        self.before()
        for name, p in self.named:
            one = {**self.options, **(self.options.get("vectors", {}) if p.dim() <= 1 else {})}
            one.pop("vectors", None)
            self.one(p, p.grad, self.states[name], self.t, self.lr, **one)

    def before(self):
        pass


class Lars(ByFormula):
    """You, Gitman & Ginsburg 2017, algorithm 1."""

    def one(self, p, g, s, t, lr, momentum=0.9, decay=0.0, trust=0.001, adapt=True):
        size, slope = p.norm(), g.norm()
        ratio = trust * size / (slope + decay * size) if adapt and size > 0 and slope > 0 else 1.0
        s["v"] = momentum * s.get("v", torch.zeros_like(p)) + lr * ratio * (g + decay * p)
        p.sub_(s["v"])


def adam_direction(g, s, t, beta1, beta2, eps):
    s["m"] = beta1 * s.get("m", torch.zeros_like(g)) + (1 - beta1) * g
    s["v"] = beta2 * s.get("v", torch.zeros_like(g)) + (1 - beta2) * g * g
    return (s["m"] / (1 - beta1**t)) / ((s["v"] / (1 - beta2**t)).sqrt() + eps)


class Lamb(ByFormula):
    """You et al. 2020, algorithm 2, with φ(x) = x."""

    def one(self, p, g, s, t, lr, beta1=0.9, beta2=0.999, eps=1e-6, decay=0.0, adapt=True):
        u = adam_direction(g, s, t, beta1, beta2, eps) + decay * p
        size, length = p.norm(), u.norm()
        ratio = size / length if adapt and size > 0 and length > 0 else 1.0
        p.sub_(lr * ratio * u)


class Lion(ByFormula):
    """Chen et al. 2023, algorithm 2."""

    def one(self, p, g, s, t, lr, beta1=0.9, beta2=0.99, decay=0.0):
        m = s.get("m", torch.zeros_like(p))
        p.sub_(lr * ((beta1 * m + (1 - beta1) * g).sign() + decay * p))
        s["m"] = beta2 * m + (1 - beta2) * g


class ScheduleFree(ByFormula):
    """Defazio et al. 2024, equations 3 to 5 and, with `adam`, algorithm 1 with Adam's bias correction. p holds y."""

    greatest = total = 0.0

    def before(self):
        self.greatest = max(self.greatest, self.lr)
        self.total += self.greatest**2

    def one(self, p, g, s, t, lr, beta=0.9, decay=0.0, adam=False, beta2=0.999, eps=1e-8):
        if not s:
            s.update(z=p.clone(), x=p.clone(), v=torch.zeros_like(p))
        if adam:
            s["v"] = beta2 * s["v"] + (1 - beta2) * g * g
            g = g / ((s["v"] / (1 - beta2**t)).sqrt() + eps)
        s["z"] = s["z"] - lr * g - lr * decay * p
        c = self.greatest**2 / self.total if self.total > 0 else 0.0
        s["x"] = (1 - c) * s["x"] + c * s["z"]
        p.copy_((1 - beta) * s["z"] + beta * s["x"])

    def evaluation(self):
        return {name: s["x"] for name, s in self.states.items()}


class Prodigy(ByFormula):
    """Mishchenko & Defazio 2024, algorithm 4: d comes from sums over all weights."""

    d, r = None, 0.0

    def before(self):
        beta2, d0 = self.options.get("beta2", 0.999), self.options.get("d0", 1e-6)
        self.d = self.d or d0
        self.slow = beta2**0.5
        for name, p in self.named:
            self.states[name].setdefault("x0", p.clone())
        moved = sum((p.grad * (self.states[name]["x0"] - p)).sum() for name, p in self.named)
        self.r = self.slow * self.r + (1 - self.slow) * self.lr * self.d**2 * moved
        self.step_d = self.d
        size = 0.0
        for name, p in self.named:
            s = self.states[name]
            s["s"] = self.slow * s.get("s", 0) + (1 - self.slow) * self.lr * self.d**2 * p.grad
            size += s["s"].abs().sum()
        self.d = max(self.d, (self.r / size).item())

    def one(self, p, g, s, t, lr, beta1=0.9, beta2=0.999, eps=1e-8, decay=0.0, d0=1e-6):
        d = self.step_d
        s["m"] = beta1 * s.get("m", 0) + (1 - beta1) * d * g
        s["v"] = beta2 * s.get("v", 0) + (1 - beta2) * d**2 * g**2
        p.sub_(lr * d * (s["m"] / (s["v"].sqrt() + d * eps) + decay * p))


def in_float64(grad, coefficients, steps, eps):
    """PyTorch's iteration without its bfloat16."""
    a, b, c = coefficients
    x = grad.T if grad.size(0) > grad.size(1) else grad
    x = x / x.norm().clamp(min=eps)
    for _ in range(steps):
        gram = x @ x.T
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x.T if grad.size(0) > grad.size(1) else x


_muon._zeropower_via_newtonschulz = in_float64


class Muon:
    """PyTorch's Muon for matrices whose name `rest` does not match, and its AdamW for all other weights."""

    def __init__(self, net, rest="^$", adam={}, **options):
        import re

        weights = list(net.named_parameters())
        isMatrix = lambda name, p: p.dim() > 1 and not re.search(rest, name)
        decay = options.get("weight_decay", 0.1)
        self.parts = [
            optim.Muon([p for name, p in weights if isMatrix(name, p)], **options),
            optim.AdamW([p for name, p in weights if not isMatrix(name, p)], lr=options["lr"], weight_decay=decay, **adam),
        ]
        self.param_groups = [group for part in self.parts for group in part.param_groups]

    def zero_grad(self):
        for part in self.parts:
            part.zero_grad()

    def step(self):
        for part in self.parts:
            part.step()


@torch.no_grad()
def clip_adaptively(net, ratio, eps=1e-3):
    """Brock et al. 2021, equation 3: per row of a matrix, per whole vector; the last layer is excluded."""
    for name, p in net.named_parameters():
        if name.startswith("3."):
            continue
        unit = lambda t: t.norm(dim=1, keepdim=True) if t.dim() > 1 else t.norm()
        most = unit(p).clamp(min=eps) * ratio
        p.grad.mul_((most / unit(p.grad).clamp(min=1e-6)).clamp(max=1))


def named(make, **options):
    return lambda net: make(net.named_parameters(), **options)


def plain(make, **options):
    return lambda net: make(net.parameters(), **options)


def falling(make, **options):
    """Without weight decay on vectors."""
    decay = options.pop("weight_decay")
    return lambda net: make(
        [
            {"params": [p for p in net.parameters() if p.dim() > 1], "weight_decay": decay},
            {"params": [p for p in net.parameters() if p.dim() <= 1], "weight_decay": 0},
        ],
        **options,
    )


SCHEDULE = {"lr": "exponential 0.02 times 0.97 every 1"}
scheduled = lambda k: 0.02 * 0.97**k
VECTORS = [{"maxRank": 1, "weightDecay": 0}]
UNADAPTED = [{"maxRank": 1, "weightDecay": 0, "adapt": False}]

# name: spec, optimizer, and what else a step does
RUNS = {
    "sgd": ({"type": "sgd", "lr": 0.1}, plain(optim.SGD, lr=0.1), {}),
    "sgd nesterov": ({"type": "sgd", **SCHEDULE, "momentum": 0.9, "nesterov": True, "weightDecay": 0.01}, plain(optim.SGD, lr=1, momentum=0.9, nesterov=True, weight_decay=0.01), {"lr": scheduled}),
    "sgd groups": ({"type": "sgd", "lr": 0.05, "momentum": 0.9, "weightDecay": 0.05, "groups": VECTORS}, falling(optim.SGD, lr=0.05, momentum=0.9, weight_decay=0.05), {}),
    "adam": ({"type": "adam", "lr": 0.01}, plain(optim.Adam, lr=0.01), {}),
    "adam amsgrad": ({"type": "adam", "lr": 0.02, "beta1": 0.8, "beta2": 0.9, "amsgrad": True, "weightDecay": 0.01}, plain(optim.Adam, lr=0.02, betas=(0.8, 0.9), amsgrad=True, weight_decay=0.01), {}),
    "adam schedule": ({"type": "adam", **SCHEDULE, "eps": 1e-3}, plain(optim.Adam, lr=1, eps=1e-3), {"lr": scheduled}),
    "adamw": ({"type": "adamw", "lr": 0.01}, plain(optim.AdamW, lr=0.01), {}),
    "adamw amsgrad": ({"type": "adamw", "lr": 0.02, "beta2": 0.9, "amsgrad": True, "weightDecay": 0.1}, plain(optim.AdamW, lr=0.02, betas=(0.9, 0.9), amsgrad=True, weight_decay=0.1), {}),
    "adamw groups": ({"type": "adamw", **SCHEDULE, "weightDecay": 0.3, "groups": VECTORS}, falling(optim.AdamW, lr=1, weight_decay=0.3), {"lr": scheduled}),
    "rmsprop": ({"type": "rmsprop", "lr": 0.01}, plain(optim.RMSprop, lr=0.01), {}),
    "rmsprop centered": ({"type": "rmsprop", "lr": 0.005, "alpha": 0.9, "centered": True, "eps": 1e-3, "weightDecay": 0.01}, plain(optim.RMSprop, lr=0.005, alpha=0.9, centered=True, eps=1e-3, weight_decay=0.01), {}),
    "rmsprop momentum": ({"type": "rmsprop", **SCHEDULE, "momentum": 0.8, "eps": 1e-2}, plain(optim.RMSprop, lr=1, momentum=0.8, eps=1e-2), {"lr": scheduled}),
    "rmsprop all": ({"type": "rmsprop", "lr": 0.003, "momentum": 0.5, "centered": True, "eps": 1e-4}, plain(optim.RMSprop, lr=0.003, momentum=0.5, centered=True, eps=1e-4), {}),
    "adagrad": ({"type": "adagrad", "lr": 0.05}, plain(optim.Adagrad, lr=0.05), {}),
    "adagrad start": ({"type": "adagrad", "lr": 0.03, "initialAccumulatorValue": 0.1, "lrDecay": 0.05, "eps": 1e-4}, plain(optim.Adagrad, lr=0.03, initial_accumulator_value=0.1, lr_decay=0.05, eps=1e-4), {}),
    "adagrad decay": ({"type": "adagrad", **SCHEDULE, "weightDecay": 0.1}, plain(optim.Adagrad, lr=1, weight_decay=0.1), {"lr": scheduled}),
    "nadam": ({"type": "nadam", "lr": 0.01}, plain(optim.NAdam, lr=0.01), {}),
    "nadam decoupled": ({"type": "nadam", "lr": 0.02, "beta1": 0.8, "beta2": 0.99, "momentumDecay": 0.1, "weightDecay": 0.2, "decoupledWeightDecay": True}, plain(optim.NAdam, lr=0.02, betas=(0.8, 0.99), momentum_decay=0.1, weight_decay=0.2, decoupled_weight_decay=True), {}),
    "nadam decay": ({"type": "nadam", **SCHEDULE, "weightDecay": 0.01, "eps": 1e-4}, plain(optim.NAdam, lr=1, weight_decay=0.01, eps=1e-4), {"lr": scheduled}),
    "radam": ({"type": "radam", "lr": 0.05}, plain(optim.RAdam, lr=0.05), {}),
    "radam short": ({"type": "radam", "lr": 0.02, "beta1": 0.8, "beta2": 0.7, "weightDecay": 0.01}, plain(optim.RAdam, lr=0.02, betas=(0.8, 0.7), weight_decay=0.01), {}),
    "radam decoupled": ({"type": "radam", **SCHEDULE, "beta2": 0.9, "eps": 1e-4, "weightDecay": 0.3, "decoupledWeightDecay": True}, plain(optim.RAdam, lr=1, betas=(0.9, 0.9), eps=1e-4, weight_decay=0.3, decoupled_weight_decay=True), {"lr": scheduled}),
    "lars": ({"type": "lars", "lr": 10}, named(Lars, lr=10), {}),
    "lars decay": ({"type": "lars", **SCHEDULE, "momentum": 0.5, "trustCoefficient": 0.5, "weightDecay": 0.1}, named(Lars, momentum=0.5, trust=0.5, decay=0.1), {"lr": scheduled}),
    "lars groups": ({"type": "lars", "lr": 0.1, "trustCoefficient": 0.1, "weightDecay": 0.1, "groups": UNADAPTED}, named(Lars, lr=0.1, trust=0.1, decay=0.1, vectors={"decay": 0, "adapt": False}), {}),
    "lamb": ({"type": "lamb", "lr": 0.02}, named(Lamb, lr=0.02), {}),
    "lamb decay": ({"type": "lamb", **SCHEDULE, "beta1": 0.8, "beta2": 0.9, "eps": 1e-3, "weightDecay": 0.1}, named(Lamb, beta1=0.8, beta2=0.9, eps=1e-3, decay=0.1), {"lr": scheduled}),
    "lamb groups": ({"type": "lamb", "lr": 0.01, "weightDecay": 0.1, "groups": UNADAPTED}, named(Lamb, lr=0.01, decay=0.1, vectors={"decay": 0, "adapt": False}), {}),
    "lion": ({"type": "lion", "lr": 0.003}, named(Lion, lr=0.003), {}),
    "lion decay": ({"type": "lion", "lr": 0.002, "beta1": 0.8, "beta2": 0.95, "weightDecay": 1}, named(Lion, lr=0.002, beta1=0.8, beta2=0.95, decay=1), {}),
    "lion schedule": ({"type": "lion", **SCHEDULE, "weightDecay": 0.1, "groups": VECTORS}, named(Lion, decay=0.1, vectors={"decay": 0}), {"lr": scheduled}),
    "scheduleFreeSgd": ({"type": "scheduleFreeSgd", "lr": 0.5}, named(ScheduleFree, lr=0.5), {}),
    "scheduleFreeSgd decay": ({"type": "scheduleFreeSgd", "lr": 1, "momentum": 0.95, "weightDecay": 0.01}, named(ScheduleFree, lr=1, beta=0.95, decay=0.01), {}),
    "scheduleFreeSgd warmup": ({"type": "scheduleFreeSgd", "lr": "warmup 10 from 0.05 + constant 0.5"}, named(ScheduleFree), {"lr": lambda k: 0.025 + 0.0475 * k if k < 10 else 0.5}),
    "scheduleFreeAdamW": ({"type": "scheduleFreeAdamW", "lr": 0.02}, named(ScheduleFree, lr=0.02, adam=True), {}),
    "scheduleFreeAdamW decay": ({"type": "scheduleFreeAdamW", "lr": 0.05, "beta1": 0.95, "beta2": 0.9, "eps": 1e-3, "weightDecay": 0.1}, named(ScheduleFree, lr=0.05, beta=0.95, beta2=0.9, eps=1e-3, decay=0.1, adam=True), {}),
    "scheduleFreeAdamW schedule": ({"type": "scheduleFreeAdamW", **SCHEDULE}, named(ScheduleFree, adam=True), {"lr": scheduled}),
    "muon": ({"type": "muon", "lr": 0.01}, lambda net: Muon(net, lr=0.01, adjust_lr_fn="match_rms_adamw"), {}),
    "muon original": ({"type": "muon", "lr": 0.02, "adjustLr": "original", "momentum": 0.8, "nesterov": False, "weightDecay": 0}, lambda net: Muon(net, lr=0.02, momentum=0.8, nesterov=False, weight_decay=0), {}),
    "muon groups": ({"type": "muon", **SCHEDULE, "beta1": 0.8, "beta2": 0.95, "weightDecay": 0.3, "groups": [{"match": "^3\\.", "orthogonalize": False}]}, lambda net: Muon(net, rest="^3\\.", adam={"betas": (0.8, 0.95)}, lr=1, weight_decay=0.3, adjust_lr_fn="match_rms_adamw"), {"lr": scheduled}),
    "prodigy": ({"type": "prodigy", "lr": 1}, named(Prodigy, lr=1), {}),
    "prodigy decay": ({"type": "prodigy", "lr": 0.5, "beta1": 0.8, "beta2": 0.95, "eps": 1e-3, "weightDecay": 0.1, "d0": 1e-4}, named(Prodigy, lr=0.5, beta1=0.8, beta2=0.95, eps=1e-3, decay=0.1, d0=1e-4), {}),
    "prodigy schedule": ({"type": "prodigy", "lr": "exponential 1 times 0.97 every 1", "d0": 1e-3}, named(Prodigy, d0=1e-3), {"lr": lambda k: 0.97**k}),
    "clip value": ({"type": "sgd", "lr": 0.1, "momentum": 0.9, "clip": {"value": 0.02}}, plain(optim.SGD, lr=0.1, momentum=0.9), {"clip": lambda net: nn.utils.clip_grad_value_(net.parameters(), 0.02)}),
    "clip norm": ({"type": "sgd", "lr": 0.1, "clip": {"norm": 0.3}}, plain(optim.SGD, lr=0.1), {"clip": lambda net: nn.utils.clip_grad_norm_(net.parameters(), 0.3)}),
    "clip norm adamw": ({"type": "adamw", "lr": 0.01, "clip": {"norm": 0.1}, "eps": 1e-3}, plain(optim.AdamW, lr=0.01, eps=1e-3), {"clip": lambda net: nn.utils.clip_grad_norm_(net.parameters(), 0.1)}),
    "clip adaptively": ({"type": "sgd", "lr": 0.1, "clip": {"adaptive": 0.05, "except": "^3\\."}}, plain(optim.SGD, lr=0.1), {"clip": lambda net: clip_adaptively(net, 0.05)}),
    "decay with the rate": ({"type": "adamw", **SCHEDULE, "weightDecay": 0.5, "peakLr": 0.02}, plain(optim.AdamW, lr=1), {"lr": scheduled, "decay": lambda k: 0.5 * 0.97**k}),
    "ema": ({"type": "sgd", "lr": 0.1, "average": {"type": "ema", "decay": 0.9, "batchNorm": "copy"}}, plain(optim.SGD, lr=0.1), {"average": lambda net: AveragedModel(net, multi_avg_fn=get_ema_multi_avg_fn(0.9))}),
    "ema of statistics": ({"type": "adam", "lr": 0.01, "average": {"type": "ema", "decay": 0.8, "every": 3, "batchNorm": "average"}}, plain(optim.Adam, lr=0.01), {"average": lambda net: AveragedModel(net, multi_avg_fn=get_ema_multi_avg_fn(0.8), use_buffers=True), "takes": lambda k: k % 3 == 0}),
    "swa": ({"type": "sgd", "lr": 0.1, "average": {"type": "swa", "start": 20, "every": 5, "batchNorm": "copy"}}, plain(optim.SGD, lr=0.1), {"average": lambda net: AveragedModel(net), "takes": lambda k: k >= 20 and (k - 20) % 5 == 0}),
}


def train(spec, make, besides):
    net = Net()
    net.load_state_dict(first)
    optimizer = make(net)
    average = besides["average"](net) if "average" in besides else None
    losses, norms = [], []
    for k in range(STEPS):
        if "lr" in besides:
            for group in getattr(optimizer, "param_groups", []):
                group["lr"] = besides["lr"](k)
            optimizer.lr = besides["lr"](k)
        if "decay" in besides:
            for group in optimizer.param_groups:
                group["weight_decay"] = besides["decay"](k)
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(net(x[k]), y[k])
        loss.backward()
        norms.append(nn.utils.get_total_norm([p.grad for p in net.parameters()]).item())
        besides.get("clip", lambda net: None)(net)
        optimizer.step()
        losses.append(loss.item())
        if average and besides.get("takes", lambda k: True)(k):
            average.update_parameters(net)
    run = {"spec": spec, "losses": losses, "norms": norms, "state": numbers(net.state_dict())}
    if hasattr(optimizer, "evaluation"):
        run["evaluation"] = numbers(optimizer.evaluation())
    if average:
        averaged = average.module.state_dict() if spec["average"]["batchNorm"] == "average" else dict(average.module.named_parameters())
        run["evaluation"] = numbers({k: v for k, v in averaged.items() if "num_batches" not in k})
    return run


golden = {
    "torch": torch.__version__,
    "batch": BATCH,
    "first": numbers(first),
    "x": x.flatten().tolist(),
    "y": y.flatten().tolist(),
    "runs": {name: train(*run) for name, run in RUNS.items()},
}
path = Path(__file__).parent.parent / "test/golden/optimizers.json.gz"
path.write_bytes(gzip.compress(json.dumps(golden).encode(), mtime=0))
print(path, path.stat().st_size)
