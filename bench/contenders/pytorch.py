"""The same training steps in PyTorch, eager, on the CPU. Argument: threads. Protocol: see serve.mjs."""

import itertools
import json
import math
import sys
import time

import torch
from torch import nn

THREADS = int(sys.argv[1])
SETTINGS = json.loads(sys.argv[2])


def model_of(sizes):
    layers = []
    for i, (inputs, outputs) in enumerate(zip(sizes, sizes[1:])):
        layers.append(nn.Linear(inputs, outputs))
        if i < len(sizes) - 2:
            layers += [nn.ReLU(), nn.BatchNorm1d(outputs, eps=SETTINGS["eps"], momentum=1 - SETTINGS["keep"])]
    return nn.Sequential(*layers)


def prepare(sizes, batch):
    model = model_of(sizes)
    optimizer = torch.optim.SGD(model.parameters(), lr=SETTINGS["lr"])
    cross_entropy = nn.CrossEntropyLoss()
    batches = [
        (torch.randn(batch, sizes[0]), torch.randint(0, sizes[-1], (batch,)))
        for _ in range(SETTINGS["prepared"])
    ]

    def step(k):
        x, y = batches[k % len(batches)]
        optimizer.zero_grad()
        loss = cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def measure(step, counter, steps):
    loss = 0.0
    for _ in range(math.ceil(steps / 10)):
        step(next(counter))
    begun = time.perf_counter()
    for _ in range(steps):
        loss = step(next(counter))
    return {"ms": (time.perf_counter() - begun) * 1e3, "steps": steps, "loss": loss}


def main():
    torch.set_num_threads(THREADS)
    trainers = {}
    slept = time.perf_counter(), time.process_time()
    print(json.dumps({"version": torch.__version__, "threads": THREADS}), flush=True)
    for line in sys.stdin:
        idle = {
            "ms": (time.perf_counter() - slept[0]) * 1e3,
            "cpu": (time.process_time() - slept[1]) * 1e3,
        }
        asked = json.loads(line)
        name = asked["net"]
        if name not in trainers:
            net = SETTINGS["nets"][name]
            trainers[name] = prepare(net["sizes"], net["batch"]), itertools.count()
        answer = measure(*trainers[name], asked["steps"])
        slept = time.perf_counter(), time.process_time()
        print(json.dumps({**answer, "idle": idle}), flush=True)


main()
