// SPDX-License-Identifier: Apache-2.0
// yates model forward: logits, loss and gradients of the network for tensors in files.
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>
#include <fmt/ranges.h>

#include "io/checkpoint/safetensors.hpp"
#include "launcher/cli/app.hpp"
#include "launcher/cli/output.hpp"
#include "launcher/cli/tensor_file.hpp"
#include "launcher/cli/verbs.hpp"
#include "launcher/config/run_config.hpp"
#include "launcher/eval/weights.hpp"
#include "model/check_options.hpp"
#include "model/fce/foreground_loss.hpp"
#include "model/loss/cross_entropy.hpp"
#include "model/network/segmamba.hpp"

namespace yates::cli {
namespace {

struct ForwardArguments {
  std::string weights, input, output, labels, gradients;
  std::string dtype = "float32";
  std::vector<std::string> overrides;
};

[[noreturn]] void refuse(const io::SafetensorsFile& file,
                         const std::string& what,
                         const std::string& allowed) {
  throw Error(ExitCode::BadData,
              Problem{.what = what, .where = file.path().string(), .allowed = allowed, .fix = ""});
}

at::Tensor read_input(const io::SafetensorsFile& file, at::ScalarType dtype) {
  const at::Tensor x = read_tensor(file, "x");
  const auto sizes = x.sizes();
  const bool fits = x.dim() == 5 && sizes[0] > 0 && sizes[1] == model::kModalities;
  if (!fits || !x.is_floating_point()) {
    refuse(file,
           fmt::format("tensor 'x' has shape [{}]", fmt::join(sizes, ", ")),
           "floating, (batch, 4, depth, height, width)");
  }
  std::vector<yates::Problem> problems = model::patch_problems({sizes[2], sizes[3], sizes[4]});
  if (!problems.empty()) {
    problems.front().where = file.path().string();
    throw Error(ExitCode::BadData, std::move(problems));
  }
  return x.to(dtype);
}

at::Tensor read_labels(const io::SafetensorsFile& file, const at::Tensor& x) {
  const at::Tensor y = read_tensor(file, "y");
  const std::vector<std::int64_t> expected = {x.size(0), x.size(2), x.size(3), x.size(4)};
  if (y.sizes() != at::IntArrayRef(expected) || y.is_floating_point()) {
    refuse(file,
           fmt::format("tensor 'y' has shape [{}]", fmt::join(y.sizes(), ", ")),
           fmt::format("integers of shape [{}], those of 'x' without its channels",
                       fmt::join(expected, ", ")));
  }
  const at::Tensor labels = y.to(at::kLong);
  const auto lowest = labels.min().item<std::int64_t>();
  const auto highest = labels.max().item<std::int64_t>();
  if (lowest < 0 || highest >= model::kLabels) {
    refuse(file, fmt::format("tensor 'y' holds labels {} to {}", lowest, highest), "0 to 3");
  }
  return labels;
}

model::SegMamba load_network(const ForwardArguments& arguments,
                             const config::RunConfig& config,
                             at::ScalarType dtype) {
  model::SegMamba network(config.model, dtype);
  std::vector<eval::WeightTarget> targets;
  for (const model::Parameter& parameter : network.parameters()) {
    targets.push_back({.name = parameter.name, .value = parameter.value});
  }
  eval::load_weights(io::SafetensorsFile(arguments.weights), targets);
  return network;
}

void write_gradients(const std::string& path, const model::ParameterList& parameters) {
  std::vector<at::Tensor> gradients;
  std::vector<io::TensorEntry> entries;
  for (const model::Parameter& parameter : parameters) {
    gradients.push_back(model::ParameterList::gradient(parameter).contiguous());
    entries.push_back(tensor_entry(parameter.name, gradients.back()));
  }
  io::write_safetensors(path, entries);
}

/// The loss that training takes the gradient of; adds it, and its parts under FCE, to `results`,
/// whose first entry is the logits.
at::Tensor training_loss(const model::FceOptions& fce,
                         const model::ForwardTrace& trace,
                         const at::Tensor& labels,
                         std::vector<std::pair<std::string, at::Tensor>>& results) {
  at::Tensor loss = model::cross_entropy(results.front().second, labels);
  if (fce.enabled) {
    const auto parts = model::foreground_losses(trace.foreground, labels);
    loss = loss.add(parts.total(fce));
    results.emplace_back("fce_bce", parts.bce);
    results.emplace_back("fce_alignment", parts.alignment);
    results.emplace_back("fce_smoothing", parts.smoothing);
  }
  results.emplace_back("loss", loss);
  Output("").text("loss {:.9g}", loss.item<double>());
  return loss;
}

void run_forward(const ForwardArguments& arguments) {
  if (!arguments.gradients.empty() && arguments.labels.empty()) {
    throw Error(ExitCode::Usage,
                Problem{.what = "--gradients needs a loss",
                        .where = "",
                        .allowed = "",
                        .fix = "give --labels FILE as well"});
  }
  const config::RunConfig config = config::load_run_config("", arguments.overrides);
  const at::ScalarType dtype = arguments.dtype == "float64" ? at::kDouble : at::kFloat;
  at::set_num_threads(static_cast<int>(config.train.threads));
  const io::SafetensorsFile input(arguments.input);
  const at::Tensor x = read_input(input, dtype);
  const at::Tensor y = arguments.labels.empty()
                           ? at::Tensor()
                           : read_labels(io::SafetensorsFile(arguments.labels), x);
  const model::SegMamba network = load_network(arguments, config, dtype);

  const c10::AutoGradMode gradients(!arguments.gradients.empty());
  model::ForwardTrace trace;
  const at::Tensor logits = network.forward(x, {.seed = 0}, &trace).contiguous();
  std::vector<std::pair<std::string, at::Tensor>> results = {{"logits", logits}};
  for (const model::ForegroundReading& reading : trace.foreground) {
    results.emplace_back("fce." + std::to_string(reading.stage), reading.logits.contiguous());
  }
  const at::Tensor loss =
      y.defined() ? training_loss(config.model.fce, trace, y, results) : at::Tensor();
  std::vector<io::TensorEntry> entries;
  for (const auto& [name, tensor] : results) {
    entries.push_back(tensor_entry(name, tensor));
  }
  io::write_safetensors(arguments.output, entries);
  if (!arguments.gradients.empty()) {
    loss.backward();
    write_gradients(arguments.gradients, network.parameters());
  }
}

}  // namespace

void register_model_forward(CLI::App& model) {
  auto arguments = std::make_shared<ForwardArguments>();
  CLI::App* verb =
      model.add_subcommand("forward", "run the network once on tensors in safetensors files");
  const auto file = [verb](const char* name, std::string& path, const char* meaning) {
    return verb->add_option(name, path, meaning)->type_name("FILE");
  };
  file("--weights", arguments->weights, "weights by the published names")->required();
  file("--input", arguments->input, "tensor \"x\" (N,4,D,H,W)")->required();
  file("--output",
       arguments->output,
       "to write: \"logits\", and \"loss\" with --labels; with model.fce.enabled the heads' logits "
       "\"fce.STAGE\", and \"fce_bce\", \"fce_alignment\", \"fce_smoothing\", which are in the "
       "loss by "
       "their weights")
      ->required();
  file("--labels", arguments->labels, "tensor \"y\" (N,D,H,W), labels 0..3");
  file("--gradients", arguments->gradients, "to write: gradients of the loss by parameter name");
  verb->add_option("--dtype", arguments->dtype, "precision of the computation")
      ->check(CLI::IsMember({"float32", "float64"}))
      ->capture_default_str();
  add_overrides(*verb, arguments->overrides);
  set_example(*verb,
              "yates model forward --weights w.safetensors --input x.safetensors "
              "--output y.safetensors model.width=32");
  verb->callback([arguments] { run_forward(*arguments); });
}

}  // namespace yates::cli
