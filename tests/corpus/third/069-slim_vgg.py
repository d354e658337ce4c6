def vgg16(x, keep):
    # x: [N, 224, 224, 3]
    net = conv(x, 64, name="conv1_1")      # 224x224x64
    net = conv(net, 64, name="conv1_2")    # 224x224x64
    net = pool(net)                        # 112x112x64
    net = conv(net, 128, name="conv2_1")   # 112x112x128
    net = conv(net, 128, name="conv2_2")   # 112x112x128
    net = pool(net)                        # 56x56x128
    net = conv(net, 256, name="conv3_1")   # 56x56x256
    net = conv(net, 256, name="conv3_2")   # 56x56x256
    net = conv(net, 256, name="conv3_3")   # 56x56x256
    net = pool(net)                        # 28x28x256
    net = conv(net, 512, name="conv4_1")   # 28x28x512
    net = conv(net, 512, name="conv4_2")   # 28x28x512
    net = conv(net, 512, name="conv4_3")   # 28x28x512
    net = pool(net)                        # 14x14x256
    net = conv(net, 512, name="conv5_1")   # 14x14x512
    net = conv(net, 512, name="conv5_2")   # 14x14x512
    net = conv(net, 512, name="conv5_3")   # 14x14x512
    net = pool(net)                        # 7x7x512
    net = flatten(net)                     # 25088
    net = dense(net, 4096, keep)           # 102.76M weights
    net = dense(net, 4096, keep)           # 16.78M weights
    return dense(net, 1000)                # 4.10M weights
