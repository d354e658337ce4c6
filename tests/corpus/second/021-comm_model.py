import numpy as np
from scipy.optimize import leastsq

TCP_B = 10_000_000_000      # 10 Gb/s
RDMA_B = 100_000_000_000    # 100 Gb/s
# number of parameters * bits
Alexnet = 60965128 * 32       # 60965128 parameters, 243860512MB
Densenet121 = 7978856 * 32    # 31915424 B
Vgg16 = 138344128 * 32        # 553376512 B
Vgg19 = 143652544 * 32        # 574610176 B
Resnet18 = 11689512 * 32      # 46758048 B

servers = 4
workers = 4
models = {'alexnet': Alexnet, 'densenet121': Densenet121, 'vgg16': Vgg16}

# one ring allreduce of VGG16 at 10 Gb/s with 4 workers: 2 * 3/4 * 4427012096 / 1e10 = 0.664 s
latency = 0.02
PCI = 15754000000 * 8  # 15.754 GB/s
