// SPDX-License-Identifier: Apache-2.0
// yates data stats: what a data set is like, in the paper's tables.
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/file.hpp"
#include "io/dataset/paper_statistics.hpp"
#include "io/dataset/statistics.hpp"
#include "io/shard/manifest.hpp"
#include "launcher/cli/app.hpp"
#include "launcher/cli/cmd_data.hpp"
#include "launcher/cli/output.hpp"
#include "launcher/report/figure_histograms.hpp"

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

/// The first rule is the one whose figures stand beside the paper's.
void print_patches(const Output& output, const Json& patches) {
  output.text("windows of 128, half overlap: {:>33} {:>13} {:>9} {:>9}",
              "a case",
              "with tumour",
              "box mean",
              "median");
  for (const Json& rule : patches.at("rules")) {
    output.text("  {:<54} {:>6.2f} {:>11.1f} % {:>9.3f} {:>9.3f}",
                rule.at("rule").get<std::string>(),
                rule.at("per_case").at("mean").get<double>(),
                rule.at("with_tumour_pct").get<double>(),
                rule.at("bbox_ratio_mean").get<double>(),
                rule.at("bbox_ratio_median").get<double>());
  }
}

void print_otsu(const Output& output, const Json& otsu) {
  if (otsu.is_null()) {
    return;
  }
  output.text("Otsu: {:>56} {:>9}", "IoU", "recall");
  for (const Json& rule : otsu.at("rules")) {
    output.text("  {:<52} {:>5.1f} % {:>7.1f} %",
                rule.at("rule").get<std::string>(),
                rule.at("iou_pct").get<double>(),
                rule.at("recall_pct").get<double>());
  }
  output.text("  the first: {}", otsu.at("definition").get<std::string>());
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
  print_patches(output, stats.at("patches"));
  print_otsu(output, stats.at("otsu"));
}

void print(const Output& output, const std::vector<io::PaperComparison>& rows) {
  output.text("{:<6} {:<34} {:>10} {:>10} {:>9}", "table", "statistic", "paper", "here", "off by");
  for (const io::PaperComparison& row : rows) {
    const double percent = 100 * (row.ours - row.paper) / row.paper;
    output.text("{:<6} {:<34} {:>10.5g} {:>10.5g} {:>8.1f}%",
                row.table,
                row.statistic,
                row.paper,
                row.ours,
                percent);
  }
  output.text(
      "18 box: Table 18 read as the windows over the aligned boxes of all 50 cases, ratios to the "
      "stored volume; no other rule above gives 54.");
  output.text(
      "G.5 names neither mask nor rule: its IoU is near to that of the whole volume, its recall to "
      "that of no rule above on FLAIR.");
}

/// P25, P50, P75 that the paper prints under `place`; nothing if it prints none.
std::optional<std::vector<double>> quartiles(const std::vector<io::PaperComparison>& rows,
                                             const std::string& place) {
  std::vector<double> found;
  for (const io::PaperComparison& row : rows) {
    for (const char* key : {".p25", ".p50", ".p75"}) {
      if (row.statistic == place + key) {
        found.push_back(row.paper);
      }
    }
  }
  return found.empty() ? std::nullopt : std::optional(found);
}

std::string figure(const io::DataValues& values, const std::vector<io::PaperComparison>& rows) {
  const std::vector<report::Histogram> panels = {
      {"Tumour, % of the volume", values.foreground_pct, quartiles(rows, "foreground_pct")},
      {"Tight box, share of the volume", values.tight, quartiles(rows, "bbox_ratio.tight")},
      {"Box with margin 8", values.margin8, quartiles(rows, "bbox_ratio.margin8")},
      {"Box with margin 8, aligned to 16",
       values.aligned,
       quartiles(rows, "bbox_ratio.margin8_align16")},
      {"Aligned depth, voxels", values.aligned_sides[0], quartiles(rows, "aligned_dims.depth")},
      {"Aligned height, voxels", values.aligned_sides[1], quartiles(rows, "aligned_dims.height")},
      {"Aligned width, voxels", values.aligned_sides[2], quartiles(rows, "aligned_dims.width")},
      {"NCR, voxels", values.label_voxels[0], {}},
      {"ED, voxels", values.label_voxels[1], {}},
      {"ET, voxels", values.label_voxels[2], {}}};
  return report::histograms_svg(
      std::to_string(values.foreground_pct.size()) + " cases", panels, "the paper (1251 cases)");
}

struct Arguments {
  std::string data;
  std::string labels;
  std::string json_path;
  std::string figure_path;
  bool compare = false;
};

void run(const Arguments& arguments) {
  const Output output(arguments.json_path);
  const io::DataValues values =
      arguments.labels.empty() ? io::measure_data(arguments.data, io::read_manifest(arguments.data))
                               : io::measure_label_maps(arguments.labels);
  Json stats = io::statistics_json(values);
  print(output, stats);
  std::vector<io::PaperComparison> rows;
  if (arguments.compare) {
    rows = io::compare_with_paper(stats);
    print(output, rows);
    stats["paper"] = io::to_json(rows);
  }
  if (!arguments.figure_path.empty()) {
    write_file_atomic(arguments.figure_path, figure(values, rows));
  }
  output.json(stats);
}

}  // namespace

void register_data_stats(CLI::App& data) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* verb = data.add_subcommand(
      "stats", "tumour sizes, boxes and windows of a data set, and Otsu's threshold as baseline");
  CLI::Option_group* source = verb->add_option_group("source");
  source->add_option("--data", arguments->data, "imported data set")->type_name("DIR");
  source
      ->add_option(
          "--labels", arguments->labels, "folder of yates data phantom --labels-only instead")
      ->type_name("DIR");
  source->require_option(1);
  verb->add_flag("--compare-paper",
                 arguments->compare,
                 "put the paper's figures of BraTS 2023 (Tables 2, 3, 15 to 18) beside ours");
  verb->add_option("--figure", arguments->figure_path, "write histograms as SVG")
      ->type_name("FILE");
  add_json_option(*verb, arguments->json_path);
  set_example(*verb, "yates data stats --data shards --compare-paper --figure stats.svg");
  verb->callback([arguments] { run(*arguments); });
}

}  // namespace yates::cli
