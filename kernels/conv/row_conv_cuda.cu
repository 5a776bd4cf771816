// SPDX-License-Identifier: Apache-2.0
// Thread = channel, block = a chunk of positions; the rows under the taps move through registers.
#include "kernels/conv/row_conv_cuda.hpp"
#include "kernels/simt/part_sums.cuh"
#include "kernels/simt/simt.cuh"

namespace yates::kernels {
namespace {

constexpr unsigned kThreads = 128;

/// The convolution as the kernels see it.
struct Plan {
  RowConvInputs in;
  const std::int32_t* order[kRowConvMostOrders];
  int batch, tokens, channels;
  int chunk, chunks;
};

unsigned ceil_divide(std::int64_t a, std::int64_t b) {
  return static_cast<unsigned>((a + b - 1) / b);
}

Plan plan_of(const RowConvShape& shape) {
  Plan plan{};
  plan.batch = static_cast<int>(shape.batch);
  plan.tokens = static_cast<int>(shape.tokens);
  plan.channels = static_cast<int>(shape.channels);
  plan.chunk = shape.tokens >= 16384 ? 128 : 32;
  plan.chunks = static_cast<int>(ceil_divide(shape.tokens, plan.chunk));
  return plan;
}

Plan plan_of(const RowConvOrders& conv) {
  require_launch(conv.orders >= 1 && conv.orders <= kRowConvMostOrders, "row conv: 1 to 3 orders");
  Plan plan = plan_of(conv.shape);
  plan.in = conv.inputs;
  for (int r = 0; r < conv.orders; ++r) {
    plan.order[r] = conv.order[r];
  }
  return plan;
}

/// The rows of one order of one sample, and the weights of one channel.
template <int kWidth>
class Walk {
 public:
  __device__ Walk(const Plan& plan, int order, int sample, int channel)
      : plan_(plan), order_(plan.order[order]), sample_(sample), channel_(channel) {
    if (plan.in.order_per_sample && order_ != nullptr) {
      order_ += std::int64_t{sample} * plan.tokens;
    }
    SIMT_UNROLL
    for (int k = 0; k < kWidth; ++k) {
      weight_[k] = plan.in.weight[channel * kWidth + k];
      window_[k] = 0.0F;
    }
    bias_ = plan.in.bias != nullptr ? plan.in.bias[channel] : 0.0F;
  }

  /// Fills the window with the rows before `position`.
  __device__ void start(int position) {
    for (int source = position - (kWidth - 1); source < position; ++source) {
      if (source >= 0) {
        push(source);
      }
    }
  }

  __device__ std::int64_t row(int position) const {
    const int row = order_ != nullptr ? order_[position] : position;
    return std::int64_t{sample_} * plan_.tokens + row;
  }
  __device__ std::int64_t narrow_place(int position) const {
    return row(position) * plan_.channels + channel_;
  }
  __device__ std::int64_t wide_place(int position) const {
    return row(position) * plan_.in.x_stride + channel_;
  }

  __device__ void push(int position) {
    SIMT_UNROLL
    for (int k = 0; k + 1 < kWidth; ++k) {
      window_[k] = window_[k + 1];
    }
    window_[kWidth - 1] = plan_.in.x[wide_place(position)];
  }

  __device__ float pre_activation() const {
    float sum = bias_;
    SIMT_UNROLL
    for (int k = 0; k < kWidth; ++k) {
      sum += weight_[k] * window_[k];
    }
    return sum;
  }

  __device__ float weight(int k) const { return weight_[k]; }
  __device__ float under_tap(int k) const { return window_[k]; }

