// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "launcher/cli/completion.hpp"
#include "launcher/cli/completion_words.hpp"

namespace yates::cli {
namespace {

constexpr const char* kEngine = R"zsh(
_yates_offer() {
  local word names=() patterns=() folders='' files=''
  for word in ${=1}; do
    case $word in
      (@any) ;;
      (@keys) compadd -S '' -- $_yates_keys ;;
      (@dir) folders=1 ;;
      (@file) files=1 ;;
      (@file:*) patterns+=("*.${word#@file:}") ;;
      (*) names+=("$word") ;;
    esac
  done
  (( ! $#names )) || compadd -- $names
  [[ -z $folders ]] || _path_files -/
  [[ -z $files ]] || _files
  (( ! $#patterns )) || _files -g "${(j:|:)patterns}"
}

_yates() {
  local path_of_verbs='' option='' cur=${words[CURRENT]} before=$((CURRENT - 1)) place=1
  local verbs options found word i
  for ((i = 2; i <= before; ++i)); do
    word=${words[i]}
    _yates_command "$path_of_verbs"
    if [[ " $verbs " == *" $word "* ]]; then
      path_of_verbs=${path_of_verbs:+$path_of_verbs }$word
    elif [[ $word == -* && $word != *=* ]]; then
      _yates_value "$path_of_verbs:$word"
      if [[ -n $found ]]; then
        (( i < before )) || option=$word
        (( ++i ))
      fi
    elif [[ $word != -* ]]; then
      (( ++place ))
    fi
  done
  _yates_command "$path_of_verbs"
  found=''
  if [[ -n $option ]]; then
    _yates_value "$path_of_verbs:$option"
  elif [[ $cur == -*=* ]]; then
    _yates_value "$path_of_verbs:${cur%%=*}"
    compset -P '*='
  elif [[ $cur == *=* ]]; then
    _yates_value "=${cur%%=*}"
    compset -P '*='
  fi
  if [[ -n $found ]]; then
    _yates_offer "$found"
  elif [[ $cur == -* ]]; then
    compadd -- ${=options}
  elif [[ -n $verbs ]]; then
    compadd -- ${=verbs}
  else
    _yates_value "$path_of_verbs:$place"
    for ((; place > 0 && ${#found} == 0; --place)); do
      _yates_value "$path_of_verbs:$place+"
    done
    _yates_offer "$found"
  fi
}

# Called by the completion system as a function of its own name, or sourced by hand.
if [[ ${funcstack[1]} == _yates ]]; then
  _yates "$@"
else
  compdef _yates yates
fi
)zsh";

}  // namespace

std::string zsh_completion(const CompletionSource& source) {
  return "#compdef yates\n# Completion of yates for zsh, written by `yates completion zsh`.\n\n"
         "typeset -ga _yates_keys\n_yates_keys=(" +
         keys_text(source) + ")\n\n" + command_table("_yates_command", source.program) + "\n" +
         value_table("_yates_value", source) + kEngine;
}

}  // namespace yates::cli
