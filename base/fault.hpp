// SPDX-License-Identifier: Apache-2.0
// Failures on demand, for tests: YATES_FAULT="rank=1,step=7,point=ckpt.after_write,action=kill".
// Builds without YATES_FAULTS ignore the variable: a fault point is then an empty function.
#pragma once

#include <cstdint>
#include <string_view>

namespace yates {

/// What a fault point asks its caller to do; everything else it does itself.
enum class FaultAction { None, Nan, BitFlip, Eio, Estale };

/// Where this process is; compared with `rank` and `step` of the fault (absent: any).
void set_fault_place(int rank, std::int64_t step);

/// If YATES_FAULT names this point and place, does its action: kill, segv, stop, raise:N (signals),
/// exit:N, throw (Error{Internal}), enospc, edquot (Error{Io}), sleep:S; or returns nan, bitflip,
/// eio:N or estale:N for the caller. A fault happens once per process, the last two the first N
/// times that the point is passed. Throws Error{Usage} for a text it does not understand. Safe from
/// any thread.
FaultAction fault_point(std::string_view point);

}  // namespace yates
