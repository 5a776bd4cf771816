// SPDX-License-Identifier: Apache-2.0
// TensorBoard events, derived from metrics.jsonl: the record stays the one source.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace yates::train {

/// The bytes of an event file: one scalar per number of each line, nested names joined by '/';
/// "wall time" is the sum of step_s, so that the same record gives the same bytes. Values that are
/// not finite, and a torn last line, are left out. Source: TFRecord framing with masked CRC32C,
/// tensorflow/core/util/event.proto and summary.proto.
std::string event_file(std::string_view metrics);

/// Publishes DIRECTORY/events.out.tfevents.0.yates from a metrics file. Throws Error{Io}.
void write_event_file(const std::filesystem::path& metrics, const std::filesystem::path& directory);

}  // namespace yates::train
