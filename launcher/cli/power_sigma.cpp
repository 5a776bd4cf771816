// SPDX-License-Identifier: Apache-2.0
#include "launcher/cli/power_sigma.hpp"

#include <algorithm>
#include <limits>
#include <numeric>
#include <utility>

#include "base/csv.hpp"
#include "base/error.hpp"
#include "launcher/campaign/plan.hpp"
#include "launcher/campaign/results.hpp"
#include "launcher/cli/primary_response.hpp"
#include "launcher/study/pair_noise.hpp"

namespace yates::cli {
namespace {

[[noreturn]] void fail(ExitCode code, std::string what, std::string where, std::string allowed) {
  throw Error(code,
              Problem{.what = std::move(what),
                      .where = std::move(where),
                      .allowed = std::move(allowed),
                      .fix = ""});
}

/// Estimates of sigma from runs of this design, best first: the contrast's own cells within seeds,
/// all cells within seeds, within cells.
std::vector<study::RunSigma> sigmas_of(const study::RunTable& table, const PlannedStudy& planned) {
  std::vector<std::size_t> own;
  std::vector<std::size_t> all(planned.design.size());
  std::iota(all.begin(), all.end(), 0U);
  for (const std::size_t cell : all) {
    if (planned.contrast.weights[cell] != 0) {
      own.push_back(cell);
    }
  }
  std::vector<study::RunSigma> sigmas;
  const auto add = [&](std::optional<study::RunSigma> sigma, const std::string& where) {
    if (sigma) {
      sigma->source = where;
      sigmas.push_back(*sigma);
    }
  };
  add(sigma_within_seeds(table, own), "within seeds, the cells of the contrast");
  add(sigma_within_seeds(table, all), "within seeds, all cells");
  add(sigma_within_cells(table, own), "within the cells of the contrast");
  add(sigma_within_cells(table, all), "within all cells");
  return sigmas;
}

/// The estimate that fits the planned analysis comes first.
void order_sigmas(std::vector<study::RunSigma>& sigmas, const study::PowerQuestion& question) {
  const bool blocked = within_seeds(question);
  std::stable_partition(sigmas.begin(), sigmas.end(), [&](const study::RunSigma& sigma) {
    return (sigma.method == study::Method::Blocked) == blocked;
  });
}

/// Sigma from a pilot table in one of three forms: results of runs, a table of cells with
/// replicates, or pairs of repeated runs.
std::vector<study::RunSigma> read_pilot(const std::string& path, const PlannedStudy& planned) {
  const CsvTable table = read_csv(path);
  const auto& factors = planned.design.factors();
  const bool of_this_design =
      std::all_of(factors.begin(), factors.end(), [&](const study::Factor& factor) {
        return table.find_column(factor.name).has_value();
      });
  const study::PrimaryContrast& primary = *planned.file.spec.primary;
  const std::string ending = "_" + plain_metric(primary.metric);
  const auto paired =
      std::count_if(table.header.begin(), table.header.end(), [&](const std::string& name) {
        return name.find(ending) != std::string::npos;
      });
  if (!of_this_design || paired >= 2) {
    const study::PairNoise noise = study::read_pair_noise(table, response_name(primary));
    return {{.value = noise.sd,
             .df = noise.df,
             .method = study::Method::Pooled,
             .source = "pairs of repeated runs"}};
  }
  std::vector<study::RunSigma> sigmas = sigmas_of(read_primary_response(table, planned), planned);
  if (sigmas.empty()) {
    fail(ExitCode::BadData,
         "no cell of the pilot has two runs: a standard deviation needs repeats",
         path,
         "two seeds in at least two cells of the design");
  }
  return sigmas;
}

/// Sigma from the study's own runs so far. Nothing else of them is looked at.
std::vector<study::RunSigma> read_blind(const SigmaSource& source, const PlannedStudy& planned) {
  const std::string folder = source.runs.empty() ? planned.file.out.string() : source.runs;
  const CsvTable table =
      source.results.empty()
          ? campaign::collect_results(planned.file, campaign::make_plan(planned.file, 1), folder)
                .table
          : read_csv(source.results);
  std::vector<study::RunSigma> sigmas = sigmas_of(read_primary_response(table, planned), planned);
  if (sigmas.empty()) {
    fail(ExitCode::Incomplete,
         "no two seeds are finished in two arms: the SD cannot be re-estimated yet",
         table.origin,
         "at least two complete seeds");
  }
  return sigmas;
}

}  // namespace

std::vector<study::RunSigma> find_sigmas(const SigmaSource& source, const PlannedStudy& planned) {
  std::vector<study::RunSigma> sigmas;
  if (source.blind) {
    sigmas = read_blind(source, planned);
  } else if (!source.pilot.empty()) {
    sigmas = read_pilot(source.pilot, planned);
  } else if (source.sigma) {
    return {{.value = *source.sigma,
             .df = source.sigma_df.value_or(std::numeric_limits<double>::infinity()),
             .method = study::Method::Blocked,
             .source = "given"}};
  } else {
    const std::string& metric = planned.file.spec.primary->metric;
    for (const study::Method method : {study::Method::Blocked, study::Method::Pooled}) {
      if (const auto sigma = study::published_sigma(metric, method)) {
        sigmas.push_back(*sigma);
      }
    }
  }
  if (sigmas.empty()) {
    fail(ExitCode::Usage,
         fmt::format("nothing is known about a run's standard deviation in {}",
                     planned.file.spec.primary->metric),
         "yates study power",
         "--pilot TABLE.csv or --sigma X");
  }
  order_sigmas(sigmas, planned.question);
  if (!(sigmas.front().value > 0)) {
    fail(ExitCode::BadData,
         "the runs do not vary at all: a standard deviation of 0 cannot be planned with",
         source.pilot + source.results,
         "runs with different seeds");
  }
  return sigmas;
}

}  // namespace yates::cli
