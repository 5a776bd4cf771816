// SPDX-License-Identifier: Apache-2.0
#include "launcher/config/assignment.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "base/text.hpp"

namespace yates::config {
namespace {

/// The part of a dotted key before its last name: "model.prune" of "model.prune.scorer".
std::string parent_of(std::string_view key) {
  const std::size_t dot = key.rfind('.');
  return std::string(dot == std::string_view::npos ? "" : key.substr(0, dot));
}

std::string last_name(std::string_view key) {
  return std::string(key.substr(key.rfind('.') + 1));
}

bool is_group(std::string_view path) {
  const auto schema = run_schema();
  return std::any_of(schema.begin(), schema.end(), [&](const KeySpec& spec) {
    return spec.key.starts_with(std::string(path) + ".");
  });
}

/// Names of keys and groups directly below a group; below "" the groups of the file.
std::vector<std::string> names_below(const std::string& group) {
  const std::string prefix = group.empty() ? "" : group + ".";
  std::vector<std::string> names;
  for (const KeySpec& spec : run_schema()) {
    if (spec.key.starts_with(prefix)) {
      const std::string rest = spec.key.substr(prefix.size());
      const std::string name = rest.substr(0, rest.find('.'));
      if (std::find(names.begin(), names.end(), name) == names.end()) {
        names.push_back(name);
      }
    }
  }
  return names;
}

class Flattener {
 public:
  Flattener(std::string note, std::vector<Problem>& problems)
      : note_(std::move(note)), problems_(problems) {}

  void walk(const YamlNode& map, const std::string& prefix) {
    for (const YamlEntry& entry : map.entries) {
      const std::string path = prefix.empty() ? entry.key.scalar : prefix + "." + entry.key.scalar;
      if (const KeySpec* spec = find_key(path)) {
        take(*spec, entry);
      } else if (is_group(path)) {
        enter(path, entry);
      } else {
        refuse(path, entry);
      }
    }
  }

  std::vector<Assignment> take_result() { return std::move(result_); }

 private:
  void take(const KeySpec& spec, const YamlEntry& entry) {
    const auto same = [&](const Assignment& known) { return known.spec == &spec; };
    const auto earlier = std::find_if(result_.begin(), result_.end(), same);
    if (earlier != result_.end()) {
      problems_.push_back(problem_at(
          entry.key.place,
          fmt::format("'{}' is set here and at {}", spec.key, earlier->key_place.where())));
      return;
    }
    std::string origin = entry.value.place.where();
    if (!note_.empty()) {
      origin += " (" + note_ + ")";
    }
    result_.push_back(Assignment{
        .spec = &spec, .value = entry.value, .key_place = entry.key.place, .origin = origin});
  }

  void enter(const std::string& path, const YamlEntry& entry) {
    if (entry.value.kind == YamlKind::Map) {
      walk(entry.value, path);
    } else if (!entry.value.refused) {
      const std::string keys = join(names_below(path), ", ");
      const Place& place = entry.value.kind == YamlKind::Null ? entry.key.place : entry.value.place;
      problems_.push_back(problem_at(
          place,
          fmt::format("'{}' is {}, not a map of keys", path, kind_name(entry.value)),
          entry.value.scalar.find(':') == std::string::npos ? "keys: " + keys
                                                            : "a blank belongs behind the colon"));
    }
  }

  void refuse(const std::string& path, const YamlEntry& entry) {
    const std::string group = parent_of(path);
    problems_.push_back(problem_at(entry.key.place,
                                   fmt::format("unknown key {}{}",
                                               in_quotes(group.empty() ? path : last_name(path)),
                                               group.empty() ? "" : " in " + in_quotes(group)),
                                   key_hint(path)));
  }

