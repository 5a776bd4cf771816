// SPDX-License-Identifier: Apache-2.0
#include "io/hdf5/handle.hpp"

namespace yates::io::hdf5 {
namespace {

std::mutex& process_lock() {
  static std::mutex mutex;
  return mutex;
}

herr_t append_description(unsigned depth, const H5E_error2_t* error, void* text) {
  constexpr unsigned kDeepest = 6;
  if (depth < kDeepest && error->desc != nullptr) {
    auto& target = *static_cast<std::string*>(text);
    target += target.empty() ? "" : "; ";
    target += error->desc;
  }
  return 0;
}

}  // namespace

Lock::Lock() : guard_(process_lock()) {
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
}

std::string error_stack() {
  std::string text;
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, append_description, &text);
  H5Eclear2(H5E_DEFAULT);
  return text;
}

void fail(ExitCode code, const std::string& what, const std::string& where) {
  const std::string stack = error_stack();
  throw Error(code,
              Problem{.what = stack.empty() ? what : what + " (HDF5: " + stack + ")",
                      .where = where,
                      .allowed = "",
                      .fix = ""});
}

}  // namespace yates::io::hdf5
