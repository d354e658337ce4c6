"""The documents that serve as examples of the rules of ``check``, each right as it stands."""

from __future__ import annotations

from typing import Final

__all__ = [
    "AUXILIARY",
    "KERAS",
    "LECTURE",
    "MODELS",
    "OPERATIONS",
    "OPERATIONS_IN_ALL",
    "SHARES",
    "TORCHSUMMARY",
    "swap",
]

AUXILIARY: Final = (
    "With its auxiliary classifiers the network has 13,004,888 parameters.\n\n"
    "They have 6,379,984 of them, and 6,624,904 are left for inference.\n"
)
DIFFERENCE: Final = "My network without batch norm: 25,557,032 - 53,120 (BN) = 25,503,912 parameters.\n"
KERAS: Final = """\
Layer (type)                 Output Shape              Param #
=================================================================
input_1 (InputLayer)         (None, 224, 224, 3)       0
block1_conv1 (Conv2D)        (None, 224, 224, 64)      1792
block1_conv2 (Conv2D)        (None, 224, 224, 64)      36928
block1_pool (MaxPooling2D)   (None, 112, 112, 64)      0
block2_conv1 (Conv2D)        (None, 112, 112, 128)     73856
block2_conv2 (Conv2D)        (None, 112, 112, 128)     147584
block2_pool (MaxPooling2D)   (None, 56, 56, 128)       0
block3_conv1 (Conv2D)        (None, 56, 56, 256)       295168
block3_conv2 (Conv2D)        (None, 56, 56, 256)       590080
block3_conv3 (Conv2D)        (None, 56, 56, 256)       590080
block3_pool (MaxPooling2D)   (None, 28, 28, 256)       0
block4_conv1 (Conv2D)        (None, 28, 28, 512)       1180160
block4_conv2 (Conv2D)        (None, 28, 28, 512)       2359808
block4_conv3 (Conv2D)        (None, 28, 28, 512)       2359808
block4_pool (MaxPooling2D)   (None, 14, 14, 512)       0
block5_conv1 (Conv2D)        (None, 14, 14, 512)       2359808
block5_conv2 (Conv2D)        (None, 14, 14, 512)       2359808
block5_conv3 (Conv2D)        (None, 14, 14, 512)       2359808
block5_pool (MaxPooling2D)   (None, 7, 7, 512)         0
=================================================================
Total params: 14,714,688 (56.13 MB)
Trainable params: 14,714,688 (56.13 MB)
Non-trainable params: 0 (0.00 B)
"""
LECTURE: Final = """\
INPUT: [224x224x3] memory: 224*224*3=150K weights: 0
CONV3-64: [224x224x64] memory: 224*224*64=3.2M weights: (3*3*3)*64 = 1,728
CONV3-64: [224x224x64] memory: 224*224*64=3.2M weights: (3*3*64)*64 = 36,864
POOL2: [112x112x64] memory: 112*112*64=800K weights: 0
CONV3-128: [112x112x128] memory: 112*112*128=1.6M weights: (3*3*64)*128 = 73,728
CONV3-128: [112x112x128] memory: 112*112*128=1.6M weights: (3*3*128)*128 = 147,456
POOL2: [56x56x128] memory: 56*56*128=400K weights: 0
CONV3-256: [56x56x256] memory: 56*56*256=800K weights: (3*3*128)*256 = 294,912
CONV3-256: [56x56x256] memory: 56*56*256=800K weights: (3*3*256)*256 = 589,824
CONV3-256: [56x56x256] memory: 56*56*256=800K weights: (3*3*256)*256 = 589,824
POOL2: [28x28x256] memory: 28*28*256=200K weights: 0
CONV3-512: [28x28x512] memory: 28*28*512=400K weights: (3*3*256)*512 = 1,179,648
CONV3-512: [28x28x512] memory: 28*28*512=400K weights: (3*3*512)*512 = 2,359,296
CONV3-512: [28x28x512] memory: 28*28*512=400K weights: (3*3*512)*512 = 2,359,296
POOL2: [14x14x512] memory: 14*14*512=100K weights: 0
CONV3-512: [14x14x512] memory: 14*14*512=100K weights: (3*3*512)*512 = 2,359,296
CONV3-512: [14x14x512] memory: 14*14*512=100K weights: (3*3*512)*512 = 2,359,296
CONV3-512: [14x14x512] memory: 14*14*512=100K weights: (3*3*512)*512 = 2,359,296
POOL2: [7x7x512] memory: 7*7*512=25K weights: 0
FC: [1x1x4096] memory: 4096 weights: 7*7*512*4096 = 102,760,448
FC: [1x1x4096] memory: 4096 weights: 4096*4096 = 16,777,216
FC: [1x1x1000] memory: 1000 weights: 4096*1000 = 4,096,000
TOTAL memory: 15.2M * 4 bytes ~= 61MB / image
TOTAL params: 138M parameters
"""
PRUNED: Final = """\
| Method | Params |
|---|---|
| none | 14.98M |
| one | 5.40M (64.0%) |
| two | 3.93M (73.8%) |
| three | 2.64M (82.4%) |
| four | 2.25M (85.0%) |
"""
SIZES: Final = """\
| Model | Params | as INT8 |
|---|---|---|
| one | 138.36 M | 138.4 MB |
| two | 61.10 M | 61.1 MB |
| three | 11.69 M | 11.7 MB |
| four | 25.56 M | 25.6 MB |
| five | 3.50 M | 3.5 MB |
"""
TORCHSUMMARY: Final = """\
----------------------------------------------------------------
        Layer (type)               Output Shape         Param #
================================================================
            Conv2d-1         [-1, 64, 224, 224]           1,792
              ReLU-2         [-1, 64, 224, 224]               0
            Conv2d-3         [-1, 64, 224, 224]          36,928
              ReLU-4         [-1, 64, 224, 224]               0
         MaxPool2d-5         [-1, 64, 112, 112]               0
================================================================
Total params: 38,720
Trainable params: 38,720
Non-trainable params: 0
----------------------------------------------------------------
Input size (MB): 0.57
"""
OPERATIONS: Final = """\
# VGG-16
| Layer | Output | Params | MACs |
|---|---|---|---|
| conv3-64 | 224x224x64 | 1,792 | 86,704,128 |
| conv3-64 | 224x224x64 | 36,928 | 1,849,688,064 |
| maxpool | 112x112x64 | 0 | 0 |
| conv3-128 | 112x112x128 | 73,856 | 924,844,032 |
"""
OPERATIONS_IN_ALL: Final = """\
# VGG-16
| Layer | Output | Params | MACs |
|---|---|---|---|
| conv3-64 | 224x224x64 | 1,792 | 86,704,128 |
| conv3-64 | 224x224x64 | 36,928 | 1,849,688,064 |
| Total | | 38,720 | 1,936,392,192 |
"""
SHARES: Final = """\
# VGG-16
| Layers | Params | Share (%) |
|---|---|---|
| block 1 | 38,720 | 0.03 |
| block 2 | 221,440 | 0.2 |
| block 3 | 1,475,328 | 1.1 |
| block 4 | 5,899,776 | 4.3 |
| block 5 | 7,079,424 | 5.1 |
| fc6 | 102,764,544 | 74.3 |
| fc7 | 16,781,312 | 12.1 |
| fc8 | 4,097,000 | 3.0 |
| Total | 138,357,544 | |
"""
MODELS: Final = """\
| Model | Activations (M) | Params (M) |
|---|---|---|
| VGG-16 | 13.56 | 138.36 |
| VGG-19 | 14.86 | 143.67 |
"""


def swap(document: str, before: str, after: str) -> str:
    """The document with one thing changed."""
    assert before in document, before
    return document.replace(before, after, 1)
