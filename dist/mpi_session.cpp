// SPDX-License-Identifier: Apache-2.0
#include "dist/mpi_session.hpp"

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <string>

#include <fmt/format.h>
#include <mpi.h>

#include "base/error.hpp"

namespace yates::dist {
namespace {

// Counts of MPI are int; a fixed limit keeps the order of operations the same everywhere.
constexpr std::size_t kMaxBytes = std::size_t{1} << 28;

void check(int result, const char* call) {
  if (result == MPI_SUCCESS) {
    return;
  }
  char text[MPI_MAX_ERROR_STRING];
  int length = 0;
  MPI_Error_string(result, text, &length);
  throw Error(ExitCode::Internal,
              Problem{.what = fmt::format("{} failed: {}", call, std::string_view(text, length)),
                      .where = "",
                      .allowed = "",
                      .fix = "look for the first failing rank above"});
}

class MpiCommunicator final : public Communicator {
 public:
  MpiCommunicator(MPI_Comm comm, int rank, int size) : Communicator(rank, size), comm_(comm) {}
  ~MpiCommunicator() override {
    if (std::uncaught_exceptions() == 0) {
      MPI_Comm_free(&comm_);
    }
  }

 private:
  void do_barrier() override { check(MPI_Barrier(comm_), "MPI_Barrier"); }

  void do_broadcast(std::span<std::byte> bytes, int root) override {
    for_pieces(bytes, [&](std::span<std::byte> piece) {
      check(MPI_Bcast(piece.data(), count(piece), MPI_BYTE, root, comm_), "MPI_Bcast");
    });
  }

  void do_all_reduce_max(std::span<std::int64_t> values) override {
    for_pieces(values, [&](std::span<std::int64_t> piece) {
      check(MPI_Allreduce(MPI_IN_PLACE, piece.data(), count(piece), MPI_INT64_T, MPI_MAX, comm_),
            "MPI_Allreduce");
    });
  }

  void do_all_reduce_sum(std::span<float> values) override {
    for_pieces(values, [&](std::span<float> piece) {
      check(MPI_Allreduce(MPI_IN_PLACE, piece.data(), count(piece), MPI_FLOAT, MPI_SUM, comm_),
            "MPI_Allreduce");
    });
  }

  void do_send(std::span<const std::byte> bytes, int peer) override {
    for_pieces(bytes, [&](std::span<const std::byte> piece) {
      check(MPI_Send(piece.data(), count(piece), MPI_BYTE, peer, 0, comm_), "MPI_Send");
    });
  }

  void do_receive(std::span<std::byte> bytes, int peer) override {
    for_pieces(bytes, [&](std::span<std::byte> piece) {
      MPI_Status status;
      check(MPI_Recv(piece.data(), count(piece), MPI_BYTE, peer, 0, comm_, &status), "MPI_Recv");
      check_received(status, piece.size());
    });
  }

  void do_exchange(std::span<const std::byte> out, std::span<std::byte> in, int peer) override {
    for (std::size_t begin = 0; begin < out.size(); begin += kMaxBytes) {
      const auto send = out.subspan(begin, std::min(kMaxBytes, out.size() - begin));
      const auto receive = in.subspan(begin, send.size());
      MPI_Status status;
      check(MPI_Sendrecv(send.data(),
                         count(send),
                         MPI_BYTE,
                         peer,
                         0,
                         receive.data(),
                         count(receive),
                         MPI_BYTE,
                         peer,
                         0,
                         comm_,
                         &status),
            "MPI_Sendrecv");
      check_received(status, receive.size());
    }
  }

  template <typename T>
  static int count(std::span<T> piece) {
    return static_cast<int>(piece.size());
  }

  template <typename T, typename Call>
  static void for_pieces(std::span<T> values, const Call& call) {
    constexpr std::size_t kPiece = kMaxBytes / sizeof(T);
    for (std::size_t begin = 0; begin < values.size(); begin += kPiece) {
      call(values.subspan(begin, std::min(kPiece, values.size() - begin)));
    }
  }

  static void check_received(const MPI_Status& status, std::size_t expected) {
    int bytes = 0;
    check(MPI_Get_count(&status, MPI_BYTE, &bytes), "MPI_Get_count");
    YATES_ASSERT(static_cast<std::size_t>(bytes) == expected, "{} of {}", bytes, expected);
  }

  MPI_Comm comm_;
};

const char* environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

bool started_by_mpi_launcher() {
  for (const char* name : {"OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "PMI_RANK"}) {
    if (*environment(name) != '\0') {
      return true;
    }
  }
  // Inside sbatch or salloc there is no SLURM_STEP_ID: a program started there runs alone.
  const std::string tasks = environment("SLURM_STEP_NUM_TASKS");
  if (!tasks.empty() && tasks != "1") {
    throw Error(ExitCode::Usage,
                Problem{.what = "srun started " + tasks + " tasks, but MPI knows of one",
                        .where = "SLURM_STEP_NUM_TASKS",
                        .allowed = "",
                        .fix = "srun --mpi=pmix ..., or mpirun inside the allocation"});
  }
  return false;
}

MpiSession::MpiSession() : exceptions_(std::uncaught_exceptions()) {
  int provided = 0;
  check(MPI_Init_thread(nullptr, nullptr, MPI_THREAD_SERIALIZED, &provided), "MPI_Init_thread");
  YATES_ASSERT(provided >= MPI_THREAD_SERIALIZED, "MPI offers thread level {}", provided);
}

MpiSession::~MpiSession() {
  if (std::uncaught_exceptions() <= exceptions_) {
    MPI_Finalize();
  }
}

std::unique_ptr<Communicator> MpiSession::world() {
  MPI_Comm comm = MPI_COMM_NULL;
  check(MPI_Comm_dup(MPI_COMM_WORLD, &comm), "MPI_Comm_dup");
  check(MPI_Comm_set_errhandler(comm, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
  int rank = 0;
  int size = 0;
  check(MPI_Comm_rank(comm, &rank), "MPI_Comm_rank");
  check(MPI_Comm_size(comm, &size), "MPI_Comm_size");
  return std::make_unique<MpiCommunicator>(comm, rank, size);
}

void MpiSession::abort(int code) {
  MPI_Abort(MPI_COMM_WORLD, code);
  std::_Exit(code);
}

}  // namespace yates::dist
