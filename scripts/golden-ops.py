"""Golden numbers for losses and the trickier operators, from PyTorch in float64.

    python3 -m venv venv && venv/bin/pip install torch==2.13.0 && venv/bin/python scripts/golden-ops.py

Writes test/golden/ops.json.gz: calls of our operators with their arguments, PyTorch's results, and the gradients
of a weighted sum of the result's elements with respect to every leaf.
"""

import gzip
import json
from pathlib import Path

import torch
from torch.nn import functional as F

torch.set_default_dtype(torch.float64)
torch.manual_seed(0)

CASES = []


def exact(t):
    """Numbers that float32 represents exactly, so that both precisions start from the same point."""
    return t.to(torch.float32).to(torch.float64)


def leaf(*shape, scale=1.0):
    return exact(torch.randn(*shape) * scale).requires_grad_()


def given(values):
    return exact(torch.tensor(values)).requires_grad_()


def constant(*shape, low=0.0, high=1.0):
    return exact(torch.rand(*shape) * (high - low) + low)


def numbers(t):
    return {"shape": list(t.shape), "data": t.detach().flatten().tolist()}


def encode(arg, leaves):
    if isinstance(arg, torch.Tensor):
        if arg.requires_grad:
            leaves.append(arg)
            return {"leaf": numbers(arg)}
        return {"constant": numbers(arg)} if arg.is_floating_point() else {"integers": numbers(arg)}
    if isinstance(arg, dict):
        return {key: encode(value, leaves) for key, value in arg.items()}
    return [encode(value, leaves) for value in arg] if isinstance(arg, list) else arg


def case(name, wanted, *args, part=None):
    """`ops.name(...args)`, or that `part` of its result, should be `wanted`."""
    leaves = []
    encoded = [encode(arg, leaves) for arg in args]
    weights = exact(torch.rand(wanted.shape) + 0.5)
    slopes = torch.autograd.grad((wanted * weights).sum(), leaves, allow_unused=True) if leaves else []
    gradients = [torch.zeros_like(x) if g is None else g for x, g in zip(leaves, slopes)]
    assert all(torch.isfinite(t).all() for t in [wanted, *gradients]), name
    found = {"name": name, "args": encoded, "weights": numbers(weights)["data"], "wanted": numbers(wanted)}
    CASES.append(found | {"gradients": [numbers(g)["data"] for g in gradients]} | ({"part": part} if part is not None else {}))


def reductions(options=None):
    for reduction in ["mean", "sum", "none"]:
        yield {**(options or {}), "reduction": reduction}


def torch_options(options):
    names = {"ignoreIndex": "ignore_index", "labelSmoothing": "label_smoothing", "posWeight": "pos_weight", "logTarget": "log_target"}
    return {names.get(key, key): value for key, value in options.items()}


def loss(name, function, *args, **options):
    case(name, function(*args, **torch_options(options)), *args, *([options] if options else []))


def class_losses():
    weight = constant(5, low=0.2, high=2)
    labels, places = torch.randint(0, 5, (8,)), torch.randint(0, 5, (3, 2, 4))
    with_ignored = labels.clone()
    with_ignored[::3] = -100
    for scale in [1.0, 10.0]:
        loss("crossEntropy", F.cross_entropy, leaf(8, 5, scale=scale), labels)
    for options in [
        *reductions(),
        *reductions({"weight": weight}),
        *reductions({"weight": weight, "labelSmoothing": 0.1}),
        *reductions({"labelSmoothing": 0.3}),
        {"labelSmoothing": 1.0},
        {"ignoreIndex": 2},
        {"ignoreIndex": 2, "weight": weight, "labelSmoothing": 0.2},
    ]:
        loss("crossEntropy", F.cross_entropy, leaf(8, 5), labels, **options)
        loss("crossEntropy", F.cross_entropy, leaf(3, 5, 2, 4), places, **options)
        if "labelSmoothing" not in options:
            x = leaf(8, 5)
            logp = exact(F.log_softmax(x, 1).detach()).requires_grad_()
            loss("nllLoss", F.nll_loss, logp, labels, **options)
            loss("nllLoss", F.nll_loss, leaf(3, 5, 2, 4), places, **options)
    for options in reductions({"ignoreIndex": -100, "labelSmoothing": 0.1, "weight": weight}):
        loss("crossEntropy", F.cross_entropy, leaf(8, 5), with_ignored, **options)
    for options in [{}, *reductions({"weight": weight, "labelSmoothing": 0.1}), {"labelSmoothing": 0.5}]:
        p = exact(torch.softmax(torch.randn(8, 5), 1)).requires_grad_()
        loss("crossEntropy", F.cross_entropy, leaf(8, 5), p, **options)
        loss("crossEntropy", F.cross_entropy, leaf(3, 5, 2), exact(torch.rand(3, 5, 2)), **options)
    for options in [*reductions(), {"p": 2}, {"margin": 0.3, "weight": weight}, {"p": 2, "margin": 2.0, "weight": weight}]:
        loss("multiMarginLoss", F.multi_margin_loss, leaf(8, 5), labels, **options)


