#!/usr/bin/env bash
# Makes the two fonts of this folder from those of Debian's fonts-noto-cjk, with
# pyftsubset of Debian's python3-fonttools. Run it again to take a newer Noto.
set -euo pipefail
cd "$(dirname "$0")"

from=/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT

# Letters of Europe, and what stands beside them in text.
cat >"$work/western" <<'END'
U+0020-007E U+00A0-017F U+0192 U+0218-021B U+0300-0304 U+0370-03FF U+0400-045F U+1E80-1E85
U+2010-2027 U+2030-203E U+2044 U+20AC U+2116 U+2122 U+2150-215E U+2190-2199 U+2200-22FF U+2500-25FF
U+FF61-FF9F
END
# Every character of JIS X 0208 and 0213 and of Windows-31J.
/usr/bin/python3 - >"$work/japanese" <<'END'
characters = set()
for codec in ("cp932", "euc_jis_2004"):
    for lead in range(0x81, 0xFF):
        for tail in range(0x40, 0xFF):
            for code in (bytes([lead, tail]), bytes([0x8F, lead, tail])):
                try:
                    characters.update(code.decode(codec))
                except UnicodeDecodeError:
                    pass
for c in sorted(characters):
    if not 0xE000 <= ord(c) < 0xF900:
        print(f"U+{ord(c):04X}")
END

# subset NUMBER NAME FILE…: the font of that number in the collection, with the
# characters of the files.
subset() {
  local number=$1 name=$2
  shift 2
  cat "$@" >"$work/unicodes"
  /usr/bin/python3 -m fontTools.subset "$from" --font-number="$number" --unicodes-file="$work/unicodes" --output-file="$name" \
    --no-hinting --layout-features= --no-layout-closure \
    --drop-tables+=BASE,GPOS,GSUB,VORG,vhea,vmtx --name-IDs=0,1,2,3,4,5,6,13,14
}
subset 0 NotoSansCJKjp-Regular.otf "$work/western" "$work/japanese"
subset 5 NotoSansMonoCJKjp-Regular.otf "$work/western"
ls -l ./*.otf
