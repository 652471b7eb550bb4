"""Writes test/conformance/rows/onnx-versions.json: for each operator that is imported, the operator sets in which its
definition changed, from 7. Needs the Python package onnx (1.23.1).

    npx jiti scripts/onnx-operators.ts | python scripts/onnx-versions.py
"""

import json
import sys

from onnx import defs

names = json.load(sys.stdin)
versions = {}
for schema in defs.get_all_schemas_with_history():
    if schema.domain == "" and schema.name in names:
        versions.setdefault(schema.name, set()).add(schema.since_version)
found = {name: sorted({max(7, v) for v in versions[name]}) for name in names}
with open("test/conformance/rows/onnx-versions.json", "w") as file:
    file.write("{\n" + ",\n".join(f'  "{name}": {json.dumps(found[name])}' for name in sorted(found)) + "\n}\n")
