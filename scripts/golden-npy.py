"""NPY and NPZ files written by NumPy, for src/data/formats/npy.test.ts.

Run with NumPy 2.4.6: python scripts/golden-npy.py
"""

import os

import numpy as np

folder = os.path.join(os.path.dirname(__file__), "../test/fixtures/npy")
os.makedirs(folder, exist_ok=True)


def save(name, array):
    np.save(os.path.join(folder, name), array)


numbers = [[0, 1, 2], [3, 100, 127]]
for code in ["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"]:
    save(f"little-{code}", np.array(numbers, dtype="<" + code))
for code in ["f4", "i8", "f2"]:
    save(f"big-{code}", np.array(numbers, dtype=">" + code))
save("bool", np.array([True, False, True]))
save("scalar", np.array(1.5))
save("empty", np.zeros((0, 3), dtype="<f4"))
save("extreme-f2", np.array([0.1, -65504, 6e-8, np.inf, -np.inf, np.nan, -0.0], dtype="<f2"))
save("extreme-i8", np.array([-(2**63), 2**63 - 1], dtype="<i8"))

save("fortran", np.asfortranarray(np.array(numbers, dtype="<f4")))
save("fortran-3", np.asfortranarray(np.arange(24, dtype=">i2").reshape(2, 3, 4)))
for version in [2, 3]:
    with open(os.path.join(folder, f"version-{version}.npy"), "wb") as file:
        np.lib.format.write_array(file, np.array(numbers, dtype="<f4"), version=(version, 0))
save("structured", np.zeros(2, dtype=[("a", "<f4"), ("b", "<i4")]))
save("text", np.array(["ab", "c"]))
save("complex", np.array([1j]))
np.save(os.path.join(folder, "object"), np.array([{}, None], dtype=object), allow_pickle=True)

x = np.arange(12, dtype="<f8").reshape(3, 2, 2)
y = np.array([0, 2, 1])
np.savez(os.path.join(folder, "stored.npz"), x=x, y=y)
np.savez_compressed(os.path.join(folder, "deflated.npz"), x=x, y=y)
