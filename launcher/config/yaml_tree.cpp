// SPDX-License-Identifier: Apache-2.0
// Built from yaml-cpp's events, because its node tree hides duplicate keys, anchors and tags.
#include "launcher/config/yaml_tree.hpp"

#include <algorithm>
#include <map>
#include <sstream>
#include <utility>

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include "launcher/config/yaml_characters.hpp"

namespace yates::config {
namespace {

constexpr std::size_t kMaxBytes = std::size_t{1} << 20U;
constexpr std::size_t kMaxDepth = 32;
constexpr std::size_t kMaxNodes = 10'000;

/// Ends the parse after a finding that makes the rest meaningless; the finding is in the list.
struct Stop {};

class TreeBuilder : public YAML::EventHandler {
 public:
  TreeBuilder(std::shared_ptr<const SourceText> source, std::vector<Problem>& problems)
      : source_(std::move(source)), problems_(problems) {}

  YamlNode take_root() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (std::exchange(started_, true)) {
      report(mark, "a second document begins here", "one file holds one document");
      throw Stop{};
    }
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    add(make(mark, YamlKind::Null, "", anchor));
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override {
    report(mark, "aliases are not allowed", "write the value out");
    YamlNode node = make(mark, YamlKind::Null, "", 0);
    node.refused = true;
    add(std::move(node));
  }
  void OnScalar(const YAML::Mark& mark,
                const std::string& tag,
                YAML::anchor_t anchor,
                const std::string& value) override {
    YamlNode node = make(mark, YamlKind::Scalar, tag, anchor);
    node.scalar = value;
    node.quoted = tag != "?";
    node.place.length = marked_length(*source_, node.place, value);
    check_quotes(node.place);
    add(std::move(node));
  }
  void OnSequenceStart(const YAML::Mark& mark,
                       const std::string& tag,
                       YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    open(make(mark, YamlKind::List, tag, anchor));
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark,
                  const std::string& tag,
                  YAML::anchor_t anchor,
                  YAML::EmitterStyle::value /*style*/) override {
    open(make(mark, YamlKind::Map, tag, anchor));
  }
  void OnMapEnd() override { close(); }

  void report(const YAML::Mark& mark, std::string what, const std::string& hint) {
    problems_.push_back(problem_at(place_of(mark), std::move(what), hint));
  }

 private:
  struct Open {
    YamlNode node;
    std::optional<YamlNode> key;      ///< Of the entry whose value comes next.
    std::map<std::string, int> seen;  ///< Keys, and the line where each stands.
  };

  [[nodiscard]] Place place_of(const YAML::Mark& mark) const {
    const int last = static_cast<int>(source_->lines.size()) - 1;
    Place place{.source = source_, .line = std::clamp(mark.line, 0, last), .column = 0};
    const auto width = source_->lines[static_cast<std::size_t>(place.line)].size();
    place.column = std::clamp(mark.column, 0, static_cast<int>(width));
    return place;
  }

  YamlNode make(const YAML::Mark& mark,
                YamlKind kind,
                const std::string& tag,
                YAML::anchor_t anchor) {
    if (++nodes_ > kMaxNodes) {
      report(mark, fmt::format("more than {} values", kMaxNodes), "");
      throw Stop{};
    }
    if (anchor != 0) {
      report(mark, "anchors are not allowed", "write the value out where it is needed");
    }
    if (!tag.empty() && tag != "?" && tag != "!") {
      report(
          mark, fmt::format("the tag {} is not allowed", in_quotes(tag)), "write the plain value");
    }
    YamlNode node;
    node.kind = kind;
    node.place = place_of(mark);
    return node;
  }

  void check_quotes(const Place& place) {
    if (!quote_ends(*source_, place)) {
      problems_.push_back(problem_at(place, "this quote is never closed"));
      throw Stop{};
    }
  }

  void open(YamlNode node) {
    if (stack_.size() >= kMaxDepth) {
      problems_.push_back(
          problem_at(node.place, fmt::format("nested more than {} deep", kMaxDepth)));
      throw Stop{};
    }
    stack_.push_back(Open{.node = std::move(node), .key = std::nullopt, .seen = {}});
  }

