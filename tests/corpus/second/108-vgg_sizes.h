/* VGG-16, sizes for the DMA descriptors. int8 weights, int8 maps, int32 biases. */
#ifndef VGG_SIZES_H
#define VGG_SIZES_H

#define CONV1_1_WEIGHTS     1728      /* 3*3*3*64        */
#define CONV1_2_WEIGHTS     36864     /* 3*3*64*64       */
#define CONV2_1_WEIGHTS     73728     /* 3*3*64*128      */
#define CONV2_2_WEIGHTS     147456    /* 3*3*128*128     */
#define CONV3_1_WEIGHTS     294912    /* 3*3*128*256     */
#define CONV3_X_WEIGHTS     589824    /* 3*3*256*256     */
#define CONV4_1_WEIGHTS     1179648   /* 3*3*256*512     */
#define CONV4_X_WEIGHTS     2359296   /* 3*3*512*512     */
#define FC6_WEIGHTS         102760448 /* 7*7*512*4096    */
#define FC7_WEIGHTS         16777216  /* 4096*4096       */
#define FC8_WEIGHTS         4096000   /* 4096*1000       */

#define MAP1_BYTES          3211264   /* 224*224*64      */
#define MAP2_BYTES          1605632   /* 112*112*128     */
#define MAP3_BYTES          802816    /* 56*56*256       */
#define MAP4_BYTES          401480    /* 28*28*512       */
#define MAP5_BYTES          100352    /* 14*14*512       */

#define TOTAL_WEIGHTS       138344128

#endif
