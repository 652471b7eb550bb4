"""What NumPy, safetensors, pyarrow and Pillow read from made-up files, for test/golden/readers.test.ts.

Run with Pillow 12.3, pyarrow 25, safetensors and PyTorch 2.13: python scripts/golden-readers.py

Writes test/golden/readers.json.gz: for each file of scripts/fuzz/write.ts its numbers by name, those that JSON does not
have as texts; null where the library refuses the file, "skip" where it reads what is none of our business.
"""

import gzip
import json
import math
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from PIL import Image
from safetensors.torch import load

root = Path(__file__).parent.parent


def plain(array):
    return [float(value) for value in np.asarray(array).flatten()]


def npy(path, about):
    return {"a": plain(np.load(path))}


def npz(path, about):
    with np.load(path) as arrays:
        return {name: plain(arrays[name]) for name in arrays.files}


def unzipped(path):
    raw = path.read_bytes()
    return gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw


def idx(path, about):
    raw = unzipped(path)
    types = {8: "u1", 9: "i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}
    shape = np.frombuffer(raw, ">u4", raw[3], 4)
    array = np.frombuffer(raw[4 + 4 * raw[3] :], types[raw[2]])
    assert raw[:2] == b"\0\0" and array.size == math.prod(int(axis) for axis in shape)
    return {"a": plain(array)}


def cifar(path, about):
    head = 1 if about["classes"] == 10 else 2
    rows = np.frombuffer(unzipped(path), np.uint8).reshape(-1, head + 3072)
    labels = rows[:, head - 1]
    assert len(rows) > 0 and labels.max() < about["classes"]
    return {"x": plain(rows[:, head:]), "y": plain(labels)}


def safetensors(path, about):
    tensors = load(path.read_bytes())
    return {name: plain(tensor.double().numpy()) for name, tensor in tensors.items()}


def parquet(path, about):
    options = about["options"]
    table = pq.read_table(path)
    rows = []
    for row in range(table.num_rows):
        values = []
        for name in options["features"]:
            value = table[name][row].as_py()
            values += value if isinstance(value, list) else [None] * 3 if is_list(table, name, value) else [value]
        rows.append(([None if v is None or v != v else float(v) for v in values], table["label"][row].as_py()))
    missing = options.get("missing")
    if missing is None:
        assert not any(None in values for values, _ in rows)
    if missing == "drop":
        rows = [(values, label) for values, label in rows if None not in values]
    x = [missing if value is None else value for values, _ in rows for value in values]
    numeric = all(label.lstrip("-").isdigit() for _, label in rows)
    classes = sorted({label for _, label in rows}, key=int if numeric else str)
    return {"x": x, "y": [classes.index(label) for _, label in rows]}


def is_list(table, name, value):
    return value is None and str(table.schema.field(name).type).startswith("list")


def images(path, about):
    x, y = [], []
    for label, folder in enumerate(sorted(one for one in path.iterdir() if one.name in "abc")):
        for file in sorted(folder.rglob("*")):
            if not file.is_file() or file.suffix.lower() not in {".png", ".jpg", ".webp", ".tif", ".gif"}:
                continue
            with Image.open(file) as image:
                if image.size != (5, 4) or image.mode.startswith("I"):
                    return "skip"  # scaled, or 16-bit grey, which Pillow clips
                if image.getexif().get(0x112, 1) != 1 or file.suffix.lower() == ".gif" and "transparency" in image.info:
                    return "skip"
                colours = image.convert("RGB")
            grey = about["channels"] == 1
            x += plain(np.asarray(colours.convert("L"))) if grey else plain(np.asarray(colours).transpose(2, 0, 1))
            y.append(label)
    return {"x": x, "y": y}


def numbers(values):
    return [value if math.isfinite(value) else str(value) for value in values]


golden = {}
with tempfile.TemporaryDirectory() as folder:
    subprocess.run(["npx", "jiti", "scripts/fuzz/write.ts", folder], cwd=root, check=True)
    for about in sorted(Path(folder).glob("*.json")):
        name = about.name.removesuffix(".json")
        try:
            read = globals()[name.split("-")[0]](Path(folder) / name, json.loads(about.read_text()))
            golden[name] = read if read == "skip" else {key: numbers(read[key]) for key in read}
        except Exception as error:
            golden[name] = None
path = root / "test/golden/readers.json.gz"
path.write_bytes(gzip.compress(json.dumps(golden).encode(), mtime=0))
for kind in sorted({name.split("-")[0] for name in golden}):
    mine = [value for name, value in golden.items() if name.startswith(kind + "-")]
    print(kind, len(mine), "files,", sum(isinstance(value, dict) for value in mine), "read,", mine.count("skip"), "skipped")
