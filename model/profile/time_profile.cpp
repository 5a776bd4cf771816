// SPDX-License-Identifier: Apache-2.0
#include "model/profile/time_profile.hpp"

#include <algorithm>
#include <array>
#include <map>

#include <c10/core/GradMode.h>
#include <c10/core/Stream.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <fmt/format.h>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "model/network_plan.hpp"
#include "model/profile/parameter_table.hpp"

namespace yates::model {
namespace {

/// Returns when all work on the tensor's device is done.
void wait_for_device(const at::Tensor& tensor) {
  if (!tensor.is_cpu()) {
    const c10::impl::VirtualGuardImpl device(tensor.device().type());
    device.synchronizeStream(device.getStream(tensor.device()));
  }
}

TimeProfile one_pass(const SegMamba& network, const at::Tensor& x) {
  std::map<std::string, double> times;
  ForwardTrace trace;
  Stopwatch lap;
  trace.on_block = [&](const std::string& block, const at::Tensor& output) {
    wait_for_device(output);
    times[module_of(block)] += lap.seconds() * 1e3;
    lap.restart();
  };
  const at::Tensor logits = network.forward(x, {}, &trace);
  TimeProfile profile;
  for (const Layer& layer : network_layers(network.options())) {
    const auto time = times.extract(module_of(layer.name));
    if (!time.empty()) {
      profile.modules.push_back({time.key(), time.mapped()});
      profile.total_ms += time.mapped();
    }
  }
  YATES_ASSERT(times.empty(), "a block of no module: {}", times.begin()->first);
  return profile;
}

double time_of(const TimeProfile& profile, const std::string& prefix) {
  double ms = 0;
  for (const ModuleTime& module : profile.modules) {
    ms += module.name.starts_with(prefix) ? module.ms : 0.0;
  }
  return ms;
}

}  // namespace

TimeProfile time_profile(const SegMamba& network, const at::Tensor& x, std::int64_t repeats) {
  YATES_ASSERT(repeats >= 1, "{} repeats", repeats);
  const c10::NoGradGuard no_grad;
  one_pass(network, x);
  std::vector<TimeProfile> passes;
  for (std::int64_t i = 0; i < repeats; ++i) {
    passes.push_back(one_pass(network, x));
  }
  const auto middle = passes.begin() + static_cast<std::ptrdiff_t>(passes.size() / 2);
  std::nth_element(passes.begin(), middle, passes.end(), [](const auto& a, const auto& b) {
    return a.total_ms < b.total_ms;
  });
  return *middle;
}

std::vector<ProfileRow> table5_rows(const TimeProfile& profile,
                                    const ModelOptions& options,
                                    const std::array<std::int64_t, 3>& patch) {
  std::vector<ProfileRow> rows;
  const auto add = [&](const std::string& name, double ms) {
    rows.push_back({name, ms, 100 * ms / profile.total_ms});
  };
  add("Total inference time", profile.total_ms);
  add("Mamba modules (all)", time_of(profile, "vit.stages."));
  for (const std::int64_t stage : options.mamba_stages) {
    const std::int64_t level = stage + 1;
    const std::int64_t tokens = (patch[0] >> level) * (patch[1] >> level) * (patch[2] >> level);
    add(fmt::format("Stage {} Mamba x{} (L={})", stage, kStageDepth, tokens),
        time_of(profile, "vit.stages." + std::to_string(stage)));
  }
  const std::array<std::string, 3> full = {"decoder2", "decoder1", "encoder1"};
  double at_full = 0;
  for (const std::string& module : full) {
    at_full += time_of(profile, module);
  }
  const std::string side = fmt::format("{}x{}x{}", patch[0], patch[1], patch[2]);
  add(side + " resolution modules", at_full);
  for (const std::string& module : full) {
    add(fmt::format("{} ({})", module, side), time_of(profile, module));
  }
  return rows;
}

}  // namespace yates::model
