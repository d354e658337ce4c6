"""
VGG (with batch norm), figures by torchsummary and thop

VGG11
    Input: (3, 224, 224)

    Total params: 132,868,840

    Input size (MB): 0.57
    Params size (MB): 506.85

    MACs/FLOPs: 7,631,368,192

VGG13
    Input: (3, 224, 224)

    Total params: 138,365,992

    MACs/FLOPs: 15,510,906,880

VGG16
    Input: (3, 224, 224)

    Total params: 133,053,736

VGG19
    Input: (3, 224, 224)

    Total params: 143,678,248

    Params size (MB): 548.09

    MACs/FLOPs: 19,676,618,752
"""
import torch.nn as nn

cfgs = {
    "vgg11": [64, "M", 128, "M", 256, 256, "M", 512, 512, "M", 512, 512, "M"],
    "vgg19": [64, 64, "M", 128, 128, "M", 256, 256, 256, 256, "M", 512, 512, 512, 512, "M", 512, 512, 512, 512, "M"],
}
