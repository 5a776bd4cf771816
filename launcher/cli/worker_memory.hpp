// SPDX-License-Identifier: Apache-2.0
// How the C library hands out memory in yates-worker. A training step frees and takes the same
// hundreds of megabytes again; by default the pages go back to the kernel in between, and getting
// them again, zeroed, costs up to a third of the step.
#pragma once

namespace yates::cli {

/// Sets in the environment that the program which replaces this one shall ask for huge pages; does
/// nothing if the user has set GLIBC_TUNABLES.
void ask_for_huge_pages();

/// Keeps freed memory in the process instead of giving it back; the peak stays what it was. Takes
/// what ask_for_huge_pages has set out of the environment again, so that programs started from here
/// run as they would elsewhere. Call first in main. Does nothing with another C library.
void keep_freed_memory();

}  // namespace yates::cli
