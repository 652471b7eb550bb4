"""Parquet files for tests, and the numbers that pyarrow reads from them.

Run: python3 scripts/golden-parquet.py, with pyarrow 25 or another that writes page checksums.

Writes to test/fixtures/parquet: checked.parquet, two row groups of 20 rows, each page with its checksum;
types-*.parquet, columns of many types in each codec and version of pages; others.parquet, columns that cannot be
numbers. Writes to test/golden/parquet.json.gz what pyarrow reads from types-*.parquet, null where a value is missing.
"""

import gzip
import json
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

folder = Path(__file__).parent.parent / "test" / "fixtures" / "parquet"
rows = range(40)
table = pa.table(
    {
        "x": pa.array([i / 3 for i in rows], pa.float32()),
        "n": pa.array([i * i for i in rows], pa.int64()),
        "kind": ["ab"[i % 2] for i in rows],
    }
)
pq.write_table(
    table, folder / "checked.parquet", row_group_size=20, write_page_checksum=True, store_schema=False
)

random = np.random.default_rng(0)
count = 60
row = np.arange(count)


def maybe(values, type):
    """Leaves out every seventh value."""
    return pa.array([None if i % 7 == 3 else value for i, value in enumerate(values)], type)


def decimals(type, digits, places):
    integers = [int("".join(map(str, random.integers(0, 10, digits)))) * (-1) ** int(i) for i in row]
    return maybe([Decimal(n).scaleb(-places) for n in integers], type)


types = pa.table(
    {
        "row": pa.array(row, pa.int32()),
        "f16": maybe(random.normal(size=count).astype(np.float16), pa.float16()),
        "f32": maybe(np.where(row % 5 == 0, np.nan, random.normal(size=count)), pa.float32()),
        "f64": maybe(random.normal(size=count) * 1e300, pa.float64()),
        "bool": maybe([bool(i % 3) for i in row], pa.bool_()),
        "i8": maybe(row - 30, pa.int8()),
        "i64": maybe([(-1) ** int(i) * (2**62 + 12345 * int(i)) for i in row], pa.int64()),
        "u8": maybe(row + 190, pa.uint8()),
        "u32": maybe([2**32 - 1 - int(i) for i in row], pa.uint32()),
        "u64": maybe([2**64 - 1 - 10000 * int(i) for i in row], pa.uint64()),
        "repeated": maybe(row % 4 / 3, pa.float32()),
        "dec9": decimals(pa.decimal128(9, 4), 9, 4),
        "dec18": decimals(pa.decimal128(18, 2), 18, 2),
        "dec38": decimals(pa.decimal128(38, 30), 30, 30),
        "list": maybe([[float(i), None if i % 5 == 1 else 0.5, -float(i)] for i in row], pa.list_(pa.float32())),
        "fixed": maybe([[int(i), int(i) ** 2] for i in row], pa.list_(pa.int16(), 2)),
        "matrix": maybe([[[i + 0.5, 2], [3, 4], [5, 6]] for i in row], pa.large_list(pa.list_(pa.float64()))),
    }
)
numbers = {}
for codec in ["none", "snappy", "gzip", "brotli", "lz4", "zstd"]:
    for version in ["1.0", "2.0"]:
        name = f"types-{codec}-{version[0]}.parquet"
        if (codec == "none") != (version == "1.0") and codec != "zstd":
            continue
        pq.write_table(
            types,
            folder / name,
            compression=codec,
            data_page_version=version,
            row_group_size=25,
            data_page_size=64,
            write_batch_size=8,
            store_schema=False,
            store_decimal_as_integer=version == "2.0",
        )
        read = pq.read_table(folder / name)
        numbers[name] = {column: read[column].to_pylist() for column in read.column_names}


def plain(value):
    """Replaces what JSON does not have: NaN counts as missing."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if value is None or value != value:
        return None
    return float(value)


golden = Path(__file__).parent.parent / "test" / "golden" / "parquet.json.gz"
golden.write_bytes(gzip.compress(json.dumps(plain(numbers["types-none-1.parquet"])).encode(), mtime=0))
for name, columns in numbers.items():
    assert json.dumps(plain(columns)) == json.dumps(plain(numbers["types-none-1.parquet"])), name

one = range(3)
others = pa.table(
    {
        "row": pa.array(one, pa.int32()),
        "date": pa.array(one, pa.date32()),
        "stamp": pa.array(one, pa.timestamp("us")),
        "zoned": pa.array(one, pa.timestamp("ns", "UTC")),
        "time": pa.array(one, pa.time64("us")),
        "binary": pa.array([b"a", b"b", b"\xff"]),
        "fixed": pa.array([b"ab"] * 3, pa.binary(2)),
        "struct": [{"p": 1}] * 3,
        "structs": [[{"p": 1}]] * 3,
        "map": pa.array([[("k", 1)]] * 3, pa.map_(pa.string(), pa.int32())),
        "ragged": [[1, 2], [3], []],
        "empty": pa.array([None] * 3, pa.list_(pa.int32())),
        "infinite": [0.0, 1.0, float("inf")],
    }
)
pq.write_table(others, folder / "others.parquet", store_schema=False)
pq.write_table(others.select(["row", "stamp"]), folder / "int96.parquet", use_deprecated_int96_timestamps=True)
