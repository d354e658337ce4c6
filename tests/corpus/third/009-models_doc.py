"""
VGG family, batch-normalised variants, ImageNet head.

VGG11
    Input: (3, 224, 224)

    Total params: 132,868,840
    Trainable params: 132,868,840
    Non-trainable params: 0

    Input size (MB): 0.57
    Params size (MB): 506.85

VGG13
    Input: (3, 224, 224)

    Total params: 138,365,992
    Trainable params: 138,365,992
    Non-trainable params: 0

    Input size (MB): 0.57
    Params size (MB): 527.82

VGG16
    Input: (3, 224, 224)

    Total params: 133,053,736
    Trainable params: 133,053,736
    Non-trainable params: 0

    Input size (MB): 0.57
    Params size (MB): 507.56

VGG19
    Input: (3, 224, 224)

    Total params: 143,678,248
    Trainable params: 143,678,248
    Non-trainable params: 0

    Input size (MB): 0.57
    Params size (MB): 548.09
"""
from torch import nn

__all__ = ["vgg11", "vgg13", "vgg16", "vgg19"]


def make_stage(cin, cout, n):
    blocks = []
    for j in range(n):
        blocks += [nn.Conv2d(cin if j == 0 else cout, cout, 3, padding=1), nn.BatchNorm2d(cout), nn.ReLU(True)]
    return nn.Sequential(*blocks, nn.MaxPool2d(2))
