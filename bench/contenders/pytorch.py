"""PyTorch's side of the benchmark: `pytorch.py THREADS SETTINGS`; see serve.mjs for the protocol."""

import itertools
import json
import math
import sys
import time

import torch
import torch.nn.functional as F

from models import model_of

THREADS = int(sys.argv[1])
SETTINGS = json.loads(sys.argv[2])


def examples_of(workload, folder):
    def read(name, dtype, *shape):
        return torch.from_file(f"{folder}/{name}", size=math.prod(shape), dtype=dtype).clone().view(shape)

    n, shape = workload["examples"], workload["shape"]
    tokens = "tokens" in workload
    x = read("x", torch.int32 if tokens else torch.float32, n, *shape)
    y = read("y", torch.int32, n, *(shape if workload.get("labelled") else []))
    return (x.long() if tokens else x), y.long()


def batches_of(x, y, batch, shuffled):
    """Cycles through prepared batches or, if shuffled, through all examples in a new order each epoch."""
    if not shuffled:
        count = min(SETTINGS["prepared"], len(x) // batch)
        parts = [(x[i * batch : (i + 1) * batch].clone(), y[i * batch : (i + 1) * batch].flatten()) for i in range(count)]
        yield from itertools.cycle(parts)
    while True:
        for rows in torch.randperm(len(x)).split(batch):
            if len(rows) == batch:
                yield x[rows], y[rows].flatten()


def optimizer_of(name, parameters):
    rate = SETTINGS["rates"][name.split("+")[0]]
    if name == "momentum":
        decay = SETTINGS["weightDecay"]
        return torch.optim.SGD(parameters, lr=rate, momentum=SETTINGS["momentum"], weight_decay=decay)
    return torch.optim.SGD(parameters, lr=rate) if name == "sgd" else torch.optim.AdamW(parameters, lr=rate)


def training(workload, model, batches):
    parameters = list(model.parameters())
    optimizer = optimizer_of(workload["optimizer"], parameters)
    average = [p.detach().clone() for p in parameters] if workload["optimizer"].endswith("+ema") else None

    def step():
        x, y = next(batches)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        if average:
            with torch.no_grad():
                torch._foreach_lerp_(average, parameters, 1 - SETTINGS["emaDecay"])
        return loss.item()

    return step


def evaluation(model, batches):
    model.eval()

    def step():
        x, y = next(batches)
        with torch.no_grad():
            output = model(x)
            loss = F.cross_entropy(output, y).item()
            (output.argmax(1) == y).float().mean().item()
        return loss

    return step


def convolution(workload, x):
    channels = workload["model"]["channels"]
    x.requires_grad_()
    weight = (torch.rand(channels, channels, 3, 3) - 0.5).requires_grad_()
    dy = torch.rand(x.shape) - 0.5

    def step():
        x.grad = weight.grad = None
        F.conv2d(x, weight, padding=1).backward(dy)
        return 0.0

    return step


def prepare(workload, folder):
    x, y = examples_of(workload, folder)
    if workload["model"]["type"] == "convolution":
        return convolution(workload, x)
    model = model_of(workload["model"], {"eps": SETTINGS["eps"], "momentum": 1 - SETTINGS["keep"]})
    batches = batches_of(x, y, workload["batch"], workload["measure"] == "loading")
    return evaluation(model, batches) if workload["measure"] == "evaluate" else training(workload, model, batches)


def measure(step, steps):
    loss = 0.0
    for _ in range(math.ceil(steps / 10)):
        step()
    begun = time.perf_counter()
    for _ in range(steps):
        loss = step()
    return {"ms": (time.perf_counter() - begun) * 1e3, "steps": steps, "loss": loss}


def main():
    torch.set_num_threads(THREADS)
    name, step = None, None
    slept = time.perf_counter(), time.process_time()
    print(json.dumps({"version": torch.__version__, "threads": THREADS}), flush=True)
    for line in sys.stdin:
        idle = {
            "ms": (time.perf_counter() - slept[0]) * 1e3,
            "cpu": (time.process_time() - slept[1]) * 1e3,
        }
        asked = json.loads(line)
        if asked["workload"]["name"] != name:
            name, step = asked["workload"]["name"], prepare(asked["workload"], asked["folder"])
        answer = measure(step, asked["steps"])
        slept = time.perf_counter(), time.process_time()
        print(json.dumps({**answer, "idle": idle}), flush=True)


main()
