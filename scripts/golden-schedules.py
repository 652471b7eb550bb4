"""Writes test/golden/schedules.json.gz: the values of PyTorch's learning-rate schedulers, for the tests to compare with.

    python3 -m venv venv && venv/bin/pip install torch==2.13
    venv/bin/python scripts/golden-schedules.py

Each row has a scheduler, its arguments, and the learning rate of each of 1,000 optimizer steps (and the momentum, if the
scheduler changes it). Made with the schedulers' own `step`, not their closed forms.
"""

import gzip
import json
import math
import pathlib
import random
import warnings

import torch
from torch.optim import lr_scheduler as s
from torch.optim.swa_utils import SWALR

STEPS = 1000
warnings.filterwarnings("ignore")
FUNCTIONS = {name: getattr(math, name) for name in ("sqrt", "exp", "log", "cos", "floor", "pi", "pow")}


def lambda_of(text):
    return lambda step: eval(text, {**FUNCTIONS, "min": min, "max": max, "abs": abs}, {"step": step})


def optimizer(lr):
    return torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=lr, momentum=0.9)


def make(name, args, opt):
    args = dict(args)
    if "lr_lambda" in args:
        args["lr_lambda"] = lambda_of(args["lr_lambda"])
    if name == "SequentialLR":
        return s.SequentialLR(opt, [make(n, a, opt) for n, a in args["schedulers"]], args["milestones"])
    if name == "ChainedScheduler":
        return s.ChainedScheduler([make(n, a, opt) for n, a in args["schedulers"]])
    return (SWALR if name == "SWALR" else getattr(s, name))(opt, **args)


def row(name, lr=0.1, steps=STEPS, **args):
    opt = optimizer(lr)
    scheduler = make(name, args, opt)
    lrs, momenta = [], []
    for step in range(steps):
        lrs.append(opt.param_groups[0]["lr"])
        momenta.append(opt.param_groups[0]["momentum"])
        opt.step()
        if step < steps - 1:
            scheduler.step()
    out = {"name": name, "lr": lr, "args": args, "values": lrs}
    return {**out, "momenta": momenta} if name in ("OneCycleLR", "CyclicLR") else out


def plateau(metrics, **args):
    opt = optimizer(1.0)
    scheduler = s.ReduceLROnPlateau(opt, **args)
    states = []
    for metric in metrics:
        opt.step()
        scheduler.step(metric)
        states.append([opt.param_groups[0]["lr"], scheduler.num_bad_epochs, scheduler.cooldown_counter])
    return {"args": args, "metrics": [None if math.isnan(m) else m for m in metrics], "states": states}


