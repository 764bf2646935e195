/** The names that apply, for `class`: classes("c-field", isMissing && "c-missing"). */
export const classes = (...names) => names.filter(Boolean).join(" ");