def regression_losses():
    for options in reductions():
        for shape in [(6,), (2, 3, 4)]:
            loss("mseLoss", F.mse_loss, leaf(*shape), leaf(*shape), **options)
            loss("l1Loss", F.l1_loss, leaf(*shape), leaf(*shape), **options)
    for options in [*reductions(), *reductions({"delta": 0.3}), {"delta": 2.5}]:
        loss("huberLoss", F.huber_loss, leaf(4, 3, scale=2), leaf(4, 3), **options)
    for options in [*reductions(), *reductions({"beta": 0.3}), {"beta": 2.5}, {"beta": 0.0}]:
        loss("smoothL1Loss", F.smooth_l1_loss, leaf(4, 3, scale=2), leaf(4, 3), **options)
    joints = given([-1.0, 0.0, 1.0, 2.0]), given([0.0, 0.0, 0.0, 0.0])
    loss("huberLoss", F.huber_loss, *joints)
    loss("smoothL1Loss", F.smooth_l1_loss, *joints)
    loss("l1Loss", F.l1_loss, *joints)


def probability_losses():
    pos, weight = constant(3, low=0.5, high=4), constant(4, 1, low=0.2, high=2)
    for options in [*reductions(), *reductions({"posWeight": pos}), {"weight": weight}, {"weight": weight, "posWeight": pos}]:
        loss("binaryCrossEntropyWithLogits", F.binary_cross_entropy_with_logits, leaf(4, 3, scale=3), constant(4, 3), **options)
    far = given([[-80.0, 80.0, 0.0], [-80.0, 80.0, 0.0]])
    loss("binaryCrossEntropyWithLogits", F.binary_cross_entropy_with_logits, far, torch.tensor([[0.0] * 3, [1.0] * 3]), reduction="none")
    zeros = exact(torch.softmax(torch.randn(4, 3), 1))
    zeros[0, 1] = 0
    for options in [*reductions(), {"reduction": "batchmean"}]:
        loss("klDiv", F.kl_div, leaf(4, 3), zeros, **options)
        loss("klDiv", F.kl_div, leaf(4, 3), leaf(4, 3), **options, logTarget=True)


def pair_losses():
    signs = torch.tensor([1, -1, -1, 1, -1])
    for options in [*reductions(), *reductions({"margin": 0.2}), {"margin": 2.0}]:
        loss("hingeEmbeddingLoss", F.hinge_embedding_loss, leaf(5), signs, **options)
        loss("cosineEmbeddingLoss", F.cosine_embedding_loss, leaf(5, 3), leaf(5, 3), signs, **options)
    a, b = leaf(5, 3), leaf(5, 3)
    case("cosineSimilarity", F.cosine_similarity(a, b, 1), a, b)


