// SPDX-License-Identifier: Apache-2.0
// yates data stats: what a data set is like, in the paper's tables.
#include <memory>
#include <string>

#include "io/dataset/manifest.hpp"
#include "io/dataset/statistics.hpp"
#include "launcher/cli/app.hpp"
#include "launcher/cli/cmd_data.hpp"
#include "launcher/cli/output.hpp"

namespace yates::cli {
namespace {

void print_summary(const Output& output, const std::string& name, const Json& summary) {
  const auto value = [&](const char* key) { return summary.at(key).get<double>(); };
  output.text("{:<22} {:>9.4g} {:>9.4g} {:>9.4g} {:>9.4g} {:>9.4g} {:>9.4g} {:>9.4g}",
              name,
              value("mean"),
              value("std"),
              value("min"),
              value("p25"),
              value("p50"),
              value("p75"),
              value("max"));
}

void print(const Output& output, const Json& stats) {
  output.text("{} cases; ratios are to the stored (cropped) volume", stats.at("cases").dump());
  output.text("{:<22} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9}",
              "",
              "mean",
              "std",
              "min",
              "p25",
              "p50",
              "p75",
              "max");
  print_summary(output, "foreground %", stats.at("foreground_pct"));
  for (const auto& [name, summary] : stats.at("bbox_ratio").items()) {
    print_summary(output, "bbox " + name, summary);
  }
  for (const auto& [name, summary] : stats.at("aligned_dims").items()) {
    print_summary(output, "aligned " + name, summary);
  }
  for (const auto& [name, label] : stats.at("classes").items()) {
    output.text("{} voxels: mean {:.0f}, median {:.0f}, max {:.0f}; {} cases without",
                name,
                label.at("mean").get<double>(),
                label.at("median").get<double>(),
                label.at("max").get<double>(),
                label.at("zero_cases").dump());
  }
  const Json& roi = stats.at("roi");
  output.text("aligned box below 70 / 50 / 30 % of the volume: {:.1f} / {:.1f} / {:.1f} % of cases",
              roi.at("below_70_pct").get<double>(),
              roi.at("below_50_pct").get<double>(),
              roi.at("below_30_pct").get<double>());
  const Json& patches = stats.at("patches");
  output.text(
      "windows of 128, half overlap: {:.1f} a case, {:.1f} % with tumour, box ratio mean "
      "{:.3f}, median {:.3f}",
      patches.at("per_case").at("mean").get<double>(),
      patches.at("with_tumour_pct").get<double>(),
      patches.at("bbox_ratio_mean").get<double>(),
      patches.at("bbox_ratio_median").get<double>());
  const Json& otsu = stats.at("otsu");
  output.text("Otsu on FLAIR: IoU {:.1f} %, recall {:.1f} % ({})",
              otsu.at("iou_pct").get<double>(),
              otsu.at("recall_pct").get<double>(),
              otsu.at("definition").get<std::string>());
}

}  // namespace

void register_data_stats(CLI::App& data) {
  struct Arguments {
    std::string data;
    std::string json_path;
  };
  auto arguments = std::make_shared<Arguments>();
  CLI::App* verb = data.add_subcommand(
      "stats", "tumour sizes, boxes and windows of a data set, and Otsu's threshold as baseline");
  verb->add_option("--data", arguments->data, "imported data set")->type_name("DIR")->required();
  add_json_option(*verb, arguments->json_path);
  set_example(*verb, "yates data stats --data shards --json stats.json");
  verb->callback([arguments] {
    const Output output(arguments->json_path);
    const Json stats = io::data_statistics(arguments->data, io::read_manifest(arguments->data));
    print(output, stats);
    output.json(stats);
  });
}

}  // namespace yates::cli
