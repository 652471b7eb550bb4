"""Baselines that the atlas's cells must reach where their data publish none: EVENSTEP_DATA=FOLDER python scripts/atlas-baselines.py

Parts have the sizes of studies/atlas/data; each number is a mean over three draws.
"""

import gzip
import os
import struct
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

ASSETS = Path(__file__).parent.parent / "assets"
DATA = Path(os.environ.get("EVENSTEP_DATA", "data"))
DRAWS = 3


def idx_arrays(path):
    """Arrays of a file of IDX arrays one after another, gzipped."""
    raw, at = gzip.open(path).read(), 0
    while at < len(raw):
        rank = raw[at + 3]
        shape = struct.unpack(">" + "I" * rank, raw[at + 4 : at + 4 + 4 * rank])
        at += 4 + 4 * rank
        yield np.frombuffer(raw, np.uint8, np.prod(shape), at).reshape(shape)
        at += np.prod(shape)


def digits():
    """Accuracy of three nearest neighbours from 4,000 digits, on 2,000."""
    x, y, u, v = idx_arrays(ASSETS / "mnist-10x10.bin")
    x, u, v = x.reshape(60_000, -1) / 255, u.reshape(10_000, -1)[:2000] / 255, v[:2000]
    draws = [np.random.default_rng(seed).permutation(60_000)[:4000] for seed in range(DRAWS)]
    return np.mean([KNeighborsClassifier(3).fit(x[rows], y[rows]).score(u, v) for rows in draws])


def cifar_file(name):
    raw = np.frombuffer(gzip.open(DATA / "cifar10" / name).read(), np.uint8).reshape(-1, 3073)
    return raw[:, 1:].reshape(-1, 3, 16, 2, 16, 2).mean((3, 5)).reshape(-1, 768) / 255, raw[:, 0]


def cifar():
    """Accuracy of softmax regression from 3,000 images of 16×16, on 1,500."""
    (x, y), (u, v) = cifar_file("data_batch_1.bin.gz"), cifar_file("test_batch.bin.gz")
    scores = []
    for seed in range(DRAWS):
        rows = np.random.default_rng(seed).permutation(10_000)[:3000]
        mean, std = x[rows].mean(), x[rows].std()
        fitted = LogisticRegression(C=0.001, max_iter=100).fit((x[rows] - mean) / std, y[rows])
        scores.append(fitted.score((u[:1500] - mean) / std, v[:1500]))
    return np.mean(scores)


def counted(order, train, test, symbols):
    """Nats a symbol by counts of the `order` − 1 symbols before, smoothed as by Witten and Bell 1991."""
    counts = [defaultdict(Counter) for _ in range(order)]
    for text in train:
        for i in range(order - 1, len(text)):
            for k in range(order):
                counts[k][tuple(text[i - k : i])][text[i]] += 1
    total = number = 0
    for text in test:
        for i in range(order - 1, len(text)):
            p = 1 / symbols
            for k in range(order):
                seen = counts[k].get(tuple(text[i - k : i]))
                if seen:
                    n, kinds = sum(seen.values()), len(seen)
                    p = (seen[text[i]] + kinds * p) / (n + kinds)
            total, number = total - np.log(p), number + 1
    return total / number


def names(order):
    """Loss by counts from 3,000 names, on 1,000."""
    all_names = (ASSETS / "names.txt").read_text().split()
    losses = []
    for seed in range(DRAWS):
        drawn = np.random.default_rng(seed).permutation(len(all_names))
        texts = [[""] * (order - 1) + list(all_names[i]) + [""] for i in drawn[:4000]]
        losses.append(counted(order, texts[:3000], texts[3000:], 27))
    return np.mean(losses)


def shakespeare(order):
    """Loss by counts from 8,000 passages of 17 characters, on 1,000."""
    text = (DATA / "tiny-shakespeare" / "input.txt").read_text()
    losses = []
    for seed in range(DRAWS):
        starts = np.random.default_rng(seed).integers(0, int(0.8 * len(text)) - 17, 8000)
        ends = np.linspace(int(0.9 * len(text)), len(text) - 18, 1000).astype(int)
        passages = [[[""] * (order - 2) + list(text[i : i + 17]) for i in part] for part in (starts, ends)]
        losses.append(counted(order, *passages, 65))
    return np.mean(losses)


def splice(draws=12):
    """Accuracy of softmax regression on parts such as the cell's: 70 % to train by, 20 % to test by, equal sequences together."""
    known = np.load(DATA / "splice" / "splice.npz")
    x, y = known["x"].reshape(len(known["y"]), -1).astype(float), known["y"]
    group = np.unique(x, axis=0, return_inverse=True)[1].ravel()
    scores = []
    for seed in range(draws):
        order = np.random.default_rng(seed).permutation(group.max() + 1)
        train, test = (np.isin(group, part) for part in (order[: int(0.7 * len(order))], order[int(0.8 * len(order)) :]))
        scores.append(LogisticRegression(C=1, max_iter=300).fit(x[train], y[train]).score(x[test], y[test]))
    return np.mean(scores)


def heartbeats(weights, ratios, step):
    """Mean sensitivity and mean precision of S and V by softmax regression on samples and intervals."""

    def part(name, step):
        known = np.load(DATA / "mitbih-beats" / name)
        before, after, around, whole = known["rr"][::step].T
        shares = [4 * (np.minimum(3, r) - 1) for r in (before / around, after / around, before / after, before / whole)]
        intervals = np.stack(shares, 1) if ratios else np.minimum(known["rr"][::step], 3)
        return np.hstack([0.02 * known["x"][::step, 0].astype(np.float32), intervals]), known["y"][::step]

    (x, y), (u, v) = part("train.npz", step), part("test.npz", 1 if step == 1 else 10)
    found = LogisticRegression(C=1, max_iter=200, class_weight=weights).fit(x, y).predict(u)
    sensitivity = [np.mean(found[v == k] == k) for k in (1, 2)]
    precision = [np.mean(v[found == k] == k) for k in (1, 2)]
    return round(float(np.mean(sensitivity)), 4), round(float(np.mean(precision)), 4)


print("digits, three nearest neighbours: accuracy", round(digits(), 4))
print("names, counts of 3 letters: loss", round(names(3), 4), "; of 4:", round(names(4), 4))
if DATA.exists():
    print("cifar10, softmax regression: accuracy", round(cifar(), 4))
    print("tiny-shakespeare, counts of 2 characters: loss", round(shakespeare(2), 4))
    print("splice, softmax regression on parts such as the cell's: accuracy", round(splice(), 4))
    print("heartbeats, softmax regression on all beats: sensitivity, precision", heartbeats(None, False, 1))
    weights = {0: 0.6, 1: 2.4, 2: 1.2, 3: 1.2}
    print("heartbeats, the same with the cell's beats, ratios and weights:", heartbeats(weights, True, 2))