def simple_rows():
    for size, gamma in [(1, 0.99), (1, 0.5), (2, 0.9), (3, 0.1), (7, 0.5), (10, 0.97), (30, 0.1), (50, 0.3),
                        (100, 0.5), (250, 0.01), (333, 1.5), (999, 0.1), (1000, 0.1), (5000, 0.1)]:
        yield row("StepLR", lr=1 / size + 0.01, step_size=size, gamma=gamma)
    for milestones, gamma in [([2, 2, 4], 0.1), ([30, 80], 0.1), ([80, 30], 0.1), ([1], 0.5), ([0], 0.5), ([999], 0.5),
                              ([100, 200, 300, 400], 0.3), ([5, 5, 5], 0.5), (list(range(1, 1000, 10)), 0.95),
                              ([500, 500, 600, 600], 0.7), ([2000], 0.1), ([10, 20, 30], 2.0)]:
        yield row("MultiStepLR", milestones=milestones, gamma=gamma)
    for factor, total in [(1 / 3, 5), (0.5, 3), (0.1, 1), (1.0, 10), (0.25, 100), (0.9, 500), (0.7, 999), (0.3, 1000),
                          (0.2, 2000), (0.01, 50), (0.99, 7), (0.6, 250)]:
        yield row("ConstantLR", lr=0.3, factor=factor, total_iters=total)
    for start, end, total in [(1 / 3, 1.0, 5), (0.25, 1.0, 4), (0.001, 1.0, 100), (1.0, 0.1, 100), (1.0, 0.0, 1000),
                              (0.5, 0.5, 10), (1e-6, 1.0, 500), (1.0, 0.01, 999), (0.1, 0.9, 333), (0.2, 1.0, 1),
                              (0.3, 0.7, 2000), (1.0, 0.5, 77)]:
        yield row("LinearLR", lr=0.7, start_factor=start, end_factor=end, total_iters=total)
    for lr, gamma in [(1, 0.9), (0.1, 0.99), (0.1, 0.999), (3, 0.9999), (0.1, 0.5), (0.01, 1.0), (1e-4, 1.001),
                      (0.5, 0.95), (0.2, 0.98), (0.3, 0.997), (1e-6, 1.01), (10, 0.97)]:
        yield row("ExponentialLR", lr=lr, gamma=gamma)
    for total, power in [(5, 1.0), (4, 2.0), (100, 1.0), (1000, 0.9), (999, 2.0), (1001, 3.0), (500, 0.5), (1, 1.0),
                         (2000, 1.5), (300, 4.0), (777, 0.1), (1000, 1.0)]:
        yield row("PolynomialLR", lr=0.4, total_iters=total, power=power)
    for tmax, low in [(4, 0), (4, 0.01), (10, 0.0), (50, 0.001), (100, 0), (200, 0.05), (333, 0), (500, 1e-6), (999, 0),
                      (1000, 0.01), (2000, 0), (7, 0.2), (1, 0.0)]:
        yield row("CosineAnnealingLR", lr=0.1, T_max=tmax, eta_min=low)
    for t0, mult, low in [(3, 2, 0), (1, 1, 0), (1, 2, 0.01), (10, 1, 0), (10, 2, 1e-4), (50, 3, 0), (100, 1, 0.05),
                          (7, 4, 0), (999, 2, 0), (1000, 1, 0), (13, 10, 0.001), (2, 5, 0)]:
        yield row("CosineAnnealingWarmRestarts", lr=0.5, T_0=t0, T_mult=mult, eta_min=low)
    for lr, swa_lr, epochs, how in [(1, 0.1, 4, "cos"), (1, 0.1, 4, "linear"), (1, 0.1, 0, "cos"), (1, 0.1, 0, "linear"),
                                    (0.1, 0.05, 10, "cos"), (0.1, 0.2, 10, "linear"), (0.5, 0.001, 100, "cos"),
                                    (0.5, 0.001, 100, "linear"), (0.3, 0.3, 20, "cos"), (0.1, 0.01, 999, "cos"),
                                    (0.1, 0.01, 500, "linear"), (0.2, 0.02, 1, "cos")]:
        yield row("SWALR", lr=lr, swa_lr=swa_lr, anneal_epochs=epochs, anneal_strategy=how)


def lambda_rows():
    for text in ["step / (step + 1)", "pow(0.95, step)", "1 / (1 + 0.01 * step)", "1 / sqrt(step + 1)",
                 "min((step + 1) / 100, 1)", "max(0.01, 1 - step / 500)", "exp(-step / 100)", "cos(pi * step / 2000)",
                 "(step < 100) * 1 + (step >= 100) * 0.1", "0.5 + 0.5 * cos(pi * step / 1000)",
                 "pow(0.5, floor(step / 100))", "log(step + 2) / (step + 2)"]:
        yield row("LambdaLR", lr=0.1, lr_lambda=text)
    for text in ["0.95", "0.999", "1", "1 - 1 / (step + 10)", "step / (step + 1)", "0.5 + 0.5 * exp(-step)",
                 "1 + 0.001 * cos(step)", "sqrt(step / (step + 1))", "min(1, 0.9 + step / 1000)", "0.99 + 0.01 * (step > 500)",
                 "max(0.9, 1 - step / 1000)", "pow(0.999, step / 100)"]:
        yield row("MultiplicativeLR", lr=0.3, lr_lambda=text)


