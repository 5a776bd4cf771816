// SPDX-License-Identifier: Apache-2.0
#include "launcher/cli/power_text.hpp"

#include <cmath>
#include <string>

#include <fmt/format.h>

#include "launcher/report/labels.hpp"

namespace yates::cli {
namespace {

std::string number(double value) {
  return report::plain_number(value, 2);
}

std::string row_text(const study::PowerRow& row, const study::PowerRow& careful) {
  return fmt::format("{:>6}  {:<16}{:>6.0f}{:>8.0f} %{:>9.0f} %{:>9}{:>9}{:>11}",
                     row.n,
                     report::method_label(row.method),
                     row.df,
                     100 * row.power,
                     100 * careful.power,
                     number(row.mde),
                     number(careful.mde),
                     row.gpu_days ? fmt::format("{:.4g}", *row.gpu_days) : "-");
}

void print_sigma(const Output& output, const study::PowerPlan& plan) {
  const study::RunSigma& sigma = plan.sigma;
  if (std::isinf(sigma.df)) {
    output.text("SD of a run: {} ({})", number(sigma.value), sigma.source);
    return;
  }
  output.text("SD of a run: {}, 95 % interval {} to {}, below {} with 80 % confidence ({} df; {})",
              number(sigma.value),
              number(plan.sigma_interval.low),
              number(plan.sigma_interval.high),
              number(plan.sigma_upper),
              sigma.df,
              sigma.source);
}

void print_sequential(const Output& output, const study::SequentialForecast& forecast) {
  std::string looks;
  for (std::size_t i = 0; i < forecast.looks.size(); ++i) {
    looks += fmt::format(
        "{}{} seeds |t| >= {}", i == 0 ? "" : ", ", forecast.looks[i], number(forecast.bounds[i]));
  }
  output.text("looks ({}): {}", report::method_label(forecast.model.method), looks);
  output.text(
      "  if the effect is there: found with {:.0f} %, {:.1f} seeds on average; if there is none: "
      "{:.1f} seeds, {:.0f} % stop for futility",
      100 * forecast.at_effect.power,
      forecast.at_effect.expected_seeds,
      forecast.at_null.expected_seeds,
      100 * forecast.at_null.futile);
}

}  // namespace

void print_plan(const Output& output, const study::PowerPlan& plan, bool blind) {
  const study::PowerQuestion& question = plan.question;
  output.text("{}: to find {} with probability {:.0f} %, two-sided {}{}",
              question.contrast,
              number(question.effect),
              100 * question.power,
              question.alpha,
              blind ? "; blinded: no estimate of the effect was looked at" : "");
  print_sigma(output, plan);
  output.text("{:>6}  {:<16}{:>6}{:>10}{:>11}{:>9}{:>9}{:>11}",
              "seeds",
              "method",
              "df",
              "power",
              "careful",
              "MDE",
              "careful",
              "GPU-days");
  for (std::size_t i = 0; i < plan.rows.size(); ++i) {
    output.text("{}", row_text(plan.rows[i], plan.careful[i]));
  }
  output.text("careful: at the 80 % upper bound of the SD, {}", number(plan.sigma_upper));
  if (question.own_seed_days && question.seed_days &&
      *question.own_seed_days < *question.seed_days) {
    output.text("a seed costs {:.3g} GPU-days in all arms, {:.3g} in those of the contrast alone",
                *question.seed_days,
                *question.own_seed_days);
  }
  if (plan.sequential) {
    print_sequential(output, *plan.sequential);
  }
  output.text("{}", plan.sentence);
}

}  // namespace yates::cli
