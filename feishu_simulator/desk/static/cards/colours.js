// Colours by their names in card JSON ("Enumerations of colours"), for light and dark.

const HUES = new Set(
  ["blue", "wathet", "turquoise", "green", "lime", "yellow", "orange", "sunflower", "red", "carmine"]
    .concat(["violet", "purple", "indigo", "grey", "neutral"]),
);
const LIGHTER = { "00": 0, 50: 10, 100: 18, 200: 34, 300: 52, 350: 62, 400: 78 };
const DARKER = { 600: 88, 650: 80, 700: 72, 800: 56, 900: 40, 950: 30, 1000: 20 };
const NAMED = { white: "#ffffff", black: "#000000", "bg-white": "var(--panel)", light_grey: "var(--text-3)" };
const NUMBERS = /^(?:rgba?\([\d\s.,%]{5,40}\)|#[\da-f]{3,8})$/i;

/** The CSS colour for a name, an RGBA value or one of the card's own (config.style.color). */
export function colour(name, own = {}) {
  if (typeof name !== "string" || name === "default") return undefined;
  if (NUMBERS.test(name)) return name;
  if (Object.hasOwn(own, name)) return ownColour(own[name]);
  if (Object.hasOwn(NAMED, name)) return NAMED[name];
  const [hue, shade] = name.split("-");
  if (!HUES.has(hue)) return undefined;
  const base = `var(--hue-${hue})`;
  if (shade in LIGHTER) return `color-mix(in srgb, ${base} ${LIGHTER[shade]}%, var(--panel))`;
  if (shade in DARKER) return `color-mix(in srgb, ${base} ${DARKER[shade]}%, var(--text))`;
  return base;
}

/** A background: a hue's name without a shade is its palest one there. */
export function background(name, own) {
  if (name === "default") return undefined;
  return HUES.has(name) ? `color-mix(in srgb, var(--hue-${name}) 12%, var(--panel))` : colour(name, own);
}

/** A border: a hue's name without a shade is a soft one, and grey is that of all lines. */
export function border(name, own) {
  if (name === "grey" || name === "neutral") return "var(--line)";
  return HUES.has(name) ? `color-mix(in srgb, var(--hue-${name}) 50%, var(--panel))` : colour(name, own);
}

/** The name if it is a hue, else `other`. */
export const hueOr = (name, other) => (HUES.has(name) ? name : other);

function ownColour(given) {
  const light = colour(given?.light_mode);
  const dark = colour(given?.dark_mode);
  return light && dark ? `light-dark(${light}, ${dark})` : light ?? dark;
}
