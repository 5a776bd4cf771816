# Makes the tables of this folder and what R says of them: answers.csv, one number a row.
# Rscript make_answers.R   (needs lme4, lmerTest, emmeans, car; run in this folder)
suppressPackageStartupMessages({library(lme4); library(lmerTest); library(emmeans); library(car)})
options(contrasts = c("contr.sum", "contr.poly"), digits = 15)
rows <- list()
say <- function(table, kind, method, term, at, quantity, value) {
  rows[[length(rows) + 1]] <<- data.frame(table = table, kind = kind, method = method, term = term,
    at = at, quantity = quantity, value = trimws(formatC(value, digits = 15, format = "g")))
}
precise <- lmerControl(optimizer = "nloptwrap", calc.derivs = FALSE,
  optCtrl = list(xtol_abs = 1e-12, ftol_abs = 1e-14, xtol_rel = 0, maxeval = 200000),
  check.conv.singular = "ignore")
estimate <- function(table, method, term, at, est, se, df) {
  say(table, "contrast", method, term, at, "estimate", est)
  say(table, "contrast", method, term, at, "se", se)
  say(table, "contrast", method, term, at, "df", df)
  say(table, "contrast", method, term, at, "p", 2 * pt(-abs(est / se), df))
}
# Weights over cells, first factor fastest, as emmeans orders them.
linear <- function(model, data, weights, cells) {
  x <- as.data.frame(emmeans(model, cells))
  contrast(emmeans(model, cells), list(c = weights))
}
anova_rows <- function(table, type, frame, terms) {
  for (i in seq_len(nrow(frame))) {
    name <- gsub(" ", "", rownames(frame)[i])
    if (name == "(Intercept)") next
    if (name == "Residuals") name <- "residual"
    for (q in intersect(names(terms), names(frame))) {
      if (!is.na(frame[i, q])) say(table, "anova", type, name, "", terms[[q]], frame[i, q])
    }
  }
}
columns <- c("Df" = "df", "Sum Sq" = "ss", "F value" = "f", "F" = "f", "Pr(>F)" = "p")
all_anova <- function(table, formula, data, block = NULL) {
  full <- if (is.null(block)) formula else update(formula, paste(". ~", block, "+ ."))
  model <- lm(full, data)
  anova_rows(table, "I", as.data.frame(anova(model)), columns)
  anova_rows(table, "II", as.data.frame(Anova(model, type = 2)), columns)
  anova_rows(table, "III", as.data.frame(Anova(model, type = 3)), columns)
  anova_rows(table, "HC3", as.data.frame(Anova(model, type = 2, white.adjust = "hc3")),
             c("Df" = "df", "F" = "f", "Pr(>F)" = "p"))
  s <- summary(model); press <- sum((residuals(model) / (1 - hatvalues(model)))^2)
  sst <- sum((model.response(model.frame(model)) - mean(model.response(model.frame(model))))^2)
  say(table, "fit", "", "", "", "r_squared", s$r.squared)
  say(table, "fit", "", "", "", "adjusted_r_squared", s$adj.r.squared)
  say(table, "fit", "", "", "", "press", press)
  say(table, "fit", "", "", "", "predicted_r_squared", 1 - press / sst)
}
# One contrast of cell means, by every error estimate. `weights` is named by cell.
welch <- function(data, weights) {
  est <- 0; v <- 0; d <- 0
  for (cell in names(weights)) {
    y <- data$y[data$cell == cell]; part <- weights[[cell]]^2 * var(y) / length(y)
    est <- est + weights[[cell]] * mean(y); v <- v + part; d <- d + part^2 / (length(y) - 1)
  }
  c(est, sqrt(v), v^2 / d)
}
by_lm <- function(model, weights, cells) {
  w <- setNames(rep(0, length(cells)), cells); w[names(weights)] <- weights
  s <- summary(contrast(emmeans(model, "cell"), list(c = w)))
  c(s$estimate, s$SE, s$df)
}
by_lmer <- function(model, weights, cells) {
  l <- setNames(rep(0, length(cells)), cells); l[names(weights)] <- weights
  s <- contest1D(model, as.numeric(l), ddf = "Satterthwaite")
  c(s$Estimate, s$`Std. Error`, s$df)
}
components <- function(table, model, residual) {
  v <- as.data.frame(VarCorr(model))
  names <- c("seed" = "seed", "cell:seed" = "run", "seed:cell" = "run", "case" = "case",
             "cell:case" = "cell_case", "case:cell" = "cell_case", "seed:case" = "seed_case",
             "case:seed" = "seed_case", "Residual" = residual)
  for (i in seq_len(nrow(v))) say(table, "variance", "", names[[v$grp[i]]], "", "estimate", v$vcov[i])
}
all_contrasts <- function(table, data, contrasts, blocked) {
  cells <- levels(data$cell)
  pooled <- lm(y ~ cell, data)
  mixed <- if (blocked) lmer(y ~ 0 + cell + (1 | seed), data, control = precise) else NULL
  if (blocked) components(table, mixed, "residual")
  for (k in contrasts) {
    w <- k$weights
    e <- by_lm(pooled, w, cells); estimate(table, "pooled", k$name, k$at, e[1], e[2], e[3])
    if (all(table(data$cell)[names(w)] >= 2)) {
      e <- welch(data, w); estimate(table, "welch", k$name, k$at, e[1], e[2], e[3])
    }
    if (!blocked) next
    own <- droplevels(subset(data, cell %in% names(w)))
    own$seed <- factor(own$seed)
    e <- by_lm(lm(y ~ cell + seed, own), w, levels(own$cell))
    estimate(table, "blocked", k$name, k$at, e[1], e[2], e[3])
    per <- sapply(levels(own$seed), function(s) sum(sapply(names(w), function(c) {
      y <- own$y[own$seed == s & own$cell == c]; if (length(y)) w[[c]] * y else NA })))
    per <- per[!is.na(per)]
    if (length(per) >= 2)
      estimate(table, "per_seed_t", k$name, k$at, mean(per), sd(per) / sqrt(length(per)), length(per) - 1)
    e <- by_lmer(mixed, w, cells); estimate(table, "mixed", k$name, k$at, e[1], e[2], e[3])
  }
}
store <- function(name, data) write.csv(data, paste0(name, ".csv"), row.names = FALSE, quote = FALSE)
cell_of <- function(...) interaction(..., sep = ".", lex.order = FALSE, drop = TRUE)
ab <- function(name, a, b, at = "") list(name = name, at = at, weights =
  setNames(c(1, -1, -1, 1), outer(a, b, paste, sep = ".")))

