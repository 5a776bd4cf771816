// SPDX-License-Identifier: Apache-2.0
#include "launcher/report/r_script.hpp"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/csv.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "launcher/study/analysis_contrasts.hpp"

namespace yates::report {
namespace {

using study::Analysis;

/// A text as R reads it.
std::string r_text(const std::string& text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      quoted += '\\';
    }
    quoted += c == '\n' ? ' ' : c;
  }
  return quoted + "\"";
}

/// A column name that R's formulas take as it is.
std::string r_name(std::size_t factor) {
  return fmt::format("f{}", factor + 1);
}

std::string cell_name(std::size_t cell) {
  return fmt::format("c{}", cell + 1);
}

std::string contrast_lines(const Analysis& analysis) {
  const study::Design& design = analysis.data.design;
  std::vector<std::string> entries;
  for (const study::Contrast& contrast : study::listed_contrasts(design, analysis.options)) {
    if (!study::is_supported(design, contrast)) {
      continue;
    }
    std::vector<std::string> weights;
    for (std::size_t cell = 0; cell < design.size(); ++cell) {
      if (contrast.weights[cell] != 0) {
        weights.push_back(
            fmt::format("{} = {}", cell_name(cell), format_number(contrast.weights[cell])));
      }
    }
    entries.push_back(fmt::format("  list(name = {}, at = {},\n       weights = c({}))",
                                  r_text(contrast.name),
                                  r_text(design.describe(contrast.at)),
                                  join(weights, ", ")));
  }
  return "contrasts <- list(\n" + join(entries, ",\n") + ")\n";
}

std::string factor_lines(const Analysis& analysis) {
  const study::Design& design = analysis.data.design;
  std::string text;
  std::vector<std::string> names;
  for (std::size_t f = 0; f < design.factors().size(); ++f) {
    std::vector<std::string> levels;
    for (const std::string& level : design.factors()[f].levels) {
      levels.push_back(r_text(level));
    }
    text += fmt::format("data${0} <- factor(data${0}, levels = c({1}))  # {2}\n",
                        r_name(f),
                        join(levels, ", "),
                        design.factors()[f].name);
    names.push_back(r_name(f));
  }
  return text + "factorial <- \"" + join(names, " * ") + "\"\n";
}

constexpr const char* kHead = R"(# Redoes an analysis of yates in R: Rscript {0}
# Packages: base R gives the t intervals; car, lme4 and lmerTest the rest.
options(contrasts = c("contr.sum", "contr.poly"), digits = 10, width = 160)
script <- sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))
folder <- if (length(script)) dirname(script[1]) else "."
data <- read.csv(file.path(folder, {1}), colClasses = "character", check.names = FALSE)
data$value <- as.numeric(data$value)
data$seed <- factor(data$seed)
data$cell <- factor(data$cell, levels = unique(data$cell))
blocks <- {2}
)";

constexpr const char* kBody = R"(
rows <- list()
say <- function(k, response, target, method, estimate, se, df) {
  rows[[length(rows) + 1]] <<- data.frame(contrast = k$name, at = k$at,
    metric = response$metric, region = response$region, target = target, method = method,
    estimate = estimate, se = se, df = df, p = 2 * pt(-abs(estimate / se), df))
}
# A linear function of the cell means of an lm fitted as y ~ 0 + cell (+ seed).
by_lm <- function(model, k) {
  l <- setNames(rep(0, length(coef(model))), names(coef(model)))
  l[paste0("cell", names(k$weights))] <- k$weights
  kept <- !is.na(coef(model))
  x <- model.matrix(model)  # Estimable: a combination of the rows that were observed.
  if (qr(rbind(x, l))$rank > qr(x)$rank) return(NULL)
  c(sum(l[kept] * coef(model)[kept]), sqrt(drop(l[kept] %*% vcov(model)[kept, kept] %*% l[kept])),
    df.residual(model))
}
by_lmer <- function(model, k) {
  l <- setNames(rep(0, length(lme4::fixef(model))), names(lme4::fixef(model)))
  l[paste0("cell", names(k$weights))] <- k$weights
  s <- lmerTest::contest1D(model, as.numeric(l), ddf = "Satterthwaite")
  c(s$Estimate, s$`Std. Error`, s$df)
}
put <- function(k, response, target, method, e) if (!is.null(e)) say(k, response, target, method, e[1], e[2], e[3])
has <- function(p) requireNamespace(p, quietly = TRUE)
mixed <- has("lme4") && has("lmerTest")
if (mixed) precise <- lme4::lmerControl(calc.derivs = FALSE, check.conv.singular = "ignore",
  optCtrl = list(xtol_abs = 1e-12, ftol_abs = 1e-14, xtol_rel = 0, maxeval = 200000))
