#!/bin/bash
#SBATCH --job-name=workers
#SBATCH --array=0-15
#SBATCH --cpus-per-task=4
#SBATCH --time=04:00:00
#SBATCH --signal=B:USR1@60
#SBATCH --requeue
#SBATCH --open-mode=append

# Sixteen workers of a study. Usage: sbatch slurm-workers.sh STUDY DATABASE

again=no
trap 'again=yes; kill -TERM "$worker"' USR1 # the time limit is near
trap 'kill -TERM "$worker"' TERM            # cancelled or preempted
node_modules/.bin/evenstep worker "$1" --database "$2" \
  --concurrency "$SLURM_CPUS_PER_TASK" --idle-limit 600 &
worker=$!
wait "$worker"
while kill -0 "$worker" 2> /dev/null; do wait "$worker"; done # a signal ends a wait
wait "$worker"
code=$?
if [ "$code" = 4 ]; then again=yes; fi # a fault of this machine
if [ "$again" = yes ] && [ "$code" != 0 ] && [ "${SLURM_RESTART_COUNT:-0}" -lt 20 ]; then
  scontrol requeue "${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID"
fi
exit "$code"
