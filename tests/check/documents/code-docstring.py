def vgg16():
    """VGG-16: 138,357,544 parameters, 13 conv layers.

    VGG-16 has 138,357,454 parameters.
    """
    # 3*3*64*64 = 36864
    return None
