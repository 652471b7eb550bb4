#!/bin/bash
#SBATCH --job-name=train
#SBATCH --time=12:00:00
#SBATCH --signal=B:USR1@60
#SBATCH --requeue
#SBATCH --open-mode=append

# A run that continues after its time limit. Usage: sbatch slurm-train.sh EXPERIMENT FOLDER

again=no
trap 'again=yes; kill -TERM "$run"' USR1 # the time limit is near
trap 'kill -TERM "$run"' TERM            # cancelled or preempted
trap 'kill -USR2 "$run"' USR2            # scancel --batch --signal=USR2 JOB: save and continue
node_modules/.bin/evenstep train "$1" --out "$2" --resume=auto &
run=$!
wait "$run"
while kill -0 "$run" 2> /dev/null; do wait "$run"; done # a signal ends a wait
wait "$run"
code=$?
if [ "$code" = 4 ]; then again=yes; fi # a fault of this machine
if [ "$again" = yes ] && [ "$code" != 0 ] && [ "${SLURM_RESTART_COUNT:-0}" -lt 20 ]; then
  scontrol requeue "$SLURM_JOB_ID"
fi
exit "$code"
