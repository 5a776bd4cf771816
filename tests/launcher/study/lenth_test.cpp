// SPDX-License-Identifier: Apache-2.0
#include "launcher/study/lenth.hpp"

#include <gtest/gtest.h>

namespace yates::study {
namespace {

TEST(Lenth, FiltrationRate) {
  const LenthResult result = lenth(std::vector<double>{21.625,
                                                       3.125,
                                                       .125,
                                                       9.875,
                                                       -18.125,
                                                       2.375,
                                                       1.875,
                                                       14.625,
                                                       16.625,
                                                       -.375,
                                                       4.125,
                                                       -1.125,
                                                       -1.625,
                                                       -2.625,
                                                       1.375});
  EXPECT_NEAR(result.s0, 3.9375, 1e-12);
  EXPECT_NEAR(result.pse, 2.625, 1e-12);
  EXPECT_NEAR(result.df, 5, 1e-12);
  EXPECT_NEAR(result.me, 6.747777318545, 1e-9);
  EXPECT_NEAR(result.sme, 13.698959562803, 1e-9);
  EXPECT_NEAR(result.me_simulated, 5.6616, 5e-5);
  EXPECT_NEAR(result.sme_simulated, 11.1061, 5e-5);
}

TEST(Lenth, PlasmaEtch) {
  const LenthResult result = lenth(std::vector<double>{-101.625,
                                                       -1.625,
                                                       -7.875,
                                                       7.375,
                                                       -24.875,
                                                       -43.875,
                                                       -15.625,
                                                       306.125,
                                                       -153.625,
                                                       -.625,
                                                       4.125,
                                                       -2.125,
                                                       5.625,
                                                       -25.375,
                                                       -40.125});
  EXPECT_NEAR(result.s0, 23.4375, 1e-12);
  EXPECT_NEAR(result.pse, 11.4375, 1e-12);
  EXPECT_NEAR(result.me, 29.401029745, 1e-8);
  EXPECT_NEAR(result.sme, 59.688323809, 1e-8);
}

TEST(Lenth, PilotPlant) {
  const LenthResult result = lenth(std::vector<double>{23, -5, 1.5, 1.5, 10, 0, .5});
  EXPECT_NEAR(result.s0, 2.25, 1e-12);
  EXPECT_NEAR(result.pse, 2.25, 1e-12);
  EXPECT_NEAR(result.me, 8.469276912186, 1e-9);
  EXPECT_NEAR(result.sme, 20.268691006, 1e-8);
}

// Table 1 of the paper: nothing is active, not even relocation.
TEST(Lenth, TableOneOfThePaper) {
  const std::vector<double> dice = {-1.53, .37, .65, .27, .54, .95, .81};
  const LenthResult result = lenth(dice);
  EXPECT_NEAR(result.pse, .975, 1e-12);
  EXPECT_NEAR(result.me_simulated, 2.2408, 5e-5);
  EXPECT_NEAR(result.sme_simulated, 4.7517, 5e-5);
  EXPECT_NEAR(
      lenth(std::vector<double>{-2.205, .905, .72, .015, .64, 1.29, 1.235}).pse, 1.3575, 1e-12);
  EXPECT_NEAR(lenth(std::vector<double>{4.79, -1.28, -2.24, -.355, -2.115, -1.535, -2.655}).pse,
              3.1725,
              1e-12);
}

TEST(Lenth, SimulatedCriticalsAgreeWithTheTable) {
  // alpha = 0.0500001 is not tabulated, so it is simulated.
  const LenthCriticals seven = lenth_simulated_criticals(7, .0500001);
  EXPECT_NEAR(seven.me, 2.2983, 0.02);
  EXPECT_NEAR(seven.sme, 4.8735, 0.12);
  const LenthCriticals again = lenth_simulated_criticals(7, .0500001);
  EXPECT_EQ(again.me, seven.me);
}

TEST(Lenth, TCriticals) {
  EXPECT_NEAR(lenth_t_criticals(7, .05).me, 3.76412307, 5e-9);
  EXPECT_NEAR(lenth_t_criticals(15, .05).me, 2.57058184, 5e-9);
  EXPECT_NEAR(lenth_t_criticals(15, .05).sme, 5.21865126, 5e-9);
}

}  // namespace
}  // namespace yates::study
