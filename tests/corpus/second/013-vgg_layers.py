"""
VGGNet-16 for the scheduler.

Shapes follow Simonyan and Zisserman (2014), configuration D.

    stage   layers          ofmap        weights      MACs
    -----   -------------   ---------    ---------    -----------
    1       conv1, conv2    224 x 224        38592     1936392192
    2       conv3, conv4    112 x 112       221184     2774532096
    3       conv5 - conv7    56 x 56       1474560     4624220160
    4       conv8 - conv10   28 x 28       5898240     4624220160
    5       conv11 - conv13  14 x 14       7077888     1387266048
    fc      fc1 - fc3         1 x 1      123633664      123633664

Biases are not counted anywhere in this package.
"""

from collections import OrderedDict

from sched import ConvLayer, PoolLayer, FCLayer

NETWORK = OrderedDict()
NETWORK['conv1'] = ConvLayer(3, 64, 224, 3)
NETWORK['conv2'] = ConvLayer(64, 64, 224, 3)     # 1.85e9 MACs, the largest ifmap: 3211264 words
NETWORK['pool1'] = PoolLayer(64, 112, 2)
# ...
NETWORK['fc1'] = FCLayer(512, 4096, 7)           # 102760448 weights, 74 % of the total
