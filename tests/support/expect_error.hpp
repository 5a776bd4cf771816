// SPDX-License-Identifier: Apache-2.0
// Checks that something fails as it should: with this exit code and these words.
#pragma once

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/error.hpp"

namespace yates::testing {

/// Runs `action`; it must throw Error{code} whose text holds every one of `words`.
template <typename Action>
void expect_error(ExitCode code, const std::vector<std::string>& words, Action action) {
  try {
    action();
    ADD_FAILURE() << "no error; expected one with: " << words.at(0);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    for (const std::string& word : words) {
      EXPECT_NE(std::string(error.what()).find(word), std::string::npos)
          << "'" << word << "' is missing in:\n"
          << error.what();
    }
  }
}

}  // namespace yates::testing
