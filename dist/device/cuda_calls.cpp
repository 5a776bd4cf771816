// SPDX-License-Identifier: Apache-2.0
#include "dist/device/cuda_calls.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include <cuda_runtime_api.h>
#include <nccl.h>

#include "base/error.hpp"

namespace yates::dist {
namespace {

class CudaCalls final : public DeviceCalls {
 public:
  CudaCalls(int device, void* compute_stream)
      : device_(device), compute_(static_cast<cudaStream_t>(compute_stream)) {
    if (cuda(cudaSetDevice(device)) != CallStatus::Ok ||
        cuda(cudaEventCreateWithFlags(&computed_, cudaEventDisableTiming)) != CallStatus::Ok) {
      throw Error(ExitCode::Internal,
                  Problem{.what = "cannot use the GPU: " + error_,
                          .where = "CUDA device " + std::to_string(device),
                          .allowed = "",
                          .fix = "see nvidia-smi"});
    }
  }
  ~CudaCalls() override { cudaEventDestroy(computed_); }

  [[nodiscard]] std::string last_error() const override { return error_; }

  CallStatus create_stream(Handle& stream) override {
    // A communication thread starts on device 0.
    if (cuda(cudaSetDevice(device_)) != CallStatus::Ok) {
      return CallStatus::Failed;
    }
    int least = 0;
    int greatest = 0;
    if (cuda(cudaDeviceGetStreamPriorityRange(&least, &greatest)) != CallStatus::Ok) {
      return CallStatus::Failed;
    }
    cudaStream_t made = nullptr;
    const auto status = cuda(cudaStreamCreateWithPriority(&made, cudaStreamNonBlocking, greatest));
    stream = made;
    return status;
  }
  void destroy_stream(Handle stream) override { cudaStreamDestroy(stream_of(stream)); }

  CallStatus create_event(Handle& event) override {
    cudaEvent_t made = nullptr;
    const auto status = cuda(cudaEventCreateWithFlags(&made, cudaEventDisableTiming));
    event = made;
    return status;
  }
  void destroy_event(Handle event) override { cudaEventDestroy(static_cast<cudaEvent_t>(event)); }
  CallStatus record(Handle event, Handle stream) override {
    return cuda(cudaEventRecord(static_cast<cudaEvent_t>(event), stream_of(stream)));
  }
  CallStatus query(Handle event) override {
    const cudaError_t result = cudaEventQuery(static_cast<cudaEvent_t>(event));
    return result == cudaErrorNotReady ? CallStatus::InProgress : cuda(result);
  }
  CallStatus wait_for_compute(Handle stream) override {
    const auto status = cuda(cudaEventRecord(computed_, compute_));
    return status == CallStatus::Ok ? cuda(cudaStreamWaitEvent(stream_of(stream), computed_, 0))
                                    : status;
  }

  CallStatus allocate_pinned(Handle& memory, std::size_t bytes) override {
    return cuda(cudaMallocHost(&memory, bytes));
  }
  void free_pinned(Handle memory) override { cudaFreeHost(memory); }
  CallStatus copy_to_host(void* host,
                          const void* device,
                          std::size_t bytes,
                          Handle stream) override {
    return cuda(cudaMemcpyAsync(host, device, bytes, cudaMemcpyDeviceToHost, stream_of(stream)));
  }
  CallStatus copy_to_device(void* device,
                            const void* host,
                            std::size_t bytes,
                            Handle stream) override {
    return cuda(cudaMemcpyAsync(device, host, bytes, cudaMemcpyHostToDevice, stream_of(stream)));
  }

  CallStatus unique_id(std::vector<std::byte>& id) override {
    ncclUniqueId made;
    const CallStatus status = nccl(ncclGetUniqueId(&made));
    const auto bytes = std::as_bytes(std::span(made.internal));
    id.assign(bytes.begin(), bytes.end());
    return status;
  }
  CallStatus start_group(Handle& group,
                         int rank,
                         int size,
                         std::span<const std::byte> id) override {
    ncclUniqueId given;
    YATES_ASSERT(id.size() == sizeof(given.internal), "an id of {} bytes", id.size());
    std::memcpy(given.internal, id.data(), id.size());
    ncclConfig_t config = NCCL_CONFIG_INITIALIZER;
    config.blocking = 0;  // Otherwise it cannot be aborted.
    ncclComm_t made = nullptr;
    const CallStatus status = nccl(ncclCommInitRankConfig(&made, size, given, rank, &config));
    group = made;
    return status;
  }
  CallStatus async_status(Handle group) override {
    ncclResult_t result = ncclSuccess;
    const CallStatus status = nccl(ncclCommGetAsyncError(group_of(group), &result));
    return status == CallStatus::Ok ? nccl(result) : status;
  }
  CallStatus all_reduce_sum(Handle group,
                            float* device,
                            std::size_t count,
                            Handle stream) override {
    return nccl(ncclAllReduce(
        device, device, count, ncclFloat32, ncclSum, group_of(group), stream_of(stream)));
  }
  CallStatus finalize_group(Handle group) override {
    return nccl(ncclCommFinalize(group_of(group)));
  }
  void destroy_group(Handle group) override { ncclCommDestroy(group_of(group)); }
  void abort_group(Handle group) override { ncclCommAbort(group_of(group)); }

 private:
  static cudaStream_t stream_of(Handle stream) { return static_cast<cudaStream_t>(stream); }
  static ncclComm_t group_of(Handle group) { return static_cast<ncclComm_t>(group); }

  CallStatus cuda(cudaError_t result) {
    if (result == cudaSuccess) {
      return CallStatus::Ok;
    }
    error_ = cudaGetErrorString(result);
    return CallStatus::Failed;
  }
  CallStatus nccl(ncclResult_t result) {
    if (result == ncclSuccess || result == ncclInProgress) {
      return result == ncclSuccess ? CallStatus::Ok : CallStatus::InProgress;
    }
    error_ = ncclGetErrorString(result);
    return CallStatus::Failed;
  }

  int device_;
  cudaStream_t compute_;
  cudaEvent_t computed_ = nullptr;
  std::string error_;
};

}  // namespace

std::string cuda_device_address(int device) {
  std::array<char, 32> address{};
  const cudaError_t result =
      cudaDeviceGetPCIBusId(address.data(), static_cast<int>(address.size()), device);
  if (result != cudaSuccess) {
    throw Error(ExitCode::Internal,
                Problem{.what = std::string("cannot ask the GPU: ") + cudaGetErrorString(result),
                        .where = "CUDA device " + std::to_string(device),
                        .allowed = "",
                        .fix = "see nvidia-smi"});
  }
  return address.data();
}

std::unique_ptr<DeviceCalls> make_cuda_calls(int device, void* compute_stream) {
  return std::make_unique<CudaCalls>(device, compute_stream);
}

}  // namespace yates::dist