def cycle_rows():
    for args in [dict(step_size_up=3, step_size_down=2), dict(step_size_up=2, mode="triangular2"),
                 dict(step_size_up=2, mode="exp_range", gamma=0.9), dict(), dict(step_size_up=100),
                 dict(step_size_up=50, step_size_down=150), dict(step_size_up=100, mode="triangular2"),
                 dict(step_size_up=40, step_size_down=10, mode="exp_range", gamma=0.999),
                 dict(step_size_up=10, base_momentum=0.5, max_momentum=0.99), dict(step_size_up=1, step_size_down=1),
                 dict(step_size_up=7, step_size_down=13, mode="triangular2"), dict(step_size_up=500),
                 dict(step_size_up=20, mode="exp_range", gamma=0.99994)]:
        yield row("CyclicLR", base_lr=0.01, max_lr=1.0, **args)
    for steps, args in [(10, {}), (10, dict(pct_start=0.25)), (10, dict(three_phase=True)),
                        (10, dict(anneal_strategy="linear")), (1000, {}), (1000, dict(anneal_strategy="linear")),
                        (1000, dict(three_phase=True)), (999, dict(pct_start=0.1)), (999, dict(three_phase=True, pct_start=0.45)),
                        (500, dict(div_factor=10, final_div_factor=100)), (200, dict(three_phase=True, anneal_strategy="linear")),
                        (997, dict(pct_start=0.123)), (300, dict(pct_start=0.0)), (300, dict(pct_start=0.9, anneal_strategy="linear")),
                        (1000, dict(base_momentum=0.8, max_momentum=0.9))]:
        yield row("OneCycleLR", steps=steps + 1, max_lr=1.0, total_steps=steps, **args)


def composed_rows():
    linear, constant, cosine = "LinearLR", "ConstantLR", "CosineAnnealingLR"
    for milestones, *parts in [
        ([3], (linear, dict(start_factor=0.1, total_iters=3)), (cosine, dict(T_max=4))),
        ([3], (constant, dict(factor=0.1, total_iters=3)), ("ExponentialLR", dict(gamma=0.9))),
        ([100], (linear, dict(start_factor=0.01, total_iters=100)), (cosine, dict(T_max=900))),
        ([100], (linear, dict(start_factor=0.01, total_iters=100)), (cosine, dict(T_max=900, eta_min=0.01))),
        ([50, 500], (linear, dict(start_factor=0.1, total_iters=50)), ("StepLR", dict(step_size=100, gamma=0.5)),
         ("ExponentialLR", dict(gamma=0.99))),
        ([200], ("ExponentialLR", dict(gamma=0.999)), ("LinearLR", dict(start_factor=1.0, end_factor=0.1, total_iters=100))),
        ([10], (constant, dict(factor=0.5, total_iters=100)), ("MultiStepLR", dict(milestones=[30, 80], gamma=0.1))),
        ([5, 10, 15], *[("ExponentialLR", dict(gamma=g)) for g in (0.9, 0.8, 0.7, 0.99)]),
        ([20], (linear, dict(start_factor=0.5, total_iters=20)), ("PolynomialLR", dict(total_iters=500, power=2.0))),
        ([30], (linear, dict(start_factor=0.5, total_iters=30)), ("CosineAnnealingWarmRestarts", dict(T_0=50, T_mult=2))),
        ([40], (linear, dict(start_factor=0.5, total_iters=40)), ("LambdaLR", dict(lr_lambda="1 / sqrt(step + 1)"))),
        ([500], ("StepLR", dict(step_size=10, gamma=0.9)), ("StepLR", dict(step_size=20, gamma=0.8))),
        ([2], (constant, dict(factor=0.1, total_iters=2)), ("MultiplicativeLR", dict(lr_lambda="0.99"))),
    ]:
        yield row("SequentialLR", schedulers=parts, milestones=milestones)
    for parts in [
        [(constant, dict(factor=0.1, total_iters=3)), ("ExponentialLR", dict(gamma=0.9))],
        [(linear, dict(start_factor=0.1, total_iters=100)), ("StepLR", dict(step_size=200, gamma=0.5))],
        [(linear, dict(start_factor=0.5, total_iters=10)), ("ExponentialLR", dict(gamma=0.99))],
        [("StepLR", dict(step_size=30, gamma=0.9)), ("StepLR", dict(step_size=50, gamma=0.8))],
        [(constant, dict(factor=0.5, total_iters=4)), (constant, dict(factor=0.5, total_iters=9))],
        [(linear, dict(start_factor=0.01, total_iters=50)), ("PolynomialLR", dict(total_iters=1200, power=1.0))],
        [("ExponentialLR", dict(gamma=0.999)), ("MultiStepLR", dict(milestones=[100, 500], gamma=0.5))],
        [(linear, dict(start_factor=0.2, total_iters=5)), (linear, dict(start_factor=1.0, end_factor=0.1, total_iters=500))],
        [("ExponentialLR", dict(gamma=0.99)), ("MultiplicativeLR", dict(lr_lambda="0.999"))],
        [(constant, dict(factor=0.3, total_iters=7)), ("StepLR", dict(step_size=3, gamma=0.99)), ("ExponentialLR", dict(gamma=0.999))],
        [("ExponentialLR", dict(gamma=0.9)), ("ExponentialLR", dict(gamma=1.1))],
        [(linear, dict(start_factor=0.1, total_iters=30)), (cosine, dict(T_max=1500))],
    ]:
        yield row("ChainedScheduler", schedulers=parts)


