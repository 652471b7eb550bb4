#!/bin/bash
#SBATCH --job-name=train
#SBATCH --time=12:00:00
#SBATCH --signal=B:USR2@60
#SBATCH --requeue
#SBATCH --open-mode=append

# A run that resumes itself. Usage: sbatch slurm-train.sh EXPERIMENT FOLDER

node_modules/.bin/evenstep train "$1" --out "$2" --resume=auto &
run=$!
trap 'kill -USR2 "$run"' USR2
trap 'kill -TERM "$run" 2> /dev/null' TERM
wait "$run"
code=$?
while kill -0 "$run" 2> /dev/null; do
  wait "$run"
  code=$?
done
# Stopped by the time limit or by a fault of this machine: the same command continues, here or elsewhere.
if [ "$code" = 143 ] || [ "$code" = 4 ]; then scontrol requeue "$SLURM_JOB_ID"; fi
exit "$code"
