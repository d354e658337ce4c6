"""Receptive fields for VGG-16, r = size in pixels, j = distance of neighbours."""

RF = {
    'conv1_1': {'r': 3, 'j': 1},
    'conv1_2': {'r': 5, 'j': 1},
    'pool1': {'r': 6, 'j': 2},
    'conv2_1': {'r': 10, 'j': 2},
    'conv2_2': {'r': 14, 'j': 2},
    'pool2': {'r': 16, 'j': 4},
    'conv3_1': {'r': 24, 'j': 4},
    'conv3_2': {'r': 32, 'j': 4},
    'conv3_3': {'r': 40, 'j': 4},
    'pool3': {'r': 44, 'j': 8},
    'conv4_1': {'r': 60, 'j': 8},
    'conv4_2': {'r': 76, 'j': 8},
    'conv4_3': {'r': 92, 'j': 8},
    'pool4': {'r': 100, 'j': 16},
    'conv5_1': {'r': 132, 'j': 16},
    'conv5_2': {'r': 164, 'j': 16},
    'conv5_3': {'r': 196, 'j': 16},
    'pool5': {'r': 212, 'j': 32},
}


def smallest_layer_covering(pixels):
    # e.g. 90 px -> conv4_3 (r = 92)
    for name, v in RF.items():
        if v['r'] >= pixels:
            return name
    return None
