#!/bin/bash
#SBATCH --job-name=workers
#SBATCH --array=0-15
#SBATCH --cpus-per-task=4
#SBATCH --time=04:00:00
#SBATCH --signal=B:TERM@60
#SBATCH --requeue
#SBATCH --open-mode=append

# Sixteen workers of a study. Usage: sbatch slurm-workers.sh STUDY DATABASE

node_modules/.bin/evenstep worker "$1" --database "$2" \
  --concurrency "$SLURM_CPUS_PER_TASK" --idle-limit 600 &
worker=$!
trap 'kill -TERM "$worker"' TERM
wait "$worker"
code=$?
while kill -0 "$worker" 2> /dev/null; do
  wait "$worker"
  code=$?
done
# Stopped by the time limit, or by a fault of this machine: another one continues.
if [ "$code" = 143 ] || [ "$code" = 4 ]; then
  scontrol requeue "${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID"
fi
exit "$code"