 private:
  const Plan& plan_;
  const std::int32_t* order_;
  int sample_, channel_;
  float bias_;
  float weight_[kWidth], window_[kWidth];
};

__device__ inline float sigmoid_of(float x) {
  return 1.0F / (1.0F + expf(-x));
}

/// blockIdx = (chunk, channels, order and sample).
template <int kWidth>
__global__ void __launch_bounds__(kThreads)
    forward_kernel(const __grid_constant__ Plan plan, float* y0, float* y1, float* y2) {
  const int channel = static_cast<int>(blockIdx.y * kThreads + threadIdx.x);
  const int order = static_cast<int>(blockIdx.z) / plan.batch;
  if (channel >= plan.channels) {
    return;
  }
  float* y = order == 0 ? y0 : order == 1 ? y1 : y2;
  Walk<kWidth> walk(plan, order, static_cast<int>(blockIdx.z) % plan.batch, channel);
  const int begin = static_cast<int>(blockIdx.x) * plan.chunk;
  const int end = begin + plan.chunk < plan.tokens ? begin + plan.chunk : plan.tokens;
  walk.start(begin);
  for (int position = begin; position < end; ++position) {
    walk.push(position);
    const float p = walk.pre_activation();
    y[walk.narrow_place(position)] = plan.in.silu ? p * sigmoid_of(p) : p;
  }
}

/// One order. Runs kWidth - 1 positions past the chunk, whose gradients reach back into it; sums
/// (sample, chunk, tap and bias, channel) leave them out. blockIdx = (chunk, channels, sample).
template <int kWidth>
__global__ void __launch_bounds__(kThreads) backward_kernel(const __grid_constant__ Plan plan,
                                                            int order,
                                                            const float* grad_y,
                                                            float* grad_x,
                                                            bool accumulate,
                                                            float* sums) {
  const int channel = static_cast<int>(blockIdx.y * kThreads + threadIdx.x);
  const int sample = static_cast<int>(blockIdx.z);
  if (channel >= plan.channels) {
    return;
  }
  Walk<kWidth> walk(plan, order, sample, channel);
  float grads[kWidth] = {};  // of the pre-activations at the last kWidth positions
  float grad_weight[kWidth] = {};
  float grad_bias = 0.0F;
  const int begin = static_cast<int>(blockIdx.x) * plan.chunk;
  const int end = begin + plan.chunk < plan.tokens ? begin + plan.chunk : plan.tokens;
  walk.start(begin);
  for (int position = begin; position < end + kWidth - 1; ++position) {
    float grad = 0.0F;
    if (position < plan.tokens) {
      walk.push(position);
      grad = grad_y[walk.narrow_place(position)];
      if (plan.in.silu) {
        const float p = walk.pre_activation();
        const float q = sigmoid_of(p);
        grad = grad * (q + p * q * (1.0F - q));
      }
    }
    SIMT_UNROLL
    for (int k = 0; k < kWidth; ++k) {
      grads[k] = k + 1 < kWidth ? grads[k + 1 < kWidth ? k + 1 : k] : grad;
      grad_weight[k] += position < end ? grad * walk.under_tap(k) : 0.0F;
    }
    grad_bias += position < end ? grad : 0.0F;
    const int back = position - (kWidth - 1);
    if (back >= begin) {
      float* target = grad_x + walk.wide_place(back);
      float sum = accumulate ? *target : 0.0F;
      SIMT_UNROLL
      for (int k = 0; k < kWidth; ++k) {
        sum += walk.weight(k) * grads[kWidth - 1 - k];
      }
      *target = sum;
    }
  }
  float* out = sums +
               (std::int64_t{sample} * plan.chunks + blockIdx.x) * (kWidth + 1) * plan.channels +
               channel;
  SIMT_UNROLL
  for (int k = 0; k < kWidth; ++k) {
    out[std::int64_t{k} * plan.channels] = grad_weight[k];
  }
  out[std::int64_t{kWidth} * plan.channels] = grad_bias;
}

/// Adds the chunks' sums to the gradients. blockIdx = (channels, tap or bias).
template <int kWidth>
__global__ void sum_kernel(const __grid_constant__ Plan plan,
                           const float* sums,
                           float* grad_weight,
                           float* grad_bias) {
  const int channel = static_cast<int>(blockIdx.x * kPartColumns + threadIdx.x);
  const int which = static_cast<int>(blockIdx.y);
  const bool active = channel < plan.channels;
  const float sum = sum_of_parts(sums,
                                 std::int64_t{plan.batch} * plan.chunks,
                                 std::int64_t{kWidth + 1} * plan.channels,
                                 active ? std::int64_t{which} * plan.channels + channel : -1);
  if (threadIdx.y > 0 || !active) {
    return;
  }
  if (which < kWidth) {
    grad_weight[channel * kWidth + which] += sum;
  } else if (grad_bias != nullptr) {
    grad_bias[channel] += sum;
  }
}

dim3 grid_of(const Plan& plan, int layers) {
  return {static_cast<unsigned>(plan.chunks),
          ceil_divide(plan.channels, kThreads),
          static_cast<unsigned>(layers)};
}

template <int kWidth>
void launch_forward(const Plan& plan,
                    int orders,
                    float* const (&y)[kRowConvMostOrders],
                    Stream stream) {
  launch(forward_kernel<kWidth>,
         grid_of(plan, orders * plan.batch),
         dim3(kThreads),
         0,
         stream,
         plan,
         y[0],
         y[1],
         y[2]);
}

template <int kWidth>
void launch_backward(const Plan& plan,
                     int orders,
                     const float* const (&grad_y)[kRowConvMostOrders],
                     const RowConvGradients& gradients,
                     float* sums,
                     Stream stream) {
  for (int order = 0; order < orders; ++order) {
    launch(backward_kernel<kWidth>,
           grid_of(plan, plan.batch),
           dim3(kThreads),
           0,
           stream,
           plan,
           order,
           grad_y[order],
           gradients.x,
           gradients.accumulate || order > 0,
           sums);
    launch(sum_kernel<kWidth>,
           dim3(ceil_divide(plan.channels, kPartColumns), kWidth + 1),
           dim3(kPartColumns, kPartRows),
           0,
           stream,
           plan,
           sums,
           gradients.weight,
           gradients.bias);
  }
}

bool is_empty(const Plan& plan) {
  return plan.batch == 0 || plan.tokens == 0 || plan.channels == 0;
}

}  // namespace

std::int64_t row_conv_cuda_workspace(const RowConvShape& shape) {
  return shape.batch * plan_of(shape).chunks * (shape.width + 1) * shape.channels;
}

void row_conv_forward_cuda(const RowConvOrders& conv,
                           float* const (&y)[kRowConvMostOrders],
                           Stream stream) {
  const Plan plan = plan_of(conv);
  if (is_empty(plan)) {
    return;
  }
  switch (conv.shape.width) {
    case 2: return launch_forward<2>(plan, conv.orders, y, stream);
    case 3: return launch_forward<3>(plan, conv.orders, y, stream);
    case 4: return launch_forward<4>(plan, conv.orders, y, stream);
    default: require_launch(false, "row conv: width 2 to 4");
  }
}

void row_conv_backward_cuda(const RowConvOrders& conv,
                            const float* const (&grad_y)[kRowConvMostOrders],
                            const RowConvGradients& gradients,
                            float* workspace,
                            Stream stream) {
  const Plan plan = plan_of(conv);
  if (is_empty(plan)) {
    return;
  }
  switch (conv.shape.width) {
    case 2: return launch_backward<2>(plan, conv.orders, grad_y, gradients, workspace, stream);
    case 3: return launch_backward<3>(plan, conv.orders, grad_y, gradients, workspace, stream);
    case 4: return launch_backward<4>(plan, conv.orders, grad_y, gradients, workspace, stream);
    default: require_launch(false, "row conv: width 2 to 4");
  }
}

}  // namespace yates::kernels