# 1. 2 x 2 x 2 in five blocks, complete.
set.seed(1)
d <- expand.grid(a = 0:1, b = 0:1, c = 0:1, seed = 1:5)
d$y <- round(80 + 1.2 * d$a - .7 * d$b + 1.5 * d$a * d$b + .4 * d$c + rnorm(5, 0, 1.5)[d$seed] + rnorm(40), 3)
store("cube", d)
f <- transform(d, a = factor(a), b = factor(b), c = factor(c), seed = factor(seed)); f$cell <- cell_of(f$a, f$b, f$c)
all_anova("cube", y ~ a * b * c, f, "seed")
at_c <- function(l) list(name = "a:b", at = paste0("c=", l), weights = setNames(c(1, -1, -1, 1),
  paste(c(0, 1, 0, 1), c(0, 0, 1, 1), l, sep = ".")))
full <- list(name = "a:b", at = "", weights = setNames(c(1, -1, -1, 1, 1, -1, -1, 1) / 2,
  paste(c(0, 1, 0, 1), c(0, 0, 1, 1), rep(0:1, each = 4), sep = ".")))
main <- list(name = "a", at = "", weights = setNames(rep(c(-1, 1), 4) / 4, names(full$weights)))
three <- list(name = "a:b:c", at = "", weights = setNames(c(-1, 1, 1, -1, 1, -1, -1, 1), names(full$weights)))
all_contrasts("cube", f, list(full, at_c(0), at_c(1), main, three), TRUE)

