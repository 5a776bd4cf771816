// SPDX-License-Identifier: Apache-2.0
// Linked by tests that draw tensors: LibTorch's generator starts at random, so that a test that
// holds for nearly all draws would fail now and then. Each test begins with the seed of its name.
#include <ATen/Context.h>
#include <gtest/gtest.h>

#include "base/random.hpp"

namespace yates::testing {
namespace {

class SeedEachTest : public ::testing::EmptyTestEventListener {
  void OnTestStart(const ::testing::TestInfo& test) override {
    at::manual_seed(hash_name(test.name()));
  }
};

// GoogleTest owns its listeners.
[[maybe_unused]] const bool kListens = [] {
  ::testing::UnitTest::GetInstance()->listeners().Append(new SeedEachTest);
  return true;
}();

}  // namespace
}  // namespace yates::testing
