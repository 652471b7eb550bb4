"""Golden numbers for CSV files, from pandas.

    npx jiti scripts/fuzz-readers.ts --seed 11 --count 150 --write FOLDER
    python3 -m venv venv && venv/bin/pip install pandas==3.0.0 && venv/bin/python scripts/golden-csv.py FOLDER

Writes test/golden/csv.json.gz: files, the options that read them, and the features, targets and classes that pandas
reads from the same bytes. Numbers are hashed, as float32 or float64, to keep the file small.
"""

import base64
import gzip
import hashlib
import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd

# Missing among labels too; the words that may name a class are left to the tests of their own.
marks = ["", "NA", "NaN", "null", "n/a", "#N/A", "<NA>"]


def number(value, decimal, thousands):
    """A value that pandas leaves a text because of a blank after it, or among booleans and missing values."""
    if not isinstance(value, str):
        return value
    text = value.strip()
    if text in ("True", "False"):
        return text == "True"
    return float((text.replace(thousands, "") if thousands else text).replace(decimal, "."))


def read(path, options):
    raw = path.read_bytes()
    plain = gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw
    wide = plain[:2] in (b"\xff\xfe", b"\xfe\xff")
    missing_texts = [*options.get("naValues", marks), ""]
    whitespace = options.get("delimiter") == "whitespace"
    table = pd.read_csv(
        path,
        sep=r"\s+" if whitespace else options.get("delimiter", ","),
        header=None if options.get("header") is False else 0,
        encoding="utf-16" if wide else options.get("encoding", "utf-8-sig"),
        compression="gzip" if raw[:2] == b"\x1f\x8b" else None,
        decimal=options.get("decimal", "."),
        thousands=options.get("thousands"),
        comment=options.get("comment"),
        skiprows=options.get("skip", 0),
        na_values=missing_texts,
        keep_default_na=False,
        float_precision="round_trip",
        skipinitialspace=True,
    )
    table.columns = [str(name).strip() for name in table.columns]
    last = table.columns[-1]
    def numbers(column):
        # pandas itself misses such texts with a blank after them.
        known = column.map(lambda v: np.nan if str(v).strip().removesuffix(".0") in missing_texts else v)
        return known.map(lambda v: number(v, options.get("decimal", "."), options.get("thousands"))).astype(float)

    features = table[table.columns[:-1]].apply(numbers)
    target = table[last] if "label" in options else numbers(table[last])
    missing = options.get("missing")
    if missing == "drop":
        kept = features.notna().all(axis=1)
        features, target = features[kept], target[kept]
    elif missing is not None:
        features = features.fillna(missing)
    return features.to_numpy(), target


def digest(values, dtype):
    return hashlib.sha256(np.ascontiguousarray(values, dtype).tobytes()).hexdigest()[:16]


cases = []
folder = Path(sys.argv[1])
for path in sorted(folder.glob("*.csv"), key=lambda path: int(path.stem)):
    options = json.loads(path.with_suffix(".json").read_text())
    if path.stat().st_size > 20_000:
        continue
    try:
        x, y = read(path, options)
    except pd.errors.ParserError as error:
        print(path.name, error)  # pandas fails at some mixtures of line ends
        continue
    if len(x) == 0:
        continue
    dtype = "<f8" if options.get("dtype") == "float64" else "<f4"
    case = {"file": base64.b64encode(path.read_bytes()).decode(), "options": options, "x": digest(x, dtype)}
    if "label" in options:
        texts = [str(value).strip() for value in y]
        case["labels"] = texts
    else:
        case["y"] = digest(y, dtype)
    cases.append(case)
out = Path(__file__).parent.parent / "test" / "golden" / "csv.json.gz"
with gzip.GzipFile(out, "wb", mtime=0) as file:
    file.write(json.dumps(cases).encode())
print(len(cases), out.stat().st_size)
