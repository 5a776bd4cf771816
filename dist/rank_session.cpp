// SPDX-License-Identifier: Apache-2.0
#include "dist/rank_session.hpp"

namespace yates::dist {

RankSession::RankSession() {
  if (started_by_mpi_launcher()) {
    mpi_.emplace();
  }
  ranks_ = mpi_ ? mpi_->world() : make_null_communicator();
}

}  // namespace yates::dist