def plateau_rows():
    rng = random.Random(7)

    def walk(start=2.0, drift=-0.003, noise=0.05):
        value, out = start, []
        for _ in range(STEPS):
            value = max(0.05, value + drift + rng.gauss(0, noise))
            out.append(value)
        return out

    stepped = [1 - (i // 37) * 0.02 for i in range(STEPS)]
    yield plateau(walk())
    yield plateau(walk(), patience=0)
    yield plateau([1.0] + [0.9] * 999, patience=1, cooldown=2, factor=0.5)
    yield plateau(walk(), patience=3, cooldown=5, factor=0.5, min_lr=0.01)
    yield plateau(walk(), patience=5, threshold=0.01, threshold_mode="abs", factor=0.9)
    yield plateau([1 / m for m in walk()], mode="max", patience=4, factor=0.8)
    yield plateau([1 / m for m in walk()], mode="max", patience=4, factor=0.8, threshold=0.05, threshold_mode="abs")
    yield plateau(stepped[:45 * 37], patience=20, factor=0.5)
    yield plateau(walk(), patience=2, factor=0.5, eps=0.3)
    yield plateau(walk(noise=0.3), patience=10, factor=0.1, cooldown=10)
    yield plateau([m if i % 9 else float("nan") for i, m in enumerate(walk())], patience=2, factor=0.9)
    yield plateau([-m for m in walk()], patience=6, factor=0.7, threshold=0.01, threshold_mode="abs")
    yield plateau(walk(drift=0), patience=15, factor=0.95, cooldown=1, threshold=0.1)
    yield plateau([-1.0] * STEPS, patience=10, factor=0.5)


rows = [*simple_rows(), *lambda_rows(), *cycle_rows(), *composed_rows()]
golden = {"torch": torch.__version__.split("+")[0], "rows": rows, "plateau": list(plateau_rows())}
target = pathlib.Path(__file__).parent.parent / "test" / "golden" / "schedules.json.gz"
target.write_bytes(gzip.compress(json.dumps(golden, separators=(",", ":")).encode(), 9, mtime=0))
print(f"{target.name}: {len(rows)} rows, {target.stat().st_size} bytes")
