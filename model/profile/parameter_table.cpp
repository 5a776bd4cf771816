// SPDX-License-Identifier: Apache-2.0
#include "model/profile/parameter_table.hpp"

#include "model/network_plan.hpp"
#include "model/parameter_spec.hpp"

namespace yates::model {
std::string module_of(const std::string& layer) {
  const std::size_t parts = layer.rfind("vit.", 0) == 0 ? 3 : 1;
  std::size_t end = 0;
  for (std::size_t part = 0; part < parts; ++part) {
    end = layer.find('.', part == 0 ? 0 : end + 1);
  }
  return layer.substr(0, end);
}

ParameterTable parameter_table(const ModelOptions& options,
                               const std::array<std::int64_t, 3>& patch) {
  ParameterTable table;
  for (const Layer& layer : network_layers(options)) {
    const std::string name = module_of(layer.name);
    if (table.modules.empty() || table.modules.back().name != name) {
      table.modules.push_back({.name = name, .parameters = 0, .flop = {}});
    }
    ModuleRow& row = table.modules.back();
    for (const ParameterSpec& spec : parameter_specs(layer)) {
      row.parameters += spec.elements();
      ++table.tensors;
    }
    row.flop += flop_count(layer, patch);
  }
  for (const ModuleRow& row : table.modules) {
    table.parameters += row.parameters;
    table.flop += row.flop;
  }
  return table;
}

}  // namespace yates::model
