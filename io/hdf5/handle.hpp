// SPDX-License-Identifier: Apache-2.0
// HDF5 identifiers that close themselves, and checks of HDF5's return values. Private to io/hdf5.
#pragma once

#include <mutex>
#include <string>
#include <utility>

#include <hdf5.h>

#include "base/error.hpp"

namespace yates::io::hdf5 {

/// The process-wide lock: hold it around every sequence of HDF5 calls. Also turns off HDF5's own
/// printing, which is a setting of the thread.
class Lock {
 public:
  Lock();

 private:
  std::lock_guard<std::mutex> guard_;
};

/// HDF5's error stack of this thread, innermost reason first; clears it.
std::string error_stack();

/// Throws Error{code} with `what`, `where` and HDF5's error stack; Error{Io} instead where the
/// stack names a failure of the file system (EIO, ESTALE, ETIMEDOUT).
[[noreturn]] void fail(ExitCode code, const std::string& what, const std::string& where);

/// Passes a result of 0 or more on; otherwise fails.
template <typename Result>
Result checked(Result result, ExitCode code, const std::string& what, const std::string& where) {
  if (result < 0) {
    fail(code, what, where);
  }
  return result;
}

/// Owns one identifier; `close` is the H5?close function of its kind.
class Handle {
 public:
  using Close = herr_t (*)(hid_t);
  Handle(hid_t id, Close close) : id_(id), close_(close) {}
  Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, kNone)), close_(other.close_) {}
  ~Handle() {
    if (id_ != kNone) {
      close_(id_);
    }
  }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  [[nodiscard]] hid_t id() const { return id_; }

 private:
  static constexpr hid_t kNone = -1;
  hid_t id_;
  Close close_;
};

}  // namespace yates::io::hdf5
