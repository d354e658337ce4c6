"""
VGG, all with batch normalisation

VGG11
    Input: (3, 224, 224)

    Total params: 132,868,840
    Params size (MB): 506.85
    MACs: 7,631,368,192

VGG13
    Input: (3, 224, 224)

    Total params: 138,365,992
    Params size (MB): 527.82
    MACs: 15,510,906,880

VGG16
    Input: (3, 224, 224)

    Total params: 133,053,736
    Params size (MB): 507.56
    MACs: 11,345,195,008

VGG19
    Input: (3, 224, 224)

    Total params: 143,678,248
    Params size (MB): 548.09
    MACs: 19,676,618,752
"""
import torch
from torch import nn


class VGG(nn.Module):
    ...