  std::string note_;
  std::vector<Problem>& problems_;
  std::vector<Assignment> result_;
};

/// What other programs call a key of ours; empty if none does.
std::string translated(std::string_view name) {
  constexpr std::pair<std::string_view, std::string_view> kOtherNames[] = {
      {"batch_size", "train.global_batch"},
      {"channels", "model.width"},
      {"feat_size", "model.width"},
      {"initial_lr", "train.lr"},
      {"learning_rate", "train.lr"},
      {"max_epochs", "train.epochs"},
      {"num_epochs", "train.epochs"},
      {"num_iterations_per_epoch", "train.steps_per_epoch"},
      {"num_step_per_epoch", "train.steps_per_epoch"},
      {"num_workers", "data.workers"},
      {"out_dir", "run.dir"},
      {"output_dir", "run.dir"},
      {"patch_size", "data.patch"},
      {"roi_size", "data.patch"},
      {"val_every", "train.validate_every"}};
  for (const auto& [other, ours] : kOtherNames) {
    if (other == name) {
      return std::string(ours);
    }
  }
  return "";
}

}  // namespace

std::string key_hint(std::string_view path) {
  const std::string name = last_name(path);
  if (const std::string key = translated(name); !key.empty()) {
    return fmt::format("here it is called '{}'", key);
  }
  if (!name.empty() && name.find_first_not_of("0123456789") == std::string::npos) {
    return "a decimal comma? decimals have a point, e.g. 0.01";
  }
  const std::vector<std::string> beside = names_below(parent_of(path));
  if (const auto match = closest_match(name, beside)) {
    return fmt::format("did you mean '{}'?", *match);
  }
  std::vector<std::string> all;
  for (const KeySpec& spec : run_schema()) {
    if (last_name(spec.key) == name) {
      return fmt::format("did you mean '{}'?", spec.key);
    }
    all.push_back(spec.key);
  }
  if (const auto match = closest_match(path, all)) {
    return fmt::format("did you mean '{}'?", *match);
  }
  return beside.empty() ? "see yates config reference" : "keys here: " + join(beside, ", ");
}

std::vector<Assignment> flatten(const YamlNode& root,
                                const std::string& origin_note,
                                std::vector<Problem>& problems) {
  if (root.kind == YamlKind::Map) {
    Flattener flattener(origin_note, problems);
    flattener.walk(root, "");
    return flattener.take_result();
  }
  if (root.kind != YamlKind::Null) {
    problems.push_back(problem_at(
        root.place, "expected a map of keys, found " + kind_name(root), "write 'key: value'"));
  }
  return {};
}

std::vector<Assignment> parse_override(const std::string& text, std::vector<Problem>& problems) {
  const std::size_t equals = text.find('=');
  const std::string key(trim(std::string_view(text).substr(0, equals)));
  const auto source = make_source("command line", text, false);
  const Place key_place{
      .source = source, .line = 0, .column = 0, .length = static_cast<int>(key.size())};
  if (equals == std::string::npos || key.empty() || source->lines.size() != 1) {
    problems.push_back(
        problem_at(key_place, "an override has the form key=value", "e.g. model.width=32"));
    return {};
  }
  // The value is parsed at its own column, so that the caret stands below it.
  const std::string padded = std::string(equals + 1, ' ') + text.substr(equals + 1);
  const std::optional<YamlNode> value = parse_yaml(source, padded, problems);
  if (!value) {
    return {};
  }
  YamlNode key_node;
  key_node.kind = YamlKind::Scalar;
  key_node.scalar = key;
  key_node.place = key_place;
  YamlNode root;
  root.kind = YamlKind::Map;
  root.place = key_place;
  root.entries.push_back(YamlEntry{.key = key_node, .value = *value});
  return flatten(root, text, problems);
}

void check_schema_number(const YamlNode& root, std::vector<Problem>& problems) {
  for (const YamlEntry& entry : root.entries) {
    if (entry.key.scalar == "schema" && entry.value.scalar != std::to_string(kSchema) &&
        !entry.value.refused) {
      const Place& place = entry.value.kind == YamlKind::Null ? entry.key.place : entry.value.place;
      problems.push_back(
          problem_at(place,
                     fmt::format("the schema is {}; this version of yates reads schema {}",
                                 kind_name(entry.value),
                                 kSchema),
                     fmt::format("schema: {}", kSchema)));
    }
  }
}

}  // namespace yates::config
