// Lengths and arrangements as cards write them; anything else counts as not given.

const SPACING = { small: 4, medium: 8, large: 12, extra_large: 16, default: 8, none: 0 };
const MOST = 999;
const SIDES = {
  left: "flex-start", top: "flex-start", center: "center", right: "flex-end", bottom: "flex-end",
};

/** One to four lengths, "4px 0", for margins and paddings; undefined where it is none. */
export function lengths(given, least = 0) {
  if (typeof given !== "string") return undefined;
  const parts = given.trim().split(/\s+/);
  const numbers = parts.map((part) => (/^-?\d{1,3}(?:px)?$/.test(part) ? Number.parseInt(part, 10) : NaN));
  if (parts.length > 4 || numbers.some(Number.isNaN)) return undefined;
  return numbers.map((number) => `${Math.min(MOST, Math.max(least, number))}px`).join(" ");
}

/** A distance by name or in px. */
export function distance(given, otherwise) {
  const named = Object.hasOwn(SPACING, given ?? "") ? SPACING[given] : null;
  const number = named ?? (/^\d{1,2}(?:px)?$/.test(given) ? Number.parseInt(given, 10) : otherwise);
  return `${number}px`;
}

/** The style of a container: direction, spacing, alignment and padding of what is in it. */
export function arrangement(part, { gap = 8, padding } = {}) {
  const isRow = part?.direction === "horizontal";
  const across = SIDES[part?.horizontal_align];
  const down = SIDES[part?.vertical_align];
  return {
    flexDirection: isRow ? "row" : "column",
    flexWrap: isRow ? "wrap" : "nowrap",
    gap: `${distance(part?.vertical_spacing, gap)} ${distance(part?.horizontal_spacing, 8)}`,
    padding: lengths(part?.padding) ?? padding,
    justifyContent: isRow ? across : down,
    alignItems: isRow ? down ?? "flex-start" : part?.horizontal_align === "left" ? undefined : across,
  };
}
