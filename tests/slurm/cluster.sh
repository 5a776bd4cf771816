#!/usr/bin/env bash
# cluster.sh FOLDER COMMAND: runs COMMAND on a Slurm cluster of four nodes made on this machine.
#
# Real slurmctld and slurmd. Every node has network, host name, processes and /tmp of its own, so
# that it can lose its power (node_kill N) or its cable (node_cut N) as a machine can. FOLDER is the
# file system that all nodes see; it must not lie under /tmp. Needs root, Slurm's daemons, iproute2.
# Each node has two things that Slurm takes for GPUs; a job of the partition `urgent` preempts those
# of `all`. All of it disappears with COMMAND.
set -euo pipefail

if [ -z "${CLUSTER_INSIDE-}" ]; then
  CLUSTER_INSIDE=1 exec unshare --net --mount --pid --uts --fork --mount-proc --kill-child \
    bash "$0" "$@"
fi

export FOLDER=$1
readonly nodes=4 cores=2 gpus=2
mkdir -p "$FOLDER"/{state,spool,log}
mount -t tmpfs tmpfs /run
hostname controller
ip link set lo up
ip link add hub type bridge
ip address add 10.9.0.100/24 dev hub
ip link set hub up

{
  echo "127.0.0.1 localhost"
  echo "10.9.0.100 controller"
  for i in $(seq $nodes); do echo "10.9.0.$i node$i"; done
} >"$FOLDER/hosts"
[ -e /etc/hosts ] || touch /etc/hosts  # a minimal Debian has none
mount --bind "$FOLDER/hosts" /etc/hosts

# gres.conf wants character devices.
for gpu in $(seq 0 $((gpus - 1))); do [ -e "$FOLDER/gpu$gpu" ] || mknod "$FOLDER/gpu$gpu" c 1 3; done
echo "NodeName=node[1-$nodes] Name=gpu File=$FOLDER/gpu[0-$((gpus - 1))]" >"$FOLDER/gres.conf"

cat >"$FOLDER/slurm.conf" <<CONF
ClusterName=test
SlurmctldHost=controller(10.9.0.100)
SlurmUser=root
SlurmdUser=root
AuthType=auth/none
CredType=cred/none
AuthInfo=cred_expire=5
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SlurmdParameters=config_overrides
StateSaveLocation=$FOLDER/state
SlurmdSpoolDir=$FOLDER/spool/%n
SlurmctldLogFile=$FOLDER/log/slurmctld
SlurmdLogFile=$FOLDER/log/%n
SlurmctldPidFile=/run/slurmctld.pid
SlurmdPidFile=/run/slurmd.%n.pid
SlurmdTimeout=10
TCPTimeout=2
MessageTimeout=5
KillWait=3
ReturnToService=2
SchedulerParameters=sched_interval=1,bf_interval=2
RequeueExit=${REQUEUE_EXIT-75}
JobCompType=jobcomp/none
JobAcctGatherType=jobacct_gather/none
GresTypes=gpu
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
SlurmctldParameters=preempt_send_user_signal
NodeName=node[1-$nodes] NodeAddr=10.9.0.[1-$nodes] CPUs=$cores RealMemory=2000 Gres=gpu:$gpus
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE PriorityTier=1 GraceTime=60
PartitionName=urgent Nodes=ALL MaxTime=INFINITE PriorityTier=10 PreemptMode=OFF
CONF
printf 'CgroupPlugin=cgroup/v1\nCgroupAutomount=no\n' >"$FOLDER/cgroup.conf"
export SLURM_CONF=$FOLDER/slurm.conf

node_up() {
  ip netns exec "node$1" unshare --mount --uts --pid --fork --mount-proc --kill-child bash -c "
    hostname node$1
    mount -t tmpfs tmpfs /tmp
    mount -t tmpfs tmpfs /dev/shm
    exec slurmd -D -N node$1" >"$FOLDER/log/node$1.out" 2>&1 &
  disown
}
# The first of a node's processes takes the others with it, so some may be gone already.
node_kill() {
  ip link set "port$1" down
  kill -9 $(ip netns pids "node$1") 2>/dev/null || true
}
node_cut() { ip link set "port$1" down; }
node_heal() { ip link set "port$1" up; }
# wait_for SECONDS COMMAND: until COMMAND succeeds.
wait_for() {
  local limit=$(($1 * 10))
  shift
  until "$@" >/dev/null 2>&1; do
    if [ $((limit -= 1)) -le 0 ]; then
      echo "cluster: gave up waiting for: $*" >&2
      return 1
    fi
    sleep 0.1
  done
}
# sinfo names a node once for every partition, or once in all.
all_idle() {
  [ "$(sinfo --noheader --Node --format '%N %T' | sort -u | grep -c ' idle$')" = $nodes ]
}
export nodes
export -f node_up node_kill node_cut node_heal wait_for

# A node that registers before the controller listens waits long before it tries again.
controller_answers() { scontrol ping | grep -q UP; }
slurmctld
wait_for 30 controller_answers
for i in $(seq $nodes); do
  mkdir -p "$FOLDER/spool/node$i"
  ip netns add "node$i"
  ip link add "port$i" type veth peer name eth netns "node$i"
  ip link set "port$i" master hub up
  ip -n "node$i" link set lo up
  ip -n "node$i" address add "10.9.0.$i/24" dev eth
  ip -n "node$i" link set eth up
  node_up "$i"
done
wait_for 120 all_idle || {
  sinfo --Node --long
  tail -n 20 "$FOLDER"/log/*
  exit 1
} >&2
shift
"$@"
