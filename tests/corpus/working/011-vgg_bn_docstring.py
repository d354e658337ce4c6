"""
VGG11
    Input: (3, 224, 224)

    Total params: 132,868,840
    Trainable params: 132,868,840
    Non-trainable params: 0

    Input size (MB): 0.57
    Forward/backward pass size (MB): 181.84
    Params size (MB): 506.85
    Estimated Total Size (MB): 689.27

    MACs: 7,609,090,048

VGG13
    Input: (3, 224, 224)

    Total params: 138,365,992
    Trainable params: 138,365,992
    Non-trainable params: 0

    Input size (MB): 0.57
    Forward/backward pass size (MB): 321.95
    Params size (MB): 527.82
    Estimated Total Size (MB): 850.35

    MACs: 15,470,264,320

VGG16
    Input: (3, 224, 224)

    Total params: 133,053,736
    Trainable params: 133,053,736
    Non-trainable params: 0

    Input size (MB): 0.57
    Forward/backward pass size (MB): 292.09
    Params size (MB): 507.56
    Estimated Total Size (MB): 800.22

    MACs: 11,308,466,176

VGG19
    Input: (3, 224, 224)

    Total params: 143,678,248
    Trainable params: 143,678,248
    Non-trainable params: 0

    Input size (MB): 0.57
    Forward/backward pass size (MB): 351.81
    Params size (MB): 548.09
    Estimated Total Size (MB): 900.47

    MACs: 19,632,062,464
"""

import torch.nn as nn

PLAN = {
    11: (1, 1, 2, 2, 2),
    13: (2, 2, 2, 2, 2),
    16: (2, 2, 3, 3, 3),
    19: (2, 2, 4, 4, 4),
}


def make_stage(cin, cout, reps):
    mods = []
    for i in range(reps):
        mods += [nn.Conv2d(cin if i == 0 else cout, cout, 3, padding=1), nn.BatchNorm2d(cout), nn.ReLU(True)]
    return nn.Sequential(*mods, nn.MaxPool2d(2))
