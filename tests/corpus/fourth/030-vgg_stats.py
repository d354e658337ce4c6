"""
VGG with batch norm, ImageNet head (1000 classes).
Totals as printed by the summary tool:

VGG11
    Input: (3, 224, 224)

    Total params: 132,868,840
    Non-trainable params: 0

    Input size (MB): 0.57

VGG13
    Input: (3, 224, 224)

    Total params: 138,365,992
    Non-trainable params: 0

    Input size (MB): 0.57

VGG16
    Input: (3, 224, 224)

    Total params: 133,053,736
    Non-trainable params: 0

    Input size (MB): 0.57

VGG19
    Input: (3, 224, 224)

    Total params: 143,678,248
    Non-trainable params: 0

    Input size (MB): 0.57
    Params size (MB): 548.09
"""
import torch.nn as nn

CONFIGS = {
    "VGG11": (1, 1, 2, 2, 2),
    "VGG13": (2, 2, 2, 2, 2),
    "VGG16": (2, 2, 3, 3, 3),
    "VGG19": (2, 2, 4, 4, 4),
}


def stage(cin, cout, depth):
    parts = []
    for _ in range(depth):
        parts += [nn.Conv2d(cin, cout, 3, padding=1), nn.BatchNorm2d(cout), nn.ReLU(inplace=True)]
        cin = cout
    return nn.Sequential(*parts, nn.MaxPool2d(2))
