#pragma once
// keyword spotter, int8, 49 x 10 MFCC
//   conv1   10x4, 1 -> 28,  stride 1, same   49x10x28   weights 10*4*1*28   = 1120   bias 28
//   conv2   10x4, 28 -> 30, stride 2x1, same 25x10x30   weights 10*4*28*30  = 33600  bias 30
//   linear  25*10*30 = 7500 -> 16                        weights 7500*16     = 12000  bias 16
//   dnn     16 -> 128                                    weights 2048        bias 128
//   out     128 -> 12                                    weights 1536        bias 12
// sum of weights 158304, of biases 214
#define KWS_WEIGHT_BYTES 158304
#define KWS_BIAS_BYTES   (214 * 4)   // 856
#define KWS_INPUT_BYTES  (49 * 10)   // 490
#define KWS_MAX_ACT      13720       // 49*10*28