# 2. 2 x 3 with replicates in rows, unequal numbers, no blocks; polynomials in the number b.
set.seed(2)
d <- expand.grid(a = c("no", "yes"), b = c(32, 40, 48), r = 1:6)[-c(1, 3, 8, 15, 20, 21, 30, 36), ]
d$y <- round(5 + (d$a == "yes") + .1 * d$b - .002 * (d$b - 40)^2 * (d$a == "yes") + rnorm(nrow(d), 0, .5 + .02 * d$b), 4)
d <- d[, c("a", "b", "y")]
store("unequal", d)
f <- transform(d, a = factor(a), b = factor(b)); f$cell <- cell_of(f$a, f$b)
all_anova("unequal", y ~ a * b, f)
cells6 <- as.vector(outer(c("no", "yes"), c(32, 40, 48), paste, sep = "."))
w6 <- function(wa, wb) { w <- as.vector(outer(wa, wb)); names(w) <- cells6; w[w != 0] }
all_contrasts("unequal", f, list(
  list(name = "a", at = "", weights = w6(c(-1, 1), rep(1, 3) / 3)),
  list(name = "b.lin", at = "", weights = w6(c(1, 1) / 2, c(-1, 0, 1))),
  list(name = "b.quad", at = "", weights = w6(c(1, 1) / 2, c(1, -2, 1))),
  list(name = "b.quad", at = "a=yes", weights = w6(c(0, 1), c(1, -2, 1))),
  list(name = "a:b.lin", at = "", weights = w6(c(-1, 1), c(-1, 0, 1))),
  list(name = "a:b.quad", at = "", weights = w6(c(-1, 1), c(1, -2, 1)))), FALSE)

# 3. 2 x 2 in seven blocks, runs missing.
set.seed(3)
d <- expand.grid(a = 0:1, b = 0:1, seed = 1:7)
d$y <- round(70 + d$a - 2 * d$a * d$b + rnorm(7, 0, 2)[d$seed] + rnorm(28), 3)
d <- d[-c(2, 7, 17, 20, 28), ]
store("missing", d)
f <- transform(d, a = factor(a), b = factor(b), seed = factor(seed)); f$cell <- cell_of(f$a, f$b)
all_anova("missing", y ~ a * b, f, "seed")
square <- list(ab("a:b", 0:1, 0:1),
  list(name = "a", at = "", weights = setNames(c(-1, 1, -1, 1) / 2, c("0.0", "1.0", "0.1", "1.1"))),
  list(name = "a", at = "b=1", weights = setNames(c(-1, 1), c("0.1", "1.1"))))
all_contrasts("missing", f, square, TRUE)

# 4. 2 x 2 in six blocks with one run missing whose block variance is estimated as zero.
set.seed(14)
repeat {
  d <- expand.grid(a = 0:1, b = 0:1, seed = 1:6); d$y <- round(60 + d$a * d$b + rnorm(24), 3); d <- d[-5, ]
  f <- transform(d, a = factor(a), b = factor(b), seed = factor(seed)); f$cell <- cell_of(f$a, f$b)
  if (as.data.frame(VarCorr(lmer(y ~ 0 + cell + (1 | seed), f, control = precise)))$vcov[1] < 1e-12) break
}
store("boundary", d)
all_anova("boundary", y ~ a * b, f, "seed")
all_contrasts("boundary", f, square, TRUE)

