// SPDX-License-Identifier: Apache-2.0
// The analyses of variance of an analysis: strata of complete tables of cases, else run means.
#pragma once

#include "launcher/study/analysis.hpp"
#include "launcher/study/crossed_model.hpp"

namespace yates::study {

/// Fills `anova` of one response: one line per term. With the strata of `model` (may be null) the
/// factors on the scale of single cases, type II, tested against cell:seed, then the strata; else
/// the run means, type II, blocked by seed where seeds are blocks, tested against the residual.
/// Nothing where cells were not replicated.
void summarize_anova(Analysis& analysis, const Response& response, const CrossedModel* model);

/// Fills `anova_types` and `fits` of one response from its run means, blocked by seed where seeds
/// are blocks: types I, II, III, HC3, and the terms between blocks. Names in `not_estimable` the
/// terms that are confounded with blocks.
void summarize_anova_types(Analysis& analysis, const Response& response);

}  // namespace yates::study
