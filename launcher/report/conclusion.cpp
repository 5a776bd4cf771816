// SPDX-License-Identifier: Apache-2.0
#include "launcher/report/conclusion.hpp"

#include <cmath>

#include <fmt/format.h>

#include "base/text.hpp"
#include "launcher/report/labels.hpp"

namespace yates::report {
namespace {

using study::Analysis;
using study::ContrastSummary;

std::string sample(const Analysis& analysis, const ContrastSummary& row) {
  return fmt::format(
      "n = {} {}", row.estimate.n, analysis.data.seeds_are_blocks ? "seeds" : "replicates");
}

std::string primary_sentence(const Analysis& analysis, const ContrastSummary& row) {
  return fmt::format("{} on {}: {} {}, {} ({}; {}, p {}).",
                     contrast_label(analysis.data.design, row.name, row.at),
                     response_label(row.metric, row.region),
                     signed_number(row.estimate.estimate),
                     interval_text(row.interval),
                     to_string(row.verdict),
                     method_label(row.estimate.method),
                     sample(analysis, row),
                     (row.p < 0.001 ? "" : "= ") + p_text(row.p));
}

std::string explain_verdict(const Analysis& analysis, const ContrastSummary& row) {
  const std::string mde = fmt::format("With {} it finds an effect of {} with probability {:.0f} %.",
                                      sample(analysis, row),
                                      plain_number(row.mde),
                                      100 * analysis.options.power);
  switch (row.verdict) {
    case study::Verdict::Positive:
      return "Positive: the effect is there and is an improvement. " + mde;
    case study::Verdict::Negative:
      return "Negative: the effect is there and makes it worse. " + mde;
    case study::Verdict::Equivalent:
      return "Equivalent: the effect, if any, lies within the margin. " + mde;
    case study::Verdict::Inconclusive: break;
  }
  return "Inconclusive: neither an effect nor its absence is shown. " + mde;
}

/// What the looks of a sequential study say; they decide the verdict.
std::string looks_sentence(const study::Looks& looks) {
  if (looks.results.empty()) {
    return "No declared look is reached yet.";
  }
  const study::LookResult& last = looks.results.back();
  if (std::isnan(last.bound)) {
    return fmt::format(
        "Sequential study: {} seeds are no declared look, so no bound holds here; |t| = {}.",
        last.n,
        plain_number(std::abs(last.statistic)));
  }
  return fmt::format(
      "Sequential study, look at {} seeds: |t| = {}, bound {}: {}. Repeated interval {}.",
      last.n,
      plain_number(std::abs(last.statistic)),
      plain_number(last.bound),
      last.decision,
      interval_text(last.repeated));
}

}  // namespace

std::vector<std::string> conclusion(const Analysis& analysis) {
  if (const ContrastSummary* primary = analysis.primary();
      primary != nullptr && primary->estimate.method != study::Method::None) {
    std::vector<std::string> sentences = {primary_sentence(analysis, *primary)};
    if (analysis.looks) {
      sentences.push_back(looks_sentence(*analysis.looks));
    }
    sentences.push_back(explain_verdict(analysis, *primary));
    return sentences;
  }
  if (analysis.single_runs() && analysis.options.noise.empty()) {
    return {
        "One run per cell: effects can be computed, their uncertainty cannot. No interval is "
        "given, and nothing is "
        "concluded about new runs."};
  }
  if (analysis.single_runs()) {
    return {
        "One run per cell; intervals use a run-to-run standard deviation known from elsewhere."};
  }
  return {"No primary contrast was declared before the data: everything below is exploration."};
}

std::vector<std::string> single_run_sentences(const Analysis& analysis) {
  std::vector<std::string> sentences;
  if (!analysis.single_runs()) {
    return sentences;
  }
  const ContrastSummary* primary = analysis.primary();
  if (primary != nullptr && std::isfinite(primary->estimate.se)) {
    const study::PairNoise& noise = analysis.options.noise.at(primary->metric);
    const bool beyond = primary->p < analysis.options.alpha;
    sentences.push_back(fmt::format(
        "A run of {} varies with a standard deviation of {}{}: the estimate {} has a standard "
        "error of {} and is {} the noise.",
        response_label(primary->metric, primary->region),
        plain_number(noise.sd),
        std::isinf(noise.df) ? "" : fmt::format(" ({:.0f} degrees of freedom)", noise.df),
        signed_number(primary->estimate.estimate),
        plain_number(primary->estimate.se),
        beyond ? "beyond" : "within"));
  }
  for (const study::LenthSummary& row : analysis.lenth) {
    const std::vector<std::string> active = row.active();
    sentences.push_back(fmt::format(
        "Lenth's analysis of {} by the runs alone: {} (largest effect {}, margin of error {}).",
        response_label(row.metric, row.region),
        active.empty() ? "no effect is active" : "active are " + join(active, ", "),
        plain_number(row.largest()),
        plain_number(row.result.me_simulated)));
  }
  return sentences;
}

}  // namespace yates::report
