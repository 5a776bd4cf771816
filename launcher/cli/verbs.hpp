// SPDX-License-Identifier: Apache-2.0
// The verbs of yates, one function each in cmd_NAME.cpp. Every function adds its verb to the
// command.
#pragma once

#include <filesystem>

#include <CLI/App.hpp>

namespace yates::cli {

// In `yates`: no tensors, starts at once.
void register_version(CLI::App& app);
void register_config(CLI::App& app);
void register_study(CLI::App& app);
/// submit, advance, stop, explain, export: part of the verb `study`.
void register_study_slurm(CLI::App& group);
void register_study_estimate(CLI::App& group);
void register_data(CLI::App& app);
void register_doctor(CLI::App& app);
void register_analyze(CLI::App& app);
void register_evaluate(CLI::App& app);
/// Lists train, predict, model and bench in the help.
void register_worker_verbs(CLI::App& app);

// In `yates-worker`: with LibTorch.
void register_bench(CLI::App& app);
void register_model(CLI::App& app);
void register_train(CLI::App& app);
void register_predict(CLI::App& app);

/// Replaces this process by yates-worker, with the same arguments, if the verb is one of its own.
/// Call first in main. Exits with 66 if there is no worker beside this program.
void become_worker_if_asked(int argc, char** argv);

/// Where yates-worker belongs: ../libexec/yates/yates-worker seen from this program.
std::filesystem::path worker_path();

}  // namespace yates::cli
