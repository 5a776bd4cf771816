// SPDX-License-Identifier: Apache-2.0
#include "io/hdf5/handle.hpp"

#include <algorithm>
#include <cerrno>
#include <iterator>

#include <fmt/format.h>

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

/// Whether the innermost cause is a file system that fails, rather than the bytes of the file.
bool is_system_failure(const std::string& stack) {
  const int numbers[] = {EIO, ESTALE, ETIMEDOUT};
  return std::any_of(std::begin(numbers), std::end(numbers), [&](int number) {
    return stack.find(fmt::format("errno = {},", number)) != std::string::npos;
  });
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
  throw Error(is_system_failure(stack) ? ExitCode::Io : code,
              Problem{.what = stack.empty() ? what : what + " (HDF5: " + stack + ")",
                      .where = where,
                      .allowed = "",
                      .fix = ""});
}

}  // namespace yates::io::hdf5
