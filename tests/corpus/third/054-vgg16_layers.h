/*
 * vgg16_layers.h - layer descriptors of the convolution engine
 *
 *  id  name     Cin  Cout  H    W    K  weights   MACs(M)  out(KB, int8)
 *   0  conv1_1    3    64  224  224  3     1728     86.7     3136
 *   1  conv1_2   64    64  224  224  3    36864   1849.7     3136
 *   2  conv2_1   64   128  112  112  3    73728    924.8     1568
 *   3  conv2_2  128   128  112  112  3   147456   1849.7     1568
 *   4  conv3_1  128   256   56   56  3   294912    924.8      784
 *   5  conv3_2  256   256   56   56  3   589824   1849.7      784
 *   6  conv3_3  256   256   56   56  3   589824   1849.7      784
 *   7  conv4_1  256   512   28   28  3  1179648    924.8      392
 *   8  conv4_2  512   512   28   28  3  2359296   1849.7      784
 *   9  conv4_3  512   512   28   28  3  2359296   1849.7      392
 *  10  conv5_1  512   512   14   14  3  2359296    462.4       98
 *  11  conv5_2  512   512   14   14  3  2359296    462.4       98
 *  12  conv5_3  512   512   14   14  3  2359296    462.4       98
 *
 *  total conv weights 14710464 (14.03 MB in int8), total conv MACs 15346.6 M
 */
#ifndef VGG16_LAYERS_H
#define VGG16_LAYERS_H

#define NUM_CONV 13
#define MAX_OUT_BYTES (224 * 224 * 64) /* 3211264 */

typedef struct { int cin, cout, h, w, k; } conv_desc_t;

#endif
