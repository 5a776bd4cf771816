// SPDX-License-Identifier: Apache-2.0
// yates --version [--json FILE]: the build fingerprint.
#include <string>
#include <utility>

#include "launcher/cli/app.hpp"
#include "launcher/cli/build_info.hpp"
#include "launcher/cli/output.hpp"
#include "launcher/cli/verbs.hpp"

namespace yates::cli {
namespace {

Json fingerprint() {
  const std::pair<const char*, const char*> fields[] = {{"version", build_info::kVersion},
                                                        {"git", build_info::kGit},
                                                        {"compiler", build_info::kCompiler},
                                                        {"build_type", build_info::kBuildType},
                                                        {"libtorch", build_info::kLibtorch},
                                                        {"mpi", build_info::kMpi},
                                                        {"hdf5", build_info::kHdf5},
                                                        {"itk", build_info::kItk},
                                                        {"cuda", build_info::kCuda},
                                                        {"cudnn", build_info::kCudnn},
                                                        {"nccl", build_info::kNccl}};
  Json json;
  for (const auto& [name, value] : fields) {
    json[name] = *value == '\0' ? Json(nullptr) : Json(value);
  }
  return json;
}

void print_fingerprint(const std::string& json_path) {
  const Output output(json_path);
  const Json json = fingerprint();
  for (const auto& [name, value] : json.items()) {
    output.text("{:<11} {}", name, value.is_null() ? "not built in" : value.get<std::string>());
  }
  output.json(json);
}

}  // namespace

void register_version(CLI::App& app) {
  struct Arguments {
    bool version = false;
    std::string json_path;
  };
  auto arguments = std::make_shared<Arguments>();
  app.add_flag("--version", arguments->version, "print what this program was built with");
  add_json_option(app, arguments->json_path);
  app.callback([arguments] {
    if (arguments->version) {
      print_fingerprint(arguments->json_path);
    }
  });
}

}  // namespace yates::cli