def activations():
    points = [-30.0, -6.0, -3.0, -1.0, -0.5, -1e-6, 0.0, 1e-6, 0.25, 1.0, 3.0, 6.0, 15.0]
    unary = {
        "relu": F.relu, "leakyRelu": F.leaky_relu, "elu": F.elu, "selu": F.selu, "celu": F.celu, "gelu": F.gelu,
        "silu": F.silu, "mish": F.mish, "softplus": F.softplus, "logSigmoid": F.logsigmoid, "hardtanh": F.hardtanh,
        "relu6": F.relu6, # PyTorch's own slope is a sixth in float32.
        "hardsigmoid": lambda x: F.relu6(x + 3) / 6, "hardswish": F.hardswish, "sigmoid": torch.sigmoid,
        "tanh": torch.tanh, "erf": torch.erf, "sin": torch.sin, "cos": torch.cos, "tan": torch.tan, "abs": torch.abs,
        "expm1": torch.expm1,
    }
    for name, function in unary.items():
        # Alone, so that a small result is compared at its own scale.
        alone = [given([p]) for p in points if 0 < abs(p) < 6] if name in ["erf", "expm1"] else []
        for x in [leaf(2, 50, scale=3), given(points), *alone]:
            case(name, function(x), x)
    for x in [leaf(8), given([-3.0, 0.0, 6.0])]:
        case("gelu", F.gelu(x, approximate="tanh"), x, {"approximate": "tanh"})
        case("leakyRelu", F.leaky_relu(x, 0.3), x, 0.3)
        case("elu", F.elu(x, 0.3), x, 0.3)
        # PyTorch's own slope divides by α in float32: exact only if α is a power of 2.
        case("celu", F.celu(x, 0.5), x, 0.5)
        case("hardtanh", F.hardtanh(x, -0.3, 0.6), x, -0.3, 0.6)
        case("softplus", F.softplus(x, 2), x, 2)
        case("clamp", torch.clamp(x, -3, 0), x, -3, 0)
    for p in [1e-9, -1e-9, 1e-4, -0.5, 3.0, 1e6]:
        x = given([p])
        case("log1p", torch.log1p(x), x)
    x, weight = leaf(4, 3), leaf(3)
    case("prelu", F.prelu(x, weight), x, weight)


def arithmetic():
    x, y = given([0.0, 1.0, 2.0, 2.0, 3.0, 0.0]), given([2.0, 1.0, 0.0, 1.5, -1.0, 0.0])
    case("pow", torch.pow(x, y), x, y)
    for n in [0, 1, 2, 3]:
        z = given([-2.0, 0.0, 3.0])
        case("pow", torch.pow(z, n), z, n)
    z = given([0.5, 4.0])
    case("pow", torch.pow(z, -0.5), z, -0.5)
    case("pow", torch.pow(3.0, z), 3, z)
    for a, b in [(given([1.0, 2.0, 3.0]), given([2.0, 2.0, 2.0])), (leaf(2, 3), leaf(3))]:
        case("maximum", torch.maximum(a, b), a, b)
        case("minimum", torch.minimum(a, b), a, b)
    halves = exact(torch.tensor([-1.5, -0.5, 0.5, 1.5, 2.5, 0.4]))
    case("round", torch.round(halves), halves)


def reductions_of_axes():
    ties = given([[1.0, 3.0, 3.0], [2.0, 2.0, 2.0]])
    for x in [leaf(2, 3), ties]:
        for axes in [[0], [1], [0, 1]]:
            case("max", torch.amax(x, axes), x, axes)
            case("min", torch.amin(x, axes), x, axes)
            case("logSumExp", torch.logsumexp(x, axes), x, axes)
            for p in [1, 2]:
                case("norm", torch.linalg.vector_norm(x, p, axes), x, axes, {"p": p})
    zero = given([[0.0, 0.0], [3.0, 4.0]])
    case("norm", torch.linalg.vector_norm(zero, 2, [1]), zero, [1])
    big = given([[100.0, 99.0], [-100.0, -100.5]])
    case("logSumExp", torch.logsumexp(big, [1], keepdim=True), big, [1], {"keepDims": True})
    for x in [leaf(5), given([2.0, 0.0, 3.0]), given([0.0, 0.0, 3.0, 1.0])]:
        case("prod", torch.prod(x), x)
    x = leaf(2, 5, 2)
    case("prod", torch.prod(x, 1), x, [1])
    case("cumSum", torch.cumsum(x, 1), x, 1)
    case("variance", torch.var(x, [0, 1]), x, [0, 1])