# 5-7. Runs scored on the same cases: complete, runs missing, zero components.
crossed <- function(name, data, fractions) {
  store(name, transform(data, dice = y / 100, region = "WT")[, c("a", "b", "seed", "case", "region", "dice")])
  f <- transform(data, a = factor(a), b = factor(b), seed = factor(seed), case = factor(case)); f$cell <- cell_of(f$a, f$b)
  model <- lmer(y ~ 0 + cell + (1 | seed) + (1 | cell:seed) + (1 | case) + (1 | cell:case) + (1 | seed:case),
                f, control = precise)
  components(name, model, "residual")
  means <- aggregate(y ~ cell + seed + a + b, f, mean)
  own <- lmer(y ~ 0 + cell + (1 | seed), means, control = precise)
  for (k in square) {
    e <- by_lmer(model, k$weights, levels(f$cell)); estimate(name, "both", k$name, k$at, e[1], e[2], e[3])
    e <- by_lmer(own, k$weights, levels(f$cell)); estimate(name, "seeds", k$name, k$at, e[1], e[2], e[3])
  }
}
scores <- function(sd, seeds, cases) {
  d <- expand.grid(a = 0:1, b = 0:1, seed = seq_len(seeds), case = seq_len(cases))
  cell <- 1 + d$a + 2 * d$b; run <- cell + 4 * d$seed
  pick <- function(key, s) rnorm(max(key), 0, s)[key]
  d$y <- round(80 + d$a - d$b + 2 * d$a * d$b + pick(d$seed, sd[1]) + pick(run, sd[2]) + pick(d$case, sd[3]) +
    pick(cell + 4 * d$case, sd[4]) + pick(d$seed + seeds * d$case, sd[5]) + rnorm(nrow(d), 0, sd[6]), 3)
  d
}
set.seed(5); crossed("cases", scores(c(1, .8, 4, 1, .9, 1), 4, 12))
set.seed(6); d <- scores(c(1, .8, 4, 1, .9, 1), 5, 10)
crossed("cases_missing", subset(d, !(seed == 2 & a == 1 & b == 0) & !(seed == 4 & a == 0) & !(seed == 5 & a == 1 & b == 1)))
set.seed(9); d <- scores(c(0, 0, 4, 0, 0, 1), 4, 8)
crossed("cases_boundary", subset(d, !(seed == 3 & a == 1 & b == 1)))

# 8. Blocks that confound an interaction: R's own npk.
d <- data.frame(n = as.integer(npk$N) - 1, p = as.integer(npk$P) - 1, k = as.integer(npk$K) - 1,
                seed = as.integer(npk$block), y = npk$yield)
store("npk", d)
f <- transform(d, n = factor(n), p = factor(p), k = factor(k), seed = factor(seed)); f$cell <- cell_of(f$n, f$p, f$k)
anova_rows("npk", "I", as.data.frame(anova(lm(y ~ seed + n * p * k, f))), columns)
strata <- summary(aov(y ~ n * p * k + Error(seed), f))
outer_stratum <- as.data.frame(strata[[1]][[1]])
anova_rows("npk", "I between seed", outer_stratum, columns)
eight <- paste(c(0, 1, 0, 1), c(0, 0, 1, 1), rep(0:1, each = 4), sep = ".")
mixed <- lmer(y ~ 0 + cell + (1 | seed), f, control = precise); components("npk", mixed, "residual")
npk_contrasts <- list(list(name = "n", at = "", weights = setNames(rep(c(-1, 1), 4) / 4, eight)),
  list(name = "n:p", at = "", weights = setNames(c(1, -1, -1, 1, 1, -1, -1, 1) / 2, eight)),
  list(name = "n:p:k", at = "", weights = setNames(c(-1, 1, 1, -1, 1, -1, -1, 1), eight)))
for (k in npk_contrasts) {
  e <- by_lmer(mixed, k$weights, levels(f$cell)); estimate("npk", "mixed", k$name, k$at, e[1], e[2], e[3])
}
# 9. Fisher's exact test, sign flips are enumerated, trimmed means, order statistics.
fisher <- function(name, bad, total) say("tables", "fisher", "", name, "", "p",
  fisher.test(rbind(bad, total - bad))$p.value)
fisher("two", c(1, 6), c(9, 8)); fisher("three", c(0, 3, 5), c(6, 6, 7)); fisher("four", c(1, 1, 4, 0), c(5, 5, 5, 4))
answers <- do.call(rbind, rows)
write.csv(answers, "answers.csv", row.names = FALSE, quote = FALSE)
