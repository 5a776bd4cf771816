// SPDX-License-Identifier: Apache-2.0
// What a significant result is worth: errors of sign (type S) and of size (type M).
// Source: A. Gelman and J. Carlin, Perspectives on Psychological Science 9 (2014) 641.
#pragma once

#include <vector>

namespace yates::study {

/// What a significant result would be worth if a certain effect were true.
struct SignSizeErrors {
  double power = 0;
  double wrong_sign = 0;    ///< P(wrong sign | significant), type S.
  double exaggeration = 0;  ///< E(|estimate| / |effect| | significant), type M.
};

/// The errors of one two-sided t test for any true effect; what depends on the degrees of freedom
/// alone is computed once.
class SignSizeTest {
 public:
  /// Precondition: df > 0, may be infinite.
  SignSizeTest(double df, double alpha);

  /// The errors where the true effect is `shift` standard errors. NaN for a shift of 0, whose sign
  /// and size no estimate can miss.
  [[nodiscard]] SignSizeErrors at(double shift) const;

 private:
  double df_;
  double alpha_;
  std::vector<double> criticals_;  ///< t s / sigma over the distribution of s.
  std::vector<double> weights_;    ///< Of the same values; sum to 1.
};

}  // namespace yates::study
