// SPDX-License-Identifier: Apache-2.0
// One suite for every kind of communicator; each test executable instantiates it with its own.
#pragma once

#include <functional>
#include <ostream>
#include <string>

#include <gtest/gtest.h>

#include "dist/communicator.hpp"

namespace yates::dist {

/// A way to run the same work on all ranks of a group.
struct Backend {
  std::string name;
  std::function<void(const std::function<void(Communicator&)>&)> run;
};

inline std::ostream& operator<<(std::ostream& stream, const Backend& backend) {
  return stream << backend.name;
}

class CommunicatorSuite : public ::testing::TestWithParam<Backend> {};
class TreeReductionSuite : public ::testing::TestWithParam<Backend> {};

inline std::string backend_name(const ::testing::TestParamInfo<Backend>& info) {
  return info.param.name;
}

}  // namespace yates::dist
