// SPDX-License-Identifier: Apache-2.0
#include "dist/raw_all_reduce.hpp"

#include <array>
#include <string_view>

#include <mpi.h>

namespace yates::dist {

void raw_all_reduce(std::span<float> values) {
  MPI_Allreduce(MPI_IN_PLACE,
                values.data(),
                static_cast<int>(values.size()),
                MPI_FLOAT,
                MPI_SUM,
                MPI_COMM_WORLD);
}

std::string mpi_library() {
  std::array<char, MPI_MAX_LIBRARY_VERSION_STRING> text{};
  int length = 0;
  MPI_Get_library_version(text.data(), &length);
  const std::string_view whole(text.data(), static_cast<std::size_t>(length));
  return std::string(whole.substr(0, whole.find_first_of(",\n")));
}

}  // namespace yates::dist
