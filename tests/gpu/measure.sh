#!/usr/bin/env bash
# What is worth knowing of one GPU, in one run of under ten minutes: the most valuable first, each step under a limit of
# its own, all within LIMIT seconds (560). What was measured is there at every moment, whatever ends the run.
#
# From the root of a checkout, with torch, rich, PyYAML, numpy and psutil installed; wheels of what else vggstat needs may
# lie in .whl (pip download --no-deps -d .whl typer msgspec fvcore iopath yacs nvidia-ml-py nvidia-cudnn-frontend pytest ...;
# pip wheel makes wheels of those that are sources). Results go to $OUT. On a CPU, to see that every step works:
#   OUT=out DEV=cpu SPEC=tiny.yaml CAL=tiny2.yaml SEC=0.1 BIG=4 MID=2 bash tests/gpu/measure.sh
set -u
export PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 TORCHINDUCTOR_CACHE_DIR=${TMPDIR:-/tmp}/inductor COLUMNS=120
OUT=${OUT:-/tmp/out}; DEV=${DEV:-cuda}; SPEC=${SPEC:-D}; CAL=${CAL:-"A E"}; SEC=${SEC:-2}; BIG=${BIG:-256}; MID=${MID:-32}
ONE=${ONE:-1}; PY=${PY:-python3}; END=$((SECONDS + ${LIMIT:-560})); mkdir -p "$OUT"; exec > >(tee "$OUT/log.txt") 2>&1
if ls .whl/*.whl >/dev/null 2>&1; then
  site=${TMPDIR:-/tmp}/site
  $PY -m pip install -q --no-index --no-deps --no-compile --no-cache-dir --upgrade --target "$site" .whl/*.whl &&
    export PYTHONPATH=$site
fi
table=""

step() { # name, most seconds, command...: never stops the run, never outlives it
  local name=$1 most=$2 left=$((END - SECONDS)) from=$SECONDS rc
  shift 2
  if ((left < 12)); then table+="$name: no time left"$'\n'; return; fi
  echo "=== $name ($((left < most ? left : most)) s): $*"
  timeout -k 8 $((left < most ? left : most)) "$@"; rc=$? # at SIGTERM bench prints and keeps what it has
  table+="$name: rc $rc, $((SECONDS - from)) s"$'\n'
}

bench() { # name, most seconds, arguments...: results in $OUT/name.json
  local name=$1 most=$2
  shift 2
  step "$name" "$most" $PY -m vggstat bench "$@" --device "$DEV" --seconds "$SEC" --layers all --save "$OUT/$name.json"
}

state() {
  command -v nvidia-smi >/dev/null && nvidia-smi --format=csv \
    --query-gpu=name,driver_version,clocks.sm,clocks.max.sm,clocks.mem,temperature.gpu,power.draw,power.limit || true
}

state
$PY -c 'import torch, typer; print(torch.__version__, torch.backends.cudnn.version(), torch.cuda.is_available(), typer.__version__)'
ways=eager,graph,compiled,fused; [[ $DEV == cpu ]] && ways=eager,compiled,fused

# 1 Inference in bf16: every execution beside its cap, layers, memory. A process a batch: a fault takes one of them.
bench infer_big 110 "$SPEC" --dtype bf16 --batch "$BIG" --execution "$ways"
bench infer_mid 90 "$SPEC" --dtype bf16 --batch "$MID" --execution "$ways"
bench infer_one 80 "$SPEC" --dtype bf16 --batch "$ONE" --execution "$ways"
# 2 Calibration by other networks, and the prediction from them held against what was measured.
bench calib 45 $CAL --dtype bf16 --batch "$MID" --execution eager
step predicted 20 $PY -m vggstat results "$OUT/infer_mid.json" --calibrate "$OUT/calib.json" --layers none
step roofline 20 $PY -m vggstat roofline "$SPEC" --device "$OUT/infer_mid.json" --dtype bf16 --batch "$MID" --calibrate "$OUT/calib.json"
# 3 What a test asserts: 0 B unexplained, layers within 3 % of the graph, a real forward pass. Warnings are no errors.
step pytest 75 $PY -m pytest -m gpu -n 0 -W default -p no:cacheprovider -q tests/bench/test_torch_bench.py tests/measure/test_forward.py
# 4 Training as usual: parameters in float32, products in bf16, SGD with momentum in one kernel, the step in a CUDA graph.
bench train 110 "$SPEC" --mode training --batch "$BIG" --implementation fused
# 5 float32 both ways; a CPU has no tf32.
bench fp32 45 "$SPEC" --dtype "$([[ $DEV == cpu ]] && echo fp32 || echo tf32,fp32)" --batch "$MID" --execution eager
step verify 30 $PY -m vggstat verify "$SPEC" --device "$DEV"
# 6 What is left: Triton's convolutions with bias and ReLU at their end, at one batch; compiling them takes minutes.
bench autotune 200 "$SPEC" --dtype bf16 --batch "$BIG" --execution compiled --compile max-autotune
state
echo "=== steps"; printf '%s' "$table"; ls -la "$OUT"
