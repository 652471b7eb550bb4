"""Golden numbers for the networks in examples/nets, from PyTorch in float64.

    python3 -m venv venv && venv/bin/pip install torch==2.13.0 && venv/bin/python scripts/golden-nets.py

Writes test/golden/nets.json.gz: for each network, the names and shapes of its state, its output in evaluation, and the
loss, the new statistics and the changes of all weights in one step of SGD. The modules are written here with the names
of torchvision 0.22 (resnet, mobilenetv2, mobilenetv3, vision_transformer) and of nanoGPT (model.py). Weights and inputs
are not stored: both sides compute them from `noise`, element i of the stream of a name, in 32-bit integers. Of the change
of a tensor, two numbers are stored: its norm, and its product with noise.
"""

import gzip
import json
from math import prod, sqrt
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

torch.set_default_dtype(torch.float64)


def stream(name):
    """FNV-1a of a name, in 32 bits."""
    h = 2166136261
    for byte in name.encode():
        h = ((h ^ byte) * 16777619) % 2**32
    return h


def noise(name, n):
    """n numbers in [-0.5, 0.5): multiples of 2^-32."""
    h = np.arange(n, dtype=np.uint32) * np.uint32(2654435761) + np.uint32(stream(name))
    h ^= h >> np.uint32(15)
    h *= np.uint32(2246822507)
    h ^= h >> np.uint32(13)
    h *= np.uint32(3266489909)
    h ^= h >> np.uint32(16)
    return torch.from_numpy(h.astype(np.float64) / 2**32 - 0.5)


def conv(before, channels, kernel, stride=1, groups=1):
    return nn.Conv2d(before, channels, kernel, stride, (kernel - 1) // 2, groups=groups, bias=False)


def projection(before, channels, stride):
    if before == channels and stride == 1:
        return None
    return nn.Sequential(conv(before, channels, 1, stride), nn.BatchNorm2d(channels))


class Basic(nn.Module):
    expansion = 1

    def __init__(self, before, channels, stride):
        super().__init__()
        self.conv1, self.bn1 = conv(before, channels, 3, stride), nn.BatchNorm2d(channels)
        self.conv2, self.bn2 = conv(channels, channels, 3), nn.BatchNorm2d(channels)
        self.downsample = projection(before, channels, stride)

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(y + (self.downsample(x) if self.downsample else x))


class Bottleneck(nn.Module):
    expansion = 4

    def __init__(self, before, channels, stride):
        super().__init__()
        self.conv1, self.bn1 = conv(before, channels, 1), nn.BatchNorm2d(channels)
        self.conv2, self.bn2 = conv(channels, channels, 3, stride), nn.BatchNorm2d(channels)
        self.conv3, self.bn3 = conv(channels, 4 * channels, 1), nn.BatchNorm2d(4 * channels)
        self.downsample = projection(before, 4 * channels, stride)

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        y = self.bn3(self.conv3(F.relu(self.bn2(self.conv2(y)))))
        return F.relu(y + (self.downsample(x) if self.downsample else x))


class ResNet(nn.Module):
    def __init__(self, kind, blocks, classes):
        super().__init__()
        self.conv1, self.bn1 = conv(3, 64, 7, 2), nn.BatchNorm2d(64)
        before = 64
        for i, count in enumerate(blocks):
            layers = []
            for j in range(count):
                layers.append(kind(before, 64 * 2**i, 2 if i > 0 and j == 0 else 1))
                before = 64 * 2**i * kind.expansion
            setattr(self, f"layer{i + 1}", nn.Sequential(*layers))
        self.fc = nn.Linear(before, classes)

    def forward(self, x):
        y = F.max_pool2d(F.relu(self.bn1(self.conv1(x))), 3, 2, 1)
        y = self.layer4(self.layer3(self.layer2(self.layer1(y))))
        return self.fc(F.adaptive_avg_pool2d(y, 1).flatten(1))


def unit(before, channels, kernel, stride=1, groups=1, activation=nn.ReLU6, **norm):
    layers = [conv(before, channels, kernel, stride, groups), nn.BatchNorm2d(channels, **norm)]
    return nn.Sequential(*layers, *([activation()] if activation else []))


class InvertedResidualV2(nn.Module):
    def __init__(self, before, channels, stride, expansion):
        super().__init__()
        hidden = before * expansion
        self.residual = stride == 1 and before == channels
        self.conv = nn.Sequential(
            *([unit(before, hidden, 1)] if expansion != 1 else []),
            unit(hidden, hidden, 3, stride, hidden),
            conv(hidden, channels, 1),
            nn.BatchNorm2d(channels),
        )

    def forward(self, x):
        return x + self.conv(x) if self.residual else self.conv(x)


class MobileNet(nn.Module):
    def forward(self, x):
        return self.classifier(F.adaptive_avg_pool2d(self.features(x), 1).flatten(1))


class MobileNetV2(MobileNet):
    def __init__(self, classes):
        super().__init__()
        blocks, before = [], 32
        for t, c, n, s in [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)]:
            for i in range(n):
                blocks.append(InvertedResidualV2(before, c, s if i == 0 else 1, t))
                before = c
        self.features = nn.Sequential(unit(3, 32, 3, 2), *blocks, unit(before, 1280, 1))
        self.classifier = nn.Sequential(nn.Dropout(0), nn.Linear(1280, classes))


