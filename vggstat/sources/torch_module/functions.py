"""Functions of torch by what they do to values: bring them into another order, or compute without a multiply-accumulate.

What stands in neither list, is no layer of the language and no product is an operation that nobody has counted.
"""

from __future__ import annotations

from typing import Final

__all__ = ["LAYOUT", "ONE_KERNEL", "POINTWISE", "SHARES"]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


LAYOUT: Final = _words(
    """
    view reshape flatten ravel squeeze unsqueeze contiguous clone detach to float half bfloat16 double
    type view_as reshape_as alias requires_grad unflatten identity cpu cuda long int bool data permute
    transpose swapaxes swapdims movedim moveaxis t T mT H mH adjoint expand expand_as broadcast_to
    as_strided getitem narrow select unbind iter chunk split split_with_sizes tensor_split hsplit vsplit
    dsplit unfold diagonal overwrite real imag view_as_real view_as_complex positive atleast_1d atleast_2d
    atleast_3d type_as
    """
)
"""Functions that change no value: they hand on the same ones, or some of them, in another shape, order or format."""

SHARES: Final = frozenset(("chunk", "split", "split_with_sizes", "tensor_split"))
"""Those that cut a map into several along an axis."""

ONE_KERNEL: Final = _words(
    """
    add sub subtract rsub mul multiply div divide true_divide floor_divide remainder fmod neg negative abs
    absolute pow rpow square sqrt rsqrt exp exp2 expm1 log log2 log10 log1p sin cos tan sinh cosh tanh
    asin acos atan atan2 asinh acosh atanh erf erfc erfinv reciprocal sign sgn floor ceil round trunc frac
    clamp clamp_min clamp_max clip maximum minimum fmax fmin where lerp addcmul addcdiv sigmoid softplus
    mish selu celu prelu logsigmoid log_sigmoid threshold hardtanh relu relu6 gelu silu elu leaky_relu hardswish
    hardsigmoid hardshrink softshrink logit sinc nan_to_num copysign hypot eq ne lt le gt ge logical_and
    logical_or logical_not logical_xor isnan isinf isfinite masked_fill bitwise_and bitwise_or bitwise_not
    invert and or xor truediv floordiv mod rtruediv rdiv mean sum prod amax amin argmax argmin all any
    cumsum cumprod logsumexp softmax log_softmax softmin cat concat concatenate stack hstack vstack repeat
    repeat_interleave tile roll flip fliplr flipud rot90 pad gather index_select index_fill masked_select
    take_along_dim embedding tril triu pixel_shuffle pixel_unshuffle constant_pad_nd
    """
)
"""Functions of each value, reductions and copies that allocate what they make and nothing beside it."""

POINTWISE: Final = ONE_KERNEL | _words(
    """
    glu rrelu tanhshrink softsign gumbel_softmax max min std var var_mean std_mean norm vector_norm median
    nanmedian mode sort argsort topk kthvalue cummax cummin count_nonzero nonzero unique normalize
    cosine_similarity pairwise_distance max_pool1d max_pool2d max_pool3d max_pool1d_with_indices
    max_pool2d_with_indices max_pool3d_with_indices avg_pool1d avg_pool2d avg_pool3d adaptive_avg_pool1d
    adaptive_avg_pool2d adaptive_avg_pool3d adaptive_max_pool1d adaptive_max_pool2d adaptive_max_pool3d
    adaptive_max_pool1d_with_indices adaptive_max_pool2d_with_indices adaptive_max_pool3d_with_indices
    lp_pool1d lp_pool2d max_unpool2d fractional_max_pool2d fractional_max_pool2d_with_indices
    boolean_dispatch batch_norm instance_norm group_norm layer_norm rms_norm local_response_norm dropout
    dropout1d dropout2d dropout3d alpha_dropout feature_dropout feature_alpha_dropout bernoulli
    interpolate upsample upsample_nearest upsample_bilinear grid_sample affine_grid im2col col2im fold
    scatter scatter_add index_add index_put index_copy setitem masked_scatter one_hot embedding_bag
    channel_shuffle cross_entropy nll_loss mse_loss l1_loss smooth_l1_loss binary_cross_entropy
    binary_cross_entropy_with_logits kl_div diff cross bucketize searchsorted histc meshgrid block_diag
    fill zero copy lerp uniform normal rand_like randn_like zeros_like ones_like full_like empty_like
    new_zeros new_ones new_full new_empty new_tensor random exponential geometric cauchy log_normal
    """
)
"""All functions whose work holds no multiply-accumulate, the above among them."""
