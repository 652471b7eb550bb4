"""Golden encodings of 50 random tables, from scikit-learn in float64.

    python3 -m venv venv && venv/bin/pip install scikit-learn==1.9.1
    venv/bin/python scripts/golden-tables.py

Writes test/golden/tables.json.gz: for each table a CSV text, the number of its rows that are training rows, the options
of its columns, and the columns into which SimpleImputer, StandardScaler and OneHotEncoder, fitted to the training rows,
turn all rows. Other rows have categories that the training rows lack.
"""

import gzip
import json
from pathlib import Path

import numpy as np
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import OneHotEncoder, StandardScaler

random = np.random.default_rng(14)
words = ["red", "green", "blue", "Grün", "12", "b c", "true", "x-1", "yes"]


def number_column(rows):
    scale = 10.0 ** random.integers(-3, 6)
    values = random.normal(random.normal(0, 3), 1, rows) * scale
    if random.random() < 0.3:
        values = np.round(values / scale * 2) * scale
    missing = random.random(rows) < random.choice([0, 0.1, 0.4])
    return [None if gone else float(f"{value:.8g}") for value, gone in zip(values, missing)]


def category_column(rows, train):
    known = random.choice(words, size=random.integers(2, 7), replace=False)
    weights = random.dirichlet(np.ones(len(known)))
    values = [str(value) for value in random.choice(known, size=rows, p=weights)]
    for row in range(train, rows):
        if random.random() < 0.3:
            values[row] = "never seen"
    share = random.choice([0, 0.2])
    return [None if random.random() < share else value for value in values]


def numbers(name, values, train, strategy):
    column = np.array([[np.nan if value is None else value] for value in values])
    imputer = SimpleImputer(strategy=strategy, add_indicator=True).fit(column[:train])
    filled = imputer.transform(column)
    scaler = StandardScaler().fit(filled[:train, :1])
    found = {name: scaler.transform(filled[:, :1])[:, 0]}
    if filled.shape[1] > 1:
        found[f"{name} missing"] = filled[:, 1]
    return found


def categories(name, values, train, least):
    column = np.array([[value] for value in values], dtype=object)
    # Without a minimum, scikit-learn maps unseen values to zeros; with one, to the column of infrequent values.
    encoder = OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=least, sparse_output=False)
    encoded = encoder.fit(column[:train]).transform(column)
    infrequent = encoder.infrequent_categories_[0]
    infrequent = [] if infrequent is None else list(infrequent)
    kept = [value for value in encoder.categories_[0] if value not in infrequent]
    return {f"{name}={json.dumps(value, ensure_ascii=False)}": encoded[:, i] for i, value in enumerate(kept)}


def table():
    train = int(random.integers(8, 30))
    rows = train + int(random.integers(2, 8))
    columns, kinds, wanted = {}, {}, {}
    for i in range(int(random.integers(1, 4))):
        name = f"n{i}"
        values = number_column(rows)
        if all(value is None for value in values[:train]):
            values[0] = 1.5
        strategy = str(random.choice(["mean", "median"]))
        columns[name], kinds[name] = values, {"kind": "number", "missing": strategy}
        wanted |= numbers(name, values, train, strategy)
    for i in range(int(random.integers(1, 4))):
        name = f"c{i}"
        values = category_column(rows, train)
        least = int(random.integers(1, 4))
        columns[name], kinds[name] = values, {"kind": "category", "minFrequency": least}
        wanted |= categories(name, values, train, least)
    columns["y"] = [float(row) for row in range(rows)]
    text = lambda value: "" if value is None else repr(value) if isinstance(value, float) else value
    lines = [",".join(columns)] + [",".join(map(text, row)) for row in zip(*columns.values())]
    rounded = {name: [float(f"{value:.9g}") for value in values] for name, values in wanted.items()}
    return {"csv": "\n".join(lines), "train": train, "columns": kinds, "wanted": rounded}


path = Path(__file__).parent.parent / "test/golden/tables.json.gz"
path.write_bytes(gzip.compress(json.dumps([table() for _ in range(50)], ensure_ascii=False).encode(), mtime=0))
print(f"{path}: {path.stat().st_size} bytes")
