"""Writes test/golden/onnx: small networks with random weights, exported by PyTorch 2.13 in two ways, with an input and
their output: python scripts/golden-onnx.py
"""

import json
import pathlib

import torch
from torch import nn

folder = pathlib.Path(__file__).parent.parent / "test/golden/onnx"
torch.manual_seed(0)


class Block(nn.Module):
    def __init__(self, inside, out, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inside, out, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(out)
        self.conv2 = nn.Conv2d(out, out, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(out)
        self.downsample = None
        if stride != 1 or inside != out:
            self.downsample = nn.Sequential(nn.Conv2d(inside, out, 1, stride, bias=False), nn.BatchNorm2d(out))

    def forward(self, x):
        y = self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x)))))
        return torch.relu(y + (x if self.downsample is None else self.downsample(x)))


class ResNet(nn.Module):
    """torchvision's ResNet of two stages of one block, with 4 and 8 channels."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 4, 3, 2, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(4)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        self.layer1 = nn.Sequential(Block(4, 4, 1))
        self.layer2 = nn.Sequential(Block(4, 8, 2))
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(8, 5)

    def forward(self, x):
        x = self.maxpool(torch.relu(self.bn1(self.conv1(x))))
        return self.fc(torch.flatten(self.avgpool(self.layer2(self.layer1(x))), 1))


model = ResNet()
for norm in (m for m in model.modules() if isinstance(m, nn.BatchNorm2d)):
    nn.init.uniform_(norm.weight, 0.5, 1.5)
    nn.init.normal_(norm.bias, std=0.2)
    nn.init.normal_(norm.running_mean, std=0.2)
    nn.init.uniform_(norm.running_var, 0.5, 1.5)
model.eval()
x = torch.randn(3, 3, 16, 16)
y = model(x)
names = {"input_names": ["x"], "output_names": ["y"]}
# With batch normalization as it is; and folded into the convolutions, which then have invented names.
torch.onnx.export(model, (x,), folder / "resnet.onnx", dynamo=False, opset_version=17, **names,
                  training=torch.onnx.TrainingMode.PRESERVE, do_constant_folding=False,
                  dynamic_axes={"x": {0: "batch"}})
torch.onnx.export(model, (x,), folder / "resnet-folded.onnx", dynamo=False, opset_version=11, **names,
                  dynamic_axes={"x": {0: "batch"}})
numbers = {"x": x.flatten().tolist(), "y": y.flatten().tolist(),
           "state": {name: list(value.shape) for name, value in model.state_dict().items()}}
(folder / "resnet.json").write_text(json.dumps(numbers) + "\n")
