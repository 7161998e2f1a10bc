#!/usr/bin/env bash
# Packs all that a GPU machine without a network needs: this repository as committed, and every wheel.
#
#   benchmarks/gpu/bundle.sh gpu-im2rec-bundle.tar [3.12]      about 1.5 GB; the version is that machine's Python
#
# On the GPU machine (Linux, x86-64, Python with venv):
#
#   tar xf gpu-im2rec-bundle.tar && gpu-im2rec-bundle/run.sh   tests marked gpu, then the table, in gpu-results/
set -euo pipefail
out=$(realpath -m "${1:?usage: bundle.sh OUT.tar [PYTHON_VERSION]}")
version=${2:-3.12}
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bundle=$work/gpu-im2rec-bundle
mkdir "$bundle"
git archive HEAD | tar xf - -C "$bundle"
python3 -m pip wheel --quiet --no-deps --wheel-dir "$bundle/wheels" .
platforms=()
for old in manylinux_2_34 manylinux_2_28 manylinux_2_27 manylinux_2_24 manylinux_2_17 manylinux_2_12 manylinux_2_5 manylinux2014 manylinux2010 manylinux1; do
  platforms+=(--platform "${old}_x86_64")
done
python3 -m pip download --quiet --only-binary=:all: --python-version "$version" --implementation cp "${platforms[@]}" \
  --find-links "$bundle/wheels" --dest "$bundle/wheels" 'gpu-im2rec[gpu,test]'
cat > "$bundle/run.sh" <<'RUN'
#!/usr/bin/env bash
# Installs from wheels/ and runs `python -m benchmarks.gpu` with the options that are given.
set -euo pipefail
cd "$(dirname "$0")"
if [ ! -x .venv/bin/python ]; then
  python3 -m venv .venv
  .venv/bin/python -m pip install --quiet --no-index --find-links wheels 'gpu-im2rec[gpu,test]'
fi
exec .venv/bin/python -m benchmarks.gpu "$@"
RUN
chmod +x "$bundle/run.sh"
tar cf "$out" -C "$work" gpu-im2rec-bundle
ls -lh "$out"
