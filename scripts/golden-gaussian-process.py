"""Golden numbers of Gaussian processes, from scikit-learn.

    python3 -m venv venv && venv/bin/pip install scikit-learn==1.9.1
    venv/bin/python scripts/golden-gaussian-process.py

Writes test/golden/gaussian-process.json.gz: for the kernel 1.7 · exp(−½ (a − b)²/0.5²) + 0.3 · a · b and noise of
variance 0.04, the logarithm of the marginal likelihood of some values, and means and covariances at other points.
"""

import gzip
import json
from pathlib import Path

import numpy as np
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, DotProduct

draw = np.random.default_rng(16)
cases = []
for n in [1, 3, 20]:
    x = np.round(draw.uniform(-2, 2, (n, 1)), 3)
    y = np.round(np.sin(3 * x[:, 0]) + draw.normal(0, 0.2, n), 3)
    at = np.linspace(-2.5, 2.5, 7).reshape(-1, 1)
    kernel = ConstantKernel(1.7) * RBF(0.5) + ConstantKernel(0.3) * DotProduct(sigma_0=0)
    model = GaussianProcessRegressor(kernel, alpha=0.04, optimizer=None).fit(x, y)
    mean, covariance = model.predict(at, return_cov=True)
    cases.append(
        {
            "x": x[:, 0].tolist(),
            "y": y.tolist(),
            "evidence": model.log_marginal_likelihood_value_,
            "at": at[:, 0].tolist(),
            "mean": mean.tolist(),
            "covariance": covariance.tolist(),
        }
    )

path = Path(__file__).parent.parent / "test/golden/gaussian-process.json.gz"
path.write_bytes(gzip.compress(json.dumps(cases).encode(), mtime=0))
