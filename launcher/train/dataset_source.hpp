// SPDX-License-Identifier: Apache-2.0
// Training and validation samples out of an imported data set, as tensors.
#pragma once

#include <cstdint>
#include <string>

#include "io/dataset/options.hpp"
#include "launcher/train/trained_network.hpp"

namespace yates::train {

/// Opens the training cases of the split; every call of the result starts prefetch threads of its
/// own. Throws Error{InputMissing} or Error{BadData} about data and split.
OpenSamples open_dataset(const io::DataOptions& options,
                         std::uint64_t seed,
                         std::int64_t global_batch);

/// One patch per validation case of the split, centred on a labelled voxel, without augmentation:
/// the same for all arms and seeds. Never looks at test cases. Throws as above.
ValidationSet open_validation(const io::DataOptions& options);

/// Lines `data.manifest=SHA256` and `data.split=SHA256`: what the data contribute to the identity
/// of a run, wherever they lie. Throws as above.
std::string data_identity(const io::DataOptions& options);

}  // namespace yates::train
