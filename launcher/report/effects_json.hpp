// SPDX-License-Identifier: Apache-2.0
// effects.json: the whole analysis in full precision for other programs.
#pragma once

#include "base/json.hpp"
#include "launcher/report/provenance.hpp"
#include "launcher/study/analysis.hpp"

namespace yates::report {

/// The document. Values that do not exist are null, never NaN. Deterministic.
Json effects_json(const study::Analysis& analysis, const Provenance& provenance);

}  // namespace yates::report