responses <- unique(data[, c("metric", "region")])
for (i in seq_len(nrow(responses))) {
  response <- responses[i, ]
  cases <- droplevels(subset(data, metric == response$metric & region == response$region))
  keys <- grep("^f[0-9]+$|^cell$|^seed$", names(cases), value = TRUE)
  runs <- aggregate(list(y = cases$value), cases[, keys], mean)
  n <- table(runs$cell)
  cat("\n==", response$metric, response$region, ":", nrow(runs), "runs\n")
  crossed <- mixed && blocks && length(unique(cases$case)) > 1
  if (crossed) {
    cases$case <- factor(cases$case)
    model <- lmerTest::lmer(value ~ 0 + cell + (1 | seed) + (1 | cell:seed) + (1 | case) +
      (1 | cell:case) + (1 | seed:case), cases, control = precise)
    print(as.data.frame(lme4::VarCorr(model))[, c("grp", "vcov")])
  }
  in_blocks <- mixed && blocks && length(unique(runs$seed)) > 1 && nrow(runs) > nlevels(runs$cell) + 1 &&
    max(table(runs$seed)) > 1
  if (in_blocks) {
    by_run <- lmerTest::lmer(y ~ 0 + cell + (1 | seed), runs, control = precise)
    if (!crossed) print(as.data.frame(lme4::VarCorr(by_run))[, c("grp", "vcov")])
  }
  pooled <- lm(y ~ 0 + cell, runs)
  for (k in contrasts) {
    cells <- names(k$weights)
    if (!all(cells %in% names(n))) next
    if (df.residual(pooled) > 0) put(k, response, "seeds", "pooled", by_lm(pooled, k))
    own <- droplevels(runs[runs$cell %in% cells, ])
    if (all(n[cells] >= 2)) {
      v <- sapply(cells, function(c) k$weights[[c]]^2 * var(own$y[own$cell == c]) / n[[c]])
      m <- sapply(cells, function(c) k$weights[[c]] * mean(own$y[own$cell == c]))
      put(k, response, "seeds", "welch", c(sum(m), sqrt(sum(v)), sum(v)^2 / sum(v^2 / (n[cells] - 1))))
    }
    if (!blocks) next
    model_own <- if (nlevels(own$seed) > 1) lm(y ~ 0 + cell + seed, own) else NULL
    if (!is.null(model_own) && df.residual(model_own) > 0)
      put(k, response, "seeds", "blocked", by_lm(model_own, k))
    per <- sapply(split(own, own$seed), function(s)
      if (nrow(s) == length(cells)) sum(k$weights[as.character(s$cell)] * s$y) else NA)
    per <- per[!is.na(per)]
    if (length(per) > 1)
      put(k, response, "seeds", "per_seed_t", c(mean(per), sd(per) / sqrt(length(per)), length(per) - 1))
    if (in_blocks) put(k, response, "seeds", "mixed", by_lmer(by_run, k))
    if (crossed) put(k, response, "both", "mixed", by_lmer(model, k))
  }
  full <- as.formula(paste("y ~", if (blocks) "seed +" else "", factorial))
  fit <- lm(full, runs)
  if (df.residual(fit) > 0) {
    print(anova(fit))
    if (has("car") && !any(is.na(coef(fit)))) {
      print(car::Anova(fit, type = 2))
      print(car::Anova(fit, type = 3))
      try(print(car::Anova(fit, type = 2, white.adjust = "hc3")), silent = TRUE)  # no run alone in its fit
    }
  }
}
answers <- do.call(rbind, rows)
cat("\n== contrasts\n")
if (is.null(answers)) cat("single runs: no inference\n") else {
  print(answers, row.names = FALSE)
  write.csv(answers, file.path(folder, {0}), row.names = FALSE)
}
)";

std::string replace_all(std::string text, const std::string& key, const std::string& value) {
  for (std::size_t at = text.find(key); at != std::string::npos;
       at = text.find(key, at + value.size())) {
    text.replace(at, key.size(), value);
  }
  return text;
}

std::string stem_of(const std::string& data_file) {
  return std::filesystem::path(data_file).stem().string();
}

}  // namespace

std::string r_data(const Analysis& analysis) {
  const study::StudyData& data = analysis.data;
  std::vector<std::string> header;
  for (std::size_t f = 0; f < data.design.factors().size(); ++f) {
    header.push_back(r_name(f));
  }
  for (const char* name : {"cell", "seed", "case", "metric", "region", "value"}) {
    header.emplace_back(name);
  }
  std::string text = csv_line(header);
  for (const study::Response& response : data.responses) {
    for (std::size_t run = 0; run < data.runs.size(); ++run) {
      std::vector<std::string> fields;
      for (std::size_t f = 0; f < data.design.factors().size(); ++f) {
        fields.push_back(
            data.design.factors()[f].levels[data.design.level(data.runs[run].cell, f)]);
      }
      fields.push_back(cell_name(data.runs[run].cell));
      fields.push_back(std::to_string(data.runs[run].seed));
      fields.insert(fields.end(), {"", response.metric, response.region, ""});
      const std::size_t at = fields.size() - 4;
      const bool cases = !response.case_values.empty();
      const std::size_t count = cases ? response.case_values[run].size() : 1;
      for (std::size_t k = 0; k < count; ++k) {
        fields[at] = cases ? fmt::format("k{}", k + 1) : "";
        fields[at + 3] =
            format_number(cases ? response.case_values[run][k] : response.run_values[run]);
        text += csv_line(fields);
      }
    }
  }
  return text;
}

std::string r_script(const Analysis& analysis, const std::string& data_file) {
  const std::string stem = stem_of(data_file);
  std::string text = replace_all(kHead, "{0}", stem + ".R");
  text = replace_all(text, "{1}", r_text(data_file));
  text = replace_all(text, "{2}", analysis.data.seeds_are_blocks ? "TRUE" : "FALSE");
  text += factor_lines(analysis) + contrast_lines(analysis);
  return text + replace_all(kBody, "{0}", r_text(stem + ".answers.csv"));
}

void write_r_script(const std::filesystem::path& path, const Analysis& analysis) {
  std::filesystem::path data = path;
  data.replace_extension(".csv");
  if (data == path) {
    data += ".csv";
  }
  write_file_atomic(data, r_data(analysis));
  write_file_atomic(path, r_script(analysis, data.filename().string()));
}

}  // namespace yates::report
