/* sizes for the 40x40 gesture network, keep in sync with weights.h */
#define CONV1_IM_DIM 40
#define CONV1_IM_CH 1
#define CONV1_KER_DIM 5
#define CONV1_PADDING 2
#define CONV1_STRIDE 1
#define CONV1_OUT_CH 24
#define CONV1_OUT_DIM 40

#define POOL1_KER_DIM 2
#define POOL1_STRIDE 2
#define POOL1_PADDING 0
#define POOL1_OUT_DIM 20

#define CONV2_IM_DIM 20
#define CONV2_IM_CH 24
#define CONV2_KER_DIM 3
#define CONV2_PADDING 1
#define CONV2_STRIDE 1
#define CONV2_OUT_CH 48
#define CONV2_OUT_DIM 20

#define POOL2_KER_DIM 2
#define POOL2_STRIDE 2
#define POOL2_PADDING 0
#define POOL2_OUT_DIM 10

#define CONV3_IM_DIM 10
#define CONV3_IM_CH 48
#define CONV3_KER_DIM 3
#define CONV3_PADDING 0
#define CONV3_STRIDE 1
#define CONV3_OUT_CH 48
#define CONV3_OUT_DIM 10

#define IP1_DIM 8*8*48
#define IP1_IM_DIM 8
#define IP1_IM_CH 48
#define IP1_OUT 6

/* weights: 600 + 10368 + 20736 + 18432 = 50136 bytes in q7 */
