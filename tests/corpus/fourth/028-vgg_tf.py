"""VGG16, written layer by layer.

Takes a batch of RGB images of 224x224 pixels, channels last, and returns 1000 logits.

    block   convs          output
    -----   -----------    -----------------
    1       2 x conv3-64   (112, 112, 64)
    2       2 x conv3-128  (56, 56, 128)
    3       3 x conv3-256  (28, 28, 256)
    4       3 x conv3-512  (14, 14, 512)
    5       3 x conv3-512  (7, 7, 512)

About 138 million parameters, of which 14.7 million in the convolutions.
"""
import tensorflow as tf
from tensorflow.keras import layers as L


def block(x, filters, n, name):
    for i in range(n):
        x = L.Conv2D(filters, 3, padding="same", activation="relu", name=f"{name}_conv{i + 1}")(x)
    return L.MaxPool2D(2, 2, name=f"{name}_pool")(x)


def vgg16(classes=1000):
    inp = L.Input((224, 224, 3))
    x = block(inp, 64, 2, "b1")     # 224x224x64  -> 112x112x64
    x = block(x, 128, 2, "b2")      # 112x112x128 -> 56x56x128
    x = block(x, 256, 3, "b3")      # 56x56x256   -> 28x28x256
    x = block(x, 512, 3, "b4")      # 28x28x512   -> 14x14x512
    x = block(x, 512, 3, "b5")      # 14x14x512   -> 7x7x512
    x = L.Flatten()(x)              # 7 * 7 * 512 = 25,808
    x = L.Dense(4096, activation="relu")(x)   # 102,764,544 params
    x = L.Dropout(0.5)(x)
    x = L.Dense(4096, activation="relu")(x)   # 16,777,312 params
    x = L.Dropout(0.5)(x)
    return tf.keras.Model(inp, L.Dense(classes)(x))   # 4,097,000 params
