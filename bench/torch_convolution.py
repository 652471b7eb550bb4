"""PyTorch's side of convolution.mjs: reads a case a line, answers with the median of a few runs in milliseconds."""

import json
import statistics
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn


def convolution(channels, size, batch):
    x = torch.rand(batch, channels, size, size, requires_grad=True)
    w = torch.rand(channels, channels, 3, 3, requires_grad=True)
    dy = torch.rand(batch, channels, size, size)

    def run():
        x.grad = w.grad = None
        F.conv2d(x, w, padding=1).backward(dy)

    return run


def normalization(*shape):
    x = torch.rand(shape, requires_grad=True)
    w, b = torch.ones(shape[1], requires_grad=True), torch.zeros(shape[1], requires_grad=True)
    mean, var = torch.zeros(shape[1]), torch.ones(shape[1])
    dy = torch.rand(shape)

    def run():
        x.grad = w.grad = b.grad = None
        F.batch_norm(x, mean, var, w, b, True).backward(dy)

    return run


def conv(a, b, stride):
    return nn.Conv2d(a, b, 3, stride, 1, bias=False)


class Block(nn.Module):
    def __init__(self, a, b, stride):
        super().__init__()
        self.conv1, self.bn1 = conv(a, b, stride), nn.BatchNorm2d(b)
        self.conv2, self.bn2 = conv(b, b, 1), nn.BatchNorm2d(b)
        self.grow, self.stride = (b - a) // 2, stride

    def forward(self, x):
        h = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        if self.stride == 2:
            x = F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.grow, self.grow))
        return F.relu(h + x)


class ResNet20(nn.Module):
    def __init__(self):
        super().__init__()
        widths = [16, 16, 16, 16, 32, 32, 32, 64, 64, 64]
        self.stem = nn.Sequential(conv(3, 16, 1), nn.BatchNorm2d(16), nn.ReLU())
        self.blocks = nn.Sequential(*[Block(a, b, 1 if a == b else 2) for a, b in zip(widths, widths[1:])])
        self.fc = nn.Linear(64, 10)

    def forward(self, x):
        return self.fc(self.blocks(self.stem(x)).mean((2, 3)))


def resnet(batch):
    model = ResNet20()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, weight_decay=1e-4)
    x, y = torch.rand(batch, 3, 32, 32), torch.arange(batch) % 10

    def run():
        optimizer.zero_grad()
        F.cross_entropy(model(x), y).backward()
        optimizer.step()

    return run


CASES = {
    "conv 64→64 32×32 batch 32": lambda: convolution(64, 32, 32),
    "conv 256→256 8×8 batch 32": lambda: convolution(256, 8, 32),
    "conv 16→16 32×32 batch 32": lambda: convolution(16, 32, 32),
    "BN [32, 64, 32, 32]": lambda: normalization(32, 64, 32, 32),
    "ResNet-20 batch 128": lambda: resnet(128),
}
made = {}
for line in sys.stdin:
    case = json.loads(line)
    torch.set_num_threads(case["threads"])
    if case["name"] not in made:
        made[case["name"]] = CASES[case["name"]]()
        made[case["name"]]()
    clock = time.process_time if case["cpu"] else time.perf_counter
    times = []
    for _ in range(case["repeats"]):
        start = clock()
        made[case["name"]]()
        times.append((clock() - start) * 1e3)
    print(statistics.median(times), flush=True)
