from tensorflow.keras.applications import VGG16

# model = VGG16()   # 기본값: include_top=True, 입력 (224, 224, 3)
base = VGG16(weights='imagenet', include_top=False, input_shape=(64, 64, 3))
base.summary()
print(len(base.weights))            # 26
print(len(base.trainable_weights))  # 26


################ include_top = True ########################
# 1. FC 층까지 원래 모델 그대로
# 2. 입력은 224x224x3 고정

#  input_1 (InputLayer)        [(None, 224, 224, 3)]     0
#  block1_conv1 (Conv2D)       (None, 224, 224, 64)      1792
#  ..........................................................
#  flatten (Flatten)           (None, 25088)             0
#  fc1 (Dense)                 (None, 4096)              102764554
#  fc2 (Dense)                 (None, 4096)              16781312
#  predictions (Dense)         (None, 1000)              4097000
# ===========================================================
# Total params: 138,357,544
# Trainable params: 138,357,544
# Non-trainable params: 0
# 가중치 텐서 32개 (층 16개 * 2)

################ include_top = False #######################
# 1. FC 층이 사라진다 -> 내가 붙인다
# 2. 입력 크기를 바꿀 수 있다

#  input_1 (InputLayer)        [(None, 64, 64, 3)]       0
#  block1_conv1 (Conv2D)       (None, 64, 64, 64)        1792
#  ..........................................................
#  block5_pool (MaxPooling2D)  (None, 2, 2, 512)         0
# ===========================================================
# Total params: 14,714,688
# Trainable params: 14,714,688
# Non-trainable params: 0
