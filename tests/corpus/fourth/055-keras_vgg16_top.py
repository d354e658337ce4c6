import numpy as np
from tensorflow.keras.applications import VGG16

# model = VGG16()      # 기본값: include_top=True, input_shape=(224, 224, 3)
model = VGG16(weights='imagenet', include_top=False,
              input_shape=(64, 64, 3))

model.summary()
print(len(model.weights))             # 32
print(len(model.trainable_weights))   # 32

################## include_top = True ##################
# 1. FC 층을 원래 것 그대로 쓴다
# 2. input_shape=(224, 224, 3) 고정, 바꿀 수 없다
#  input_1 (InputLayer)        [(None, 224, 224, 3)]     0
#  block1_conv1 (Conv2D)       (None, 224, 224, 64)      1792
#  block1_conv2 (Conv2D)       (None, 224, 224, 64)      36928
#  ........................................................
#  flatten (Flatten)           (None, 25088)             0
#  fc1 (Dense)                 (None, 4096)              102764544
#  fc2 (Dense)                 (None, 4096)              16781312
#  predictions (Dense)         (None, 1000)              4097000
# =========================================================
# Total params: 138,357,544
# Trainable params: 138,357,544
# Non-trainable params: 0

################## include_top = False #################
# 1. FC 층이 사라진다 -> 내 데이터에 맞게 새로 쌓는다
# 2. input_shape=(64, 64, 3) 처럼 바꿀 수 있다
#  input_1 (InputLayer)        [(None, 64, 64, 3)]       0
#  block1_conv1 (Conv2D)       (None, 64, 64, 64)        1792
#  ------------------ 중간 생략 ------------------
#  block5_conv3 (Conv2D)       (None, 4, 4, 512)         2359808
#  block5_pool (MaxPooling2D)  (None, 2, 2, 512)         0
# =========================================================
# Total params: 14,714,688
# Trainable params: 14,714,688
# Non-trainable params: 0
