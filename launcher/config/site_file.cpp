// SPDX-License-Identifier: Apache-2.0
#include "launcher/config/site_file.hpp"

#include <algorithm>
#include <cctype>

#include "base/error.hpp"
#include "base/file.hpp"
#include "launcher/config/map_reader.hpp"
#include "launcher/config/yaml_tree.hpp"

namespace yates::config {
namespace {

void check_options(MapReader& map, std::vector<Problem>& problems, const SiteOptions& site) {
  const YamlNode* options = map.find("options");
  for (std::size_t i = 0; i < site.options.size() && problems.empty(); ++i) {
    if (!site.options[i].starts_with("--")) {
      map.report(options->items[i],
                 "options",
                 "has the item " + in_quotes(site.options[i]),
                 "sbatch options, e.g. --constraint=a100");
    }
  }
}

bool is_stage_folder(const std::string& text) {
  const auto in_name = [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; };
  return text.front() == '/' || (text.size() > 1 && text.front() == '$' &&
                                 std::isdigit(static_cast<unsigned char>(text[1])) == 0 &&
                                 std::all_of(text.begin() + 1, text.end(), in_name));
}

SiteOptions read_site(const YamlNode* node, std::vector<Problem>& problems) {
  SiteOptions site;
  MapReader map(node,
                "site",
                {"mpi",
                 "gpus_as",
                 "max_array_size",
                 "max_running",
                 "signal_s",
                 "gate_partition",
                 "stage_to",
                 "options",
                 "setup"},
                problems);
  site.mpi = map.text("mpi").value_or(site.mpi);
  site.gpus_as = map.text("gpus_as", {"gres", "per_node", "none"}).value_or(site.gpus_as);
  site.max_array_size = map.integer("max_array_size", Range{.low = 2, .high = 4'000'001})
                            .value_or(site.max_array_size);
  site.max_running =
      map.integer("max_running", Range{.low = 0, .high = 100'000}).value_or(site.max_running);
  site.signal_s = map.integer("signal_s", Range{.low = 1, .high = 65'535}).value_or(site.signal_s);
  site.gate_partition = map.text("gate_partition").value_or("");
  site.stage_to = map.text("stage_to").value_or("");
  if (!site.stage_to.empty() && !is_stage_folder(site.stage_to)) {
    map.report(*map.find("stage_to"),
               "stage_to",
               "is " + in_quotes(site.stage_to),
               "an absolute path, or the name of a variable of the job, e.g. $TMPDIR");
  }
  site.options = map.texts("options");
  site.setup = map.texts("setup");
  check_options(map, problems, site);
  return site;
}

}  // namespace

SiteOptions load_site_file(const std::filesystem::path& path) {
  if (path.empty()) {
    return {};
  }
  const std::string text = read_file(path);
  const auto source = make_source(path.string(), text);
  std::vector<Problem> problems;
  SiteOptions site;
  if (const std::optional<YamlNode> root = parse_yaml(source, text, problems)) {
    MapReader map(&*root, "", {"site"}, problems);
    site = read_site(map.require("site"), problems);
  }
  if (!problems.empty()) {
    throw Error(ExitCode::BadConfig, std::move(problems));
  }
  return site;
}

}  // namespace yates::config
