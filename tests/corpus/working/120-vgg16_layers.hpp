#pragma once
// VGG-16, NCHW, one image. Sizes in floats.
#include <cstddef>

struct Conv { int cin, cout, hw; };

constexpr Conv kConv[13] = {
    {3, 64, 224},    {64, 64, 224},                      // 2 x 3211264 outputs
    {64, 128, 112},  {128, 128, 112},                    // 2 x 1605632
    {128, 256, 56},  {256, 256, 56},  {256, 256, 56},    // 3 x 802816
    {256, 512, 28},  {512, 512, 28},  {512, 512, 28},    // 3 x 401408
    {512, 512, 14},  {512, 512, 14},  {512, 512, 14},    // 3 x 100352
};

constexpr std::size_t kConvWeights = 14710464;    // biases: 4224 more
constexpr std::size_t kFcWeights   = 123633664;   // 25088*4096 + 4096*4096 + 4096*1000
constexpr std::size_t kBiases      = 13416;       // 4224 + 9192
constexpr std::size_t kLargestMap  = 64 * 224 * 224;   // 3211264, 12.25 MiB