  void close() {
    YamlNode node = std::move(stack_.back().node);
    stack_.pop_back();
    add(std::move(node));
  }

  void add(YamlNode node) {
    if (stack_.empty()) {
      root_ = std::move(node);
      return;
    }
    Open& parent = stack_.back();
    if (parent.node.kind == YamlKind::List) {
      parent.node.items.push_back(std::move(node));
    } else if (!parent.key) {
      add_key(parent, std::move(node));
    } else {
      add_value(parent, std::move(node));
    }
  }

  void add_key(Open& parent, YamlNode key) {
    if (key.kind != YamlKind::Scalar) {
      if (!key.refused) {
        problems_.push_back(problem_at(key.place, "a key must be a text, not " + kind_name(key)));
      }
      key.refused = true;
    } else if (key.scalar == "<<" && !key.quoted) {
      problems_.push_back(
          problem_at(key.place, "merge keys are not allowed", "write the values out"));
      key.refused = true;
    } else if (const auto [known, fresh] = parent.seen.emplace(key.scalar, key.place.line);
               !fresh) {
      problems_.push_back(
          problem_at(key.place,
                     fmt::format("the key {} stands here twice", in_quotes(key.scalar)),
                     fmt::format("first in line {}; remove one", known->second + 1)));
      key.refused = true;
    }
    parent.key = std::move(key);
  }

  static void add_value(Open& parent, YamlNode value) {
    if (!parent.key->refused) {
      parent.node.entries.push_back(
          YamlEntry{.key = std::move(*parent.key), .value = std::move(value)});
    }
    parent.key.reset();
  }

  std::shared_ptr<const SourceText> source_;
  std::vector<Problem>& problems_;
  std::vector<Open> stack_;
  YamlNode root_;
  std::size_t nodes_ = 0;
  bool started_ = false;
};

/// What people do most often where YAML cannot be read.
std::string yaml_hint(std::string_view text) {
  return text.find("\n\t") == std::string_view::npos && !text.starts_with('\t')
             ? ""
             : "indent with blanks; a line begins with a tab";
}

void run_parser(std::string_view text, TreeBuilder& builder) {
  std::istringstream stream{std::string(text)};
  YAML::Parser parser(stream);
  try {
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const YAML::ParserException& error) {
    builder.report(error.mark, "not valid YAML: " + error.msg, yaml_hint(text));
    throw Stop{};
  } catch (const YAML::Exception& error) {
    builder.report(error.mark, "not valid YAML: " + error.msg, yaml_hint(text));
    throw Stop{};
  }
}

}  // namespace

std::string kind_name(const YamlNode& node) {
  switch (node.kind) {
    case YamlKind::Null: return "empty";
    case YamlKind::Scalar: return node.quoted ? "a text in quotes" : in_quotes(node.scalar);
    case YamlKind::List: return "a list";
    case YamlKind::Map: return "a map";
  }
  return "";
}

std::optional<YamlNode> parse_yaml(const std::shared_ptr<const SourceText>& source,
                                   std::string_view text,
                                   std::vector<Problem>& problems) {
  if (text.size() > kMaxBytes) {
    problems.push_back(Problem{.what = fmt::format("the file has {} bytes", text.size()),
                               .where = source->name,
                               .allowed = fmt::format("at most {} bytes", kMaxBytes),
                               .fix = "is this a configuration file?"});
    return std::nullopt;
  }
  if (const std::optional<Place> bad = first_bad_character(source)) {
    problems.push_back(problem_at(*bad, "neither printable UTF-8 nor a line end", "remove it"));
    return std::nullopt;
  }
  TreeBuilder builder(source, problems);
  const std::size_t before = problems.size();
  try {
    run_parser(text, builder);
  } catch (const Stop&) {
    YATES_ASSERT(problems.size() > before, "the parse of {} stopped silently", source->name);
    return std::nullopt;
  }
  YamlNode root = builder.take_root();
  root.place.source = source;
  return root;
}

}  // namespace yates::config
