// SPDX-License-Identifier: Apache-2.0
// The rows of the schema, in the order of the file. Defaults stand in the options structs.
#include "launcher/config/schema.hpp"

namespace yates::config {
namespace {

using Ints = std::vector<std::int64_t>;
using Reals = std::vector<double>;
using Triple = std::array<std::int64_t, 3>;

constexpr Range kPositive{.low = 1, .high = 1'000'000};
constexpr Range kFromZero{.low = 0, .high = 1'000'000};
constexpr Range kWeight{.low = 0, .high = 1000};
constexpr Range kShare{.low = 0, .high = 1};

std::vector<KeySpec> model_keys() {
  return {
      {.key = "model.network",
       .field = [](RunConfig& c) -> std::string& { return c.model.network; },
       .meaning = "the network",
       .choices = {"segmamba_v2"}},
      {.key = "model.width",
       .field = [](RunConfig& c) -> std::int64_t& { return c.model.width; },
       .meaning = "channel width C; the stages have C, 2C, 4C and 8C channels",
       .unit = "channels",
       .range = Range{.low = 8, .high = 512},
       .multiple_of = 8},
      {.key = "model.mamba_stages",
       .field = [](RunConfig& c) -> Ints& { return c.model.mamba_stages; },
       .meaning = "encoder stages that hold the TriMamba layers, ascending; relocated: [0, 1]",
       .range = Range{.low = 0, .high = 3},
       .max_items = 4},
      {.key = "model.conv_lt",
       .field = [](RunConfig& c) -> bool& { return c.model.conv_lt; },
       .meaning = "depthwise-separable convolutions in place of the large ones; the paper prints "
                  "counts only, and this form has its parameters exactly (84.10 and 37.40 million "
                  "relocated)"},
      {.key = "model.conv_lt_pointwise",
       .field = [](RunConfig& c) -> bool& { return c.model.conv_lt_pointwise; },
       .meaning = "with conv_lt, a pointwise convolution behind each depthwise one of stages 0 and "
                  "1: nearer to the paper's FLOPs, 84.12 and 37.41 million parameters"},
      {.key = "model.prune.enabled",
       .field = [](RunConfig& c) -> bool& { return c.model.prune.enabled; },
       .meaning = "prune tokens before the Mamba layers"},
      {.key = "model.prune.keep_rates",
       .field = [](RunConfig& c) -> Reals& { return c.model.prune.keep_rates; },
       .meaning = "fraction of tokens kept, one per Mamba stage in their order",
       .range = Range{.low = 0, .high = 1, .low_open = true},
       .max_items = 4},
      {.key = "model.prune.scorer",
       .field = [](RunConfig& c) -> std::string& { return c.model.prune.scorer; },
       .meaning =
           "score by which tokens are kept; r0 to r5 are the fusions of the paper's Table 19 of "
           "energy E (the L2 norm), FCE probability F and positional prior P, each min-max "
           "normalised per sample: r0 E, r1 F, r2 F P, r3 F P E, r4 F E (not in the table), r5 "
           "their mean; fce is r1, and it and r1 to r5 need model.fce.enabled",
       .choices = {"l2", "random", "fce", "r0", "r1", "r2", "r3", "r4", "r5"}},
      {.key = "model.prune.restore",
       .field = [](RunConfig& c) -> std::string& { return c.model.prune.restore; },
       .meaning =
           "how dropped positions are filled after the Mamba layer: the summary token's output, or "
           "the mean, weighted by 1 / distance, of the first kept token along each axis "
           "direction",
       .choices = {"fused", "neighbor"}},
      {.key = "model.prune.summary",
       .field = [](RunConfig& c) -> std::string& { return c.model.prune.summary; },
       .meaning = "how dropped tokens become the summary token: mean, or weighted by score",
       .choices = {"mean", "score"}},
  };
}

std::vector<KeySpec> fce_keys() {
  return {
      {.key = "model.fce.enabled",
       .field = [](RunConfig& c) -> bool& { return c.model.fce.enabled; },
       .meaning =
           "add the foreground confidence estimator and its losses: per Mamba stage a head of two "
           "pointwise convolutions that reads what enters the stage's Mamba layers; losses "
           "are means over the heads"},
      {.key = "model.fce.bce",
       .field = [](RunConfig& c) -> double& { return c.model.fce.bce; },
       .meaning =
           "weight of its binary cross-entropy against the fraction of foreground in each token",
       .range = kWeight},
      {.key = "model.fce.alignment",
       .field = [](RunConfig& c) -> double& { return c.model.fce.alignment; },
       .meaning = "weight of the semantic alignment loss L1: 1 - soft Dice of confidence and that "
                  "fraction",
       .range = kWeight},
      {.key = "model.fce.smoothing",
       .field = [](RunConfig& c) -> double& { return c.model.fce.smoothing; },
       .meaning =
           "weight of the energy smoothing loss L2: mean square difference of neighbouring tokens' "
           "normalised L2 norms",
       .range = kWeight},
      {.key = "model.fce.pretrain_epochs",
       .field = [](RunConfig& c) -> std::int64_t& { return c.model.fce.pretrain_epochs; },
       .meaning =
           "epochs, of train.epochs, in which the head alone is trained, before all is; the rest "
           "of the network keeps its initial weights until then",
       .unit = "epochs",
       .range = kFromZero},
      {.key = "model.fce.threshold",
       .field = [](RunConfig& c) -> double& { return c.model.fce.threshold; },
       .meaning = "confidence from which a token counts as foreground in ROI prediction",
       .range = kShare},
  };
}

std::vector<KeySpec> data_keys() {
  return {
      {.key = "data.dir",
       .field = [](RunConfig& c) -> std::string& { return c.data.dir; },
       .meaning = "folder of manifest.json and its shards, relative to the current directory"},
      {.key = "data.split",
       .field = [](RunConfig& c) -> std::string& { return c.data.split; },
       .meaning = "file that says which cases train, validate and test; as data.dir"},
      {.key = "data.patch",
       .field = [](RunConfig& c) -> Triple& { return c.data.patch; },
       .meaning = "training patch and prediction window (D, H, W); at least two voxels must be left"
                  " after division by 16",
       .unit = "voxels",
       .range = Range{.low = 16, .high = 1024},
       .multiple_of = 16,
       .max_items = 3},
      {.key = "data.foreground_fraction",
       .field = [](RunConfig& c) -> double& { return c.data.foreground_fraction; },
       .meaning = "share of samples whose patch is centred on a labelled voxel",
       .range = kShare},
      {.key = "data.augment",
       .field = [](RunConfig& c) -> std::string& { return c.data.augment; },
       .meaning = "augmentation of training patches",
       .choices = {"light_training", "none"}},
      {.key = "data.workers",
       .field = [](RunConfig& c) -> std::int64_t& { return c.data.workers; },
       .meaning = "prefetch threads per rank",
       .unit = "threads",
       .range = Range{.low = 1, .high = 256},
       .role = KeyRole::Execution},
      {.key = "data.queue",
       .field = [](RunConfig& c) -> std::int64_t& { return c.data.queue; },
       .meaning =
           "samples prepared ahead per rank, 17 bytes a voxel of the patch each (36 MB at 128^3)",
       .unit = "samples",
       .range = Range{.low = 1, .high = 1024},
       .role = KeyRole::Execution},
  };
}

std::vector<KeySpec> optimisation_keys() {
  return {
      {.key = "train.seed",
       .field = [](RunConfig& c) -> std::int64_t& { return c.train.seed; },
       .meaning = "defines every random draw of the run: weights, cases, patches, augmentation",
       .range = Range{.low = 0, .high = 9'007'199'254'740'992.0}},
      {.key = "train.epochs",
       .field = [](RunConfig& c) -> std::int64_t& { return c.train.epochs; },
       .meaning = "length of the run",
       .unit = "epochs",
       .range = kPositive},
      {.key = "train.steps_per_epoch",
       .field = [](RunConfig& c) -> std::int64_t& { return c.train.steps_per_epoch; },
       .meaning = "optimiser updates in one epoch",
       .unit = "steps",
       .range = kPositive},
      {.key = "train.global_batch",
       .field = [](RunConfig& c) -> std::int64_t& { return c.train.global_batch; },
       .meaning = "samples per step over all ranks; never changed by the number of ranks",
       .unit = "samples",
       .range = Range{.low = 1, .high = 4096}},
      {.key = "train.lr",
       .field = [](RunConfig& c) -> double& { return c.train.lr; },
       .meaning = "learning rate of the first step",
       .range = Range{.low = 0, .high = 100, .low_open = true}},
      {.key = "train.momentum",
       .field = [](RunConfig& c) -> double& { return c.train.momentum; },
       .meaning = "Nesterov momentum of SGD",
       .range = Range{.low = 0, .high = 1, .high_open = true}},
      {.key = "train.weight_decay",
       .field = [](RunConfig& c) -> double& { return c.train.weight_decay; },
       .meaning = "L2 penalty, on all parameters",
       .range = kShare},
      {.key = "train.poly_power",
       .field = [](RunConfig& c) -> double& { return c.train.poly_power; },
       .meaning = "exponent of lr * (1 - step / steps) ^ poly_power",
       .range = Range{.low = 0, .high = 100}},
      {.key = "train.clip_norm",
       .field = [](RunConfig& c) -> double& { return c.train.clip_norm; },
       .meaning = "largest gradient norm; larger gradients are scaled down to it",
       .range = Range{.low = 0, .high = 1'000'000'000, .low_open = true}},
      {.key = "train.precision",
       .field = [](RunConfig& c) -> std::string& { return c.train.precision; },
       .meaning = "of activations; auto is fp32 on CPU and fp16 on GPU",
       .choices = {"auto", "fp32", "fp16", "bf16"}},
      {.key = "train.reduction",
       .field = [](RunConfig& c) -> std::string& { return c.train.reduction; },
       .meaning = "sum of gradients over ranks; tree: bits independent of the rank count",
       .choices = {"tree", "fast"}},
  };
}

std::vector<KeySpec> execution_keys() {
  return {
      {.key = "train.threads",
       .field = [](RunConfig& c) -> std::int64_t& { return c.train.threads; },
       .meaning = "computing threads per rank; another count gives other bits on CPU",
       .unit = "threads",
       .range = Range{.low = 1, .high = 1024},
       .role = KeyRole::Execution},
      {.key = "train.watchdog_s",
       .field = [](RunConfig& c) -> std::string& { return c.train.watchdog_s; },
       .meaning = "time without progress after which a run counts as hung",
       .unit = "seconds",
       .range = Range{.low = 1, .high = 1'000'000},
       .choices = {"auto"},
       .role = KeyRole::Execution},
      {.key = "train.deterministic",
       .field = [](RunConfig& c) -> bool& { return c.train.deterministic; },
       .meaning = "only algorithms that give the same bits every time"},
      {.key = "train.validate_every",
       .field = [](RunConfig& c) -> std::int64_t& { return c.train.validate_every; },
       .meaning = "epochs between two validations; 0: only at the end",
       .unit = "epochs",
       .range = kFromZero,
       .role = KeyRole::Execution},
      {.key = "train.checkpoint_every",
       .field = [](RunConfig& c) -> std::int64_t& { return c.train.checkpoint_every; },
       .meaning = "epochs between two checkpoints; 0: only at the end",
       .unit = "epochs",
       .range = kFromZero,
       .role = KeyRole::Execution},
      {.key = "train.keep_checkpoints",
       .field = [](RunConfig& c) -> std::int64_t& { return c.train.keep_checkpoints; },
       .meaning = "newest checkpoints that are kept",
       .range = Range{.low = 1, .high = 1000},
       .role = KeyRole::Execution},
      {.key = "train.device",
       .field = [](RunConfig& c) -> std::string& { return c.train.device; },
       .meaning = "auto is the GPU where this build and machine have one",
       .choices = {"auto", "cpu", "cuda"},
       .role = KeyRole::Execution},
  };
}

std::vector<KeySpec> result_keys() {
  return {
      {.key = "evaluate.patch_overlap",
       .field = [](RunConfig& c) -> double& { return c.evaluate.patch_overlap; },
       .meaning = "overlap of neighbouring prediction windows, as a fraction of their side",
       .range = Range{.low = 0, .high = 1, .high_open = true}},
      {.key = "evaluate.tta",
       .field = [](RunConfig& c) -> std::string& { return c.evaluate.tta; },
       .meaning = "test-time augmentation; mirror8 averages over all mirrorings of the three axes",
       .choices = {"none", "mirror8"}},
      {.key = "evaluate.convention",
       .field = [](RunConfig& c) -> std::string& { return c.evaluate.convention; },
       .meaning = "metric convention of the headline numbers",
       .choices = {"segmamba", "brats2023", "medpy", "monai", "lesionwise2023"}},
      {.key = "run.dir",
       .field = [](RunConfig& c) -> std::string& { return c.run_dir; },
       .meaning = "run directory, relative to the current directory; one per run",
       .role = KeyRole::Execution},
  };
}

std::vector<KeySpec> all_keys() {
  std::vector<KeySpec> all;
  for (const auto& part : {model_keys(),
                           fce_keys(),
                           data_keys(),
                           optimisation_keys(),
                           execution_keys(),
                           result_keys()}) {
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

}  // namespace

std::span<const KeySpec> run_schema() {
  static const std::vector<KeySpec> schema = all_keys();
  return schema;
}

}  // namespace yates::config
