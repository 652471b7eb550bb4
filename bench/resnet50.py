"""Times training steps of ResNet-50 with folded batch normalization in PyTorch, for resnet50.mjs: SIZE BATCH STEPS."""

import resource
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F

size, batch, steps = map(int, sys.argv[1:4])
torch.set_num_threads(1)


class Bottleneck(nn.Module):
    def __init__(self, before, channels, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(before, channels, 1)
        self.conv2 = nn.Conv2d(channels, channels, 3, stride, 1)
        self.conv3 = nn.Conv2d(channels, 4 * channels, 1)
        changes = before != 4 * channels
        self.downsample = nn.Conv2d(before, 4 * channels, 1, stride) if changes else nn.Identity()

    def forward(self, x):
        y = self.conv3(F.relu(self.conv2(F.relu(self.conv1(x)))))
        return F.relu(y + self.downsample(x))


blocks, before = [], 64
for i, count in enumerate([3, 4, 6, 3]):
    for j in range(count):
        blocks.append(Bottleneck(before, 64 * 2**i, 2 if i > 0 and j == 0 else 1))
        before = 256 * 2**i
stem = [nn.Conv2d(3, 64, 7, 2, 3), nn.ReLU(), nn.MaxPool2d(3, 2, 1)]
head = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2048, 1000)]
net = nn.Sequential(*stem, *blocks, *head)
optimizer = torch.optim.SGD(net.parameters(), lr=1e-4)
x = torch.sin(torch.arange(batch * 3 * size * size, dtype=torch.float32)).reshape(batch, 3, size, size)
y = torch.arange(batch) % 10
least = float("inf")
for step in range(steps):
    start = time.process_time()
    optimizer.zero_grad()
    F.cross_entropy(net(x), y).backward()
    optimizer.step()
    if step > 0:
        least = min(least, (time.process_time() - start) / batch)
memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
print(f"PyTorch {torch.__version__}: least {least:.2f} s CPU an example; {memory:.2f} GB")
