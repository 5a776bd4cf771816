// SPDX-License-Identifier: Apache-2.0
#include "launcher/study/choices.hpp"

namespace yates::study {
namespace {

bool visit_from(const std::vector<std::size_t>& items,
                std::size_t count,
                const std::function<bool(const std::vector<std::size_t>&)>& visit,
                std::size_t first,
                std::vector<std::size_t>& chosen) {
  if (chosen.size() == count) {
    return visit(chosen);
  }
  for (std::size_t i = first; i < items.size(); ++i) {
    chosen.push_back(items[i]);
    if (visit_from(items, count, visit, i + 1, chosen)) {
      return true;
    }
    chosen.pop_back();
  }
  return false;
}

}  // namespace

bool for_each_choice(const std::vector<std::size_t>& items,
                     std::size_t count,
                     const std::function<bool(const std::vector<std::size_t>&)>& visit) {
  std::vector<std::size_t> chosen;
  return visit_from(items, count, visit, 0, chosen);
}

}  // namespace yates::study
