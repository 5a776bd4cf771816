// SPDX-License-Identifier: Apache-2.0
// OUT/registration.json: the declared analysis and design under a hash, fixed before there are
// results, and every later change of them with its date and reason.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "launcher/campaign/plan.hpp"
#include "launcher/config/study_file.hpp"

namespace yates::campaign {

/// A dated change of what was declared.
struct Amendment {
  std::string date;    ///< UTC.
  std::string reason;  ///< As given.
  std::string hash;    ///< Of what holds from then on.
  std::vector<std::string> changes;
  std::int64_t finished_runs = 0;  ///< When it was made.
};

struct Registration {
  std::string date;                ///< UTC; empty: only amended, never registered.
  std::string hash;                ///< Of what holds now.
  std::int64_t finished_runs = 0;  ///< When it was registered.
  Json frozen;                     ///< {"analysis", "design"}, as it holds now.
  std::vector<Amendment> amendments;
};

std::filesystem::path registration_path(const config::StudyFile& study);

/// What is frozen: the analysis section as it was understood, factors with their levels, excluded
/// cells and seeds.
Json frozen_part(const config::StudyFile& study);

/// Nothing if the study was never registered or amended. Throws Error{BadData} for a file that does
/// not fit its own hash.
std::optional<Registration> read_registration(const config::StudyFile& study);

/// Registers the study, once: the same study again changes nothing. Throws Error{BadConfig} with
/// every difference if another analysis is registered, or the study declares no primary contrast.
Registration register_study(const config::StudyFile& study, const Plan& plan);

/// Records that the study file now means something else than was registered (or planned), and
/// brings plan.json to it. Throws Error{BadConfig} if nothing changed, or a run that was started is
/// no longer in the study.
Registration amend_study(const config::StudyFile& study,
                         const Plan& plan,
                         const std::string& reason);

/// Differences between the study file and what is registered; empty without a registration.
std::vector<std::string> registration_differences(const config::StudyFile& study,
                                                  const std::optional<Registration>& registration);

/// Sentences for the first page of the report: late registration, amendments.
std::vector<std::string> registration_stamps(const std::optional<Registration>& registration);

/// The record for other programs; null without one.
Json registration_json(const std::optional<Registration>& registration);

}  // namespace yates::campaign