def divisible(v):
    new = max(8, int(v + 4) // 8 * 8)
    return new + 8 if new < 0.9 * v else new


class SqueezeExcitation(nn.Module):
    def __init__(self, channels, squeezed):
        super().__init__()
        self.fc1, self.fc2 = nn.Conv2d(channels, squeezed, 1), nn.Conv2d(squeezed, channels, 1)

    def forward(self, x):
        return F.hardsigmoid(self.fc2(F.relu(self.fc1(F.adaptive_avg_pool2d(x, 1))))) * x


class InvertedResidualV3(nn.Module):
    def __init__(self, before, kernel, hidden, channels, squeezes, swish, stride):
        super().__init__()
        norm = {"eps": 0.001, "momentum": 0.01}
        activation = nn.Hardswish if swish else nn.ReLU
        self.residual = stride == 1 and before == channels
        self.block = nn.Sequential(
            *([unit(before, hidden, 1, activation=activation, **norm)] if hidden != before else []),
            unit(hidden, hidden, kernel, stride, hidden, activation, **norm),
            *([SqueezeExcitation(hidden, divisible(hidden // 4))] if squeezes else []),
            unit(hidden, channels, 1, activation=None, **norm),
        )

    def forward(self, x):
        return x + self.block(x) if self.residual else self.block(x)


class MobileNetV3Small(MobileNet):
    def __init__(self, classes):
        super().__init__()
        norm = {"eps": 0.001, "momentum": 0.01}
        rows = [
            (16, 3, 16, 16, True, False, 2),
            (16, 3, 72, 24, False, False, 2),
            (24, 3, 88, 24, False, False, 1),
            (24, 5, 96, 40, True, True, 2),
            (40, 5, 240, 40, True, True, 1),
            (40, 5, 240, 40, True, True, 1),
            (40, 5, 120, 48, True, True, 1),
            (48, 5, 144, 48, True, True, 1),
            (48, 5, 288, 96, True, True, 2),
            (96, 5, 576, 96, True, True, 1),
            (96, 5, 576, 96, True, True, 1),
        ]
        self.features = nn.Sequential(
            unit(3, 16, 3, 2, activation=nn.Hardswish, **norm),
            *[InvertedResidualV3(*row) for row in rows],
            unit(96, 576, 1, activation=nn.Hardswish, **norm),
        )
        self.classifier = nn.Sequential(nn.Linear(576, 1024), nn.Hardswish(), nn.Dropout(0), nn.Linear(1024, classes))


class EncoderBlock(nn.Module):
    def __init__(self, features, heads, hidden):
        super().__init__()
        self.ln_1 = nn.LayerNorm(features, eps=1e-6)
        self.self_attention = nn.MultiheadAttention(features, heads, batch_first=True)
        self.ln_2 = nn.LayerNorm(features, eps=1e-6)
        self.mlp = nn.Sequential(nn.Linear(features, hidden), nn.GELU(), nn.Dropout(0), nn.Linear(hidden, features), nn.Dropout(0))

    def forward(self, x):
        y = self.ln_1(x)
        y = x + self.self_attention(y, y, y, need_weights=False)[0]
        return y + self.mlp(self.ln_2(y))


class Encoder(nn.Module):
    def __init__(self, length, layers, heads, features, hidden):
        super().__init__()
        self.pos_embedding = nn.Parameter(torch.empty(1, length, features))
        self.layers = nn.Sequential()
        for i in range(layers):
            self.layers.add_module(f"encoder_layer_{i}", EncoderBlock(features, heads, hidden))
        self.ln = nn.LayerNorm(features, eps=1e-6)

    def forward(self, x):
        return self.ln(self.layers(x + self.pos_embedding))


class VisionTransformer(nn.Module):
    def __init__(self, image, patch, layers, heads, features, hidden, classes):
        super().__init__()
        self.class_token = nn.Parameter(torch.zeros(1, 1, features))
        self.conv_proj = nn.Conv2d(3, features, patch, patch)
        self.encoder = Encoder((image // patch) ** 2 + 1, layers, heads, features, hidden)
        self.heads = nn.Sequential()
        self.heads.add_module("head", nn.Linear(features, classes))

    def forward(self, x):
        x = self.conv_proj(x).flatten(2).permute(0, 2, 1)
        x = torch.cat([self.class_token.expand(len(x), -1, -1), x], dim=1)
        return self.heads(self.encoder(x)[:, 0])


class CausalSelfAttention(nn.Module):
    def __init__(self, features, heads, bias):
        super().__init__()
        self.c_attn = nn.Linear(features, 3 * features, bias=bias)
        self.c_proj = nn.Linear(features, features, bias=bias)
        self.heads = heads

    def forward(self, x):
        B, T, C = x.size()
        q, k, v = (t.view(B, T, self.heads, C // self.heads).transpose(1, 2) for t in self.c_attn(x).split(C, dim=2))
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.c_proj(y.transpose(1, 2).contiguous().view(B, T, C))


class Mlp(nn.Module):
    def __init__(self, features, bias):
        super().__init__()
        self.c_fc, self.c_proj = nn.Linear(features, 4 * features, bias=bias), nn.Linear(4 * features, features, bias=bias)

    def forward(self, x):
        return self.c_proj(F.gelu(self.c_fc(x)))


class GptBlock(nn.Module):
    def __init__(self, features, heads, bias):
        super().__init__()
        self.ln_1, self.attn = nn.LayerNorm(features, bias=bias), CausalSelfAttention(features, heads, bias)
        self.ln_2, self.mlp = nn.LayerNorm(features, bias=bias), Mlp(features, bias)

    def forward(self, x):
        x = x + self.attn(self.ln_1(x))
        return x + self.mlp(self.ln_2(x))


class Gpt(nn.Module):
    def __init__(self, vocab, block, layers, heads, features, bias):
        super().__init__()
        self.transformer = nn.ModuleDict({
            "wte": nn.Embedding(vocab, features),
            "wpe": nn.Embedding(block, features),
            "h": nn.ModuleList([GptBlock(features, heads, bias) for _ in range(layers)]),
            "ln_f": nn.LayerNorm(features, bias=bias),
        })  # fmt: skip
        self.lm_head = nn.Linear(features, vocab, bias=False)
        self.transformer.wte.weight = self.lm_head.weight

    def forward(self, x):
        t = self.transformer
        y = t.wte(x) + t.wpe(torch.arange(x.size(1)))
        for block in t.h:
            y = block(y)
        return self.lm_head(t.ln_f(y)).transpose(1, 2)


def fill(net):
    with torch.no_grad():
        for name, t in {**dict(net.named_parameters()), **dict(net.named_buffers())}.items():
            if name.endswith("num_batches_tracked"):
                continue
            n = noise(name, t.numel()).reshape(t.shape)
            if t.dim() > 1:
                n = 2 * sqrt(3 / prod(t.shape[1:])) * n
            elif name.endswith(("weight", "running_var")):
                n = 1 + n / 2
            else:
                n = n / 2
            t.copy_(n)


def numbers(t):
    return [float(f"{x:.12g}") for x in t.detach().flatten().tolist()]


def step(kind, net, x, y):
    fill(net)
    net.eval()
    output = numbers(net(x))
    net.train()
    before = {name: t.detach().clone() for name, t in net.state_dict().items()}
    loss = F.cross_entropy(net(x), y)
    loss.backward()
    with torch.no_grad():
        for p in net.parameters():
            p -= 0.1 * p.grad
    changes = {}
    for name, t in net.state_dict().items():
        change = (t - before[name]).flatten().double()
        changes[name] = numbers(torch.stack([change.norm(), change @ noise("of " + name, change.numel())]))
    shapes = {name: list(t.shape) for name, t in net.state_dict().items()}
    return {"output": output, "loss": loss.item(), "shapes": shapes, "changes": changes}


def images(size):
    x = 4 * noise("x", 4 * 3 * size * size).reshape(4, 3, size, size)
    y = torch.arange(4) * 7 % 10
    return x, y


text = (noise("text", 3 * 16) + 0.5).mul(27).floor().long().reshape(3, 16)
following = (noise("next", 3 * 16) + 0.5).mul(27).floor().long().reshape(3, 16)
nets = {
    "resnet18": (ResNet(Basic, [2, 2, 2, 2], 10), *images(32)),
    "resnet34": (ResNet(Basic, [3, 4, 6, 3], 10), *images(32)),
    "resnet50": (ResNet(Bottleneck, [3, 4, 6, 3], 10), *images(32)),
    "mobilenetV2": (MobileNetV2(10), *images(32)),
    "mobilenetV3Small": (MobileNetV3Small(10), *images(32)),
    "vit": (VisionTransformer(32, 8, 2, 4, 32, 64, 10), *images(32)),
    "charGpt": (Gpt(27, 16, 2, 4, 32, False), text, following),
    "charGptBias": (Gpt(27, 16, 2, 4, 32, True), text, following),
}
result = {"torch": torch.__version__, "nets": {kind: step(kind, *args) for kind, args in nets.items()}}
path = Path(__file__).parent.parent / "test/golden/nets.json.gz"
path.write_bytes(gzip.compress(json.dumps(result).encode(), mtime=0))
print(path, {kind: run["loss"] for kind, run in result["nets"].items()}, path.stat().st_size)
