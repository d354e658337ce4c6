import numpy as np

# VGG16 at 32*32: what is left of the 138M?
inp = 32*32*3        # 3072
pool1 = 16*16*64     # 16384
pool2 = 8*8*128      # 8192
pool3 = 4*4*256      # 4096
pool4 = 2*2*512      # 2048
pool5 = 1*1*512      # 512

fc1 = pool5*4096     # 2097152
fc2 = 4096*4096      # 16777216
fc3 = 4096*10        # 40960
fc_total = fc1 + fc2 + fc3   # 18915328

vgg16 = 138344128 - 4096000 - 16777216 - 102760448 + fc_total
print(vgg16)         # 33652792, i.e. 33.6M

# a single conv layer instead
conv11 = (3*3*3)*50  # 1350
pool1 = 16*16*50     # 12800
fc = pool1*12        # 153600
print(conv11 + fc)   # 154950
