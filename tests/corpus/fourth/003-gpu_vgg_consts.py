# gpu_vgg_consts.py
# Buffer sizes of our PyCUDA VGG-16 (13 conv + 3 fc, ImageNet weights).
# Every part is: convs (3x3, pad 1, stride 1), then 2x2 max pooling with stride 2.

INPUT_CHANNELS = 3

# side of the square map each part works on
IMAGE_INPUT_PART1 = 224     # conv1_1, conv1_2
IMAGE_INPUT_PART2 = 112     # conv2_1, conv2_2
IMAGE_INPUT_PART3 = 66      # conv3_1 .. conv3_3
IMAGE_INPUT_PART4 = 33      # conv4_1 .. conv4_3
IMAGE_INPUT_PART5 = 16      # conv5_1 .. conv5_3

PART1_CHANNELS = 64
PART2_CHANNELS = 128
PART3_CHANNELS = 256
PART4_CHANNELS = 512
PART5_CHANNELS = 512

FC_CHANNELS  = 4096
SFM_CHANNELS = 1000

BLOCK = (16, 16, 1)
