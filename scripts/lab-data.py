"""Writes the data of the lab, pages/lab/data/*.npz: python scripts/lab-data.py DATA

DATA has the folders splice/ (splice.npz: x uint8 [n, 4, 60], y) and mitbih-beats/ (train.npz, test.npz: x int8
[n, 1, 128], y); pages/lab/data/README.md says where both come from. The result is the same each time.
"""

import sys
from pathlib import Path

import numpy as np

source = Path(sys.argv[1])
target = Path(__file__).parent.parent / "pages/lab/data"
random = np.random.default_rng(0)


def save(name, train, validation):
    np.savez_compressed(
        target / name,
        train_x=train[0],
        train_y=train[1].astype(np.uint8),
        validation_x=validation[0],
        validation_y=validation[1].astype(np.uint8),
    )


def spirals(count):
    """Points on two spirals of one and a half turns, after Lang and Witbrock 1988, with noise."""
    label = np.arange(count) % 2
    angle = np.sqrt(random.uniform(0.03, 1, count)) * 3 * np.pi
    radius = angle / (3 * np.pi)
    turned = angle + np.pi * label
    points = np.stack([radius * np.cos(turned), radius * np.sin(turned)], axis=1)
    return (points + random.normal(0, 0.02, points.shape)).astype(np.float32), label


def some(x, y, most):
    """At most so many examples of each class, in random order."""
    chosen = [random.permutation(np.flatnonzero(y == k))[:n] for k, n in enumerate(most)]
    order = random.permutation(np.concatenate(chosen))
    return x[order], y[order]


save("spirals.npz", spirals(2000), spirals(1000))

with np.load(source / "splice/splice.npz") as file:
    x, y = file["x"].reshape(len(file["x"]), -1), file["y"]
_, first = np.unique(x, axis=0, return_index=True)
order = random.permutation(first)
save("splice.npz", (x[order[:2000]], y[order[:2000]]), (x[order[2000:]], y[order[2000:]]))

beats = {}
for part in ("train", "test"):
    with np.load(source / f"mitbih-beats/{part}.npz") as file:
        beats[part] = file["x"][:, 0], file["y"]
save(
    "heartbeats.npz",
    some(*beats["train"], [3000, 943, 3000, 414]),
    some(*beats["test"], [1500, 700, 1500, 388]),
)
