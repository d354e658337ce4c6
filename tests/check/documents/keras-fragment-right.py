"""The end of a summary, kept beside the code."""

# block5_conv3 (Conv2D)       (None, 14, 14, 512)       2359808

# block5_pool (MaxPooling2D)  (None, 7, 7, 512)         0

# flatten (Flatten)           (None, 25088)             0

# fc1 (Dense)                 (None, 4096)              102764544

# fc2 (Dense)                 (None, 4096)              16781312

# predictions (Dense)         (None, 1000)              4097000
