"""The models of workloads.mjs in PyTorch; models.mjs has the same."""

import torch
import torch.nn.functional as F
from torch import nn


def convolution(inputs, outputs, stride=1):
    return nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)


def mlp(sizes, norm):
    layers = []
    for i, (inputs, outputs) in enumerate(zip(sizes, sizes[1:])):
        layers.append(nn.Linear(inputs, outputs))
        if i < len(sizes) - 2:
            layers += [nn.ReLU(), nn.BatchNorm1d(outputs, **norm)]
    return nn.Sequential(*layers)


def signal_cnn():
    def layer(inputs, outputs, kernel):
        conv = nn.Conv1d(inputs, outputs, kernel, padding="same", bias=False)
        return [conv, nn.BatchNorm1d(outputs), nn.ReLU(), nn.MaxPool1d(2)]

    layers = [*layer(1, 16, 15), *layer(16, 32, 9), *layer(32, 32, 5)]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(512, 2))


def digits_cnn():
    first = [convolution(1, 16), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2)]
    second = [convolution(16, 32), nn.BatchNorm2d(32), nn.ReLU(), nn.Flatten(), nn.Dropout(0.25)]
    return nn.Sequential(*first, *second, nn.Linear(800, 10))


class ResidualBlock(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        first = [convolution(inputs, outputs, stride), nn.BatchNorm2d(outputs), nn.ReLU()]
        self.body = nn.Sequential(*first, convolution(outputs, outputs), nn.BatchNorm2d(outputs))
        thin = [nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs)]
        self.shortcut = nn.Identity() if inputs == outputs else nn.Sequential(*thin)

    def forward(self, x):
        return F.relu(self.body(x) + self.shortcut(x))


def resnet20():
    def stage(inputs, outputs, stride):
        first = ResidualBlock(inputs, outputs, stride)
        return [first, ResidualBlock(outputs, outputs, 1), ResidualBlock(outputs, outputs, 1)]

    stem = [convolution(3, 16), nn.BatchNorm2d(16), nn.ReLU()]
    stages = [*stage(16, 16, 1), *stage(16, 32, 2), *stage(32, 64, 2)]
    return nn.Sequential(*stem, *stages, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))


class Gru(nn.Module):
    def __init__(self, tokens, features, hidden):
        super().__init__()
        self.embedding = nn.Embedding(tokens, features)
        self.gru = nn.GRU(features, hidden, batch_first=True)
        self.head = nn.Linear(hidden, tokens)

    def forward(self, x):
        return self.head(self.gru(self.embedding(x))[0][:, -1])


class Lstm(nn.Module):
    def __init__(self, tokens, hidden):
        super().__init__()
        self.embedding = nn.Embedding(tokens, hidden)
        self.lstm = nn.LSTM(hidden, hidden, batch_first=True)
        self.head = nn.Linear(hidden, tokens)

    def forward(self, x):
        return self.head(self.lstm(self.embedding(x))[0]).flatten(0, 1)


class Block(nn.Module):
    """One product for query, key and value, and the fused attention: the fastest way to write it."""

    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.ln1, self.ln2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.fc1, self.fc2 = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x):
        n, length, width = x.shape
        apart = self.qkv(self.ln1(x)).view(n, length, 3, self.heads, width // self.heads)
        q, k, v = apart.permute(2, 0, 3, 1, 4).unbind(0)
        heads = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.out(heads.transpose(1, 2).reshape(n, length, width))
        return x + self.fc2(F.gelu(self.fc1(self.ln2(x))))


class Transformer(nn.Module):
    def __init__(self, tokens, width, heads, layers, length):
        super().__init__()
        self.token, self.position = nn.Embedding(tokens, width), nn.Embedding(length, width)
        self.blocks = nn.Sequential(*[Block(width, heads) for _ in range(layers)])
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, tokens, bias=False)

    def forward(self, x):
        start = self.token(x) + self.position.weight
        return self.head(self.norm(self.blocks(start))).flatten(0, 1)


TYPES = {
    "signalCnn": signal_cnn,
    "digitsCnn": digits_cnn,
    "resnet20": resnet20,
    "gru": Gru,
    "lstm": Lstm,
    "transformer": Transformer,
}


def model_of(model, norm):
    sizes = {key: value for key, value in model.items() if key != "type"}
    return mlp(**sizes, norm=norm) if model["type"] == "mlp" else TYPES[model["type"]](**sizes)