def movement():
    x = leaf(4, 5, 3)
    case("slice", x[1:3, :, 0:-1:2], x, [[1, 3], [], [0, -1, 2]])
    case("slice", x[-3:9, 4:1], x, [[-3, 9], [4, 1]])
    case("slice", torch.flip(x, [0])[0:4:2], x, [[-1, -5, -2]])
    case("flip", torch.flip(x, [0, 2]), x, [0, -1])
    case("roll", torch.roll(x, 7, 1), x, 7, 1)
    case("tile", torch.tile(x, [2, 1, 1, 3]), x, [2, 1, 1, 3])
    case("flatten", torch.flatten(x, 1), x, 1)
    case("unsqueeze", torch.unsqueeze(x, -1), x, -1)
    for part in [0, 1, 2]:
        case("split", torch.split(x, 2, 1)[part], x, 2, 1, part=part)
        case("split", torch.split(x, [1, 0, 4], 1)[part], x, [1, 0, 4], 1, part=part)
    case("chunk", torch.chunk(x, 3, 0)[1], x, 3, 0, part=1)
    case("unbind", torch.unbind(x, 2)[1], x, 2, part=1)
    y = leaf(4, 5, 1)
    case("concat", torch.cat([x, y], 2), [x, y], -1)
    a, b = leaf(2, 3), leaf(2, 3)
    case("stack", torch.stack([a, b], -1), [a, b], -1)
    image = leaf(1, 2, 4, 5)
    for mode in ["reflect", "replicate", "circular"]:
        case("pad", F.pad(image, (2, 1, 3, 0), mode), image, [[0, 0], [0, 0], [3, 0], [2, 1]], {"mode": mode})
    case("pad", F.pad(image, (2, 1, 3, 0), value=0.5), image, [[0, 0], [0, 0], [3, 0], [2, 1]], {"value": 0.5})


def picking():
    x, source = leaf(3, 4), leaf(2, 3)
    index = torch.tensor([[2, 0, 0], [1, 1, 1]])
    case("gather", torch.gather(x, 0, index), x, 0, index)
    case("gather", torch.gather(x, 1, index), x, -1, index)
    case("scatterAdd", torch.scatter_add(x, 0, index, source), x, 0, index, source)
    case("scatterAdd", torch.scatter_add(x, 1, index, source), x, 1, index, source)
    rows = torch.tensor([2, 0, 2, 1])
    case("indexSelect", torch.index_select(x, 0, rows), x, 0, rows)
    case("indexSelect", torch.index_select(x, 1, rows), x, 1, rows)
    case("take", torch.take(x, index), x, index)
    case("embedding", F.embedding(index, x), index, x)
    for descending in [False, True]:
        values, indices = torch.sort(x, dim=0, descending=descending)
        case("sort", values, x, 0, {"descending": descending}, part="values")
        case("argSort", indices.double(), x.detach(), 0, {"descending": descending})
    case("topK", torch.topk(x, 2, 1).values, x, 2, part="values")
    case("topK", torch.topk(x, 2, 1, largest=False).values, x, 2, 1, {"largest": False}, part="values")
    case("argMin", torch.argmin(x, 1).double(), x.detach(), 1)


def products():
    for equation, shapes in {
        "ij,jk->ik": [(2, 3), (3, 4)],
        "bij,bjk->bki": [(2, 2, 3), (2, 3, 4)],
        "bhqd,bhkd->bhqk": [(2, 2, 3, 2), (2, 2, 4, 2)],
        "ba,cb": [(2, 3), (4, 2)],
        "i,j->ji": [(2,), (3,)],
        "ijk->kj": [(2, 3, 4)],
        "ij,ij->": [(2, 3), (2, 3)],
        "ij,k->i": [(2, 3), (2,)],
        "bi,oij,bj->bo": [(2, 3), (4, 3, 2), (2, 2)],
    }.items():
        operands = [leaf(*shape) for shape in shapes]
        case("einsum", torch.einsum(equation, *operands), equation, *operands)


for section in [
    class_losses, regression_losses, probability_losses, pair_losses, activations, arithmetic, reductions_of_axes,
    movement, picking, products,
]:
    section()

path = Path(__file__).parent.parent / "test" / "golden" / "ops.json.gz"
text = json.dumps({"torch": torch.__version__, "cases": CASES}, allow_nan=False)
path.write_bytes(gzip.compress(text.encode(), mtime=0))
print(f"{path}: {len(CASES)} cases, {path.stat().st_size} bytes")
